"""The ingestion benchmark: a documentation tree, served on 127.0.0.1, crawled, read and indexed.

::

    dpkg-deb -x postgresql-doc-15_*.deb TREE
    python -m eval.ingest TREE/usr/share/doc/postgresql-doc-15/html --embed 500

Prints the seconds and pages per second of each stage: fetch (the crawler: robots.txt, links, every
page over HTTP), read (parse, passages, surfaces, in worker processes), lexical index and, where
asked for, embedding. docs-mcp-server 2.4.4 did 4.5 pages/s without embeddings on the same 1,167
pages and the same kind of machine, in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

from corpora.catalogue import Catalogue, Product
from corpora.model import Frozen, Passage
from corpora.tokens import default_counter
from ingest.egress import Door, Policy
from ingest.extract.families import Family
from ingest.reading import Job, PageRead, Readers
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
    passages: list[Passage] = []
    failures = 0

    def timed(name: str, work: Callable[[], int]) -> None:
        clock, used = time.monotonic(), _processor()
        pages = work()
        seconds, processor = time.monotonic() - clock, _processor() - used
        stages.append(Stage(name=name, pages=pages, seconds=seconds, processor=processor))

    with tempfile.TemporaryDirectory() as state, served(tree) as start:
        product = _product(start, form, Path(state))
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
        passages=len(passages),
        failures=failures,
        processors=os.cpu_count() or 1,
        load=os.getloadavg()[0],
    )


@contextmanager
def served(tree: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1, with Last-Modified and conditional requests; its address."""

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tree)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def _processor() -> float:
    """Processor time so far, of this process and of those that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _product(start: str, form: str, folder: Path) -> Product:
    declared = folder / "declared"
    declared.mkdir()
    text = _PRODUCT.replace("{start}", start).replace("{format}", form)
    (declared / "tree.toml").write_text(text, "utf-8")
    return Catalogue.load(declared)["tree"]


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
    lines += [
        f"| {stage.name} | {stage.pages} | {stage.seconds:.1f} | {stage.rate:.1f} "
        f"| {stage.processor:.1f} |"
        for stage in (*measured.stages, measured.without_embedding)
    ]
    times = measured.without_embedding.rate / PEER
    lines.append("")
    lines.append(
        f"{measured.passages} passages, {measured.failures} pages not read, "
        f"{measured.processors} processors, load {measured.load:.1f}. "
        f"{times:.1f} times the {PEER} pages/s of docs-mcp-server 2.4.4."
    )
    sys.stdout.write("\n".join(lines) + "\n")
    if given.out:
        given.out.write_text(json.dumps(measured.model_dump(), indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
