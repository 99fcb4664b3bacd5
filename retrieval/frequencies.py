"""Document frequencies: in how many passages of each release a term stands.

What a term of a question weighs depends on how rare it is among the passages that are searched,
those of one release as a rule. They are counted once, when an index is built. To let the engine
count them in each search took half of the time of a search, and more in a large release.

Kept are, by product, rows of one table: the terms, in how many distinct passages of the product
each stands, and the same for each of its releases.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora.model import Frozen
from retrieval.lexical import idf, of_product
from retrieval.store import Scope, SparseVector

_Numbers = NDArray[np.uint32]
_NONE: _Numbers = np.zeros(0, np.uint32)
_ARRAY = "of-"
"""Before a product's id: numpy has a parameter `file`, which is a good name for a product."""


class Sizes(Frozen):
    """How many distinct passages a product has, and at each of its releases."""

    passages: int
    releases: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """Document frequencies among some passages.

    ``indices`` uint32, ascending; ``counts`` uint32, alike long.
    """

    indices: _Numbers
    counts: _Numbers
    passages: int

    def of(self, indices: _Numbers) -> _Numbers:
        """In how many passages each of these terms stands, 0 for one that never occurs."""
        if not len(self.indices):
            return np.zeros(len(indices), np.uint32)
        places = np.minimum(np.searchsorted(self.indices, indices), len(self.indices) - 1)
        return np.where(self.indices[places] == indices, self.counts[places], 0).astype(np.uint32)


class Frequencies:
    """The document frequencies of a snapshot."""

    def __init__(self, tables: Mapping[str, _Numbers], sizes: Mapping[str, Sizes]) -> None:
        self._releases: dict[tuple[str, str], TermCounts] = {}
        products = []
        for product, size in sizes.items():
            terms, distinct, *rows = tables[product]
            products.append(TermCounts(terms, distinct, size.passages))
            for row, (release, passages) in zip(rows, size.releases.items(), strict=True):
                self._releases[product, release] = TermCounts(terms, row, passages)
        self.corpus = summed(products)
        """Over all products, whose passages are distinct."""

    @classmethod
    def load(cls, path: Path, sizes: Mapping[str, Sizes]) -> Frequencies:
        """Read what `FrequencyCounter.save` wrote.

        Raises OSError, ValueError, KeyError, BadZipFile.
        """
        with np.load(path, allow_pickle=False) as tables:
            return cls({product: tables[_ARRAY + product] for product in sizes}, sizes)

    def weighted(self, words: SparseVector, scope: Scope) -> SparseVector:
        """The terms of a question that stand in the scope, each times its idf there.

        A passage that stands in several releases of a scope counts for each. The dimensions are
        those of an index: a term has one in each product where it stands (`lexical.of_product`).
        """
        standing: dict[str, _Numbers] = {}
        together, passages = np.zeros(len(words), np.uint32), 0
        for product, release in dict.fromkeys(scope.pairs):
            if one := self._releases.get((product, release)):
                counts = one.of(words.indices)
                standing[product] = standing.get(product, 0) + counts
                together += counts
                passages += one.passages
        weights = words.values * idf(together, passages)
        indices, values = [_NONE], [weights[:0]]
        for product, counts in standing.items():
            at = np.flatnonzero(counts)
            indices.append(of_product(words.indices[at], product))
            values.append(weights[at])
        # Of the 700 dimensions that a question to all of 78 products has, two are the same once in
        # 20,000 questions: one is kept.
        found, first = np.unique(np.concatenate(indices), return_index=True)
        return SparseVector(found, np.concatenate(values)[first].astype(np.float32))


class FrequencyCounter:
    """Counts the terms of passages while an index is built."""

    def __init__(self) -> None:
        # Passages of a product stand in few different sets of releases: each is counted once, with
        # those of its own set, and the sets of a release are added up at the end.
        self._terms: defaultdict[tuple[str, tuple[str, ...]], Counter[int]] = defaultdict(Counter)
        self._passages: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def add(self, product: str, releases: Iterable[str], indices: _Numbers) -> None:
        """Count a passage: a text of a product, the releases that have it, and its terms."""
        group = product, tuple(releases)
        self._terms[group].update(indices.tolist())
        self._passages[group] += 1

    def save(self, path: Path) -> dict[str, Sizes]:
        """Write the tables; return what `Frequencies.load` wants besides, by product."""
        by_product: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for product, releases in self._passages:
            by_product[product].append(releases)
        tables, sizes = {}, {}
        for product, groups in by_product.items():
            names = sorted(set(chain.from_iterable(groups)))
            tables[_ARRAY + product] = self._table(product, groups, names)
            held = {name: [one for one in groups if name in one] for name in names}
            sizes[product] = Sizes(
                passages=self._sum(product, groups),
                releases={name: self._sum(product, some) for name, some in held.items()},
            )
        np.savez(path, **tables)  # type: ignore[arg-type]  # arrays all
        return sizes

    def _sum(self, product: str, groups: Iterable[tuple[str, ...]]) -> int:
        return sum(self._passages[product, one] for one in groups)

    def _table(
        self, product: str, groups: Sequence[tuple[str, ...]], names: Sequence[str]
    ) -> _Numbers:
        held = [self._terms[product, one] for one in groups]
        terms = np.array(sorted(set(chain.from_iterable(held))), np.uint32)
        table = np.zeros((2 + len(names), len(terms)), np.uint32)
        table[0] = terms
        for releases, counted in zip(groups, held, strict=True):
            places = np.searchsorted(terms, np.fromiter(counted, np.uint32, len(counted)))
            counts = np.fromiter(counted.values(), np.uint32, len(counted))
            for row in (1, *(2 + names.index(one) for one in releases)):
                table[row, places] += counts
        return table


def summed(parts: Iterable[TermCounts]) -> TermCounts:
    """Document frequencies over several products, whose passages are distinct."""
    held = list(parts)
    together = np.concatenate([_NONE, *(one.indices for one in held)])
    indices, places = np.unique(together, return_inverse=True)
    counts = np.bincount(
        places, np.concatenate([_NONE, *(one.counts for one in held)]), minlength=len(indices)
    )
    passages = sum(one.passages for one in held)
    return TermCounts(indices.astype(np.uint32), counts.astype(np.uint32), passages)
