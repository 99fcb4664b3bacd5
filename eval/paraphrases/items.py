"""What a model is shown of the passages that want paraphrases, and how its answer is read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpora.model import Passage
from corpora.paraphrases import LONGEST, ONE_SET, Paraphrases, paraphrase_key

SHOWN = 300
"""Characters of a passage. What it is for stands at its beginning."""

_NAMES, _ABOUT = 80, 200
_SPACE = re.compile(r"\s+")
_LINE = re.compile(r"\[?(?P<number>\d{1,6})\]?\t(?P<phrases>[^\t]+(?:\t[^\t]+){2})")


@dataclass(frozen=True)
class Item:
    """Passages with one key, shown as one."""

    key: str
    passage: Passage
    """One of them."""
    commands: frozenset[str]
    written: tuple[str, ...] = ()
    """What has been written for it already."""

    @property
    def names(self) -> str:
        """What it is told apart by: the options' names, the command, or the heading."""
        passage = self.passage
        said = passage.names or (passage.command or passage.title,)
        if self.kind == "PROSE":
            said = passage.heading[-1:] or (passage.title,)
        return _SPACE.sub(" ", " ".join(said))[:_NAMES].strip()

    @property
    def kind(self) -> str:
        """As the prompt calls it."""
        if self.passage.kind == "synopsis":
            return "CARD"
        return "DEF" if self.passage.names else "PROSE"

    @property
    def about(self) -> str:
        """Product and command, and what that is for."""
        passage = self.passage
        said = f"{passage.product} · {passage.command or passage.title}: {passage.summary}"
        return _SPACE.sub(" ", said)[:_ABOUT]


def wanting(
    passages: Iterable[Passage], written: Paraphrases, *, prose: bool = False, held: int = 0
) -> list[Item]:
    """An item for each definition and command that holds so many sets, command by command.

    With ``prose`` for running text as well, but for examples. Who has written three phrases comes
    to say the same again: so another set is asked for with those before it in view.
    """
    found: dict[tuple[str, str], list[Passage]] = {}
    for passage in passages:
        sets = math.ceil(len(written.of(passage)) / ONE_SET)
        if sets == held and (not passage.is_prose or (prose and passage.kind == "section")):
            found.setdefault((passage.product, paraphrase_key(passage)), []).append(passage)
    items = [
        Item(
            key,
            alike[-1],
            frozenset(one.command or one.title for one in alike),
            written.of(alike[-1]),
        )
        for (_, key), alike in found.items()
    ]
    return sorted(items, key=lambda one: (one.passage.product, one.about, one.names))


def shown(items: Sequence[Item]) -> str:
    """The items as the prompt describes them, numbered from 1."""
    lines = []
    numbered = enumerate(items, 1)
    for about, group in groupby(numbered, key=lambda one: one[1].about):
        lines.append(f"### {about}")
        for number, item in group:
            several = len(item.commands)
            also = f" (in {several} commands)" if several > 1 else ""
            text = _SPACE.sub(" ", item.passage.text)[:SHOWN]
            had = f" => {' | '.join(item.written)}" if item.written else ""
            lines.append(f"[{number}] {item.kind} {item.names}{also} :: {text}{had}")
    return "\n".join(lines)


def read(answer: str, items: Sequence[Item]) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """The items that an answer has three usable phrases for; the first of two that it has."""
    seen = set()
    for line in answer.splitlines():
        found = _LINE.fullmatch(line.strip())
        if not found or not 1 <= (number := int(found["number"])) <= len(items):
            continue
        phrases = tuple(_clean(one) for one in found["phrases"].split("\t"))
        if number not in seen and all(one and len(one) <= LONGEST for one in phrases):
            seen.add(number)
            yield items[number - 1], phrases


def _clean(phrase: str) -> str:
    printable = "".join(one if one.isprintable() else " " for one in phrase)
    return _SPACE.sub(" ", printable).strip(" \"'`").rstrip(".")
