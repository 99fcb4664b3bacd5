"""What the adapter learns from: questions, the passages that answer them, and all that don't."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpora.model import Passage
from corpora.snapshot import Snapshot
from eval.retrieval.items import Training
from retrieval.embed import Embedder
from retrieval.index import dense_vectors

ALIKE, NAMESAKE = 0.93, 0.8
"""Cosines from which another passage is taken for an answer as well, and not for a wrong one; the
second where it defines the same names. Commands share options, and each page tells of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """The passages of one release that questions are about."""

    vectors: NDArray[np.float32]
    """(n, d), as in the index."""
    questions: tuple[str, ...]
    answers: NDArray[np.int64]
    """Of each question, the row of the passage that answers it."""
    rivals: NDArray[np.bool_]
    """(questions, n): whether a passage is wrong for a question, or the answer."""


def releases(
    snapshot: Snapshot,
    embedder: Embedder,
    items: Iterable[Training],
    *,
    most: int,
    seed: int,
    say: Callable[[str], None],
) -> list[Release]:
    """The releases that ``items`` are about, each with ``most`` passages beside the answers.

    Those are drawn at random. What the snapshot doesn't hold is left out, and told.
    """
    by_release: dict[tuple[str, str], list[Training]] = {}
    for item in items:
        by_release.setdefault((item.product, item.release), []).append(item)
    chance = random.Random(seed)  # noqa: S311  not for secrets
    found, missing = [], 0
    for number, ((product, release), asked) in enumerate(sorted(by_release.items()), 1):
        passages = _passages(snapshot, product, release)
        pairs = [(item.question, _answer(passages, item)) for item in asked]
        held = [(question, passage) for question, passage in pairs if passage is not None]
        missing += len(pairs) - len(held)
        if not held:
            continue
        answers = {passage.id: passage for _, passage in held}
        others = [one for one in passages.values() if one.id not in answers]
        chosen = [*answers.values(), *chance.sample(others, min(most, len(others)))]
        vectors = dense_vectors(chosen, embedder)
        rows = {passage.id: row for row, passage in enumerate(chosen)}
        places = np.array([rows[passage.id] for _, passage in held])
        found.append(
            Release(
                vectors,
                tuple(question for question, _ in held),
                places,
                _rivals(chosen, vectors, places),
            )
        )
        say(f"{number}/{len(by_release)} {product} {release}: {len(held)} questions")
    if missing:
        say(f"{missing} questions are about passages that the snapshot doesn't hold")
    return found


def _passages(snapshot: Snapshot, product: str, release: str) -> dict[str, Passage]:
    return {
        passage.id: passage
        for slug in snapshot.pages(product, release)
        for passage in snapshot.page(product, release, slug)
    }


def _answer(passages: dict[str, Passage], item: Training) -> Passage | None:
    return next(
        (
            one
            for one in passages.values()
            if one.page == item.page and one.text.startswith(item.key)
        ),
        None,
    )


def _rivals(
    passages: Sequence[Passage], vectors: NDArray[np.float32], answers: NDArray[np.int64]
) -> NDArray[np.bool_]:
    near = vectors[answers] @ vectors.T
    names = [passage.names for passage in passages]
    namesakes = np.array([[bool(one) and one == names[row] for one in names] for row in answers])
    right = (near > ALIKE) | (namesakes & (near > NAMESAKE))
    right[np.arange(len(answers)), answers] = False
    return np.asarray(~right)
