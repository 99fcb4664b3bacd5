"""A card: the page of one command, made from what a model says of it.

One passage per option would make 300,000 of a release of AWS. A card is what finds the command: its
line, its options by name, a few sentences. What each option means stands in the surface.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from commands.model import Command, Option, Positional
from corpora.model import Page, Section, Text

WIDTH = 100
"""Characters of a line of a synopsis: as wide as terminals are, so that it reads as help does."""

DESCRIPTION = 600
"""Characters of a description. What the dense vector is made of ends after 128 tokens anyway."""


def slug_of(path: Iterable[str]) -> str:
    """Name the page of a command, in every release alike: ``aws-ec2-run-instances``."""
    return "-".join(path)


def card(command: Command, description: str = "", *, common: frozenset[str] = frozenset()) -> Page:
    """Make the card of a command.

    ``common`` are options that go without saying: nearly every command of the product has them.
    Nothing of the release stands in a card, so that two releases in which a command is the same
    have the same card.
    """
    line = " ".join(command.path)
    said = description or command.summary
    blocks = (
        *((Text(text=said),) if said else ()),
        Text(type="code", text=synopsis(command, common)),
    )
    return Page(
        slug=slug_of(command.path),
        title=line,
        summary=command.summary,
        command=line,
        sections=(Section(heading="Synopsis", blocks=blocks),),
    )


def synopsis(command: Command, common: frozenset[str] = frozenset()) -> str:
    """Write the command line: what is required first, with its values; the rest by name alone."""
    shown = [
        one
        for one in command.options
        if not one.hidden and not one.inherited and common.isdisjoint(one.names)
    ]
    words = [
        *(_option(one) for one in shown if one.required),
        *(_positional(one) for one in command.positionals),
        *(f"[{one.name}]" for one in shown if not one.required),
    ]
    if command.children:
        words.append("<command>")
    head = " ".join(command.path)
    return "\n".join(_wrapped(head, words))


def _wrapped(head: str, words: list[str]) -> Iterator[str]:
    # A word is never parted: a name across two lines would not be found.
    lines = textwrap.wrap(
        " ".join(word.replace(" ", "\xa0") for word in words),
        WIDTH,
        initial_indent=f"{head} ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines or [head]:
        yield line.replace("\xa0", " ").rstrip()


def _option(option: Option) -> str:
    if option.arity == "none":
        return option.name
    value = f"<{option.metavar or 'value'}>"
    return f"{option.name} {value}{' ...' if option.arity == 'many' else ''}"


def _positional(place: Positional) -> str:
    text = f"<{place.name}>{' ...' if place.repeatable else ''}"
    return text if place.required else f"[{text}]"
