"""How well a model of commands is read, against what the program's own parser was told.

::

    python -m eval.extraction.models --format azure-yaml --truth az-2.89.1.json.gz DIR

``DIR`` holds the documents of one release. A command is exact when it has the same spellings as the
parser, positionals included and hidden ones aside; one more is as wrong as one less. Commands that
only one side knows are counted apart: a folder may hold a part of the program. The table comes
first, then every difference on a line of its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from commands.model import Command, Surface
from eval.extraction.oracle import Fact, Truth, load
from ingest.models import MODELS
from ingest.models.base import Material
from ingest.sources.base import Document

GOAL = 0.99
"""Share of commands exact, and of arities right."""


@dataclass(slots=True)
class Result:
    """What came out."""

    commands: int = 0
    exact: int = 0
    exact_but_deprecated: int = 0
    """Exact where deprecated spellings that the surface lacks are no error: help hides them."""
    missing: int = 0
    extra: int = 0
    required: int = 0
    """Spellings whose requirement both know."""
    wrong_required: int = 0
    arity: int = 0
    wrong_arity: int = 0
    unknown: int = 0
    """Commands that the surface has and the parser lacks."""
    unread: int = 0
    """Commands that the parser has and the surface lacks."""
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the goal is met."""
        return (
            self.exact >= GOAL * self.commands
            and not self.wrong_required
            and self.arity - self.wrong_arity >= GOAL * self.arity
        )


def compare(surface: Surface, truth: Truth) -> Result:
    """Compare what both sides have, and count what only one has."""
    known = {one.path: one for one in surface.commands if one.kind == "command" and not one.partial}
    leaves = {path for path, one in known.items() if not one.children or one.options}
    result = Result(unknown=len(leaves - truth.keys()), unread=len(truth.keys() - known.keys()))
    for path in sorted(truth.keys() & known.keys()):
        result.commands += 1
        above = {
            spelling
            for length in range(1, len(path))
            for option in (known[path[:length]].options if path[:length] in known else ())
            if option.inheritable
            for spelling in option.spellings
        }
        told = {name: fact for name, fact in truth[path].items() if name not in above}
        mine = dict(_facts(known[path], told))
        _compare(" ".join(path), mine, told, result)
    return result


def _compare(name: str, mine: Mapping[str, Fact], told: Mapping[str, Fact], result: Result) -> None:
    less = sorted(spelling for spelling in told.keys() - mine.keys() if not told[spelling].hidden)
    more = sorted(mine.keys() - told.keys())
    result.missing += len(less)
    result.extra += len(more)
    result.exact_but_deprecated += not more and all(told[one].deprecated for one in less)
    if less or more:
        result.differences.append(f"{name}: missing {less}, extra {more}")
    else:
        result.exact += 1
    for spelling in sorted(mine.keys() & told.keys()):
        said, true = mine[spelling], told[spelling]
        if true.required is not None and said.required is not None:
            result.required += 1
            if said.required != true.required:
                result.wrong_required += 1
                result.differences.append(f"{name} {spelling}: required {said.required}")
        if true.arity is not None and said.arity is not None:
            result.arity += 1
            if said.arity != true.arity:
                result.wrong_arity += 1
                result.differences.append(
                    f"{name} {spelling}: takes {said.arity}, truly {true.arity}"
                )


def _facts(command: Command, told: Mapping[str, Fact]) -> Iterator[tuple[str, Fact]]:
    for option in command.options:
        if option.inherited or (option.inheritable and told.keys().isdisjoint(option.names)):
            continue
        for spelling in option.names:
            yield spelling, Fact(option.arity, option.required)
        for spelling in option.negations:
            yield spelling, Fact("none")
    for place in command.positionals:
        # The dump of az names a positional as it would an option, and doesn't say whether it may be
        # left out: argparse takes that from its nargs.
        dashed = f"--{place.name}"
        yield (dashed if dashed in told else place.name), Fact()


def documents(folder: Path) -> list[Document]:
    """Every file of a folder, at any depth, as a document."""
    now = datetime.now(UTC)
    return [
        Document(str(path.relative_to(folder)), path.read_bytes(), "", path.stem, now)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def table(name: str, one: Result) -> str:
    """The figures as a Markdown table."""
    columns = {
        "release": name,
        "commands": one.commands,
        "exact": _share(one.exact, one.commands),
        "exact but for deprecated ones": _share(one.exact_but_deprecated, one.commands),
        "missing": one.missing,
        "extra": one.extra,
        "required wrong": f"{one.wrong_required}/{one.required}",
        "arity right": _share(one.arity - one.wrong_arity, one.arity),
        "not in the program": one.unknown,
        "not read": one.unread,
        "seconds": f"{one.seconds:.1f}",
    }
    rows = (columns, ["---"] * len(columns), columns.values())
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({part / max(whole, 1):.2%})"


def main(arguments: list[str] | None = None) -> int:
    """Print the table and every difference. 1 where the goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--format", required=True, choices=MODELS)
    parser.add_argument("--truth", type=Path, required=True, help="an oracle of the same release")
    parser.add_argument("--quiet", action="store_true", help="the table alone")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    started = time.process_time()
    read = MODELS[given.format](Material("program", given.folder.name, documents(given.folder)))
    spent = time.process_time() - started
    result = compare(read.surface, load(given.truth))
    result.seconds = spent
    sys.stdout.write(table(given.truth.name.removesuffix(".json.gz"), result))
    if not given.quiet:
        sys.stdout.writelines(f"{one}\n" for one in result.differences)
        sys.stdout.writelines(
            f"not read: {one.name}: {one.reason} {one.detail}\n" for one in read.failures
        )
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
