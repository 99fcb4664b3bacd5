"""A release of the AWS CLI as the build takes it: the surface, a card per command, the examples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from commands.model import Command
from corpora.errors import Reason
from corpora.model import Page
from ingest.models.aws.arguments import WAIVERS
from ingest.models.aws.surface import Extracted, extract
from ingest.models.base import Material, Modelled, ModelPage
from ingest.models.cards import card, slug_of
from ingest.models.restructured import examples
from ingest.release_files import Failure
from ingest.sources.base import Document

_EXAMPLES = "awscli/examples/"
_PARTS = frozenset(("_concepts", "_description", "_note", "_notes", "_synopsis"))
"""Files beside the examples that are pieces of other texts."""


def read(material: Material) -> Modelled:
    """Read the files that :data:`ingest.models.aws.files.INCLUDE` selects, and the examples."""
    shown = {one.name: one for one in material.documents if _EXAMPLES in one.name}
    files = {one.name: one.data for one in material.documents if one.name not in shown}
    out = extract(files, product=material.product, release=material.release)
    surface = replace(out.surface, commands=_with_children(out.surface.commands))
    by_path = {one.path: one for one in surface.commands}
    failures = tuple(
        Failure(
            name=one.event, reason=Reason.MALFORMED, detail=f"{one.handler}: {one.reason}"[:200]
        )
        for one in out.notes
    )
    return Modelled(surface, _pages(material, out, by_path, shown), failures)


def _pages(
    material: Material,
    out: Extracted,
    commands: Mapping[tuple[str, ...], Command],
    shown: Mapping[str, Document],
) -> Iterator[ModelPage]:
    whole = material.checksum()
    sums = {
        one.name: hashlib.sha256(one.data).hexdigest()
        for one in material.documents
        if one.name in set(out.origins.values())
    }
    for path, command in commands.items():
        if not command.hidden:
            # Every operation takes the waivers, but version 1 lacks one of them: without them most
            # cards of both are the same.
            page = card(command, out.texts.get(path, ""), common=WAIVERS)
            sha256 = sums.get(out.origins.get(path, ""), whole)
            yield ModelPage(page, command.evidence[0].url, sha256)
    for name in sorted(shown):
        path = _command(name)
        if path in commands:
            yield from _example(commands[path], shown[name])


def _command(name: str) -> tuple[str, ...]:
    """Name the command that a file has examples of: ``…/examples/ec2/wait/image-exists.rst``."""
    below = name.rpartition(_EXAMPLES)[2].removesuffix(".rst").split("/")
    return () if below[-1] in _PARTS else ("aws", *below)


def _example(command: Command, document: Document) -> Iterator[ModelPage]:
    sections = examples(document.data.decode("utf-8", "replace"))
    if sections:
        line = " ".join(command.path)
        yield ModelPage(
            Page(
                slug=f"{slug_of(command.path)}.examples",
                title=line,
                summary=command.summary,
                command=line,
                sections=sections,
            ),
            f"{command.evidence[0].url}#examples",
            hashlib.sha256(document.data).hexdigest(),
        )


def _with_children(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    below: dict[tuple[str, ...], list[str]] = {}
    for one in commands:
        if not one.hidden:
            below.setdefault(one.path[:-1], []).append(one.path[-1])
    return tuple(replace(one, children=tuple(below.get(one.path, ()))) for one in commands)
