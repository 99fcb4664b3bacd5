"""Which releases of a snapshot an index of some size holds, and which questions are asked of it.

Every size is asked the same questions, so that what differs is the size alone. The smallest one
decides: of the releases that are asked about, those with the most questions for their passages are
taken until it is full. A larger size holds all of these, then the others that are asked about, then
the rest, the smallest first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from corpora.errors import InvalidRequest
from corpora.model import Frozen, Passage
from retrieval.engine import Engine
from retrieval.request import ContextRequest

Release = tuple[str, str]
"""Product and label."""


class Asked(Frozen):
    """The questions, in two rows."""

    named: tuple[ContextRequest, ...]
    """With product and version: the filter leaves one release."""
    everywhere: tuple[ContextRequest, ...]
    """Of the same, without either, those in which no product can be read: all are searched."""


class Shares:
    """How many distinct passages any choice of releases has."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._held: dict[str, Counter[frozenset[str]]] = {}
        for one in passages:
            self._held.setdefault(one.product, Counter())[frozenset(one.releases)] += 1

    def distinct(self, releases: Set[Release]) -> int:
        """Of these releases together: a text that several have counts once."""
        labels: dict[str, set[str]] = {}
        for product, label in releases:
            labels.setdefault(product, set()).add(label)
        return sum(self._of(product, wanted) for product, wanted in labels.items())

    def added(self, release: Release, to: Set[Release]) -> int:
        """How many passages a release brings that ``to`` hasn't."""
        product, label = release
        before = {other for name, other in to if name == product}
        return self._of(product, before | {label}) - self._of(product, before)

    def _of(self, product: str, labels: Set[str]) -> int:
        held = self._held.get(product, Counter())
        return sum(count for sets, count in held.items() if not sets.isdisjoint(labels))

    def releases(self) -> list[Release]:
        """Every release that has a passage."""
        found = {
            (product, label)
            for product, held in self._held.items()
            for sets in held
            for label in sets
        }
        return sorted(found)


def ordered(shares: Shares, asked: Mapping[Release, int]) -> list[Release]:
    """The releases, those first that are worth most; ``asked`` counts the questions about each."""
    size = {one: shares.distinct({one}) for one in shares.releases()}
    return sorted(size, key=lambda one: (one not in asked, size[one] / asked.get(one, 1), one))


def chosen(
    shares: Shares, order: Sequence[Release], points: int, first: Set[Release] = frozenset()
) -> frozenset[Release]:
    """Whole releases of together at most so many passages, ``first`` among them."""
    kept = set(first)
    room = points - shares.distinct(kept)
    for release in order:
        if release in kept or (added := shares.added(release, kept)) > room:
            continue
        kept.add(release)
        room -= added
    return frozenset(kept)


def questions(
    engine: Engine, requests: Sequence[ContextRequest], kept: Set[Release], points: int
) -> Asked:
    """The questions about releases that are kept. Raises InvalidRequest where there is none."""
    named = [one for one in requests if (one.product, one.version) in kept]
    if not named:
        raise InvalidRequest(
            f"No release that a development question is about has {points:,} passages or fewer.",
            hint="Ask for a larger size, or build more products.",
        )
    bare = [one.model_copy(update={"product": None, "version": None}) for one in named]
    return Asked(named=tuple(named), everywhere=tuple(one for one in bare if _open(engine, one)))


def _open(engine: Engine, request: ContextRequest) -> bool:
    """Whether no product can be read in a question."""
    try:
        return engine.resolve(request, request.query) is None
    except InvalidRequest:  # a version, and nothing that it could be of
        return False
