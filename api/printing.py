"""What the command line prints for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from pydantic import BaseModel, TypeAdapter
from rich.console import Console
from rich.table import Table

from corpora.catalogue import Catalogue
from corpora.snapshot import ProductRecord
from ingest.build import BuildReport

SHOWN_FAILURES = 5


def print_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(TypeAdapter(type(value)).dump_json(value, indent=2).decode() + "\n")


def print_build(out: Console, err: Console, report: BuildReport) -> None:
    """What a build did: releases, sharing, embedding, what was left out."""
    table = Table("product", "release", "state", "pages", "passages", "from", box=None)
    for one in report.releases:
        counts = (str(one.pages), str(one.passages))
        table.add_row(one.product, one.release, one.state, *counts, one.origin or one.error)
        for failure in one.failures[:SHOWN_FAILURES]:
            detail = f" ({failure.detail})" if failure.detail else ""
            err.print(f"left out: {failure.name}: {failure.reason}{detail}", markup=False)
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


def print_products(out: Console, products: Sequence[ProductRecord]) -> None:
    """What a snapshot holds."""
    table = Table("product", "release", "upstream", "pages", "passages", "from", box=None)
    for product in products:
        for one in product.releases:
            counts = (str(one.pages), str(one.passages))
            table.add_row(product.id, one.label, one.upstream, *counts, one.origin)
    out.print(table)


def print_declared(out: Console, catalogue: Catalogue, *, as_json: bool) -> None:
    """What could be built."""
    if as_json:
        rows = [
            {"id": one.id, "title": one.title, "domain": one.domain, "releases": one.labels}
            for one in catalogue.values()
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = Table("product", "title", "domain", "releases", box=None)
    for one in catalogue.values():
        table.add_row(one.id, one.title, one.domain, ", ".join(one.labels))
    out.print(table)
