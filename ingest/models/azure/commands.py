"""The Azure CLI's own table of commands, as ``ingest/models/azure/ask.py`` wrote it down.

It lies beside the published reference, or is all there is. Tables of older kinds lack ``groups``,
``global``, ``examples`` and ``long``, and are read without them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote as quoted
from urllib.parse import urljoin

from pydantic import ValidationError

from commands.dialect import DIALECTS
from commands.model import (
    Arity,
    Command,
    Deprecation,
    Evidence,
    Option,
    Positional,
    Scope,
    Surface,
    one_line,
)
from corpora.errors import ParseError, Reason
from ingest.models.azure.pages import anchored, page, with_children
from ingest.models.azure.values import WAIVER
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.cards import DESCRIPTION
from ingest.models.tables import Table, line, named, quote, read_json, table, tables, texts
from ingest.sources.base import Document

NAME = "commands.json"

_ARITIES: dict[object, Arity] = {None: "one", "?": "optional", "*": "any", "+": "many", 0: "none"}
_SWITCHES = frozenset(("store_true", "store_false", "store_const"))
_REFUSED = "IgnoreAction"
"""What the program keeps for itself: given on the command line it is an error."""


EXAMPLE = 10_000
"""Characters of one example; the longest of 2.89 has 8,613."""


def tables_of(material: Material) -> tuple[Document, ...]:
    """Give the documents that are tables."""
    return tuple(
        one for one in material.documents if one.name.rpartition("/")[2].removesuffix(".gz") == NAME
    )


def read(material: Material) -> Modelled:
    """Read a table that is all there is of a release. Raises ParseError."""
    for document in tables_of(material):
        told = read_json(document)
        found = _commands(document, told, cited=True)
        every = tuple(with_children({one.path: one for one in found}))
        pages = _pages(document, told, {one.path: one for one in found})
        return Modelled(_surface(material, every), pages)
    raise ParseError(material.name, Reason.EMPTY, f"no {NAME} is in it")


def surface(material: Material, document: Document) -> Surface:
    """Read a table that lies beside the reference. Raises ParseError."""
    return _surface(material, _commands(document, read_json(document)))


def _surface(material: Material, found: tuple[Command, ...]) -> Surface:
    return Surface(
        material.product,
        material.release,
        ("binary",),
        found,
        dialect=DIALECTS["argparse"],
        # Extensions bring commands of their own; of what is here all is told.
        exhaustive=(Scope("binary", ("options", "arity", "required", "choices", "hidden")),),
    )


def _commands(document: Document, told: Table, *, cited: bool = False) -> tuple[Command, ...]:
    """Read commands and groups; ``cited``: with the address at which each is described."""
    found: list[Command] = []
    for kind in ("commands", "groups"):
        for name, one in named(told.get(kind)):
            words = tuple(name.split())
            if not words and kind == "groups":
                continue  # the program itself, which its help says nothing of
            url = anchored(_url(document, words, kind), ("az", *words)) if cited else ""
            try:
                found.append(_command(words, one, url))
            except ValidationError as error:
                raise _malformed(document, name, error) from error
        if not found:
            raise ParseError(document.name, Reason.EMPTY, "no command is in it")
    common = tables(told.get("global"))
    if common:
        try:
            options = tuple(
                replace(_option(texts(one.get("names")), one), inheritable=True) for one in common
            )
            found.append(Command(("az",), summary="Manage Azure resources.", options=options))
        except ValidationError as error:
            raise _malformed(document, "az", error) from error
    return tuple(found)


def _malformed(document: Document, name: str, error: ValidationError) -> ParseError:
    first = error.errors(include_url=False, include_input=False)[0]
    return ParseError(document.name, Reason.MALFORMED, f"{name}: {first['msg']}"[:200])


def _url(document: Document, words: tuple[str, ...], kind: str) -> str:
    """Give the page of the published reference that describes a command: that of its group."""
    group = words if kind == "groups" else words[:-1]
    page_ = "/".join(quoted(word, safe="") for word in group)
    return urljoin(document.url, page_ or "reference-index")


def _pages(
    document: Document, told: Table, known: Mapping[tuple[str, ...], Command]
) -> Iterator[ModelPage]:
    digest = hashlib.sha256(document.data).hexdigest()
    for kind in ("commands", "groups"):
        for name, one in named(told.get(kind)):
            words = tuple(name.split())
            command = known.get(("az", *words))
            if not words or command is None or command.hidden:
                continue
            said = f"{_sentence(one.get('help'))} {line(one.get('long'))}".strip()[:DESCRIPTION]
            examples = (
                (line(example.get("name")), quote(example.get("text"), EXAMPLE))
                for example in tables(one.get("examples"))
            )
            yield page(command, said, examples, _url(document, words, kind), digest)


def _command(words: tuple[str, ...], one: Table, url: str) -> Command:
    options, places = [], []
    for told in tables(one.get("options")):
        if told.get("action") == _REFUSED:
            continue
        names = texts(told.get("names"))
        # Two commands declare "--api, --resource-id" and "--role-definition-id " as single names.
        # What stands before the space is an abbreviation of it, which argparse takes.
        typed = (re.split(r"[\s,]", name.strip())[0] for name in names)
        retired = texts(told.get("retired"))  # still taken, and not what to call the option by
        spelled = tuple(sorted(filter(None, typed), key=lambda name: (name in retired, name)))
        if spelled:
            options.append(_option(spelled, told, url))
        elif not names:
            places.append(
                Positional(
                    str(told.get("dest", "")).replace("_", "-"),
                    required=told.get("nargs") not in ("?", "*"),
                    repeatable=told.get("nargs") in ("*", "+"),
                    description=line(told.get("help")),
                )
            )
    return Command(
        ("az", *words),
        summary=_sentence(one.get("help")),
        # As the reference puts them in order, so that both make the same card of a command.
        options=tuple(sorted(options, key=lambda option: option.names[0])),
        positionals=tuple(places),
        deprecated=_deprecation(one.get("deprecated")),
        hidden=table(one.get("deprecated")).get("hidden") is True,
        evidence=_evidence(url, one.get("help")),
    )


def _evidence(url: str, said: object) -> tuple[Evidence, ...]:
    return (Evidence("binary", url, quote(said)),) if url else ()


def _sentence(value: object) -> str:
    """A summary with the full stop that the program cuts off where more follows it."""
    said = line(value)
    return one_line(f"{said}.") if said[-1:].isalnum() else said


def _option(names: tuple[str, ...], told: Table, url: str = "") -> Option:
    takes = arity(told)
    default = None if takes == "none" else told.get("default")
    return Option(
        names,
        takes,
        metavar="" if takes == "none" else "value",
        choices=texts(told.get("choices")),
        default=one_line(str(default))
        if isinstance(default, str | int) and takes != "none"
        else None,
        required=told.get("required") is True,
        repeatable=told.get("action") == "append",
        waives_required=WAIVER in names,
        deprecated=_deprecation(told.get("deprecated")),
        hidden=told.get("hidden") is True or table(told.get("deprecated")).get("hidden") is True,
        description=line(told.get("help")),
        evidence=_evidence(url, told.get("help")),
    )


def arity(told: Table) -> Arity:
    """How many values one use takes, in argparse's words: ``action`` and ``nargs``."""
    if told.get("action") in _SWITCHES:
        return "none"
    nargs = told.get("nargs")
    if isinstance(nargs, int) and nargs > 1:
        return "many"
    return _ARITIES.get(nargs if isinstance(nargs, str | int | None) else None, "one")


def _deprecation(value: object) -> Deprecation | None:
    if not isinstance(value, dict):
        return None
    return Deprecation(replacement=line(value.get("redirect")), since="")
