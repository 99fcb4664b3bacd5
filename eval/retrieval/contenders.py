"""What is measured: anything that answers a question with an ordered list of texts."""

from __future__ import annotations

from typing import Protocol

from corpora.model import Frozen
from eval.retrieval.items import Question, Unanswerable

RANKS = 10
"""How deep a ranking is judged."""


class Retrieved(Frozen):
    """One text that a contender returned."""

    text: str
    product: str
    releases: tuple[str, ...]
    page: str
    also: tuple[str, ...] = ()
    """Other commands that are named beside the text, as having the option as well."""

    @property
    def plain(self) -> Retrieved:
        """The same, where what is named beside it counts for nothing."""
        return self.model_copy(update={"also": ()}) if self.also else self


class Answer(Frozen):
    """What a contender returned for one question."""

    context: str
    """What would stand in the prompt."""
    texts: tuple[Retrieved, ...]
    """The texts inside ``context``, in its order."""
    abstained: bool = False

    @property
    def plain(self) -> Answer:
        """The same, where what is named beside a text counts for nothing."""
        return self.model_copy(update={"texts": tuple(one.plain for one in self.texts)})


class Contender(Protocol):
    """A retrieval pipeline under measurement."""

    name: str

    @property
    def points(self) -> int:
        """How many texts its index holds; 0 where it can't be known."""

    @property
    def size(self) -> int | None:
        """Bytes that have to be kept to answer, texts included; None where it can't be known."""

    def answer(self, question: Question | Unanswerable) -> Answer:
        """The context for one question. The caller takes the time."""

    def ranked(self, question: Question) -> tuple[Retrieved, ...]:
        """The ``RANKS`` best texts, best first, whether or not it would abstain."""

    def pool(self, question: Question) -> list[Retrieved]:
        """Every indexed text of the pages that answer, at that release: what could be found."""
