"""What the command line prints: answers on standard output, everything else on standard error.

What is printed for people goes through rich, with its markup and emoji codes switched off: text of
users and of documentation is printed as it is (``[bold]`` and ``:key:`` are not ours to read).
Documentation itself and JSON are written plainly.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, TypeAdapter
from rich.console import Console
from rich.table import Table

from api.security.keys import ApiKey
from corpora.catalogue import Catalogue
from corpora.errors import FlagstoneError
from corpora.model import Context, Resolution
from corpora.snapshot import ProductRecord
from ingest.build import BuildReport
from retrieval.answers import SearchAnswer
from retrieval.citations import also_in
from retrieval.request import MAX_BUDGET, MIN_BUDGET

if TYPE_CHECKING:
    from api.doctor import Check

SHOWN_FAILURES = 5
SHOWN_TEXT = 90
"""Characters of a passage in a list of them."""

UNBOUNDED = 100_000
"""Columns where nobody looks on: in a pipe or a log, one line stays one line."""


def _console(*, stderr: bool) -> Console:
    watched = Console(stderr=stderr).is_terminal
    return Console(
        stderr=stderr,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not watched,
        width=None if watched else UNBOUNDED,
    )


out, err = _console(stderr=False), _console(stderr=True)


def print_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """One JSON document on standard output."""
    _write(TypeAdapter(type(value)).dump_json(value, indent=2).decode())


def print_error(error: FlagstoneError, *, as_json: bool) -> None:
    """One error: what happened, and what to do next."""
    if as_json:
        told = {"code": error.code, "detail": error.message, "hint": error.hint}
        # An error's particulars may have the same names: those of the contract win.
        shown = {**told, **error.extra, **told}
        _write(json.dumps({"error": shown}, default=str, indent=2))
        return
    err.print(f"flagstone: {error.message}", style="red")
    if error.hint:
        err.print(error.hint)


def print_context(answer: Context) -> None:
    """A context, and beside it how the version was found and what was left out."""
    _print_resolution(answer.resolution)
    if answer.budget_clamped:
        err.print(
            f"The budget was set to {answer.token_budget} tokens: {MIN_BUDGET} to {MAX_BUDGET}"
            " are possible."
        )
    if answer.abstained:
        err.print("Nothing in the corpus answers this.")
        return
    _write(answer.context.removesuffix("\n"))
    if answer.next_cursor:
        err.print(f"There is more: ask again with --cursor {answer.next_cursor}")


def print_search(answer: SearchAnswer) -> None:
    """Ranked passages, one a line."""
    _print_resolution(answer.resolution)
    for hit in answer.hits:
        first = hit.passage.text.partition("\n")[0]
        place = " › ".join(hit.passage.heading)
        said = f"{first[:SHOWN_TEXT]}{also_in(hit.also)}"
        out.print(f"{hit.score:7.3f}  {hit.passage.id}  {place} · {said}")


def print_resolved(resolution: Resolution) -> None:
    """How a version was resolved, as an answer of its own."""
    out.print(f"{resolution.resolved}  ({resolution.match}) {resolution.reason}")


def _print_resolution(one: Resolution | None) -> None:
    if one is not None:
        err.print(f"{one.product} {one.resolved} ({one.match}). {one.reason}")


def print_build(report: BuildReport) -> None:
    """What a build did: releases, sharing, embedding, what was left out."""
    table = Table("product", "release", "state", "pages", "passages", "from", box=None)
    for one in report.releases:
        counts = (str(one.pages), str(one.passages))
        table.add_row(one.product, one.release, one.state, *counts, one.origin or one.error)
        for failure in one.failures[:SHOWN_FAILURES]:
            detail = f" ({failure.detail})" if failure.detail else ""
            err.print(f"left out: {failure.name}: {failure.reason}{detail}")
        if len(one.failures) > SHOWN_FAILURES:
            err.print(f"left out: {len(one.failures) - SHOWN_FAILURES} more, see --json")
    out.print(table)
    shared = 1 - report.distinct_passages / report.passages
    out.print(
        f"{report.passages} passages, {report.distinct_passages} distinct texts "
        f"({shared:.0%} shared between releases); {report.embedded} newly embedded."
    )
    spent = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.seconds.items())
    verdict = "is published" if report.published else "serves on: nothing has changed"
    out.print(f"Snapshot {report.snapshot} {verdict}. ({spent})")


def print_products(products: Sequence[ProductRecord]) -> None:
    """What a snapshot holds."""
    table = Table("product", "release", "upstream", "pages", "passages", "from", box=None)
    for product in products:
        for one in product.releases:
            counts = (str(one.pages), str(one.passages))
            table.add_row(product.id, one.label, one.upstream, *counts, one.origin)
    out.print(table)


def print_declared(catalogue: Catalogue, *, as_json: bool) -> None:
    """What could be built."""
    if as_json:
        rows = [
            {"id": one.id, "title": one.title, "domain": one.domain, "releases": one.labels}
            for one in catalogue.values()
        ]
        _write(json.dumps(rows, indent=2))
        return
    table = Table("product", "title", "domain", "releases", box=None)
    for one in catalogue.values():
        table.add_row(one.id, one.title, one.domain, ", ".join(one.labels))
    out.print(table)


def print_key(key: ApiKey, token: str, *, as_json: bool) -> None:
    """A key that was just made: the only time that it is shown."""
    if as_json:
        _write(json.dumps({**_kept(key), "key": token}, indent=2))
        return
    err.print(f"{key.id} ({key.name}, {key.scope}). Keep it now: it is not shown again.")
    _write(token)


def print_keys(keys: Sequence[ApiKey], *, as_json: bool) -> None:
    """Whose keys there are."""
    if as_json:
        _write(json.dumps([_kept(key) for key in keys], indent=2))
        return
    table = Table("id", "name", "scope", "a minute", "made", box=None)
    for key in keys:
        made = f"{key.created_at:%Y-%m-%d}"
        table.add_row(key.id, key.name, key.scope, str(key.per_minute or ""), made)
    out.print(table)


def print_checks(checks: Sequence[Check], *, as_json: bool) -> None:
    """What was found of the machine, and what to do."""
    if as_json:
        _write(json.dumps([check.model_dump() for check in checks], indent=2))
        return
    table = Table("check", "state", "found", box=None)
    for check in checks:
        table.add_row(check.name, check.state, f"{check.detail} {check.hint}".strip())
    out.print(table)


def _kept(key: ApiKey) -> dict[str, object]:
    return key.model_dump(mode="json", exclude={"sha256"})


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
