"""What the adapter learns from: questions, the passages that answer them, and those found instead.

Wrong passages are taken from where they do harm: among the first that a search finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from corpora.model import Passage
from eval.retrieval.items import Training
from retrieval.context import in_common
from retrieval.engine import Engine
from retrieval.store import Scope

FOUND = 40
"""Passages looked at of what a search finds for a question."""

ALIKE, NAMESAKE = 0.8, 0.5
"""Shares of words in common from which another passage is taken for an answer as well, and not for
a wrong one; the second where it defines the same names. Commands share options, and each page tells
of them."""


@dataclass(frozen=True, slots=True)
class Example:
    """A passage with the questions that it answers, and passages that don't answer them."""

    product: str
    release: str
    questions: tuple[str, ...]
    answer: Passage
    wrong: tuple[Passage, ...]


def examples(
    engine: Engine, items: Iterable[Training], *, say: Callable[[str], None]
) -> list[Example]:
    """The examples that ``items`` make, release by release.

    What the snapshot doesn't hold is left out, and told.
    """
    by_release: dict[tuple[str, str], list[Training]] = {}
    for item in items:
        by_release.setdefault((item.product, item.release), []).append(item)
    made: list[Example] = []
    missing = 0
    for number, ((product, release), asked) in enumerate(sorted(by_release.items()), 1):
        scope = Scope(pairs=((product, release),))
        answers: dict[str, tuple[Passage, list[str]]] = {}
        pages = {
            page: engine.snapshot.page(product, release, page)
            for page in {item.page for item in asked}
        }
        for item in asked:
            on_page = pages[item.page]
            answer = next((one for one in on_page if one.text.startswith(item.key)), None)
            if answer is None:
                missing += 1
                continue
            answers.setdefault(answer.id, (answer, []))[1].append(item.question)
        for answer, questions in answers.values():
            found = {
                hit.passage.id: hit.passage
                for question in questions
                for hit in engine.searcher.search(question, scope, depth=FOUND).hits[:FOUND]
            }
            wrong = tuple(one for one in found.values() if not _answers_too(one, answer))
            made.append(Example(product, release, tuple(questions), answer, wrong))
        say(f"{number}/{len(by_release)} {product} {release}: {len(answers)} passages")
    if missing:
        say(f"{missing} questions are about passages that the snapshot doesn't hold")
    return made


def _answers_too(passage: Passage, answer: Passage) -> bool:
    if passage.id == answer.id:
        return True
    namesake = bool(answer.names) and passage.names == answer.names
    return in_common(passage.text, answer.text) >= (NAMESAKE if namesake else ALIKE)
