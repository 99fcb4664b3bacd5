"""Benchmark of extraction: options read from documentation against what the programs accept.

::

    python -m eval.extraction --truth eval/truth --pages docker-20.10=DIR --pages coreutils-9.7=DIR

A name before ``=`` is that of a facts file; without one, the folder's own name is. Folders hold
manual pages (``man1/``, ``man8/``) or HTML, at any depth.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpora.catalogue import Catalogue
from corpora.errors import ParseError
from corpora.model import Block, Entry, Page, Section
from eval.extraction.compare import Comparison, compare
from eval.truth.facts import Facts, load
from ingest.extract.families import Family
from ingest.extract.surfaces import facts_of, surface_of
from ingest.parse import parse

_MANUAL = re.compile(r"(?P<slug>.+)\.[18](?:[a-z]\w*)?(?:\.gz)?")


def main(arguments: list[str] | None = None) -> int:
    """Print the table, then every difference on a line of its own."""
    parser = argparse.ArgumentParser(prog="python -m eval.extraction", description=__doc__)
    parser.add_argument("--truth", type=Path, required=True, help="folder of facts files")
    parser.add_argument("--pages", action="append", required=True, metavar="[NAME=]DIR")
    parser.add_argument("--extras", type=Path, help="write spellings to try on the programs here")
    parser.add_argument("--quiet", action="store_true", help="the table alone")
    given = parser.parse_args(arguments)
    results = []
    for pages in given.pages:
        name, _, folder = pages.rpartition("=")
        facts = load(given.truth / f"{name or Path(folder).name}.json.gz")
        results.append(_run(facts, Path(folder)))
    print(table(results))  # noqa: T201
    if not given.quiet:
        for result in results:
            for one in result.differences:
                print(f"{result.facts.product}-{result.facts.release}: {one}")  # noqa: T201
    if given.extras:
        lines = [json.dumps(one) for result in results for one in result.candidates]
        given.extras.write_text("".join(f"{line}\n" for line in lines))
    return 0


def _run(facts: Facts, folder: Path) -> Comparison:
    family = Family.of(Catalogue.load()[facts.product].reading(facts.release))
    pages = [family.named(page) for page in _pages(facts, folder)]
    told = [facts_of(page, family) for page in pages]
    surface = surface_of(facts.product, facts.release, told, family.dialect)
    texts: dict[str, str] = {}
    for page in pages:
        texts[page.command] = "\n".join((texts.get(page.command, ""), *_strings(page.sections)))
    return compare(facts, surface.commands, texts)


def _strings(parts: Iterable[Section | Block]) -> Iterator[str]:
    """All that a reader sees of some sections or blocks."""
    for part in parts:
        if isinstance(part, Section):
            yield part.heading
            yield from _strings(part.blocks)
        elif isinstance(part, Entry):
            yield from part.terms
            yield from _strings(part.body)
        else:
            yield part.text


def _pages(facts: Facts, folder: Path) -> Iterator[Page]:
    """The pages of the folder. Of manual pages only those of the programs in question."""
    programs = {name.split()[0] for name in facts.commands}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        manual = _MANUAL.fullmatch(path.name)
        if manual and (manual["slug"] in programs or manual["slug"].split("-")[0] in programs):
            kind = "man"
        elif path.suffix == ".html":
            kind = "docbook"
        else:
            continue
        try:
            yield parse(kind, str(path), path.read_bytes())
        except ParseError:
            continue


def table(results: list[Comparison]) -> str:
    """The figures as a Markdown table."""
    rows = [
        "| release | commands | exact | listed found | of those on the page | hidden ones too "
        "| missing | extra | arity right | no page |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in results:
        share = f"{one.agreed}/{one.compared} ({one.agreed / max(one.compared, 1):.1%})"
        rows.append(
            f"| {one.facts.product} {one.facts.release} | {one.commands} | {one.exact} "
            f"| {one.found}/{one.flags} | {one.found}/{one.flags - one.unwritten} "
            f"| {one.found + one.hidden_found}/{one.flags + one.hidden} "
            f"| {one.count('missing')} | {one.count('extra')} "
            f"| {share} | {one.count('no page')} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
