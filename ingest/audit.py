"""Whether a staged snapshot may take the place of the one that serves.

Counts are compared before anything is embedded, because they cost nothing: what a broken site or a
changed layout does shows there. Canaries are asked when the index stands: questions whose answer is
known, and must still be in the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from commands.store import SurfaceStore
from commands.storefile import SURFACES
from corpora.catalogue import Product
from corpora.errors import AuditFailed, FlagstoneError
from corpora.model import Frozen
from corpora.snapshot import ReleaseRecord, Snapshot
from ingest.crawl.report import CrawlReport, Why
from ingest.releases import ReleaseOutcome

Ask = Callable[[str, str, str], str]
"""Product, release and question → the text of the context. Raises FlagstoneError."""

Code = Literal[
    "release_gone", "fewer_pages", "fewer_passages", "fewer_commands", "empty_pages",
    "broken_links", "canary_failed",
]  # fmt: skip

_BROKEN = frozenset({Why.GONE, Why.SOFT_404, Why.REDIRECT})


class Thresholds(Frozen):
    """How much may change before a person should look. Shares are of the last snapshot."""

    fewer: float = 0.1
    """Loss of pages, passages or commands of a release. Between patch releases of the same line
    the real ones lose below 1 %."""
    few: int = 3
    """A loss of no more than this is never one: small products have small pages."""
    empty: float = 0.2
    """Share of documents without text."""
    broken: float = 0.05
    """Share of links within a site that lead nowhere."""


class Finding(Frozen):
    """One thing that a person should know."""

    code: Code
    product: str
    release: str
    detail: str
    grave: bool = True
    """Whether it keeps the snapshot from being published."""


@dataclass
class Audit:
    """The audit of one build. ``findings`` grows while it goes on; see the build's Gate."""

    products: Mapping[str, Product]
    crawls: Callable[[str], Mapping[str, CrawlReport]]
    """Product → what was crawled of it: release → report."""
    ask: Callable[[Snapshot], Ask]
    """Opens a staged snapshot for questions."""
    thresholds: Thresholds
    accept: bool = False
    """Publish whatever is found; it is reported all the same."""

    def __post_init__(self) -> None:
        self.findings: list[Finding] = []

    def counted(
        self, staged: Snapshot, before: Snapshot | None, outcomes: Sequence[ReleaseOutcome]
    ) -> None:
        """Compare what was staged with what serves. Raises AuditFailed."""
        limits = self.thresholds
        withdrawn = {(one.product, one.release) for one in outcomes if one.state == "withdrawn"}
        new = _records(staged)
        if before is not None:
            old = _records(before)
            for place, record in old.items():
                if place not in new and place not in withdrawn:
                    self._note("release_gone", *place, "it serves, and could not be had again")
                elif place in new:
                    self.findings += _lost(record, new[place], limits)
            self.findings += _lost_commands(before, staged, old.keys() & new.keys(), limits)
        for outcome in outcomes:
            self.findings += _empty(outcome, limits)
            if report := self.crawls(outcome.product).get(outcome.release):
                self.findings += _broken(outcome, report, limits)
        self._judge()

    def indexed(self, staged: Snapshot) -> None:
        """Ask the canaries of every product that is in it. Raises AuditFailed."""
        asked = [
            (product, canary)
            for product_id, product in self.products.items()
            if product_id in staged.products
            for canary in product.canaries
        ]
        if not asked:
            return
        ask = self.ask(staged)
        for product, canary in asked:
            held = [record.label for record in staged.products[product.id].releases]
            for label in [one for one in held if one in canary.releases] or held[-1:]:
                if canary.releases and label not in canary.releases:
                    continue
                try:
                    found = ask(product.id, label, canary.question)
                except FlagstoneError as error:
                    found = str(error)
                if canary.expects not in found:
                    detail = f"{canary.question!r} no longer brings {canary.expects!r}"
                    self._note("canary_failed", product.id, label, detail)
        self._judge()

    def _note(self, code: Code, product: str, release: str, detail: str) -> None:
        self.findings.append(Finding(code=code, product=product, release=release, detail=detail))

    def _judge(self) -> None:
        grave = [one for one in self.findings if one.grave]
        if grave and not self.accept:
            first = grave[0]
            more = f" (and {len(grave) - 1} more)" if len(grave) > 1 else ""
            raise AuditFailed(
                f"{first.product} {first.release}: {first.code}: {first.detail}{more}.",
                hint="What served serves on. See the report; --accept publishes all the same.",
            )


def _records(snapshot: Snapshot) -> dict[tuple[str, str], ReleaseRecord]:
    return {
        (product.id, record.label): record
        for product in snapshot.products.values()
        for record in product.releases
    }


def _lost(old: ReleaseRecord, new: ReleaseRecord, limits: Thresholds) -> Iterable[Finding]:
    counts: tuple[tuple[Code, str, int, int], ...] = (
        ("fewer_pages", "pages", old.pages, new.pages),
        ("fewer_passages", "passages", old.passages, new.passages),
    )
    for code, what, before, now in counts:
        if _too_few(before, now, limits):
            detail = f"{before} {what} have become {now}"
            yield Finding(code=code, product=new.product, release=new.label, detail=detail)


def _lost_commands(
    before: Snapshot, staged: Snapshot, places: Iterable[tuple[str, str]], limits: Thresholds
) -> Iterable[Finding]:
    files = [snapshot.path / SURFACES for snapshot in (before, staged)]
    if not all(file.is_file() for file in files):
        return
    with SurfaceStore.open(files[0]) as old, SurfaceStore.open(files[1]) as new:
        for product, label in sorted(places):
            had, has = (_commands(store, product, label) for store in (old, new))
            if _too_few(had, has, limits):
                detail = f"{had} commands have become {has}"
                yield Finding(code="fewer_commands", product=product, release=label, detail=detail)


def _commands(store: SurfaceStore, product: str, label: str) -> int:
    try:
        return sum(1 for _ in store.paths(product, label))
    except FlagstoneError:
        return 0  # a release without a surface


def _too_few(before: int, now: int, limits: Thresholds) -> bool:
    return before - now > max(limits.few, limits.fewer * before)


def _empty(outcome: ReleaseOutcome, limits: Thresholds) -> Iterable[Finding]:
    empty = sum(one.reason == "empty" for one in outcome.failures)
    total = outcome.pages + len(outcome.failures)
    if outcome.state == "new" and empty > max(limits.few, limits.empty * total):
        yield Finding(
            code="empty_pages",
            product=outcome.product,
            release=outcome.release,
            detail=f"{empty} of {total} pages have no text",
        )


def _broken(outcome: ReleaseOutcome, report: CrawlReport, limits: Thresholds) -> Iterable[Finding]:
    broken = sum(report.counts.get(why, 0) for why in _BROKEN)
    if broken > max(limits.few, limits.broken * (report.pages + broken)):
        yield Finding(
            code="broken_links",
            product=outcome.product,
            release=outcome.release,
            detail=f"{broken} links of {report.start} lead nowhere",
            grave=False,
        )
