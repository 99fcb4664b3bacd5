"""What a refresh costs: a tree is served, built, built again unchanged, and with some pages edited.

::

    python -m eval.ingest.again TREE/usr/share/doc/postgresql-doc-15/html --pages 200 --share 0.01

Prints seconds and processor time of each run beside the first build's, and how many texts were
embedded. The goals: nothing changed takes less than 5 % of the first build; of what changed, only
the new texts are embedded. It embeds for real: 200 pages take minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

from corpora.model import Frozen
from corpora.tokens import default_counter
from eval.ingest.__main__ import declared, processor_time
from eval.ingest.site import served
from ingest.build import build
from ingest.egress import Door, Policy
from ingest.sources.site import SiteSource
from retrieval.embed import open_embedder
from retrieval.index import Indexer

_PARAGRAPH = re.compile(rb"<p>(?=[^<])")


class Run(Frozen):
    """One build of the tree."""

    name: str
    seconds: float
    processor: float
    """Seconds of processor time, of all processes."""
    embedded: int
    published: bool


class Measured(Frozen):
    """The first build and the refreshes after it."""

    pages: int
    passages: int
    edited: int
    runs: tuple[Run, ...]


def copied(tree: Path, to: Path, pages: int) -> int:
    """Copy some pages of a tree, and write an index that leads to them; how many they are."""
    to.mkdir()
    chosen = [one for one in sorted(tree.glob("*.html")) if one.name != "index.html"][:pages]
    for one in chosen:
        shutil.copy(one, to / one.name)
    links = "".join(f'<p><a href="{one.name}">{one.stem}</a></p>' for one in chosen)
    (to / "index.html").write_text(f"<title>Pages</title><h1>All pages</h1>{links}")
    return len(chosen)


def again(tree: Path, form: str, share: float, processes: int) -> Measured:
    """Build a tree three times; before the last one, edit that share of its pages, in place."""
    pages = sorted(one for one in tree.glob("*.html") if one.name != "index.html")
    editable = [one for one in pages if _PARAGRAPH.search(one.read_bytes())]
    edited = editable[:: max(1, round(1 / share))][: max(1, round(share * len(pages)))]
    runs: list[Run] = []
    passages = 0
    with tempfile.TemporaryDirectory() as scratch, served(tree) as start:
        data = Path(scratch) / "data"
        product = declared(start, form, Path(scratch))
        embedder = open_embedder(data / "models")  # its export is no part of a build

        def run(name: str) -> None:
            nonlocal passages
            clock, used = time.monotonic(), processor_time()
            with Door(Policy(networks=(ip_network("127.0.0.1/32"),))) as door:
                source = SiteSource(product, door, Path(scratch) / "state")
                report = build(
                    data,
                    {product.id: product},
                    {product.id: list(product.labels)},
                    source=lambda _: source,
                    indexer=Indexer(embedder, data / "vectors"),
                    tokenizer=default_counter().file,
                    processes=processes,
                    progress=lambda *_: None,
                )
                source.close()
            passages = report.passages
            runs.append(
                Run(
                    name=name,
                    seconds=time.monotonic() - clock,
                    processor=processor_time() - used,
                    embedded=report.embedded,
                    published=report.published,
                )
            )

        run("first build")
        run("nothing changed")
        for one in edited:
            one.write_bytes(_PARAGRAPH.sub(b"<p>Revised. ", one.read_bytes(), count=1))
        run(f"{len(edited)} page{'s' if len(edited) != 1 else ''} changed")
    return Measured(pages=len(pages), passages=passages, edited=len(edited), runs=tuple(runs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m eval.ingest.again", description=__doc__)
    parser.add_argument("tree", type=Path, help="folder of HTML pages; it is left as it is")
    parser.add_argument("--format", default="docbook", choices=("docbook", "html"))
    parser.add_argument("--pages", type=int, default=200, help="how many of them")
    parser.add_argument("--share", type=float, default=0.01, help="of the pages, to be edited")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        copied(given.tree, tree, given.pages)
        measured = again(tree, given.format, given.share, given.processes)
    first = measured.runs[0]
    lines = ["| run | seconds | % | processor s | % | embedded |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {one.name} | {one.seconds:.1f} | {100 * one.seconds / first.seconds:.1f} "
        f"| {one.processor:.1f} | {100 * one.processor / first.processor:.1f} | {one.embedded} |"
        for one in measured.runs
    ]
    lines += ["", f"{measured.pages} pages, {measured.passages} passages."]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
