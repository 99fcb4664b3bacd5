"""Command lines built with oclif (heroku, Salesforce, Shopify …): ``oclif.manifest.json``.

The manifest is made from the program's own declarations when it is packed. ``package.json`` beside
it says what the program is called and what stands between the words of a command.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from commands.dialect import DIALECTS
from commands.model import (
    Command,
    Deprecation,
    Evidence,
    Group,
    Option,
    Positional,
    Scope,
    Surface,
    one_line,
)
from corpora.errors import ParseError, Reason
from corpora.model import Page, Section, Text
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.cards import DESCRIPTION, card
from ingest.models.tables import Table, line, named, quote, read_json, table, texts
from ingest.release_files import Failure
from ingest.sources.base import Document

INCLUDE = ("oclif.manifest.json", "package.json")
"""The members of a package that are read."""


_FOUND_OUT = frozenset((("heroku", "app"),))
"""Flags that a manifest calls required, and the program finds out: heroku's from HEROKU_APP or the
one git remote (``lib/flags/app.js`` of @heroku-cli/command 11.5.0, where ``default`` is a function,
which leaves no trace in a manifest)."""


@dataclass(frozen=True, slots=True)
class _Program:
    name: str
    separator: str

    def path(self, identity: str) -> tuple[str, ...]:
        """``apps:create`` is one word to heroku, and two to programs that part them by a space."""
        words = identity.split(":") if self.separator == " " else [identity]
        return (self.name, *words)


def read(material: Material) -> Modelled:
    """Read the manifest of one package. Raises ParseError where there is none."""
    by_name = {one.name.rpartition("/")[2]: one for one in material.documents}
    if not {"oclif.manifest.json", "package.json"} <= by_name.keys():
        raise ParseError(material.name, Reason.EMPTY, "no oclif.manifest.json and package.json")
    document = by_name["oclif.manifest.json"]
    declared = table(read_json(by_name["package.json"]).get("oclif"))
    name = str(declared.get("bin") or material.product)
    program = _Program(name, str(declared.get("topicSeparator", ":")))
    commands: list[Command] = [_root(name, document)]
    shown: dict[tuple[str, ...], Table] = {}
    failures: list[Failure] = []
    for identity, one in named(read_json(document).get("commands")):
        try:
            made = _command(program, identity, one, document)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            failures.append(
                Failure(name=identity, reason=Reason.MALFORMED, detail=str(first["msg"])[:200])
            )
            continue
        commands.append(made)
        shown[made.path] = one
    surface = Surface(
        material.product,
        material.release,
        ("model",),
        tuple(_with_groups(commands)),
        dialect=DIALECTS["oclif"],
        # Commands of plugins are in other packages.
        exhaustive=(Scope("model", ("options", "arity", "required", "repeatable", "choices")),),
    )
    return Modelled(surface, _pages(surface, shown, document), tuple(failures))


def _root(name: str, document: Document) -> Command:
    return Command(
        (name,),
        options=(
            Option(("--help",), "none", inheritable=True, description="Show help."),
            Option(("--version",), "none", description="Show the version."),
        ),
        evidence=(Evidence("model", document.url),),
    )


def _command(program: _Program, identity: str, one: Table, document: Document) -> Command:
    flags = [(name, flag) for name, flag in named(one.get("flags")) if name]
    positionals = [_positional(name, place) for name, place in named(one.get("args")) if name]
    if one.get("strict") is False and not any(place.repeatable for place in positionals):
        positionals.append(Positional("args", required=False, repeatable=True))
    aliases = (*texts(one.get("aliases")), *texts(one.get("hiddenAliases")))
    text = line(one.get("summary")) or line(one.get("description"))
    return Command(
        program.path(identity),
        aliases=tuple(program.path(alias) for alias in dict.fromkeys(aliases))[:64],
        summary=text.replace("<%= config.bin %>", program.name),
        options=tuple(_option(program, name, flag, document) for name, flag in flags),
        positionals=tuple(positionals),
        groups=tuple(_groups(flags)),
        deprecated=_deprecation(one),
        hidden=one.get("hidden") is True,
        evidence=(Evidence("model", document.url, quote(one.get("description"))),),
    )


def _option(program: _Program, name: str, flag: Table, document: Document) -> Option:
    switch = flag.get("type") == "boolean"
    several = flag.get("multiple") is True
    short = (flag.get("char"), *texts(flag.get("charAliases")))
    default = flag.get("default")
    text = line(flag.get("summary")) or line(flag.get("description"))
    return Option(
        names=(
            f"--{name}",
            *(f"-{char}" for char in short if isinstance(char, str) and char),
            *(f"--{one}" if len(one) > 1 else f"-{one}" for one in texts(flag.get("aliases"))),
        ),
        # One use takes all words that follow, unless it says that it doesn't.
        arity="none"
        if switch
        else "many"
        if several and flag.get("multipleNonGreedy") is not True
        else "one",
        metavar="" if switch else line(flag.get("helpValue")) or "value",
        choices=texts(flag.get("options")),
        default=one_line(str(default)) if isinstance(default, str | int) and not switch else None,
        required=flag.get("required") is True and (program.name, name) not in _FOUND_OUT,
        repeatable=several,
        negations=(f"--no-{name}",) if flag.get("allowNo") is True else (),
        deprecated=_deprecation(flag),
        hidden=flag.get("hidden") is True,
        description=text,
        evidence=(Evidence("model", document.url, quote(flag.get("description"))),),
    )


def _positional(name: str, place: Table) -> Positional:
    default = place.get("default")
    return Positional(
        name,
        required=place.get("required") is True,
        repeatable=place.get("multiple") is True,
        choices=texts(place.get("options")),
        default=one_line(str(default)) if isinstance(default, str | int) else None,
        description=line(place.get("description")),
    )


def _groups(flags: list[tuple[str, Table]]) -> Iterator[Group]:
    known = {name for name, _ in flags}
    seen = set()
    for name, flag in flags:
        for kind, members in (
            ("at_most_one", (name, *texts(flag.get("exclusive")))),
            ("exactly_one", texts(flag.get("exactlyOne"))),
        ):
            inside = tuple(sorted({one for one in members if one in known}))
            # "exclusive" binds the flag to each of the others, not these to one another.
            pairs = (
                [inside]
                if kind == "exactly_one" or len(inside) <= 2
                else [tuple(sorted((name, other))) for other in inside if other != name]
            )
            for pair in pairs:
                if len(pair) > 1 and (kind, pair) not in seen:
                    seen.add((kind, pair))
                    yield Group(
                        "exactly_one" if kind == "exactly_one" else "at_most_one",
                        tuple(f"--{one}" for one in pair),
                    )


def _deprecation(one: Table) -> Deprecation | None:
    state = one.get("deprecated", one.get("state") == "deprecated")
    if not state:
        return None
    told = table(state) or table(one.get("deprecationOptions"))
    return Deprecation(
        line(told.get("message")), line(told.get("to")), one_line(str(told.get("version", "")))
    )


def _with_groups(commands: list[Command]) -> Iterator[Command]:
    """Add the groups that no command of their own stands for, and what is below each."""
    known = {one.path: one for one in commands}
    below: dict[tuple[str, ...], dict[str, None]] = {}
    for path in list(known):
        if not known[path].hidden:
            for length in range(1, len(path)):
                below.setdefault(path[:length], {})[path[length]] = None
    for path in below:
        known.setdefault(path, Command(path, partial=True))
    for path, command in sorted(known.items()):
        yield replace(command, children=tuple(below.get(path, ())))


def _pages(
    surface: Surface, shown: Mapping[tuple[str, ...], Table], document: Document
) -> Iterator[ModelPage]:
    digest = hashlib.sha256(document.data).hexdigest()
    for command in surface.commands:
        if command.hidden or command.partial:
            continue
        told = shown.get(command.path, {})
        page = card(command, line(told.get("description"))[:DESCRIPTION])
        blocks = tuple(_examples(told, command.path[0]))
        if blocks:
            sections = (*page.sections, Section(heading="Examples", blocks=blocks))
            page = Page.model_validate({**dict(page), "sections": sections})
        yield ModelPage(page, document.url, digest)


def _examples(told: Table, program: str) -> Iterator[Text]:
    value = told.get("examples", told.get("example"))
    for one in value if isinstance(value, list) else [value]:
        said, code = "", one
        if isinstance(one, dict):
            said, code = line(one.get("description")), one.get("command")
        if isinstance(code, str) and code.strip():
            if said:
                yield Text(text=said)
            yield Text(type="code", text=code.strip().replace("<%= config.bin %>", program))
