"""The forms in which a context gives a passage: whole, or as an excerpt."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from corpora.model import Passage
from corpora.suspicion import Flag, flags_of
from retrieval.excerpt import excerpt

KEPT = 16_384
"""Forms that are kept: 0.3 kB an excerpt, 1 kB a whole passage, of which a context has but one."""


class Form(NamedTuple):
    """A text that stands for a passage, what it costs, and what is suspicious about it."""

    text: str
    tokens: int
    flags: tuple[Flag, ...]


class Forms:
    """Makes the forms of passages, and keeps them: a passage of a snapshot never changes.

    ``count`` counts the tokens of a text: as many as of its parts, where it is cut at white space.
    Safe to use from several threads.
    """

    def __init__(self, count: Callable[[str], int]) -> None:
        self.count = count
        self._kept: dict[tuple[str, bool], Form] = {}

    def whole(self, passage: Passage, more: str = "") -> Form:
        """All of a passage, and lines to go below it."""
        return self._with(passage, more, brief=False)

    def brief(self, passage: Passage, more: str = "") -> Form | None:
        """A line of it, and another one to go below; None where no such line can be cut."""
        form = self._with(passage, more, brief=True)
        return form if form.text else None

    def _with(self, passage: Passage, more: str, *, brief: bool) -> Form:
        form = self._kept.get((passage.id, brief))
        if form is None:
            text = excerpt(passage) if brief else passage.text
            form = Form(text, self._tokens(passage, text), _flags(passage, text))
            if len(self._kept) >= KEPT:
                self._kept = {}
            self._kept[passage.id, brief] = form
        if not more or not form.text:
            return form
        text = f"{form.text}\n{more}"
        return Form(text, form.tokens + self.count(more), _flags(passage, text))

    def _tokens(self, passage: Passage, text: str) -> int:
        return passage.tokens if text == passage.text else self.count(text)


def _flags(passage: Passage, text: str) -> tuple[Flag, ...]:
    return flags_of("\n".join((*passage.heading, text)))
