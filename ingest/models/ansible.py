"""ansible-core: the documentation strings of its modules, and the manual pages of its programs.

A module's file has YAML in ``DOCUMENTATION``, ``EXAMPLES`` and ``RETURN``. They are taken out of
the file's syntax; nothing of it is run. Fragments that modules share are laid in, as ansible-doc
does. A package of a distribution has the manual pages as well.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from commands.dialect import DIALECTS
from commands.model import (
    Command,
    Deprecation,
    Evidence,
    Option,
    Scope,
    Surface,
    ValueType,
    one_line,
)
from corpora.errors import ParseError, Reason
from corpora.model import Entry, Page, Section, Text
from ingest.extract.families import Family
from ingest.extract.surfaces import PageFacts, facts_of, surface_of
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.tables import Table, line, named, quote, read_yaml, table, texts
from ingest.parse import parse
from ingest.release_files import Failure
from ingest.sources.base import Document

PREFIX = "ansible.builtin"
"""The collection that ansible-core's own modules are in."""

PAGE = (
    "https://docs.ansible.com/ansible-core/{release}/collections/ansible/builtin/"
    "{module}_module.html"
)
"""Where the documentation of a module is published."""

DEPTH = 6
"""Options within options. The deepest seen has 2."""

_MODULE = re.compile(r"(?:\A|.*/)ansible/modules/(?P<name>[a-z]\w*)\.py\Z")
_FRAGMENT = re.compile(r"(?:\A|.*/)ansible/plugins/doc_fragments/(?P<name>[a-z]\w*)\.py\Z")
_MANUAL = re.compile(r"(?:\A|.*/)man/man1/ansible[\w-]*\.1(?:\.gz)?\Z")
_MARKUP = re.compile(r"\b[A-Z]{1,3}\(([^()]*)\)")
_TYPES: Mapping[str, ValueType] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "list",
    "dict": "map",
    "path": "path",
    "raw": "",
}


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    said: Table
    options: dict[str, Table]
    examples: str
    document: Document
    url: str

    @property
    def path(self) -> tuple[str, ...]:
        return (f"{PREFIX}.{self.name}",)


def read(material: Material) -> Modelled:
    """Read modules and manual pages. Raises ParseError where neither is there."""
    failures: list[Failure] = []
    fragments: dict[str, dict[str, str]] = {}
    for document in material.documents:
        if found := _FRAGMENT.match(document.name):
            fragments[found["name"]] = _strings(document, failures, inside_class=True)
    modules = [
        one
        for document in material.documents
        if (found := _MODULE.match(document.name))
        and (one := _module(found["name"], document, material.release, fragments, failures))
    ]
    commands: list[Command] = []
    for one in modules:
        try:
            commands += _commands(one.path, one.options, one)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            failures.append(
                Failure(
                    name=one.document.name, reason=Reason.MALFORMED, detail=str(first["msg"])[:200]
                )
            )
    pages, facts = _programs(material, failures)
    if not commands and not pages:
        raise ParseError(material.name, Reason.EMPTY, "no module and no manual page is in it")
    dialect = DIALECTS["argparse"]
    programs = surface_of(material.product, material.release, facts, dialect).commands
    surface = Surface(
        material.product,
        material.release,
        ("model", "documentation") if programs else ("model",),
        (*programs, *commands),
        dialect=dialect,
        exhaustive=(Scope("model", ("options", "required", "choices", "default")),),
    )
    cards = (ModelPage(_page(one), one.url, _digest(one.document)) for one in modules)
    return Modelled(surface, (*pages, *cards), tuple(failures))


# --- modules --------------------------------------------------------------------------------------


def _module(
    name: str,
    document: Document,
    release: str,
    fragments: Mapping[str, Mapping[str, str]],
    failures: list[Failure],
) -> _Module | None:
    strings = _strings(document, failures)
    if "DOCUMENTATION" not in strings:
        return None  # a helper of the modules
    try:
        said = read_yaml(document.name, strings["DOCUMENTATION"])
        options = dict(named(said.get("options")))
        for wanted in texts(said.get("extends_documentation_fragment")):
            fragment, _, part = wanted.rpartition("/")[2].partition(".")
            text = fragments.get(fragment, {}).get(part.upper() or "DOCUMENTATION")
            if text:
                shared = read_yaml(f"{document.name}: {wanted}", text)
                options |= {
                    name: one for name, one in named(shared.get("options")) if name not in options
                }
    except ParseError as error:
        failures.append(Failure(name=document.name, reason=error.reason, detail=error.detail[:200]))
        return None
    return _Module(
        name,
        said,
        options,
        strings.get("EXAMPLES", ""),
        document,
        PAGE.format(release=release, module=name),
    )


def _strings(
    document: Document, failures: list[Failure], *, inside_class: bool = False
) -> dict[str, str]:
    """Give the texts that a file assigns to names in capitals."""
    try:
        body: list[ast.stmt] = ast.parse(document.data).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        failures.append(
            Failure(name=document.name, reason=Reason.MALFORMED, detail=one_line(str(error))[:200])
        )
        return {}
    if inside_class:
        body = [below for one in body if isinstance(one, ast.ClassDef) for below in one.body]
    found = {}
    for one in body:
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)):
                found[name] = text
    return found


def _commands(
    path: tuple[str, ...], options: Mapping[str, Table], module: _Module, depth: int = 0
) -> Iterator[Command]:
    """Give the module's parameters, and below each that is a table the parameters of that."""
    inner = {
        name: dict(named(one.get("suboptions")))
        for name, one in options.items()
        if depth < DEPTH and isinstance(one.get("suboptions"), dict)
    }
    top = len(path) == 1
    yield Command(
        path,
        kind="configuration",
        aliases=((module.name,),) if top else (),
        summary=plain(module.said.get("short_description")) if top else "",
        options=tuple(_option(name, one, module) for name, one in options.items()),
        deprecated=_deprecation(module.said.get("deprecated")) if top else None,
        children=tuple(inner),
        evidence=(
            (Evidence("model", module.url, quote(module.said.get("short_description"))),)
            if top
            else ()
        ),
    )
    for name, below in inner.items():
        yield from _commands((*path, name), below, module, depth + 1)


def _option(name: str, one: Table, module: _Module) -> Option:
    kind = str(one.get("type", "str"))
    listed = one.get("choices")
    choices = list(listed) if isinstance(listed, list | dict) else []
    default = one.get("default")
    said = texts(one.get("description"))
    return Option(
        (name, *texts(one.get("aliases"))),
        "one",
        metavar="value",
        type=_TYPES.get(kind, ""),
        # A truth value has many spellings: yes, on, 1 …
        choices=() if kind == "bool" else texts(choices),
        open_choices=kind == "list",
        default=one_line(default) if isinstance(default, str) else None,
        required=str(one.get("required", "")).lower() in ("true", "yes"),
        deprecated=_deprecation(one.get("deprecated")),
        description=plain(one.get("description")),
        evidence=(Evidence("model", module.url, quote(said[0] if said else "")),),
    )


def _deprecation(value: object) -> Deprecation | None:
    if not isinstance(value, dict):
        return None
    return Deprecation(plain(value.get("why")), plain(value.get("alternative")))


def plain(value: object) -> str:
    """A text of ansible's documentation in one line, without its mark-up: ``O(src)``, ``C(cp)``."""
    return line(_MARKUP.sub(r"\1", " ".join(texts(value))))


def _page(module: _Module) -> Page:
    name = module.path[0]
    blocks = [Text(text=_prose(one)) for one in texts(module.said.get("description"))]
    required = [one for one, told in module.options.items() if _is_required(told)]
    line = [f"{name}:", *(f"  {one}: <value>" for one in required)]
    examples = [Text(type="code", text=one) for one in _tasks(module.examples)]
    notes = [Text(text=_prose(one)) for one in texts(module.said.get("notes"))]
    sections = (
        Section(heading="Synopsis", blocks=(*blocks, Text(type="code", text="\n".join(line)))),
        Section(
            heading="Parameters",
            blocks=tuple(_entry(one, told) for one, told in module.options.items()),
        ),
        Section(heading="Notes", blocks=tuple(notes)),
        Section(heading="Examples", blocks=tuple(examples)),
    )
    return Page(
        slug=name,
        title=name,
        summary=plain(module.said.get("short_description")),
        command=name,
        sections=tuple(one for one in sections if one.blocks),
    )


def _entry(name: str, one: Table, depth: int = 0) -> Entry:
    facts = [
        str(one.get("type", "")),
        "required" if _is_required(one) else "",
        f"default: {one['default']}" if isinstance(one.get("default"), str) else "",
        f"choices: {', '.join(texts(list(table(one.get('choices'))) or one.get('choices')))}"
        if one.get("choices")
        else "",
        f"added in {one['version_added']}" if isinstance(one.get("version_added"), str) else "",
    ]
    stated = "; ".join(fact for fact in facts if fact)
    return Entry(
        terms=(name, *texts(one.get("aliases"))),
        body=(
            *((Text(text=f"({stated})"),) if stated else ()),
            *(Text(text=_prose(text)) for text in texts(one.get("description"))),
            *(
                _entry(inner, told, depth + 1)
                for inner, told in named(one.get("suboptions"))
                if depth < DEPTH
            ),
        ),
        anchor=f"parameter-{name}",
    )


def _is_required(one: Table) -> bool:
    return str(one.get("required", "")).lower() in ("true", "yes")


def _prose(text: str) -> str:
    return " ".join(_MARKUP.sub(r"\1", text).split())


def _tasks(text: str) -> Iterator[str]:
    """Part examples where a task begins."""
    for piece in re.split(r"\n(?=- )", text.strip("\n")):
        if piece.strip(" \n-"):
            yield piece.rstrip()


# --- programs -------------------------------------------------------------------------------------


def _programs(
    material: Material, failures: list[Failure]
) -> tuple[list[ModelPage], list[PageFacts]]:
    pages, facts = [], []
    family = Family(DIALECTS["argparse"])
    for document in material.documents:
        if not _MANUAL.match(document.name):
            continue
        try:
            page = parse("man", document.name, document.data)
            facts.append(facts_of(page, family, document.url))
        except ParseError as error:
            failures.append(
                Failure(name=document.name, reason=error.reason, detail=error.detail[:200])
            )
            continue
        pages.append(ModelPage(page, document.url, _digest(document)))
    return pages, facts


def _digest(document: Document) -> str:
    return hashlib.sha256(document.data).hexdigest()
