"""Snapshots of other sizes, made by the writers that a build has.

The corpus is staged by `ingest.snapshot`, the index made by `retrieval.index`; vectors come from
the cache of the data directory, where the build has left those of every text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora.catalogue import Catalogue
from corpora.errors import FlagstoneError, InvalidRequest, NoSnapshot
from corpora.model import Frozen, Passage
from corpora.snapshot import Snapshot
from eval.scale.choice import Release
from eval.scale.copies import copies, declared, made_up, original_of
from ingest.release_files import ReleaseFile, ReleaseFiles
from ingest.snapshot import seal_and_publish, stage
from retrieval.index import Indexer, card_of, embedder_of
from retrieval.store import Point, SparseVector

MOVED = 0.05
"""Length of what is added to a copy's unit vector: its cosine with the original's is .9988."""

WEIGHED = 0.01
"""A copy's BM25 weights are multiplied by 1 ± this. Its terms are the original's, but with equal
scores every cut through the ranking would fall among equals, which the store follows to their end:
work that an index of different texts doesn't have."""

EVERY = 10.0
"""Seconds between two lines that tell how far it is."""

_CARD = "made.json"

Say = Callable[[str], None]


class Made(Frozen):
    """What a folder was made of; it is written last, so that it says the folder is whole."""

    snapshot: str
    """The one whose passages these are."""
    points: int
    kept: tuple[Release, ...]


class MovedIndexer(Indexer):
    """The build's indexer, but that no vector of a made-up product equals its original's."""

    def _asked(self, passage: Passage) -> tuple[str, ...]:
        asked_of = original_of(passage.product)
        return super()._asked(passage.model_copy(update={"product": asked_of}))

    def _point(self, passage: Passage, vector: NDArray[np.float32]) -> Point:
        point = super()._point(passage, vector)
        if not made_up(passage.product):
            return point
        chance = np.random.default_rng(int(passage.id[:16], 16))
        step = chance.standard_normal(len(vector), np.float32)
        moved = vector + MOVED * step / np.linalg.norm(step)
        weight = np.float32(1 + chance.uniform(-WEIGHED, WEIGHED))
        return Point(
            id=point.id,
            product=point.product,
            releases=point.releases,
            kind=point.kind,
            page=point.page,
            dense=np.asarray(moved / np.linalg.norm(moved), np.float32),
            sparse=SparseVector(point.sparse.indices, point.sparse.values * weight),
        )


def release_files(data: Path, snapshot: Snapshot) -> dict[Release, ReleaseFile]:
    """The file that each release of the snapshot was built from. Raises NoSnapshot, naming one."""
    files = ReleaseFiles(data / "releases")
    found = {}
    for product in snapshot.products.values():
        for one in product.releases:
            file = files.find(product.id, one.label, one.build_key)
            if file is None:
                raise NoSnapshot(
                    f"{files.folder} has no file of {product.id} {one.label} as it is served:"
                    " copies are made of these.",
                    hint="Run: flagstone build",
                )
            found[product.id, one.label] = file
    return found


def make(data: Path, base: Snapshot, kept: Set[Release], points: int, to: Path, say: Say) -> Path:
    """A snapshot of so many points in ``to``: the releases ``kept``, filled up with copies.

    One that stands there already, made of the same, is taken as it is. Raises InvalidRequest where
    something else stands there, or a release is declared no more.
    """
    card = Made(snapshot=base.id, points=points, kept=tuple(sorted(kept)))
    if (to / _CARD).is_file() and Made.model_validate_json((to / _CARD).read_bytes()) == card:
        say(f"{points:,} points: {to} has them already")
        return Snapshot.current(to).path
    if to.is_dir() and any(to.iterdir()):
        raise InvalidRequest(
            f"{to} is not empty, and was made of something else.",
            hint="Delete it, or keep the snapshots in another folder.",
        )
    originals = release_files(data, base)
    files = [file for release, file in originals.items() if release in kept]
    held = {placed.passage.id for file in files for page in file.pages() for placed in page.cuts}
    files += copies(list(originals.values()), points - len(held))
    names = sorted({file.header.product for file in files})
    say(f"{points:,} points: {len(files)} releases of {len(names)} products")
    products = declared(Catalogue.load(), names)
    for header in (file.header for file in files):
        if header.product not in products or header.label not in products[header.product].labels:
            raise InvalidRequest(
                f"{header.product} {header.label} is served, and declared no more.",
                hint="Run: flagstone build",
            )
    steps = _Steps(say)
    indexer = MovedIndexer(
        embedder_of(base, data / "models"), data / "vectors", bm25=card_of(base).bm25
    )
    staged = stage(
        to,
        products,
        files,
        indexer.key,
        on_progress=lambda done, of: steps("releases merged", done, of),
    )
    embedded = indexer.build(staged, steps)
    if embedded:
        say(f"{embedded:,} texts were not in the cache of vectors, and were embedded")
    made = seal_and_publish(to, staged)
    if made.manifest.distinct_passages != points:
        raise FlagstoneError(
            f"{made.path} has {made.manifest.distinct_passages:,} passages, not {points:,}."
        )
    (to / _CARD).write_text(card.model_dump_json(), "utf-8")
    return made.path


class _Steps:
    """Tells how far a long step is, every few seconds."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._last = time.monotonic()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._say(f"  {stage}: {done:,}" + (f" of {total:,}" if total else ""))
