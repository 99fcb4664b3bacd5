"""Search within a scope: by words and by meaning, the two fused.

Each channel gives its best candidates. A candidate's scores are standardised within each channel
(z-score over that channel's candidates; one that a channel didn't return counts as its worst) and
added with fixed weights. Fusing scores rather than ranks keeps how *clearly* a channel preferred
something. docs/retrieval.md has the numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora.model import Frozen, Hit, Passage
from corpora.snapshot import Snapshot
from retrieval.embed import Embedder
from retrieval.index import Index, TermCounts, lexical_vector
from retrieval.lexical import word_indices
from retrieval.prior import Prior
from retrieval.store import Scope, Scored, SparseVector

Mode = Literal["hybrid", "dense", "lexical"]


DEPTH = 12
"""Hits read where no more are asked for: as many as a context holds."""


class Tuning(Frozen):
    """Every number of the search. Chosen on the development questions alone."""

    mode: Mode = "hybrid"
    candidates: int = 100
    """Taken from each channel."""
    dense_weight: float = 0.7
    """Of the fused score; BM25 has the rest."""
    kept: float = 0.4
    """A passage belongs into a context if its score is at least this share of the way from the
    worst candidate to the best. Most are shown as excerpts, and cost little."""
    prior: Prior = Prior()
    """What a passage gains by what it is."""
    answerable: float = 0.1
    """Least probability that the corpus answers; below it the engine abstains."""
    answerable_by_any: float = 0.4
    """The same where no product was named and all are searched: a question about a tool that is not
    here resembles something in one of them."""


class Timer(Protocol):
    """Notes how long a stage takes."""

    def __call__(self, stage: str, /) -> AbstractContextManager[None]:
        """Time the block under that name."""


def untimed(stage: str, /) -> AbstractContextManager[None]:
    """A timer that notes nothing."""
    del stage
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    hits: tuple[Hit, ...]
    """Best first."""
    floor: float
    """What has at least this score belongs into a context."""
    abstain: bool
    """Whether nothing in the scope answers."""

    @property
    def relevant(self) -> tuple[Hit, ...]:
        """The hits that belong into a context."""
        return tuple(hit for hit in self.hits if hit.score >= self.floor)

    def only(self, product: str) -> Found:
        """The same, but for the hits of other products."""
        kept = (hit for hit in self.hits if hit.passage.product == product)
        return replace(self, hits=tuple(kept))


class Searcher:
    """Searches one snapshot. Safe to use from several threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        index: Index,
        embedder: Embedder,
        tuning: Tuning | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._index = index
        self._embedder = embedder
        self._corpus = summed(index.terms.values())
        # A snapshot never changes, and neither does what is made of its texts.
        self._vector = lru_cache(QUESTIONS_KEPT)(self._embedded)
        self._terms = lru_cache(PASSAGES_KEPT)(self._terms_of)
        self.tuning = tuning or Tuning()

    def search(
        self,
        query: str,
        scope: Scope,
        timer: Timer = untimed,
        *,
        mode: Mode | None = None,
        commands: Set[str] = frozenset(),
        depth: int = DEPTH,
    ) -> Found:
        """The passages of ``scope`` for ``query``, best first.

        At least the ``depth`` best and all that belong into a context; the rest of the candidates
        is not read. ``mode`` says which channels are asked, the tuning's where it isn't given.
        ``commands`` are those that the question spells: their passages are raised.

        No passage outside the scope can be in the answer: both channels filter on it, and where a
        passage stands is read from the snapshot again.
        """
        mode, limit = mode or self.tuning.mode, self.tuning.candidates
        words = self._index.bm25.query(query)
        dense: list[Scored] = []
        lexical: list[Scored] = []
        if mode != "lexical":
            with timer("embed"):
                vector = self._vector(query)
            with timer("dense"):
                dense = self._index.store.dense(vector, scope, limit)
        if mode != "dense" and len(words):
            with timer("lexical"):
                lexical = self._index.store.sparse(words, scope, limit)
        fused = fuse(dense, lexical, self.tuning.dense_weight)
        with timer("read"):
            fused = self._weighed(fused)
        asked = frozenset(_IDENTIFIER.findall(query))
        # Where a passage may be raised by what it defines, every candidate has to be looked at.
        raising = bool(asked or commands)
        with timer("read"):
            needed = limit if raising else max(depth, self._relevant(fused))
            hits = self._hits(fused[: min(needed, limit)], scope)
        if not hits:
            return Found((), 0.0, abstain=True)
        if raising:
            hits = _raised(hits, asked, commands)
        best, worst = hits[0].score, fused[-1].score
        nearest = dense[0].score if dense else None
        one = len({product for product, _ in scope.pairs}) == 1
        least = self.tuning.answerable if one else self.tuning.answerable_by_any
        abstain = self._answerable(query, words, nearest, hits) < least
        return Found(hits, _between(worst, best, self.tuning.kept), abstain)

    def _weighed(self, fused: Sequence[Scored]) -> list[Scored]:
        """The candidates with what they gain by what they are, best first again."""
        traits = self._snapshot.traits([one.id for one in fused])
        weighed = (
            replace(one, score=one.score + self.tuning.prior.of(traits[one.id]))
            for one in fused
            if one.id in traits
        )
        return sorted(weighed, key=lambda one: (-one.score, one.id))

    def _relevant(self, fused: Sequence[Scored]) -> int:
        """How many candidates belong into a context."""
        if not fused:
            return 0
        floor = _between(fused[-1].score, fused[0].score, self.tuning.kept)
        return sum(one.score >= floor for one in fused)

    def _hits(self, fused: Sequence[Scored], scope: Scope) -> tuple[Hit, ...]:
        passages = self._snapshot.passages([one.id for one in fused])
        found = []
        for one in fused:
            passage = passages[one.id]
            release = _release(passage, scope)
            if release is not None:
                found.append(Hit(passage=passage, release=release, score=one.score))
        return tuple(found)

    def _answerable(
        self, query: str, words: SparseVector, nearest: float | None, hits: Sequence[Hit]
    ) -> float:
        """The probability that the scope answers, from three signals.

        How near the nearest passage is in meaning; how much of the question's weight in rare words
        the best passage covers; and how much of it is in words that hardly any documentation here
        knows, which is what names of foreign tools are. Rare is what is rare over all products: in
        the few pages of a small one, every other word is. Values that the question makes up (a
        host, a path, a quoted name) tell nothing either way.
        """
        counts = self._corpus.of(words.indices)
        weights = _idf(counts, self._corpus.passages)
        rare = counts <= RARE * self._corpus.passages
        weights[rare & ~np.isin(words.indices, word_indices(query))] = 0
        total = float(weights.sum())
        if not total:
            return 0.0
        unknown = float(weights[rare].sum()) / total
        covered = max(
            float(weights[np.isin(words.indices, self._terms(hit.passage))].sum()) / total
            for hit in hits[:LOOKED_AT]
        )
        signal = ANSWERABLE.intercept + ANSWERABLE.covered * covered
        signal += ANSWERABLE.unknown * unknown
        signal += ANSWERABLE.nearest * (TYPICAL_COSINE if nearest is None else nearest)
        return 1 / (1 + math.exp(-signal))

    def _embedded(self, query: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embedder.embed([query])[0]
        return vector

    def _terms_of(self, passage: Passage) -> NDArray[np.uint32]:
        return lexical_vector(self._index.bm25, passage).indices


def _between(worst: float, best: float, share: float) -> float:
    return worst + share * (best - worst)


RARE = 2e-4
"""A word in no larger share of all passages is one that the documentation hardly knows: fifteen
of the 74,000 that this was fitted on."""

LOOKED_AT = 10

QUESTIONS_KEPT = 1_024
"""Vectors of questions kept: 1.5 MB. An agent asks again, with another budget or page."""

PASSAGES_KEPT = 4_096
"""Passages whose terms are kept: some 10 MB. Those that answer much are looked at each time."""

TYPICAL_COSINE = 0.5
"""Stands in for the cosine where the dense channel is off: the median of the dev questions."""


NAMED = 2.0
"""Standard deviations that a passage gains if it defines a name spelled out in the question: who
writes `max_wal_size` means that one, whatever else resembles it. The median distance between the
first and the fifth hit of the development questions is 1.3."""

LINKED = 1.0
"""The same for a passage of a command that the question spells: ``git stash``, ``pg_dump``."""

_IDENTIFIER = re.compile(r"(?<![\w-])(?:--[A-Za-z][\w-]*|-[A-Za-z]\b|\w+(?:[_.]\w+)+)")
"""`--long-option`, `-x`, `max_wal_size`, `commit.gpgSign`."""


class _Logistic(Frozen):
    nearest: float
    covered: float
    unknown: float
    intercept: float


ANSWERABLE = _Logistic(nearest=8.8, covered=5.6, unknown=-6.1, intercept=-4.9)
"""Logistic regression (C = 10, balanced) on the 208 development questions about fourteen products
(74,000 passages), each asked with its product and without, and 27 unanswerable ones, put to six
products as well and to all. In eight-fold cross-validation by question, at the two bars: 6 % wrong
abstentions and 76 % right ones where the product is named, 6 and 58 % where it is not."""


def summed(parts: Iterable[TermCounts]) -> TermCounts:
    """Document frequencies over several products, whose passages are distinct."""
    held = list(parts)
    none = np.zeros(0, np.uint32)
    together = np.concatenate([none, *(one.indices for one in held)])
    indices, places = np.unique(together, return_inverse=True)
    counts = np.bincount(
        places, np.concatenate([none, *(one.counts for one in held)]), minlength=len(indices)
    )
    passages = sum(one.passages for one in held)
    return TermCounts(indices.astype(np.uint32), counts.astype(np.uint32), passages)


def fuse(dense: Sequence[Scored], lexical: Sequence[Scored], dense_weight: float) -> list[Scored]:
    """Fuse two rankings by weighted z-scores; best first, ties by id.

    With one channel empty, the other alone decides.
    """
    ids = sorted({one.id for one in (*dense, *lexical)})
    if not ids:
        return []
    weights = (dense_weight if lexical else 1.0, 1 - dense_weight if dense else 1.0)
    total = np.zeros(len(ids))
    for ranking, weight in zip((dense, lexical), weights, strict=True):
        if ranking:
            total += weight * _standardised(ids, ranking)
    order = sorted(range(len(ids)), key=lambda place: (-total[place], ids[place]))
    return [Scored(ids[place], float(total[place])) for place in order]


def _standardised(ids: Sequence[str], ranking: Sequence[Scored]) -> NDArray[np.float64]:
    known = {one.id: one.score for one in ranking}
    scores = np.array(list(known.values()))
    lowest, spread = float(scores.min()), float(scores.std())
    values = np.array([known.get(one, lowest) for one in ids])
    if spread <= 1e-9:
        # One candidate, or all alike: the channel says who is in, and no more.
        return np.array([float(one in known) for one in ids])
    return np.asarray((values - scores.mean()) / spread, np.float64)


def _raised(hits: Sequence[Hit], asked: frozenset[str], commands: Set[str]) -> tuple[Hit, ...]:
    """Raise passages that define a name, or are of a command, which the question spells out.

    Best first again.
    """

    def raised(hit: Hit) -> Hit:
        more = NAMED if not asked.isdisjoint(hit.passage.names) else 0.0
        more += LINKED if hit.passage.command in commands else 0.0
        return hit.model_copy(update={"score": hit.score + more}) if more else hit

    return tuple(sorted(map(raised, hits), key=lambda hit: (-hit.score, hit.passage.id)))


def _release(passage: Passage, scope: Scope) -> str | None:
    """The release of the scope at which this passage holds."""
    for product, release in scope.pairs:
        if passage.product == product and release in passage.releases:
            return release
    return None


def _idf(counts: NDArray[np.uint32], passages: int) -> NDArray[np.float64]:
    seen = counts.astype(np.float64)
    return np.asarray(np.log1p((passages - seen + 0.5) / (seen + 0.5)), np.float64)
