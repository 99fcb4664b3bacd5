"""The options of one command, ranked for a question by BM25 (k1 = 1.2, b = 0.75).

Over their names, which count threefold, and their descriptions. The statistics are those of the
command alone, so that a word that all its options share tells nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from commands.model import Option
from retrieval.lexical import terms

_K1, _B, _NAMES = 1.2, 0.75, 3


class OptionRanking:
    """The options, with an inverted index of their terms. Safe to use from several threads."""

    def __init__(self, options: Iterable[Option]) -> None:
        self.options = tuple(options)
        self._names = [option.name for option in self.options]
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

    def of(self, question: str) -> list[tuple[Option, float]]:
        """The options that share a word with the question, best first."""
        scores: dict[int, float] = {}
        for term in dict.fromkeys(terms(question)):
            posting = self._postings.get(term, ())
            numbers, counts = posting[::2], posting[1::2]
            idf = math.log1p((len(self.options) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            for number, count in zip(numbers, counts, strict=True):
                gain = idf * (_K1 + 1) * count / (count + _K1 * self._norms[number])
                scores[number] = scores.get(number, 0.0) + gain
        best = sorted(scores, key=lambda number: (-scores[number], self._names[number], number))
        return [(self.options[number], scores[number]) for number in best]


def _terms(option: Option) -> Counter[str]:
    found = Counter(terms(f"{option.description} {' '.join(option.choices[:20])}"))
    for term in terms(" ".join((*option.spellings, option.metavar))):
        found[term] += _NAMES
    return found
