"""Whether the corpus answers a question at all, as a probability from three signals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpora.model import Frozen
from retrieval.frequencies import TermCounts
from retrieval.lexical import idf, word_indices
from retrieval.store import SparseVector

RARE = 2e-4
"""A word in no larger share of all passages is one that the documentation hardly knows: fifteen
of the 74,000 that it was chosen on."""

LOOKED_AT = 10
"""Passages, the best first, of which the one counts that covers most of the question."""

TYPICAL_COSINE = 0.5
"""Stands in for the cosine where the dense channel is off: the median of the dev questions."""


class _Logistic(Frozen):
    nearest: float
    covered: float
    unknown: float
    intercept: float


ANSWERABLE = _Logistic(nearest=6.8, covered=8.0, unknown=-4.3, intercept=-7.4)
"""Logistic regression (C = 10, balanced) on the 208 development questions about fourteen products,
each asked with its product and without, and 27 unanswerable ones, put to six products as well and
to all; on the whole catalogue (295,000 passages), with paraphrases, by
``python -m eval.retrieval.abstention``. What the bars that are in use do with it, docs/retrieval.md
says."""


class Signals(NamedTuple):
    """What tells whether the passages found answer a question."""

    nearest: float
    """How near the nearest passage is in meaning: a cosine."""
    covered: float
    """How much of the question's weight in rare words the best passage covers."""
    unknown: float
    """How much of it is in words that hardly any documentation here knows: what names of foreign
    tools are."""


class Asked(NamedTuple):
    """What a question asks for, before anything is found."""

    terms: NDArray[np.uint32]
    weights: NDArray[np.float64]
    """Of each term; 0 where it tells nothing."""
    total: float
    """Of all weights together."""
    unknown: float
    """As in Signals."""


def asked(query: str, words: SparseVector, corpus: TermCounts) -> Asked | None:
    """What each word of a question weighs; None where none of them tells anything.

    Rare is what is rare over all products: in the few pages of a small one, every other word is.
    Values that the question makes up (a host, a path, a quoted name) tell nothing either way.
    """
    counts = corpus.of(words.indices)
    weights = idf(counts, corpus.passages)
    rare = counts <= RARE * corpus.passages
    weights[rare & ~_among(words.indices, word_indices(query))] = 0
    total = float(weights.sum())
    if not total:
        return None
    return Asked(words.indices, weights, total, float(weights[rare].sum()) / total)


def signals(question: Asked, nearest: float | None, best: Iterable[NDArray[np.uint32]]) -> Signals:
    """The signals of a question. Of each of the ``best`` passages the terms."""
    covered = _most_covered(question.terms, question.weights, list(best)) / question.total
    return Signals(TYPICAL_COSINE if nearest is None else nearest, covered, question.unknown)


def probability(found: Signals | None) -> float:
    """The probability that the passages found answer, from the signals."""
    if found is None:
        return 0.0
    signal = ANSWERABLE.intercept + ANSWERABLE.covered * found.covered
    signal += ANSWERABLE.unknown * found.unknown + ANSWERABLE.nearest * found.nearest
    return 1 / (1 + math.exp(-signal))


def _most_covered(
    wanted: NDArray[np.uint32], weights: NDArray[np.float64], best: Sequence[NDArray[np.uint32]]
) -> float:
    """The largest sum of ``weights`` that one of ``best`` has of what is ``wanted``.

    All of them in one go: one after the other took five times as long.
    """
    if not best:
        return 0.0
    terms = np.concatenate(best)
    whose = np.repeat(np.arange(len(best)), [len(one) for one in best])
    shared = _among(terms, wanted)
    gained = weights[np.searchsorted(wanted, terms[shared])]
    return float(np.bincount(whose[shared], gained, minlength=len(best)).max())


def _among(wanted: NDArray[np.uint32], ascending: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which of ``wanted`` are ``ascending``: a tenth of the time of ``isin``, which sorts first."""
    if not len(ascending):
        return np.zeros(len(wanted), np.bool_)
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.asarray(ascending[places] == wanted, np.bool_)
