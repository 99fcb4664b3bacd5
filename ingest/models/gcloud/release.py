"""One release of the Google Cloud CLI: its surface, and a card for each of its commands.

A command has up to four tracks (``gcloud X``, ``gcloud beta X`` …), which are commands of their own
in the surface, and mostly the same. The card is of the most stable track. Of the others it tells
what they take beyond it: three cards that differ in two flags would crowd out every other answer.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from commands.dialect import DIALECTS
from commands.model import Command, Scope, Surface
from corpora.errors import ParseError, Reason
from corpora.model import Page, Section, Text
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.cards import DESCRIPTION, WIDTH, card, synopsis
from ingest.models.gcloud import completions, tree
from ingest.models.gcloud.text import blocks, plain
from ingest.models.tables import Table, line, table
from ingest.release_files import Failure

COMPLETIONS, TREE = "gcloud_completions.py", "gcloud.json"
PROGRAM = "gcloud"
TRACKS = ("", "beta", "preview", "alpha")
"""The most stable first. GA commands have no word for their track."""

_Path = tuple[str, ...]


def read(material: Material) -> Modelled:
    """Read the completions of an SDK, and its tree where there is one.

    Raises ParseError where there are no completions or none of their commands can be read.
    """
    by_name = {one.name.rpartition("/")[2]: one for one in material.documents}
    if COMPLETIONS not in by_name:
        raise ParseError(material.name, Reason.EMPTY, f"no {COMPLETIONS}")
    failures: list[Failure] = []
    commands: dict[_Path, Command] = {}
    told: dict[_Path, Table] = {}
    for one in completions.read(PROGRAM, by_name[COMPLETIONS]):
        if isinstance(one, Failure):
            failures.append(one)
        else:
            commands[one.path] = one
    listed = frozenset(commands)
    if not listed:
        raise ParseError(material.name, Reason.EMPTY, failures[0].detail)
    if TREE in by_name:
        try:
            for said in tree.read(PROGRAM, material.release, by_name[TREE]):
                if isinstance(said, Failure):
                    failures.append(said)
                    continue
                path = said.command.path
                told[path] = said.table
                commands[path] = _both(said.command, commands.get(path))
        except ParseError as error:
            failures.append(
                Failure(name=error.name, reason=error.reason, detail=error.detail[:200])
            )
    whole = listed <= told.keys()
    facets: Scope = Scope(
        "model",
        ("commands", "options", "arity", "choices", "default", "required", "hidden")
        if whole
        else ("arity", "choices"),
    )
    surface = Surface(
        material.product,
        material.release,
        ("model",),
        tuple(_with_children(commands)),
        dialect=DIALECTS["gcloud"],
        exhaustive=(facets,),
    )
    return Modelled(surface, _pages(surface, told, material.checksum()), tuple(failures))


def _both(said: Command, listed: Command | None) -> Command:
    """What the tree says of a command, and the flags that only the completions have."""
    known = {spelling for option in said.options for spelling in option.spellings}
    more = tuple(
        option for option in (listed.options if listed else ()) if known.isdisjoint(option.names)
    )
    return replace(said, options=(*said.options, *more)) if more else said


def _with_children(commands: Mapping[_Path, Command]) -> Iterator[Command]:
    below: dict[_Path, list[str]] = {}
    for path, command in sorted(commands.items()):
        if len(path) > 1 and not command.hidden:
            below.setdefault(path[:-1], []).append(path[-1])
    for path, command in sorted(commands.items()):
        yield replace(command, children=tuple(below.get(path, ())))


def _pages(surface: Surface, told: Mapping[_Path, Table], sha256: str) -> Iterator[ModelPage]:
    tracks: dict[_Path, dict[str, Command]] = {}
    for command in surface.commands:
        if not command.hidden:
            track, path = _parted(command.path)
            tracks.setdefault(path, {})[track] = command
    taken: set[str] = set()
    for _, found in sorted(tracks.items()):
        first, *others = (found[track] for track in TRACKS if track in found)
        page = _page(first, others, told.get(first.path, {}))
        if page.slug in taken:  # alpha has both "create vm-maintenance" and "create-vm maintenance"
            page = page.model_copy(update={"slug": "--".join(first.path)})
        taken.add(page.slug)
        yield ModelPage(page, first.evidence[0].url, sha256)


def _parted(path: _Path) -> tuple[str, _Path]:
    """The track of a command, and its path in the most stable one."""
    if len(path) > 2 and path[1] in TRACKS:
        return path[1], (path[0], *path[2:])
    return "", path


def _page(command: Command, others: Iterable[Command], told: Table) -> Page:
    sections = table(told.get("sections"))
    said = plain(line(sections.get("DESCRIPTION")))[:DESCRIPTION] or command.summary
    page = card(command, said)
    more: list[Section] = []
    if command.children:
        names = textwrap.fill(" ".join(command.children), WIDTH, break_on_hyphens=False)
        more.append(Section(heading="Commands", blocks=(Text(type="code", text=names),)))
    known = {spelling for option in command.options for spelling in option.spellings}
    for other in others:
        beyond = tuple(one for one in other.options if known.isdisjoint(one.names))
        if beyond:
            shown = replace(other, options=beyond, positionals=(), children=())
            text = Text(type="code", text=synopsis(shown))
            more.append(Section(heading=" ".join(other.path), blocks=(text,)))
    if examples := tuple(blocks(sections.get("EXAMPLES"))):
        more.append(Section(heading="Examples", blocks=examples))
    if not more:
        return page
    return Page.model_validate({**dict(page), "sections": (*page.sections, *more)})
