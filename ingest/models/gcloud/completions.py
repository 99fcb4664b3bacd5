"""``gcloud_completions.py``: the tree that the SDK completes words from. Every SDK has it.

The file is a Python module with one assignment. The SDK prints its right side as JSON, and it is
read as JSON here: what it holds can't be code, and nothing is handed to Python's own parser. A node
has ``commands`` (name → node) and ``flags`` (name → ``bool``, ``value``, ``dynamic``, or the values
it may have). A group lists what all commands below it take as well, a command what its groups do;
only the root's own are left out everywhere else. Short names, hidden flags and hidden commands are
in none of it, and neither are positionals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from commands.model import Command, Evidence, Option
from corpora.errors import ParseError, Reason
from ingest.models.tables import FILE_BYTES, Table, read_json, table, texts
from ingest.release_files import Failure
from ingest.sources.base import Document

DEPTH = 16
"""Words of a path. The longest of 528.0.0 has 8."""

_ASSIGNED = re.compile(rb"^STATIC_COMPLETION_CLI_TREE[ \t]*=[ \t]*", re.MULTILINE)
_HEAD = 4096
"""Bytes in which the assignment must begin. A licence of 600 stands before it in no SDK seen."""

SHORT = {"--quiet": ("-q",), "--version": ("-v",)}
"""Short names of the root's flags, which the file leaves out (``calliope/cli.py`` of the SDK)."""

OF_THE_ROOT = frozenset({"--version"})
"""Flags of the root that commands below it don't take."""

_NOT_SWITCHED = frozenset({"--help", "--version"})


def read(name: str, document: Document) -> Iterator[Command | Failure]:
    """Every command of the file, or why it could not be taken. Raises ParseError."""
    if len(document.data) > FILE_BYTES:
        raise ParseError(document.name, Reason.TOO_LARGE)
    assigned = _ASSIGNED.search(document.data[:_HEAD])
    if assigned is None:
        raise ParseError(document.name, Reason.MALFORMED, "it assigns no tree")
    tree = read_json(replace(document, data=document.data[assigned.end() :]))
    waiting: list[tuple[tuple[str, ...], Table]] = [((name,), tree)]
    while waiting:
        path, node = waiting.pop()
        waiting += nodes_below(path, node)
        try:
            yield Command(
                path,
                options=tuple(_options(path, table(node.get("flags")))),
                evidence=(Evidence("model", address(document, path)),),
            )
        except ValidationError as error:
            yield refused(path, error)


def nodes_below(path: tuple[str, ...], node: Table) -> Iterator[tuple[tuple[str, ...], Table]]:
    """The commands of a group, as far down as is looked."""
    for word, below in table(node.get("commands")).items() if len(path) < DEPTH else ():
        if isinstance(below, dict):
            yield (*path, str(word)), below


def address(document: Document, path: tuple[str, ...]) -> str:
    """The public page of a command: its words below the address of the whole."""
    return f"{document.url}{'/'.join(path[1:])}"


def refused(path: tuple[str, ...], error: ValidationError) -> Failure:
    """Why a command was left out."""
    first = error.errors(include_url=False, include_input=False)[0]
    return Failure(
        name=" ".join(path)[:200], reason=Reason.MALFORMED, detail=str(first["msg"])[:200]
    )


def _options(path: tuple[str, ...], flags: Table) -> Iterator[Option]:
    root = len(path) == 1
    for name, takes in flags.items():
        switch = takes == "bool"
        yield Option(
            (name, *SHORT.get(name, ())) if root else (name,),
            "none" if switch else "one",
            metavar="" if switch else metavar(name),
            choices=texts(takes) if isinstance(takes, list) else (),
            negations=negations(name, flags) if switch else (),
            inheritable=root and name not in OF_THE_ROOT,
        )


def negations(name: str, flags: Table) -> tuple[str, ...]:
    """The spelling that switches a switch off: added to each that doesn't bring its own."""
    off = f"--no-{name.removeprefix('--')}"
    if name.startswith("--no-") or off in flags or name in _NOT_SWITCHED:
        return ()
    return (off,)


def metavar(name: str) -> str:
    """What the SDK calls a value that has no name of its own: ``MACHINE_TYPE``."""
    return name.lstrip("-").replace("-", "_").upper()
