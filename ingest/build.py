"""The build: from declared releases to a published snapshot.

1. ask the source which releases it can serve, and at which exact version
2. a release whose content, declaration and reading code are unchanged keeps its release file
3. the others are fetched, read, and written as a release file each
4. all release files are merged into a staged snapshot: equal texts become one passage
5. the index is built into it; only texts never embedded before are embedded
6. the snapshot is sealed and published by one atomic rename

Killed anywhere, the last published snapshot serves on, and the next build resumes from the
release files and the vectors that were finished.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

from corpora.catalogue import Product
from corpora.errors import FlagstoneError, Reason, SourceError
from corpora.model import Frozen
from corpora.snapshot import Snapshot
from ingest.reading import Readers
from ingest.release_files import Failure, PageCuts, ReleaseFile, ReleaseFiles
from ingest.snapshot import build_lock, point_to, seal_and_publish, snapshot_id, stage
from ingest.sources.base import Found, Source

BROKEN_SHARE = 0.05
"""A release of which more pages than this can't be read is taken for broken, and left out."""

OnFailure = Literal["skip", "fail"]
Progress = Callable[[str, int, int | None], None]
"""Told the stage, how much is done, and of how much (None: not known)."""


class Indexer(Protocol):
    """Builds the search index into a staged snapshot."""

    @property
    def key(self) -> str:
        """Changes when the same corpus would get another index."""

    def build(self, snapshot: Snapshot, progress: Progress) -> int:
        """Write ``<snapshot>/index``; return how many texts had to be embedded."""


class ReleaseOutcome(Frozen):
    """What became of one release in a build."""

    product: str
    release: str
    upstream: str = ""
    origin: str = ""
    state: Literal["new", "unchanged", "kept", "failed"]
    """kept: it could not be refreshed, and the file of the last build is used."""
    pages: int = 0
    passages: int = 0
    failures: tuple[Failure, ...] = ()
    error: str = ""


class BuildReport(Frozen):
    """What a build did."""

    snapshot: str
    published: bool
    """False where nothing had changed and the same snapshot serves on."""
    releases: tuple[ReleaseOutcome, ...]
    passages: int
    distinct_passages: int
    embedded: int
    seconds: dict[str, float]

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return all(one.state != "failed" and not one.failures for one in self.releases)


def build(
    data: Path,
    products: Mapping[str, Product],
    targets: Mapping[str, Sequence[str]],
    *,
    source: Callable[[Product], Source],
    indexer: Indexer,
    tokenizer: Path,
    on_failure: OnFailure = "skip",
    only: bool = False,
    processes: int | None = None,
    progress: Progress,
) -> BuildReport:
    """Build ``targets`` (product → release labels) and publish them.

    Releases of the serving snapshot that are not targets stay, unless ``only``. With
    ``on_failure="skip"`` a broken page or release is left out and reported (a release built
    before keeps its last good file); with ``"fail"`` the first one ends the build. Raises
    BuildLocked, SourceError where no release could be had at all, and what ``on_failure`` lets
    through.
    """
    clock = _Clock()
    with build_lock(data), Readers(tokenizer, processes) as readers:
        shelf = ReleaseFiles(data / "releases")
        before = _serving(data)
        kept = {} if only else _files_of(before, shelf, without=targets)
        outcomes: list[ReleaseOutcome] = []
        files = list(kept.values())
        for product_id, labels in targets.items():
            product = products[product_id]
            progress(f"look for {product.title}", 0, None)
            with clock("look"):
                supply = source(product)
                found = {one.label: one for one in supply.releases() if one.label in labels}
            for label in product.labels:
                if label not in labels:
                    continue
                with clock("read"):
                    outcome, file = _release(
                        product,
                        label,
                        found.get(label),
                        supply,
                        shelf,
                        readers,
                        on_failure,
                        progress,
                    )
                if file is None:
                    file = _files_of(before, shelf, {product_id: (label,)}).get((product_id, label))
                    if file is not None:
                        outcome = outcome.model_copy(update={"state": "kept"})
                outcomes.append(outcome)
                if file is not None:
                    files.append(file)
        if not files:
            raise SourceError(
                ", ".join(targets),
                Reason.NOT_FOUND,
                "; ".join(one.error for one in outcomes if one.error),
                hint="Nothing was published. Check the package sources of this machine.",
            )
        return _publish(data, products, files, outcomes, before, indexer, shelf, clock, progress)


def _publish(
    data: Path,
    products: Mapping[str, Product],
    files: list[ReleaseFile],
    outcomes: list[ReleaseOutcome],
    before: Snapshot | None,
    indexer: Indexer,
    shelf: ReleaseFiles,
    clock: _Clock,
    progress: Progress,
) -> BuildReport:
    identity = snapshot_id(files, indexer.key)
    embedded = 0
    snapshot = _published(data, identity)
    published = snapshot is None or before is None or before.id != identity
    if snapshot is None:
        with clock("merge"):
            staged = stage(
                data,
                products,
                files,
                indexer.key,
                on_progress=lambda done, total: progress("merge releases", done, total),
            )
        with clock("index"):
            embedded = indexer.build(staged, progress)
        with clock("publish"):
            snapshot = seal_and_publish(data, staged)
    elif published:
        point_to(data, identity)
    shelf.prune(files)
    return BuildReport(
        snapshot=snapshot.id,
        published=published,
        releases=tuple(outcomes),
        passages=snapshot.manifest.passages,
        distinct_passages=snapshot.manifest.distinct_passages,
        embedded=embedded,
        seconds=clock.seconds,
    )


def _release(
    product: Product,
    label: str,
    found: Found | None,
    supply: Source,
    shelf: ReleaseFiles,
    readers: Readers,
    on_failure: OnFailure,
    progress: Progress,
) -> tuple[ReleaseOutcome, ReleaseFile | None]:
    """Have one release's file, from the shelf or from the source."""
    outcome = ReleaseOutcome(product=product.id, release=label, state="failed")
    declared = product.release(label).sources.deb
    try:
        if found is None or declared is None:
            raise SourceError(f"{product.id} {label}", Reason.NOT_FOUND, "no source has it")
        key = _key(found, product, label)
        file = shelf.find(product.id, label, key)
        state: Literal["new", "unchanged"] = "unchanged" if file else "new"
        if file is None:
            stage_name = f"read {product.title} {label}"
            pages: list[PageCuts] = []
            failures: list[Failure] = []
            documents = list(supply.fetch(found))

            def on_page() -> None:
                progress(stage_name, len(pages) + len(failures) + 1, len(documents))

            for result in readers.read_all(product.id, declared.format, documents, on_page):
                (pages if isinstance(result, PageCuts) else failures).append(result)  # type: ignore[arg-type]
            _judge(f"{product.id} {label}", pages, failures, on_failure)
            file = shelf.write(
                key=key,
                product=product.id,
                label=label,
                upstream=found.upstream,
                origin=found.origin,
                trust=declared.trust,
                fetched_at=datetime.now(UTC),
                pages=pages,
                failures=failures,
            )
    except FlagstoneError as error:
        if on_failure == "fail":
            raise
        return outcome.model_copy(update={"error": str(error)}), None
    header = file.header
    return (
        ReleaseOutcome(
            product=product.id,
            release=label,
            upstream=header.upstream,
            origin=header.origin,
            state=state,
            pages=header.pages,
            passages=header.passages,
            failures=header.failures,
        ),
        file,
    )


def _judge(
    release: str, pages: Sequence[PageCuts], failures: Sequence[Failure], on_failure: OnFailure
) -> None:
    """Refuse a release that is broken as a whole, or any failure where none is allowed."""
    # One bad page of a small release is a bad page, not a broken release.
    allowed = max(1.0, BROKEN_SHARE * (len(pages) + len(failures)))
    if failures and (on_failure == "fail" or len(failures) > allowed):
        worst = failures[0]
        more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
        raise SourceError(
            release, worst.reason, f"{worst.name}{': ' if worst.detail else ''}{worst.detail}{more}"
        )
    if not pages:
        raise SourceError(release, Reason.EMPTY, "no page was found in it")


def _key(found: Found, product: Product, label: str) -> str:
    """Changes when the content, its declaration or the code that reads it changes."""
    declared = product.release(label).sources.model_dump_json()
    parts = (found.fingerprint, product.id, declared, _reading_code())
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _reading_code() -> str:
    """A checksum of the code that turns documents into passages."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted([*(here / "parse").glob("*.py"), here / "passages.py"]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _serving(data: Path) -> Snapshot | None:
    try:
        return Snapshot.current(data)
    except FlagstoneError:
        # Nothing yet, or damaged: either way this build writes a good one.
        return None


def _published(data: Path, identity: str) -> Snapshot | None:
    """The intact published snapshot of that id, or None."""
    try:
        snapshot = Snapshot.open(data / "snapshots" / identity)
        snapshot.verify()
    except FlagstoneError:
        return None
    return snapshot


def _files_of(
    snapshot: Snapshot | None,
    shelf: ReleaseFiles,
    only: Mapping[str, Sequence[str]] | None = None,
    *,
    without: Mapping[str, Sequence[str]] | None = None,
) -> dict[tuple[str, str], ReleaseFile]:
    """The release files that a snapshot was merged from, as far as they are still there."""
    files = {}
    for product in snapshot.products.values() if snapshot else ():
        for record in product.releases:
            if only is not None and record.label not in only.get(product.id, ()):
                continue
            if without is not None and record.label in without.get(product.id, ()):
                continue
            file = shelf.find(product.id, record.label, record.build_key)
            if file is not None:
                files[product.id, record.label] = file
    return files


class _Clock:
    """Adds up the seconds that each stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = 0.0

    def __call__(self, stage: str) -> _Clock:
        self._stage = stage
        return self

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        spent = time.monotonic() - self._since
        self.seconds[self._stage] = round(self.seconds.get(self._stage, 0.0) + spent, 3)
