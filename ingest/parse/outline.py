"""Sections while they are being read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from corpora.model import Block, Section


@dataclass(frozen=True, eq=False)
class Heading:
    """A heading that blocks can be put under. Two of the same words are two headings."""

    text: str
    level: int
    anchor: str = ""


@dataclass
class Outline:
    """The sections of a page in reading order.

    Where text of a section goes on after a subsection has ended, the section is opened again:
    sections are a flat list, and none of the text may move.
    """

    _open: list[tuple[Heading, list[Block]]] = field(default_factory=list)

    def start(self, heading: Heading) -> None:
        """Open a section, which may stay without blocks of its own."""
        self._open.append((heading, []))

    def add(self, heading: Heading, blocks: Iterable[Block]) -> None:
        """Put ``blocks`` under ``heading``."""
        for block in blocks:
            if not self._open or self._open[-1][0] is not heading:
                self.start(heading)
            self._open[-1][1].append(block)

    def sections(self) -> tuple[Section, ...]:
        """What was read. The text before the first heading is a section without a heading."""
        return tuple(
            Section(heading=at.text, level=at.level, anchor=at.anchor, blocks=tuple(blocks))
            for at, blocks in self._open
            if at.text or blocks
        )
