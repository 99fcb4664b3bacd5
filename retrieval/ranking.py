"""The options of one command, ranked for a question by BM25 (k1 = 1.2, b = 0.75).

Over their names, which count threefold, and their descriptions. The statistics are those of the
command alone, so that a word that all its options share tells nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from commands.model import Option
from retrieval.lexical import terms

QUESTIONS_KEPT = 64
"""Questions of which the terms are kept: each is put to several commands in turn."""

_K1, _B, _NAMES = 1.2, 0.75, 3


class OptionRanking:
    """The options, with an inverted index of their terms. Safe to use from several threads."""

    def __init__(self, options: Iterable[Option]) -> None:
        self.options = tuple(options)
        self._names = [option.name for option in self.options]
        self.required = [at for at, option in enumerate(self.options) if option.required]
        self._spelled, self._named = _numbers(self.options)
        # Term → which options have it, and how often it counts there, in turn.
        self._postings: dict[str, list[int]] = {}
        lengths = []
        for number, option in enumerate(self.options):
            counts = _terms(option)
            lengths.append(sum(counts.values()))
            for term, count in counts.items():
                self._postings.setdefault(term, []).extend((number, count))
        # A lone `-a` that nothing is said of has no term at all, and a command may have no other.
        average = sum(lengths) / max(1, len(lengths)) or 1.0
        self._norms = [1 - _B + _B * length / average for length in lengths]

    def named(self, question: str, names: Iterable[str]) -> list[int]:
        """The numbers of the options that a question spells, then those of ``names``, in turn."""
        words = set(question.split())
        found = dict.fromkeys(sorted({at for one in words for at in self._spelled.get(one, ())}))
        for name in names:
            found.update(dict.fromkeys(self._named.get(name, ())))
        return list(found)

    def of(self, question: str) -> list[tuple[int, float]]:
        """The numbers of the options that share a word with the question, best first."""
        scores: dict[int, float] = {}
        for term in _asked(question):
            posting = self._postings.get(term, ())
            numbers, counts = posting[::2], posting[1::2]
            idf = math.log1p((len(self.options) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            for number, count in zip(numbers, counts, strict=True):
                gain = idf * (_K1 + 1) * count / (count + _K1 * self._norms[number])
                scores[number] = scores.get(number, 0.0) + gain
        best = sorted(scores, key=lambda number: (-scores[number], self._names[number], number))
        return [(number, scores[number]) for number in best]


@lru_cache(QUESTIONS_KEPT)
def _asked(question: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(question)))


def _numbers(options: Sequence[Option]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Which options have a spelling, and which a name."""
    spelled: dict[str, list[int]] = {}
    named: dict[str, list[int]] = {}
    for number, option in enumerate(options):
        for spelling in option.spellings:
            spelled.setdefault(spelling, []).append(number)
        for name in option.names:
            named.setdefault(name, []).append(number)
    return spelled, named


def _terms(option: Option) -> Counter[str]:
    found = Counter(terms(f"{option.description} {' '.join(option.choices[:20])}"))
    for term in terms(" ".join((*option.spellings, option.metavar))):
        found[term] += _NAMES
    return found
