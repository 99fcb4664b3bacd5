"""The commands of Redis: what ``COMMAND DOCS`` answers, or the files it is made from.

``src/commands/*.json`` of the sources, from 7.0 on, hold one command each and name the one that
contains it; the answer of the server is one table of them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from commands.dialect import DIALECTS
from commands.model import (
    Command,
    Deprecation,
    Evidence,
    Option,
    Positional,
    Scope,
    Surface,
    ValueType,
    one_line,
)
from corpora.errors import ParseError, Reason
from corpora.model import Page, Section, Text
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.tables import Table, line, named, read_json, tables, texts
from ingest.release_files import Failure
from ingest.sources.base import Document

DEPTH = 8
"""Arguments within arguments. The deepest seen has 4."""

_TYPES: Mapping[str, ValueType] = {
    "string": "string",
    "integer": "integer",
    "double": "number",
    "unix-time": "timestamp",
    "pattern": "string",
    "key": "string",
}


@dataclass(frozen=True, slots=True)
class _Told:
    words: tuple[str, ...]
    table: Table
    document: Document
    alone: bool
    """Whether the document is of this command alone: then its address is the command's."""

    @property
    def url(self) -> str:
        if self.alone:
            return self.document.url
        return f"{self.document.url}{'-'.join(self.words).lower()}/"


def read(material: Material) -> Modelled:
    """Read every document of a release. Raises ParseError where no command is in them."""
    told: dict[tuple[str, ...], _Told] = {}
    failures: list[Failure] = []
    commands: list[Command] = []
    for document in material.documents:
        try:
            for one in _told(document):
                told.setdefault(one.words, one)
        except ParseError as error:
            failures.append(
                Failure(name=document.name, reason=error.reason, detail=error.detail[:200])
            )
    pages: list[_Told] = []
    for words, one in sorted(told.items()):
        try:
            commands.append(_command(one))
            pages.append(one)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            failures.append(
                Failure(
                    name=" ".join(words), reason=Reason.MALFORMED, detail=str(first["msg"])[:200]
                )
            )
    if not commands:
        raise ParseError(material.name, Reason.EMPTY, "no command is in it")
    surface = Surface(
        material.product,
        material.release,
        ("model",),
        tuple(commands),
        dialect=DIALECTS["sql"],
        exhaustive=(Scope("model", ("commands", "options", "arity", "required", "repeatable")),),
    )
    return Modelled(surface, _pages(pages), tuple(failures))


def _told(document: Document) -> Iterator[_Told]:
    read = read_json(document)
    found = list(named(read.get("commands", read)))
    alone = len(found) == 1 and "subcommands" not in found[0][1]
    for name, one in found:
        container = one.get("container")
        words = name.replace("|", " ").upper().split()
        if isinstance(container, str):
            words = [container.upper(), *words]
        if words and "SYSCMD" not in texts(one.get("doc_flags")):
            yield _Told(tuple(words), one, document, alone)
        for inner, below in named(one.get("subcommands")):
            yield _Told(tuple(inner.replace("|", " ").upper().split()), below, document, False)


def _command(one: _Told) -> Command:
    arguments = tables(one.table.get("arguments"))
    options: dict[str, Option] = {}
    for option in _options(arguments, optional=False, depth=0):
        options.setdefault(option.names[0], option)
    summary = line(one.table.get("summary"))
    since = line(one.table.get("since"))
    url = one.url
    return Command(
        one.words,
        kind="statement",
        summary=summary or (f"Available since Redis {since}." if since else ""),
        synopsis=(synopsis(one.words, arguments),),
        options=tuple(options.values()),
        positionals=tuple(_places(arguments)),
        deprecated=_deprecation(one.table),
        evidence=(Evidence("model", url, json.dumps(dict(one.table))[:400]),),
    )


def _options(arguments: list[Table], *, optional: bool, depth: int) -> Iterator[Option]:
    """Give every argument that a keyword introduces, at any depth."""
    for one in arguments:
        flags = texts(one.get("flags"))
        left_out = optional or "optional" in flags
        inner = tables(one.get("arguments"))
        token = line(one.get("token"))
        kind = str(one.get("type", ""))
        if token:
            words = 0 if kind == "pure-token" else _width(one)
            yield Option(
                (token.split()[0],),
                "none" if words == 0 else "one" if words == 1 else "many",
                metavar="" if words == 0 else line(one.get("name")),
                type=_TYPES.get(kind, ""),
                required=not left_out,
                repeatable="multiple_token" in flags,
                deprecated=_deprecation(one),
            )
        if inner and depth < DEPTH:
            # Of several alternatives none is required by itself.
            yield from _options(inner, optional=left_out or kind == "oneof", depth=depth + 1)


def _width(one: Table) -> int:
    """How many words a value takes; 2 stands for any number."""
    if "multiple" in texts(one.get("flags")):
        return 2
    inner = tables(one.get("arguments"))
    return 1 if not inner or one.get("type") == "oneof" else min(2, len(inner))


def _places(arguments: list[Table]) -> Iterator[Positional]:
    for one in arguments:
        if one.get("token") or one.get("type") == "pure-token":
            continue
        flags = texts(one.get("flags"))
        tokens = one.get("type") == "oneof" and all(
            inner.get("token") for inner in tables(one.get("arguments"))
        )
        if not tokens:
            yield Positional(
                line(one.get("name")) or "argument",
                required="optional" not in flags,
                repeatable="multiple" in flags,
                type=_TYPES.get(str(one.get("type", "")), ""),
            )


def synopsis(words: tuple[str, ...], arguments: list[Table]) -> str:
    """Write a command as the documentation of Redis does: ``SET key value [NX | XX] [GET]``."""
    return one_line(" ".join((*words, *(_spelled(one, 0) for one in arguments))))


def _spelled(one: Table, depth: int) -> str:
    flags = texts(one.get("flags"))
    token = line(one.get("token"))
    name = line(one.get("display_text")) or line(one.get("name"))
    inner = [_spelled(below, depth + 1) for below in tables(one.get("arguments"))[:64]]
    match one.get("type"):
        case "pure-token":
            text = ""
        case "oneof" if depth < DEPTH:
            text = " | ".join(inner)
            text = text if "optional" in flags and not token else f"<{text}>"
        case "block" if depth < DEPTH:
            text = " ".join(inner)
        case _:
            text = name
    if "multiple" in flags:
        again = f"{token} {text}" if "multiple_token" in flags else text
        text = f"{text} [{again} ...]"
    text = f"{token} {text}".strip() if token else text
    return f"[{text}]" if "optional" in flags else text


def _deprecation(one: Table) -> Deprecation | None:
    since = line(one.get("deprecated_since"))
    if not since and "DEPRECATED" not in (flag.upper() for flag in texts(one.get("doc_flags"))):
        return None
    return Deprecation(line(one.get("replaced_by")), since=since)


def _pages(told: list[_Told]) -> Iterator[ModelPage]:
    for one in told:
        name = " ".join(one.words)
        summary = line(one.table.get("summary"))
        history = [
            f"Since {change[0]}: {change[1]}" for change in _changes(one.table.get("history"))
        ]
        facts = [
            f"Available since {line(one.table.get('since'))}." if one.table.get("since") else "",
            f"Time complexity: {line(one.table.get('complexity'))}"
            if one.table.get("complexity")
            else "",
            *history,
        ]
        page = Page(
            slug="-".join(one.words).lower(),
            title=name,
            summary=summary,
            command=name,
            sections=(
                Section(
                    heading="Synopsis",
                    blocks=(
                        *((Text(text=summary),) if summary else ()),
                        Text(
                            type="code",
                            text=synopsis(one.words, tables(one.table.get("arguments"))),
                        ),
                        *(Text(text=fact) for fact in facts if fact),
                    ),
                ),
            ),
        )
        yield ModelPage(page, one.url, hashlib.sha256(one.document.data).hexdigest())


def _changes(value: object) -> Iterator[tuple[str, str]]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, list) and len(one) == 2:
            yield one_line(str(one[0])), one_line(str(one[1]))
