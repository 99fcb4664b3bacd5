"""Search within a scope: by words and by meaning, the two fused.

Each channel gives its best candidates; their scores are fused (`retrieval.fusion`). To that comes
what a passage gains by what it is (`retrieval.prior`), by what else was found on its page
(`retrieval.company`), and by what the question spells out. What is needed of a candidate for that
is read without the passage: few of them end up in an answer.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import starmap
from threading import Event
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpora.model import Frozen, Hit, Passage
from corpora.snapshot import Snapshot
from retrieval.answerable import LOOKED_AT, Asked, Signals, asked, probability, signals
from retrieval.batch import BatchCache
from retrieval.company import in_company
from retrieval.embed import Embedder
from retrieval.fusion import Standardised, fuse, standardise
from retrieval.index import Index
from retrieval.lexical import of_product
from retrieval.prior import Prior
from retrieval.stopwatch import Stopwatch
from retrieval.store import Scope, Scored

Mode = Literal["hybrid", "dense", "lexical"]

DEPTH = 12
"""Hits read where no more are asked for: half of the contexts hold no more."""

LEAST = 8
"""Hits of a context in any case: where the best stands out, the floor is above all others. On the
development questions one in two hundred was answered by the fourth of such; five to twelve in any
case found the same."""


class Tuning(Frozen):
    """Chosen on the development questions, and on what was held out of training."""

    mode: Mode = "hybrid"
    candidates: int = 50
    """Taken from each channel. With 100, contexts hold as much of what was asked for, in two thirds
    more tokens."""
    by_words: int = 150
    """Asked of BM25 beside the dense channel, candidates or not: those after the candidates tell
    what words think of what meaning found, and how bad at least what they did not find is."""
    dense_weight: float = 0.65
    """Of the fused score; BM25 has the rest."""
    company: float = 0.4
    """What a passage gains by others of its page that are candidates as well."""
    kept: float = 0.45
    """A passage belongs into a context if its score is at least this share of the way from the
    worst candidate to the best. Most are shown as excerpts, and cost little."""
    prior: Prior = Prior()
    """What a passage gains by what it is."""
    answerable: float = 0.08
    """Least probability that the corpus answers; below it the engine abstains. With 0.12 one
    question in a hundred went without its answer, for one more unanswerable in ten."""
    answerable_by_any: float = 0.35
    """The same where no product was named and all are searched: a question about a tool that is not
    here resembles something in one of them. At .2 3 of 100 development questions went without their
    answer as well, and 22 instead of 37 of the unanswerable ones were told so. At .4 it would be
    44, but there are no more than 27 of these."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    hits: tuple[Hit, ...]
    """Best first."""
    floor: float
    """What has at least this score belongs into a context."""
    abstain: bool
    """Whether nothing in the scope answers."""
    signals: Signals | None = None
    """What that was told from."""

    @property
    def relevant(self) -> tuple[Hit, ...]:
        """The hits that belong into a context: those above the floor, and LEAST in any case."""
        above = sum(hit.score >= self.floor for hit in self.hits)
        return self.hits[: max(above, LEAST)]

    def only(self, product: str) -> Found:
        """The same, but for the hits of other products."""
        kept = (hit for hit in self.hits if hit.passage.product == product)
        return replace(self, hits=tuple(kept))


class _Worth(NamedTuple):
    """What decides how a candidate is weighed, whatever was asked."""

    gain: float
    names: str
    """The names that it defines, as JSON: parsed only where a question spells a name."""
    command: str
    page: tuple[str, str]
    """Its product, and the command or the page that it is about."""


class _ByWords(NamedTuple):
    """What the words of a question find, and what they say of it."""

    best: Sequence[Scored]
    """Its candidates."""
    scores: Standardised
    asked: Asked | None


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
        self._corpus = index.frequencies.corpus
        # A snapshot never changes, and neither does what is made of its texts.
        self._vector = lru_cache(QUESTIONS_KEPT)(embedder.question)
        self._beside = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="words")
        self._worths = BatchCache(WORTHS_KEPT, self._worths_of)
        self._passages = BatchCache(PASSAGES_KEPT, snapshot.passages)
        self._terms = BatchCache(PASSAGES_KEPT, index.store.terms)
        self.tuning = tuning or Tuning()

    def search(
        self,
        query: str,
        scope: Scope,
        timer: Stopwatch | None = None,
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
        timer = timer or Stopwatch()
        mode, limit = mode or self.tuning.mode, self.tuning.candidates
        dense: list[Scored] = []
        if mode == "lexical":
            words = self._by_words(query, scope, limit, timer)
        else:
            # As much as can be done without the vector, while it is being made. Made here, and not
            # by the other thread: what takes longest waits for nobody to wake up.
            embedded = Event()
            most = 0 if mode == "dense" else max(limit, self.tuning.by_words)
            beside = self._beside.submit(
                self._beside_embedding, query, scope, most, timer, embedded
            )
            try:
                with timer("embed"):
                    vector = self._vector(query)
            finally:
                embedded.set()
            words = beside.result()
            with timer("dense"):
                dense = self._index.store.dense(vector, scope, limit)
        fused = fuse(standardise(dense, limit), words.scores, self.tuning.dense_weight)
        spelled = frozenset(_IDENTIFIER.findall(query))
        one_product = len({product for product, _ in scope.pairs}) == 1
        with timer("read"):
            worths = self._worths.of(fused)
            weighed = self._weighed(fused, worths)
            if not weighed:
                return Found((), 0.0, abstain=True)
            worst = weighed[-1].score
            best = weighed[: max(limit, depth)]
            if spelled or commands:
                best = _raised(best, worths, spelled, commands)
            floor = _between(worst, best[0].score, self.tuning.kept)
            needed = max(depth, LEAST, sum(one.score >= floor for one in best))
            if spelled and not one_product:
                needed = max(needed, limit)  # a name is in any product, and but one of them is kept
            hits = self._hits(best[:needed], scope)
        if not hits:
            return Found((), 0.0, abstain=True)
        with timer("judge"):
            nearest = dense[0].score if dense else None
            told = (
                signals(words.asked, nearest, self._terms_of(hits[:LOOKED_AT]))
                if words.asked
                else None
            )
        least = self.tuning.answerable if one_product else self.tuning.answerable_by_any
        return Found(hits, floor, abstain=probability(told) < least, signals=told)

    def _by_words(self, query: str, scope: Scope, most: int, timer: Stopwatch) -> _ByWords:
        """What the words of a question find: the best ``most``."""
        words = self._index.bm25.query(query)
        found: list[Scored] = []
        if most and len(words):
            with timer("lexical"):
                weighted = self._index.frequencies.weighted(words, scope)
                found = self._index.store.sparse(weighted, scope, most)
        with timer("judge"):
            told = asked(query, words, self._corpus)
        best = found[: self.tuning.candidates]
        return _ByWords(best, standardise(found, self.tuning.candidates), told)

    def _beside_embedding(
        self, query: str, scope: Scope, most: int, timer: Stopwatch, embedded: Event
    ) -> _ByWords:
        """The same on another processor, and what it found read, as long as there is time."""
        embedded.wait(HEAD_START)
        words = self._by_words(query, scope, most, timer)
        if not embedded.is_set():
            with timer("read"):
                ids = [one.id for one in words.best]
                self._worths.of(ids)
                self._passages.of(ids[:AHEAD])
                self._terms.of(ids[:LOOKED_AT])
        return words

    def _weighed(self, fused: Mapping[str, float], worths: Mapping[str, _Worth]) -> list[Scored]:
        """What is known of the candidates added to their scores; best first."""
        gained = {one: score + worths[one].gain for one, score in fused.items() if one in worths}
        pages = {one: worths[one].page for one in gained}
        return _ordered(starmap(Scored, in_company(gained, pages, self.tuning.company).items()))

    def _hits(self, best: Sequence[Scored], scope: Scope) -> tuple[Hit, ...]:
        passages = self._passages.of([one.id for one in best])
        found = []
        for one in best:
            passage = passages[one.id]
            release = _release(passage, scope)
            if release is not None:
                found.append(Hit(passage=passage, release=release, score=one.score))
        return tuple(found)

    def _terms_of(self, hits: Sequence[Hit]) -> list[NDArray[np.uint32]]:
        """The terms of each hit's passage, in no order."""
        terms = self._terms.of([hit.passage.id for hit in hits])
        return [
            of_product(terms[passage.id], passage.product)
            for passage in (hit.passage for hit in hits)
            if passage.id in terms
        ]

    def _worths_of(self, ids: Sequence[str]) -> dict[str, _Worth]:
        prior = self.tuning.prior
        return {
            name: _Worth(
                prior.of(one), one.names, one.command, (one.product, one.command or one.page)
            )
            for name, one in self._snapshot.traits(ids).items()
        }


def _ordered(candidates: Iterable[Scored]) -> list[Scored]:
    return sorted(candidates, key=lambda one: (-one.score, one.id))


def _between(worst: float, best: float, share: float) -> float:
    return worst + share * (best - worst)


QUESTIONS_KEPT = 1_024
"""Vectors of questions kept: 1.5 MB. An agent asks again, with another budget or page."""

AHEAD = 20
"""Passages that words found best, which are read while the vector is being made. Of questions that
are asked for the first time, p50 in the process went from 18.0 to 16.7 ms."""

HEAD_START = 0.0008
"""Seconds that the embedding gets to leave the interpreter behind, before words are looked up: the
embedded store does not let go of it while it searches."""

WORTHS_KEPT = 32_768
"""Candidates of which is kept how they are weighed: some 20 MB. A question has 50 to 100."""

PASSAGES_KEPT = 8_192
"""Passages that are kept as they were read, 4 kB each that stands in three releases (36 MB when
full; 1 kB for each release more), and as many whose terms are (0.3 kB each)."""

NAMED = 2.0
"""Standard deviations that a passage gains if it defines a name spelled out in the question: who
writes `max_wal_size` means that one, whatever else resembles it. The median distance between the
first and the fifth hit of the development questions is 1.3."""

LINKED = 1.0
"""The same for a passage of a command that the question spells: ``git stash``, ``pg_dump``."""

_IDENTIFIER = re.compile(r"(?<![\w-])(?:--[A-Za-z][\w-]*|-[A-Za-z]\b|\w+(?:[_.]\w+)+)")
"""`--long-option`, `-x`, `max_wal_size`, `commit.gpgSign`."""


def _raised(
    best: Sequence[Scored], worths: Mapping[str, _Worth], spelled: Set[str], commands: Set[str]
) -> list[Scored]:
    """Raise passages that define a name, or are of a command, which the question spells out.

    Best first again.
    """

    def raised(one: Scored) -> Scored:
        worth = worths[one.id]
        more = NAMED if spelled and not spelled.isdisjoint(json.loads(worth.names)) else 0.0
        more += LINKED if worth.command in commands else 0.0
        return Scored(one.id, one.score + more) if more else one

    return _ordered(map(raised, best))


def _release(passage: Passage, scope: Scope) -> str | None:
    """The release of the scope at which this passage holds."""
    for product, release in scope.pairs:
        if passage.product == product:
            for location in passage.locations:
                if location.release == release:
                    return release
    return None
