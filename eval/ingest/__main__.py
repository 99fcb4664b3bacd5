"""The ingestion benchmark: a documentation tree, served on 127.0.0.1, crawled, read and indexed.

::

    dpkg-deb -x postgresql-doc-15_*.deb TREE
    python -m eval.ingest TREE/usr/share/doc/postgresql-doc-15/html --embed 500

Prints the seconds and pages per second of each stage: fetch (the crawler: robots.txt, links, every
page over HTTP), read (parse, passages and what they define, in worker processes), lexical index
and, where asked for, embedding. Processor time stands beside the clock's: on a machine that does
something else as well, it is the figure to compare. What reading consists of is measured apart, in
one process. docs-mcp-server 2.4.4 did 4.5 pages/s without embeddings on the same 1,167 pages and
the same kind of machine, which kept one processor busy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

from corpora.catalogue import Catalogue, Product
from corpora.errors import ParseError
from corpora.model import Frozen, Passage
from corpora.tokens import TokenCounter, default_counter
from eval.ingest.site import served
from ingest.egress import Door, Policy
from ingest.extract.families import Family
from ingest.extract.surfaces import facts_of
from ingest.parse import parse
from ingest.passages import cut
from ingest.reading import Job, PageRead, Readers
from ingest.sources.base import Document
from ingest.sources.site import SiteSource
from retrieval.embed import open_embedder
from retrieval.index import lexical_vector
from retrieval.lexical import Bm25

PEER = 4.5
"""Pages per second of docs-mcp-server 2.4.4 without embeddings: 260 s for 1,167 pages."""

_PRODUCT = """
id = "tree"
title = "A documentation tree"
domain = "databases"
vendor = "-"
homepage = "{start}"
licence = "-"
attribution = "-"
[versions]
scheme = "opaque"
[source.site]
start = "{start}"
format = "{format}"
[releases."1"]
"""


class Stage(Frozen):
    """One stage: how long it took, for how many pages."""

    name: str
    pages: int
    seconds: float
    """Of the wall clock."""
    processor: float
    """Seconds of processor time, of all processes: what a busy machine doesn't change."""

    @property
    def rate(self) -> float:
        """Pages per second."""
        return self.pages / self.seconds if self.seconds else 0.0


class Measured(Frozen):
    """All stages of one run."""

    stages: tuple[Stage, ...]
    reading: tuple[Stage, ...]
    """What the stage ``read`` consists of, done once more in one process that is warm."""
    passages: int
    failures: int
    processors: int
    load: float
    """Of the machine, over the last minute, when the run ended: what else it was doing."""

    @property
    def without_embedding(self) -> Stage:
        """Everything up to the lexical index, one after the other."""
        own = [stage for stage in self.stages if stage.name != "embed"]
        return Stage(
            name="all but embed",
            pages=own[0].pages,
            seconds=sum(stage.seconds for stage in own),
            processor=sum(stage.processor for stage in own),
        )


def measure(tree: Path, form: str, processes: int, embed: int) -> Measured:
    """Run every stage once. ``embed``: how many passages to embed; 0: none."""
    stages: list[Stage] = []
    reading: tuple[Stage, ...] = ()
    passages: list[Passage] = []
    failures = 0

    def timed(name: str, work: Callable[[], int]) -> None:
        clock, used = time.monotonic(), processor_time()
        pages = work()
        seconds, processor = time.monotonic() - clock, processor_time() - used
        stages.append(Stage(name=name, pages=pages, seconds=seconds, processor=processor))

    with tempfile.TemporaryDirectory() as state, served(tree) as start:
        product = declared(start, form, Path(state))
        with Door(Policy(networks=(ip_network("127.0.0.1/32"),))) as door:
            source = SiteSource(product, door, Path(state))
            (found,) = source.releases()

            def fetch() -> int:
                source.prepare(found)
                report = source.report(found.label)
                return report.pages if report else 0

            def read() -> int:
                nonlocal failures
                pages = 0
                job = Job("tree", form, Family())
                with Readers(default_counter().file, processes) as readers:
                    for result in readers.read_all(job, source.fetch(found), lambda: None):
                        if isinstance(result, PageRead):
                            pages += 1
                            passages.extend(one.passage for one in result.cuts.cuts)
                        elif result.reason != "contents_only":
                            failures += 1
                return pages

            timed("fetch", fetch)
            timed("read", read)
            reading = _apart(list(source.fetch(found)), form)
            source.close()

    def lexical() -> int:
        bm25 = Bm25()
        for passage in passages:
            lexical_vector(bm25, passage)
        return stages[1].pages

    timed("lexical index", lexical)
    if embed:
        chosen = passages[:embed]
        share = len(chosen) / len(passages)
        with tempfile.TemporaryDirectory() as models:
            embedder = open_embedder(Path(models))

            def dense() -> int:
                embedder.embed([one.text for one in chosen])
                return round(stages[1].pages * share)

            timed("embed", dense)
    return Measured(
        stages=tuple(stages),
        reading=reading,
        passages=len(passages),
        failures=failures,
        processors=os.cpu_count() or 1,
        load=os.getloadavg()[0],
    )


def _apart(documents: Sequence[Document], form: str) -> tuple[Stage, ...]:
    """Parsing, cutting and reading what is defined, each for all documents."""
    tokens, family = TokenCounter(), Family()
    spent = {"parse": 0.0, "passages": 0.0, "surface": 0.0}
    clocks = dict(spent)

    @contextmanager
    def measured(name: str) -> Iterator[None]:
        clock, used = time.monotonic(), time.process_time()
        yield
        spent[name] += time.process_time() - used
        clocks[name] += time.monotonic() - clock

    pages = 0
    for number, document in enumerate([documents[0], *documents]):
        if number == 1:  # the first one, read twice, has paid for what is imported and opened once
            spent, clocks, pages = dict.fromkeys(spent, 0.0), dict.fromkeys(spent, 0.0), 0
        try:
            with measured("parse"):
                page = parse(document.format or form, document.name, document.data)
            with measured("passages"):
                cut("tree", page, tokens)
            with measured("surface"):
                facts_of(page, family, document.url)
            pages += 1
        except ParseError:
            continue  # it has been counted in the stage `read`
    return tuple(
        Stage(name=name, pages=pages, seconds=clocks[name], processor=spent[name]) for name in spent
    )


def processor_time() -> float:
    """Processor time so far, of this process and of those that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def declared(start: str, form: str, folder: Path) -> Product:
    """A product of one release, the site at ``start``; its declaration is kept in ``folder``."""
    products = folder / "declared"
    products.mkdir()
    text = _PRODUCT.replace("{start}", start).replace("{format}", form)
    (products / "tree.toml").write_text(text, "utf-8")
    return Catalogue.load(products)["tree"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m eval.ingest", description=__doc__)
    parser.add_argument("tree", type=Path, help="folder of documentation, with an index.html")
    parser.add_argument("--format", default="docbook", choices=("docbook", "html", "markdown"))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--embed", type=int, default=0, help="passages to embed; default: none")
    parser.add_argument("--out", type=Path, help="where to write the JSON report")
    given = parser.parse_args(arguments)
    measured = measure(given.tree, given.format, given.processes, given.embed)
    lines = ["| stage | pages | seconds | pages/s | processor s |", "|---|---|---|---|---|"]
    for stage in measured.stages:
        lines.append(_row(stage))
        if stage.name == "read":
            lines += [_row(part, "of which ") for part in measured.reading]
    whole = measured.without_embedding
    lines += [_row(whole), ""]
    spent = whole.pages / whole.processor
    lines.append(
        f"{measured.passages} passages, {measured.failures} pages not read, "
        f"{measured.processors} processors, load {measured.load:.1f}. Beside the {PEER} pages/s of "
        f"docs-mcp-server 2.4.4: {whole.rate / PEER:.1f} times by the clock; {spent:.1f} pages a "
        f"second of processor time, {spent / PEER:.1f} times."
    )
    sys.stdout.write("\n".join(lines) + "\n")
    if given.out:
        given.out.write_text(json.dumps(measured.model_dump(), indent=1) + "\n", "utf-8")
    return 0


def _row(stage: Stage, lead: str = "") -> str:
    return (
        f"| {lead}{stage.name} | {stage.pages} | {stage.seconds:.1f} | {stage.rate:.1f} "
        f"| {stage.processor:.1f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
