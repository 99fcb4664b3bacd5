"""The seam: what the other rooms know of a vector store."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from corpora.model import Frozen

Dense = NDArray[np.float32]

DENSE, SPARSE, RELEASES = "dense", "bm25", "releases"
"""Names of the two vectors of a point, and of the payload that the hard filter is on."""

_HEX = frozenset(string.digits + "abcdef")


@dataclass(frozen=True, slots=True, eq=False)
class SparseVector:
    """Weights of terms. ``indices`` uint32, ascending and distinct; ``values`` float32, (n,)."""

    indices: NDArray[np.uint32]
    values: Dense

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One passage as the store keeps it.

    ``id`` is 32 lower-case hex digits (the id of the passage); ``dense`` is (d,) and may be
    missing; an empty ``sparse`` is never found by words. Raises ValueError for another id.
    """

    id: str
    product: str
    releases: tuple[str, ...]
    kind: str
    page: str
    dense: Dense | None
    sparse: SparseVector

    def __post_init__(self) -> None:
        if len(self.id) != 32 or not _HEX.issuperset(self.id):
            raise ValueError(f"{self.id!r} is not 32 hex digits")

    @property
    def keys(self) -> list[str]:
        """What the hard filter matches: ``postgresql@13``."""
        return [scope_key(self.product, release) for release in self.releases]

    @property
    def payload(self) -> dict[str, str | list[str]]:
        """What is kept beside its vectors."""
        return {
            RELEASES: self.keys,
            "product": self.product,
            "kind": self.kind,
            "page": self.page,
        }


class Scope(Frozen):
    """The hard filter: points that hold at one of these (product, release) pairs, and no others.

    An empty scope holds nothing.
    """

    pairs: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> list[str]:
        """The values looked for in the indexed payload."""
        return sorted({scope_key(product, release) for product, release in self.pairs})


def scope_key(product: str, release: str) -> str:
    """One indexed value per product and release: ids of products hold no ``@``."""
    return f"{product}@{release}"


class Scored(NamedTuple):
    """A point found. ``score``: cosine for dense, the dot product for sparse; higher is better."""

    id: str
    score: float


class Store(Protocol):
    """Points, and the two ways of searching them. Safe to read from several threads.

    Every point of the scope is compared, without a graph. By words that is exact; by meaning it may
    be by int8 vectors first, and the nearest of them again in full. Results are in a total order:
    by falling score, then by id. Every method raises StoreError naming the place where the store
    can't be used, is closed, or is read-only.
    """

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same id."""

    def finish(self) -> None:
        """Make what was added durable and fast to read. The store is read-only afterwards."""

    def dense(self, vector: Dense, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points nearest to ``vector``, (d,), by cosine."""

    def sparse(self, vector: SparseVector, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points of highest dot product; only those that share a term."""

    def terms(self, ids: Sequence[str]) -> dict[str, NDArray[np.uint32]]:
        """The dimensions by which words find these points: ascending. Unknown ids are left out."""

    def count(self, scope: Scope | None = None) -> int:
        """Count the points of a scope, or all."""

    def ids(self) -> Iterator[str]:
        """Every id, ascending."""

    def close(self) -> None:
        """Let go of files and connections. Closing twice is allowed."""

    def __enter__(self) -> Self:
        """Return the store itself."""

    def __exit__(self, *_: object) -> None:
        """Close."""


OVERSAMPLED = 2.0
"""Where vectors are compared as int8, so many times more of them are scored again in full."""

_TIE = 1e-6
"""Scores closer than this, relative above 1, are the same score. Engines add up float32 products
in different orders: equal texts were seen 2e-7 apart."""


SPARE = 16
"""With 1, every fifth development question was searched for twice; with 16, one in forty."""


def best(search: Callable[[int], list[Scored]], limit: int) -> list[Scored]:
    """Return the best ``limit`` points in a total order, where an engine leaves ties open.

    ``search(n)`` gives the engine's best n by falling score. Which of several points of one score
    an engine returns at the cut is chance: so a tie there is followed to its end. Most end within
    the few that are asked for besides; one more search costs as much as the first.
    """
    if limit < 1:
        return []
    asked = limit + SPARE
    while True:
        found = search(asked)
        if len(found) < asked or found[-1].score < _least(found[limit - 1]):
            return _ordered(found)[:limit]
        asked *= 4


def rounding(score: float) -> float:
    """How far below ``score`` another one may be, and still be the same."""
    return _TIE * max(1.0, abs(score))


def _least(better: Scored) -> float:
    """The least score that is still the same as that of ``better``."""
    return better.score - rounding(better.score)


_id = itemgetter(0)


def _ordered(falling: Sequence[Scored]) -> list[Scored]:
    """Those of one score by their ids; ``falling`` by score, as an engine gives them."""
    ordered = list(falling)
    first, least = 0, math.inf
    for at, one in enumerate(ordered):
        if one.score < least:  # no tie with the first of those before it
            if at - first > 1:
                ordered[first:at] = sorted(ordered[first:at], key=_id)
            first, least = at, _least(one)
    ordered[first:] = sorted(ordered[first:], key=_id)
    return ordered
