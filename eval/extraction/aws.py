"""How well the AWS CLI's surface is extracted, release by release, against the CLI's own tables.

::

    python -m eval.extraction.aws --release 2.38.1 --truth tables.json awscli_2.38.1-1_all.deb
    python -m eval.extraction.aws --release 1.45.11 --truth oracle.json.gz awscli.whl botocore.whl

``--truth`` is what the release's own parser was told (:mod:`eval.extraction.aws_dump`) or an oracle
of the release; without it, version 2's own index of commands (``ac.index``) is the truth, which is
not among the files that are extracted from. A command is identical when it has the same options and
positionals, hidden ones included: one more is as wrong as one less.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from commands.model import Command, Surface
from ingest.models.aws.files import EXCLUDE, INCLUDE
from ingest.models.aws.surface import extract
from ingest.sources.archive import Limits, Member, read_deb, selector
from ingest.sources.wheels import read_package

_INDEX = "*awscli/data/ac.index"
_LIMITS = Limits(member_bytes=64 * 2**20)
_NUMBERED = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Fact:
    """What the truth says of one option or positional; None where it doesn't say."""

    arity: str | None = None
    required: bool | None = None
    enforced: frozenset[str] | None = None
    hidden: bool | None = None


Truth = Mapping[tuple[str, ...], Mapping[str, Fact]]
"""Path of a command → spelling (of a positional: its name) → fact."""


@dataclass(slots=True)
class Result:
    """What came out for one release."""

    release: str
    commands: int = 0
    identical: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0

    def share(self, fact: str) -> str:
        """How many of a fact were right."""
        total = self.compared[fact]
        return f"{total - self.wrong[fact]}/{total}" if total else "-"


def read(archives: Sequence[Path], include: Sequence[str]) -> dict[str, bytes]:
    """Read the selected members of packages, by path."""
    wanted = selector(include, EXCLUDE)
    files: dict[str, bytes] = {}
    for archive in archives:
        reader = read_deb if archive.suffix == ".deb" else read_package
        for member in reader(archive, wanted, limits=_LIMITS):
            if isinstance(member, Member):
                files[member.path] = member.data
    return files


def told(path: Path) -> Truth:
    """Read a dump of what the parser was told, or an oracle."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    commands = json.loads(text)["commands"]
    truth: dict[tuple[str, ...], dict[str, Fact]] = {}
    for name, one in commands.items():
        words = tuple(name.split())
        if "flags" in one:
            truth[words] = dict(_of_oracle(words[-1], one))
        else:
            truth[words] = {
                spelling: Fact(
                    fact["arity"],
                    fact["required"],
                    frozenset(fact["enforced"]),
                    fact["hidden"],
                )
                for spelling, fact in one.items()
            }
    return truth


def indexed(data: bytes) -> Truth:
    """Read version 2's index of commands. It doesn't say what the parser is told of values."""
    with tempfile.NamedTemporaryFile(suffix=".index") as file:
        file.write(data)
        file.flush()
        database = sqlite3.connect(f"file:{file.name}?mode=ro&immutable=1", uri=True)
        truth: dict[tuple[str, ...], dict[str, Fact]] = {
            _words(parent, command): {}
            for parent, command in database.execute("SELECT parent, command FROM command_table")
        }
        for parent, command, name, positional, required in database.execute(
            "SELECT parent, command, argname, positional_arg, required FROM param_table"
        ):
            place = positional == "1" or _is_outfile(name, command)
            spelling = name if place else f"--{name}"
            fact = Fact(required=None if positional == "1" else bool(required))
            truth[_words(parent, command)][spelling] = fact
        database.close()
    return truth


def compare(surface: Surface, truth: Truth, result: Result) -> None:
    """Compare a surface with the truth, and write every difference down."""
    found = {command.path: command for command in surface.commands}
    if ("aws",) not in truth:
        found.pop(("aws",), None)
    result.commands = len(truth)
    for path in sorted(truth.keys() - found.keys()):
        result.differences.append(f"missing command: {' '.join(path)}")
    for path in sorted(found.keys() - truth.keys()):
        result.differences.append(f"extra command: {' '.join(path)}")
    for path in sorted(truth.keys() & found.keys()):
        mine, true = dict(_facts(found[path])), truth[path]
        if mine.keys() == true.keys():
            result.identical += 1
        else:
            less, more = sorted(true.keys() - mine.keys()), sorted(mine.keys() - true.keys())
            result.differences.append(f"{' '.join(path)}: missing {less}, extra {more}")
        for spelling in sorted(mine.keys() & true.keys()):
            _compare(" ".join(path), spelling, mine[spelling], true[spelling], result)


def _compare(path: str, spelling: str, mine: Fact, true: Fact, result: Result) -> None:
    for name in ("arity", "required", "enforced", "hidden"):
        held, asked = getattr(mine, name), getattr(true, name)
        if asked is None or held is None:
            continue
        result.compared[name] += 1
        if held != asked:
            result.wrong[name] += 1
            result.differences.append(f"{path} {spelling}: {name} {held!r}, truly {asked!r}")


def _facts(command: Command) -> Iterator[tuple[str, Fact]]:
    for option in command.options:
        enforced = frozenset() if option.open_choices else frozenset(option.choices)
        for spelling in option.names:
            yield spelling, Fact(option.arity, option.required, enforced, option.hidden)
        for spelling in option.negations:
            yield spelling, Fact("none", None, frozenset(), option.hidden)
    for place in command.positionals:
        yield _NUMBERED.sub("", place.name), Fact()


def _is_outfile(name: str, command: str) -> bool:
    """Whether it is the file that an operation's output goes to: known by its place.

    Tables of arguments call it no positional; only its class spells it without dashes. One command
    has an option of the same name.
    """
    return name == "outfile" and command != "create-virtual-mfa-device"


def _of_oracle(
    name: str, command: Mapping[str, list[Mapping[str, object]]]
) -> Iterator[tuple[str, Fact]]:
    for flag in command["flags"]:
        spelling = str(flag["name"])
        if _is_outfile(spelling.removeprefix("--"), name):
            spelling = "outfile"
        place = not spelling.startswith("-")
        yield spelling, Fact(required=None if place else bool(flag["required"]), hidden=False)
    for hidden in command["undocumented"]:
        yield f"--{hidden}", Fact(hidden=True)


def _words(parent: str, command: str) -> tuple[str, ...]:
    # A dot is part of the name of one service: `aws runtime.sagemaker`.
    words = parent.replace("runtime.sagemaker", "runtime\0sagemaker").split(".") if parent else []
    return *(word.replace("\0", ".") for word in words), command


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare one release; print the table and every difference. 1 where the goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--release", required=True)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("archives", type=Path, nargs="+")
    given = parser.parse_args(arguments)
    files = read(given.archives, INCLUDE)
    result = Result(given.release)
    started = time.process_time()
    out = extract(files, product="aws", release=given.release)
    result.seconds = time.process_time() - started
    result.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if given.truth:
        truth = told(given.truth)
    else:
        (index,) = read(given.archives, [_INDEX]).values()
        truth = indexed(index)
    compare(out.surface, truth, result)
    write = sys.stdout.write
    write(
        "| release | commands | identical | arity | required | enforced choices | hidden "
        "| processor seconds | MB |\n|---|---|---|---|---|---|---|---|---|\n"
        f"| {result.release} | {result.commands} | {result.identical} "
        f"({100 * result.identical / result.commands:.2f} %) | {result.share('arity')} "
        f"| {result.share('required')} | {result.share('enforced')} | {result.share('hidden')} "
        f"| {result.seconds:.1f} | {result.megabytes:.0f} |\n"
    )
    for note in out.notes:
        write(f"not followed: {note.event}: {note.handler}: {note.reason}\n")
    for difference in result.differences:
        write(f"{difference}\n")
    return 0 if result.identical >= 0.995 * result.commands else 1


if __name__ == "__main__":
    sys.exit(main())
