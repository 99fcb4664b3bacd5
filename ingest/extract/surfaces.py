"""The pages of one release → its command surface, as the documentation tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from commands.dialect import GNU, Dialect
from commands.dialect import dialect as preset
from commands.merge import merge
from commands.model import TRUST, Arity, Command, Evidence, Kind, Option, Source, Surface
from corpora.errors import ParseError, Reason
from corpora.model import Page
from ingest.extract.directives import directives_of
from ingest.extract.families import Family
from ingest.extract.pages import alias_of, command_of, included_in
from ingest.extract.pflag import typed
from ingest.extract.settings import settings_of
from ingest.extract.statements import statement_of
from ingest.parse.reference import aliases

_Place = tuple[Kind, tuple[str, ...]]
_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What one page says: commands, a statement or parameters, and how it refers to others."""

    commands: tuple[Command, ...]
    alias: _Path = ()
    """The command that the page says its own is only another name of."""
    included: tuple[_Path, ...] = ()
    """The commands whose options the page's own takes as well."""
    source: Source = "documentation"
    """Who says it: help, where it is what a program printed of itself."""


def facts_of(
    page: Page, family: Family, url: str = "", source: Source = "documentation"
) -> PageFacts:
    """Everything that one page documents.

    Raises ParseError, naming the page, where its text breaks the limits of the surface model.
    """
    if source != "documentation":
        family = replace(family, phantoms=frozenset(), unwritten={})
    try:
        if statement := statement_of(page, url):
            return PageFacts((statement,))
        found = (
            command_of(page, family, url),
            settings_of(page, url),
            directives_of(page, family, url),
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ParseError(page.slug, Reason.MALFORMED, f"{where}: {first['msg']}") from error
    commands = tuple(
        _told_by(source, _also_called(one, page, family), family)
        for one in found
        # A guide that calls a command by another name shows it in passing: its own page has more.
        if one is not None and " ".join(one.path) not in family.aliases
    )
    said = included_in(page)
    included = [tuple(name.split()) for name in family.shares.get(page.command, ())]
    return PageFacts(commands, alias_of(page), (*([said] if said else []), *included), source)


def with_synonyms(facts: PageFacts, synonyms: Iterable[PageFacts]) -> PageFacts:
    """The facts of a page that can be had under several names, as each of them tells its commands.

    ``swapoff(8)`` is the page of ``swapon(8)``: two programs with options of their own. A
    subcommand's other names are aliases: ``cryptsetup luksOpen``.
    """
    held = {command.place for command in facts.commands}
    aliases: dict[_Path, None] = {}
    programs: dict[_Path, Command] = {}
    for other in synonyms:
        for command in other.commands:
            if command.kind != "command" or command.place in held:
                continue
            if len(command.path) > 1:
                aliases[command.path] = None
            else:
                programs.setdefault(command.path, command)
    own = tuple(
        replace(one, aliases=tuple(dict.fromkeys((*one.aliases, *aliases)))[:64])
        if one.kind == "command" and len(one.path) > 1
        else one
        for one in facts.commands
    )
    return replace(facts, commands=(*own, *programs.values()))


def _also_called(command: Command, page: Page, family: Family) -> Command:
    """A command with the names that its page lists under ``Aliases``, and those declared."""
    called = " ".join(command.path)
    found = {tuple(name.split()): None for name, one in family.aliases.items() if one == called}
    for name in aliases(page.sections):
        words = tuple(name.split())
        path = words if words[:1] == command.path[:1] else (*command.path[:-1], *words)
        if path != command.path and command.kind == "command":
            found[path] = None
    return replace(command, aliases=(*command.aliases, *found)[:64]) if found else command


def _told_by(source: Source, command: Command, family: Family) -> Command:
    """A command as ``source`` tells it, the values of pflag typed by their names."""
    options = command.options
    if family.dialect in (preset("pflag"), preset("go")):
        options = tuple(typed(option) for option in options)
    if len(command.path) == 1:
        # There is no command above that could have declared them: those below inherit them.
        options = tuple(
            replace(option, inherited=False, inheritable=True) if option.inherited else option
            for option in options
        )
    if source != "documentation":
        options = tuple(replace(one, evidence=_signed(one.evidence, source)) for one in options)
        command = replace(command, evidence=_signed(command.evidence, source))
    return replace(command, options=options)


def _signed(evidence: Iterable[Evidence], source: Source) -> tuple[Evidence, ...]:
    return tuple(replace(one, source=source) for one in evidence)


def surface_of(
    product: str, release: str, facts: Iterable[PageFacts], dialect: Dialect = GNU
) -> Surface:
    """The surface of one release, from what its pages say: one of each source, merged.

    Commands that a page calls another name of one another have the options of both pages. What a
    page lists as inherited stands with the command that declares it, where that has a page.
    """
    by_source: dict[Source, list[PageFacts]] = {}
    for said in facts:
        by_source.setdefault(said.source, []).append(said)
    told = [
        _surface(product, release, by_source[source], dialect, source)
        for source in TRUST
        if source in by_source
    ]
    return merge(told) if told else _surface(product, release, (), dialect, "documentation")


def _surface(
    product: str, release: str, facts: Iterable[PageFacts], dialect: Dialect, source: Source
) -> Surface:
    found: dict[_Place, Command] = {}
    same: dict[_Path, _Path] = {}
    included: dict[_Path, tuple[_Path, ...]] = {}
    for said in facts:
        for command in said.commands:
            place = command.kind, command.path
            known = found.get(place)
            found[place] = _both(known, command) if known else command
            if command.kind == "command" and said.alias and said.alias != command.path:
                same[command.path] = said.alias
            if command.kind == "command" and said.included:
                included[command.path] = said.included
    commands = {place[1]: one for place, one in found.items() if place[0] == "command"}
    _share(commands, same)
    for path, others_of in included.items():
        for other in others_of:
            if other in commands:
                own = commands[path]
                commands[path] = replace(own, options=_union(own.options, commands[other].options))
    _inherit(commands)
    others = [one for place, one in found.items() if place[0] != "command"]
    return Surface(
        product=product,
        release=release,
        sources=(source,),
        commands=(*_with_children(commands), *others),
        dialect=dialect,
    )


def _both(one: Command, other: Command) -> Command:
    """Two pages about one path: what the second adds."""
    return replace(
        one,
        summary=one.summary or other.summary,
        synopsis=tuple(dict.fromkeys((*one.synopsis, *other.synopsis)))[:100],
        options=_union(one.options, other.options),
        positionals=one.positionals or other.positionals,
        groups=tuple(dict.fromkeys((*one.groups, *other.groups))),
        evidence=(*one.evidence, *other.evidence)[:16],
    )


def _union(one: Sequence[Option], other: Sequence[Option]) -> tuple[Option, ...]:
    """The options of both; of one that both have, names add up and a stated value is believed."""
    out = list(one)
    place = {name: number for number, option in enumerate(out) for name in option.spellings}
    for option in other:
        shared = next((place[name] for name in reversed(option.spellings) if name in place), None)
        if shared is None:
            out.append(option)
        else:
            out[shared] = _told_twice(out[shared], option, place)
            option = out[shared]
        for name in option.spellings:
            place.setdefault(name, shared if shared is not None else len(out) - 1)
    return tuple(out)


def _told_twice(first: Option, second: Option, taken: Mapping[str, int]) -> Option:
    new = tuple(name for name in second.names if name not in taken)
    arity: Arity = first.arity
    if first.arity != second.arity:
        arity = "one" if "one" in {first.arity, second.arity} else first.arity
    told = second if second.arity == arity != first.arity else first
    return replace(
        told,
        names=(*first.names, *new),
        negations=first.negations,
        evidence=(*first.evidence, *second.evidence)[:16],
    )


def _share(commands: dict[_Path, Command], others_of: Mapping[_Path, _Path]) -> None:
    """Give commands that are one the options of all their pages, and each the others' paths."""
    groups: dict[_Path, dict[_Path, None]] = {}
    for path in others_of:
        end, seen = path, {path}
        while (following := others_of.get(end)) and following not in seen:
            end = following
            seen.add(end)
        groups.setdefault(end, {end: None})[path] = None
    for end, members in groups.items():
        paths = [path for path in members if path in commands]
        for path in paths:
            command = commands[path]
            others = tuple(other for other in (end, *members) if other != path)
            options = command.options
            for other in paths:
                if other != path:
                    options = _union(options, commands[other].options)
            members_known = tuple(dict.fromkeys(others))[:64]
            commands[path] = replace(command, options=options, aliases=members_known)


def _inherit(commands: dict[_Path, Command]) -> None:
    """Move what pages list as inherited to the commands above that declare it."""
    declared: dict[_Path, set[str]] = {}
    for path, command in list(commands.items()):
        kept = []
        for option in command.options:
            above = _declaring(commands, path, option) if option.inherited else None
            if above is None:
                kept.append(option)
            else:
                declared.setdefault(above, set()).update(option.names)
        commands[path] = replace(command, options=tuple(kept))
    for path, names in declared.items():
        command = commands[path]
        options = tuple(
            replace(option, inheritable=True) if not names.isdisjoint(option.names) else option
            for option in command.options
        )
        commands[path] = replace(command, options=options)


def _declaring(commands: Mapping[_Path, Command], path: _Path, option: Option) -> _Path | None:
    for length in range(len(path) - 1, 0, -1):
        above = commands.get(path[:length])
        for name in option.names:
            known = above.option(name) if above else None
            if known is not None and not known.inherited:
                return path[:length]
    return None


def _with_children(commands: Mapping[_Path, Command]) -> list[Command]:
    below: dict[_Path, dict[str, None]] = {}
    for path in commands:
        for length in range(1, len(path)):
            below.setdefault(path[:length], {})[path[length]] = None
    return [
        replace(
            command,
            children=tuple(below.get(path, ())),
            # "docker COMMAND [ARG...]": what stands there is a command of its own.
            positionals=() if path in below else command.positionals,
        )
        for path, command in commands.items()
    ]
