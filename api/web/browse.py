"""Releases and commands, to be looked through."""

from __future__ import annotations

from itertools import islice

from fastapi import Response
from pydantic import Field

from api.web.render import page
from commands.model import Command, Kind
from corpora.model import Frozen, Resolution
from corpora.snapshot import ProductRecord
from retrieval.engine import Engine
from retrieval.request import Where

KINDS: dict[Kind, str] = {
    "command": "Commands",
    "statement": "Statements",
    "configuration": "Configuration files",
}

MOST_FOUND = 200
"""Commands that a search shows: who gets more looks for something narrower."""

MOST_SUMMARIES = 200
"""A list of more words is shown without what each of them does: reading that of the 400 services
of aws takes half a second."""


class Find(Frozen):
    """A part of a command's path."""

    find: str = Field("", max_length=200)


class Listed(Frozen):
    """One line of a list of commands."""

    path: tuple[str, ...]
    summary: str = ""


def found(engine: Engine, product: str, release: str, find: Find) -> Response:
    """The page of one release: where its commands begin, or those that were looked for."""
    record, resolution, held = _resolved(engine, product, release)
    lists: dict[str, list[Listed]] = {}
    more = False
    words = find.find.lower().replace("/", " ").split()
    for kind, title in KINDS.items() if held else ():
        if words:
            paths = (
                path
                for path in engine.surfaces.store.paths(record.id, resolution.resolved, kind)
                if _has(path, words)
            )
            shown = list(islice(paths, MOST_FOUND + 1))
            more = more or len(shown) > MOST_FOUND
            listed = [Listed(path=path) for path in shown[:MOST_FOUND]]
        else:
            listed = _below(engine, record.id, resolution.resolved, (), kind)
        if listed:
            lists[title] = listed
    at = next(one for one in record.releases if one.label == resolution.resolved)
    return page(
        "release.html", engine=engine, product=record, release=at, resolution=resolution,
        lists=lists, find=find.find, more=more, held=held,
    )  # fmt: skip


def browsed(engine: Engine, product: str, release: str, path: str) -> Response:
    """The page of one command."""
    answer = engine.describe(product, release, path)
    command, at = answer.command, answer.resolution
    below = _below(engine, at.product, at.resolved, command.path, command.kind, command)
    return page(
        "command.html", engine=engine, product=engine.record(at.product), answer=answer,
        below=below,
    )  # fmt: skip


def _resolved(engine: Engine, product: str, release: str) -> tuple[ProductRecord, Resolution, bool]:
    """The product, how its release was meant, and whether the commands of that one are known."""
    record = engine.record(product)
    resolution = engine.resolved(record.id, release, Where(), "")
    held = record.id in engine.surfaces.products and any(
        one.label == resolution.resolved for one in engine.surfaces.store.releases(record.id)
    )
    return record, resolution, held


def _below(
    engine: Engine,
    product: str,
    release: str,
    path: tuple[str, ...],
    kind: Kind,
    command: Command | None = None,
) -> list[Listed]:
    """The commands one word below ``path``."""
    store = engine.surfaces.store
    words = command.children if command else store.children(product, release, path, kind)
    if len(words) > MOST_SUMMARIES:
        return [Listed(path=(*path, word)) for word in words]
    listed = []
    for word in words:
        one = store.command(product, release, (*path, word), kind)
        listed.append(Listed(path=(*path, word), summary=one.summary if one else ""))
    return listed


def _has(path: tuple[str, ...], words: list[str]) -> bool:
    joined = " ".join(path).lower()
    return all(word in joined for word in words)
