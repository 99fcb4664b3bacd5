"""What a program's own parser says, as oracles have it: tables that were dumped from the program.

Every oracle is JSON of ``{"commands": {"az group create": {…}}}`` and tells its facts in the words
of the program it came from. Here they become the same few facts.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.model import Arity

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One spelling; None where the oracle doesn't say. A positional's spelling has no dash."""

    arity: Arity | None = None
    required: bool | None = None
    hidden: bool = False
    """Accepted, and left out of the help: no error where a surface lacks it."""
    deprecated: bool = False


Truth = dict[tuple[str, ...], dict[str, Fact]]
"""Path of a command → spelling → fact."""

_HELP = {"--help": Fact("none", False), "-h": Fact("none", False)}


def azure(commands: Mapping[str, Row]) -> Truth:
    """Read argparse's table of ``az``; the options that every command takes are not in it."""
    return {tuple(name.split()): dict(_argparse(row)) for name, row in commands.items()}


def _argparse(row: Row) -> Iterator[tuple[str, Fact]]:
    for flag in row["flags"]:
        fact = Fact(
            _nargs(flag), bool(flag["required"]), bool(flag["hidden"]), bool(flag["deprecated"])
        )
        if flag["positional"] or not flag["names"]:
            yield str(flag["dest"]).replace("_", "-"), fact
            continue
        for name in flag["names"]:
            # One command declares "--api, --resource-id" as one: argparse takes it cut short.
            for spelled in str(name).split(", "):
                yield spelled, fact


def _nargs(flag: Row) -> Arity:
    if flag["action"] in ("store_true", "store_false", "store_const") or flag["nargs"] in (0, "0"):
        return "none"
    several: Mapping[str, Arity] = {"?": "optional", "*": "any", "+": "many"}
    return several.get(str(flag["nargs"]), "one")


def gcloud(commands: Mapping[str, Row]) -> Truth:
    """Read the SDK's static tree of completions: groups list what all below them take.

    What it leaves out and the program takes is hidden: the spellings that switch a switch off, and
    the root's short names.
    """
    hidden = Fact("none", hidden=True)
    truth: Truth = {}
    for name, row in commands.items():
        told = truth[tuple(name.split())] = {
            flag["name"]: Fact("one" if flag["takes_value"] else "none") for flag in row["flags"]
        }
        switches = [one for one, fact in told.items() if fact.arity == "none"]
        for switch in switches:
            told.setdefault(f"--no-{switch.removeprefix('--')}", hidden)
    for short in ("-q", "-v"):
        truth.get(("gcloud",), {})[short] = hidden
    return truth


READERS: Mapping[str, Callable[[Mapping[str, Row]], Truth]] = {"az": azure, "gcloud": gcloud}
"""By the name of the program."""


def load(path: Path) -> Truth:
    """Read an oracle. Raises ValueError for a program that no reader knows."""
    told = json.loads(gzip.decompress(path.read_bytes()))
    commands = told["commands"]
    program = str(next(iter(commands))).split()[0]
    if program not in READERS:
        raise ValueError(f"{path.name}: nothing reads the tables of {program!r}")
    return READERS[program](commands)
