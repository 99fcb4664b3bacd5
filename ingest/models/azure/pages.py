"""The pages of the Azure CLI, the same from whichever source: a card with its examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from commands.model import Command
from corpora.model import Page, Section, Text
from ingest.models.base import ModelPage
from ingest.models.cards import card

COMMON = frozenset(("--acquire-policy-token", "--change-reference", "--subscription"))
"""What most commands take, and cards leave out. The first two came with 2.81: with them a third of
all cards would be other texts since then."""

Example = tuple[str, str]
"""What it is for, and its lines."""


def page(
    command: Command, description: str, examples: Iterable[Example], url: str, sha256: str
) -> ModelPage:
    """Make the page of a command or group. ``url`` is the page that it stands on."""
    made = card(command, description, common=COMMON)
    blocks = [block for said, lines in examples for block in _example(said.strip(), lines.strip())]
    if blocks:
        shown = Section(heading="Examples", blocks=tuple(blocks))
        made = Page.model_validate({**dict(made), "sections": (*made.sections, shown)})
    return ModelPage(made, anchored(url, command.path), sha256)


def anchored(url: str, path: Iterable[str]) -> str:
    """Give the address of a command on the page of its group."""
    return f"{url}#{'-'.join(path)}"


def _example(said: str, lines: str) -> Iterator[Text]:
    if lines:
        yield Text(text=said or "Example:")
        yield Text(type="code", text=lines)


def with_children(known: Mapping[tuple[str, ...], Command]) -> Iterator[Command]:
    """Give all commands with the words that may follow them, and what is known by name only."""
    below: dict[tuple[str, ...], dict[str, None]] = {}
    for path in sorted(known):
        for length in range(1, len(path)):
            below.setdefault(path[:length], {})[path[length]] = None
    named = {path: Command(path, partial=True) for path in below.keys() - known.keys()}
    for path, command in sorted({**known, **named}.items()):
        yield replace(command, children=tuple(below.get(path, ())))
