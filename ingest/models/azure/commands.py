"""The Azure CLI's own table of commands, as ``ingest/models/azure/ask.py`` wrote it down."""

from __future__ import annotations

import re

from pydantic import ValidationError

from commands.dialect import DIALECTS
from commands.model import (
    Arity,
    Command,
    Deprecation,
    Option,
    Positional,
    Scope,
    Surface,
    one_line,
)
from corpora.errors import ParseError, Reason
from ingest.models.azure.values import WAIVER
from ingest.models.base import Material
from ingest.models.tables import Table, line, named, read_json, table, tables, texts
from ingest.sources.base import Document

NAME = "commands.json"

_ARITIES: dict[object, Arity] = {None: "one", "?": "optional", "*": "any", "+": "many", 0: "none"}
_SWITCHES = frozenset(("store_true", "store_false", "store_const"))
_REFUSED = "IgnoreAction"
"""What the program keeps for itself: given on the command line it is an error."""


def surface(material: Material, document: Document) -> Surface:
    """Read the table. Raises ParseError."""
    found = []
    for name, one in named(read_json(document).get("commands")):
        try:
            found.append(_command(tuple(name.split()), one))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            detail = f"{name}: {first['msg']}"[:200]
            raise ParseError(document.name, Reason.MALFORMED, detail) from error
    if not found:
        raise ParseError(document.name, Reason.EMPTY, "no command is in it")
    return Surface(
        material.product,
        material.release,
        ("binary",),
        tuple(found),
        dialect=DIALECTS["argparse"],
        # Extensions bring commands of their own; of what is here all is told.
        exhaustive=(Scope("binary", ("options", "arity", "required", "choices", "hidden")),),
    )


def _command(words: tuple[str, ...], one: Table) -> Command:
    options, places = [], []
    for told in tables(one.get("options")):
        if told.get("action") == _REFUSED:
            continue
        names = texts(told.get("names"))
        # One command declares "--api, --resource-id" as a single name, which nobody can type.
        spelled = tuple(name for name in names if not re.search(r"\s", name))
        if spelled:
            options.append(_option(spelled, told))
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
        summary=line(one.get("help")),
        options=tuple(options),
        positionals=tuple(places),
        deprecated=_deprecation(one.get("deprecated")),
    )


def _option(names: tuple[str, ...], told: Table) -> Option:
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
