"""The published reference of the Azure CLI: one YAML file per group of commands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from commands.dialect import DIALECTS
from commands.merge import merge
from commands.model import (
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
from ingest.models.azure import commands
from ingest.models.azure.pages import anchored, page, with_children
from ingest.models.azure.values import WAIVER, arity, bare
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.cards import DESCRIPTION
from ingest.models.tables import Table, quote, read_yaml, tables
from ingest.release_files import Failure
from ingest.sources.base import Document

GLOBAL = frozenset(
    ("--debug", "--help", "--only-show-errors", "--output", "--query", "--verbose", "-h", "-o")
)
"""What every command takes: declared once, by ``az``. ``--subscription`` some commands lack."""

_EXTENSION = re.compile(r"\bthe \**([\w-]+)\** extension\b")
_MARK = b"YamlMime:AzureCLIGroup"


@dataclass(frozen=True, slots=True)
class _Told:
    command: Command
    text: str
    examples: tuple[Table, ...]
    document: Document
    extension: str = ""
    """Which extension brings it, where it is not part of the core."""


def read(material: Material) -> Modelled:
    """Read the files of groups, and the program's own table where it lies beside them.

    Other files are passed over.
    """
    told: dict[tuple[str, ...], _Told] = {}
    global_options: dict[tuple[str, ...], Option] = {}
    failures: list[Failure] = []
    for document in material.documents:
        if _MARK not in document.data[:200]:
            continue
        try:
            for one in _group(document, global_options):
                # A command of the core that an extension replaces is told twice.
                if not one.extension or one.command.path not in told:
                    told[one.command.path] = one
        except ParseError as error:
            failures.append(
                Failure(name=document.name, reason=error.reason, detail=error.detail[:200])
            )
    if not told:
        raise ParseError(material.name, Reason.EMPTY, "no group of commands is in it")
    surfaces = [_surface(material, told, global_options.values())]
    surfaces += [commands.surface(material, document) for document in commands.tables_of(material)]
    return Modelled(merge(surfaces), _pages(told), tuple(failures))


def _surface(
    material: Material, told: Mapping[tuple[str, ...], _Told], common: Iterable[Option]
) -> Surface:
    root = Command(
        ("az",),
        summary="Manage Azure resources.",
        options=tuple(replace(one, inheritable=True) for one in common),
    )
    known = {("az",): root} | {path: one.command for path, one in told.items()}
    return Surface(
        material.product,
        material.release,
        ("documentation",),
        tuple(with_children(known)),
        dialect=DIALECTS["argparse"],
        # Whatever is required stands under a heading of its own, and choices are the parser's.
        exhaustive=(Scope("documentation", ("commands", "arity", "required", "choices")),),
    )


def _pages(told: Mapping[tuple[str, ...], _Told]) -> Iterator[ModelPage]:
    for one in told.values():
        examples = (
            (str(example.get("summary", "")), str(example.get("syntax", "")))
            for example in one.examples
        )
        digest = hashlib.sha256(one.document.data).hexdigest()
        yield page(one.command, one.text, examples, one.document.url, digest)


def _group(document: Document, common: dict[tuple[str, ...], Option]) -> Iterator[_Told]:
    """Read one file: the group, then its commands. Raises ParseError."""
    group = read_yaml(document.name, document.data)
    if not _path(group):
        raise ParseError(document.name, Reason.MALFORMED, "no group of commands")
    try:
        whole = _EXTENSION.search(_text(group.get("extensionInformation")))
        yield _told(group, document, common, whole[1] if whole else "")
        for one in tables(group.get("directCommands")):
            if _path(one):
                yield _told(one, document, common, whole[1] if whole else "")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ParseError(document.name, Reason.MALFORMED, str(first["msg"])) from error


def _told(
    one: Table, document: Document, common: dict[tuple[str, ...], Option], of_group: str
) -> _Told:
    path = _path(one)
    url = anchored(document.url, path)
    options: list[Option] = []
    places: list[Positional] = []
    shown = bare(_text(example.get("syntax")) for example in tables(one.get("examples")))
    for heading in ("requiredParameters", "optionalParameters", "globalParameters"):
        for parameter in tables(one.get(heading)):
            names = tuple(str(parameter.get("name", "")).replace(",", " ").split())
            if not names:
                continue
            if names[0].startswith("<"):
                places.append(_positional(names[0], parameter, heading))
                continue
            made = _option(names, parameter, heading, " ".join(path), url, shown)
            if heading == "globalParameters" and not GLOBAL.isdisjoint(names):
                common.setdefault(names, made)
            else:
                options.append(made)
    summary = one_line(str(one.get("summary", "")))
    more = _text(one.get("description"))
    extension = ""
    if one.get("sourceType") == "Extension":
        extension = _text(one.get("extensionSuffix")) or of_group or "(unnamed)"
    note = f"Needs the extension {extension}. " if extension else ""
    return _Told(
        Command(
            path,
            summary=summary,
            options=tuple(options),
            positionals=tuple(places),
            deprecated=_deprecation(one),
            evidence=(Evidence("documentation", url, quote(one.get("summary"))),),
        ),
        f"{note}{summary} {more}".strip()[:DESCRIPTION],
        tuple(tables(one.get("examples"))),
        document,
        extension,
    )


def _option(
    names: tuple[str, ...],
    parameter: Table,
    heading: str,
    command: str,
    url: str,
    shown: frozenset[str],
) -> Option:
    takes = arity(names, parameter, command, shown)
    accepted = _text(parameter.get("acceptedValues"))
    default = _text(parameter.get("defaultValue"))
    return Option(
        names=names,
        arity=takes,
        metavar="" if takes == "none" else "value",
        choices=tuple(one.strip() for one in accepted.split(",") if one.strip()),
        default=one_line(default) if default and takes != "none" else None,
        required=heading == "requiredParameters",
        waives_required=WAIVER in names,
        deprecated=_deprecation(parameter),
        description=one_line(str(parameter.get("summary", ""))),
        evidence=(Evidence("documentation", url, quote(parameter.get("summary"))),),
    )


def _positional(name: str, parameter: Table, heading: str) -> Positional:
    return Positional(
        name.strip("<>").lower().replace("_", "-"),
        required=heading == "requiredParameters",
        description=one_line(str(parameter.get("summary", ""))),
    )


def _deprecation(one: Table) -> Deprecation | None:
    note = one_line(str(one.get("deprecateInfo", "")))
    if one.get("isDeprecated") != "true" and not note:
        return None
    instead = re.search(r"[Uu]se '?`?([^'`]+?)'?`? instead", note)
    return Deprecation(note, replacement=instead[1] if instead else "")


def _path(one: Table) -> tuple[str, ...]:
    words = tuple(str(one.get("name", "")).split())
    return words if words[:1] == ("az",) else ()


def _text(value: object) -> str:
    return " ".join(str(value or "").split())
