"""The embedded store: Qdrant's own engine inside this process, over a folder of files.

Measured with qdrant-edge-py 0.9.0 on 2 cores, 384 dimensions and 60 terms per point:

* No HNSW graph (``m=0``): the filter leaves few points, and all of those are compared. 30,000
  points, a scope of 2,258: p50 0.23 ms, p99 0.37 ms with or without a graph; a scope of 16,000:
  2.6 ms without, 0.5 ms with. 100,000 points, 7,281 in scope: 0.8 ms. The graph costs ten times
  the time to build (5.5 s against 0.6 s) and makes the answer approximate.
* The engine can weigh the terms of a question by their IDF in the scope, and counts them anew each
  time: 295,000 points, scopes of one release, p50 1.25 ms instead of 0.70, mean 2.25 instead of
  1.22. So they come weighed (`retrieval.frequencies`).
* Vectors are compared as int8 first, and twice as many as are wanted again in full. Of 20 questions
  each about AWS (30,000 points), PostgreSQL, git and OpenSSH all found the same 60 as by the full
  vectors, p50 2.9 ms instead of 4.9, 1.4 for 2.3, .8 for 1.2 and .2 for .2. It adds an eighth to
  the files, and each process holds 39 MB for 100,000 points; mapped, processes could share them,
  and would take a fifth longer.
* Releases are tenants, whose points the finished store puts side by side, and their index is held
  in memory: on that index sparse mean 1.52 → 1.15 ms, dense 1.86 → 1.14 and p95 7.9 → 5.0. Of a
  release of 40,000 points half the time went into listing them.
* Without a write-ahead log a finished shard opens in any number of processes at once. Opening
  changes no byte, but wants to write: on a read-only volume the shard is copied first.
* A query holds the interpreter lock: threads don't speed it up, processes do.
* A shard with a truncated or missing segment opens without complaint and finds nothing: so
  ``finish`` notes the size of every file, and ``open`` compares.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self, cast

import numpy as np
import qdrant_edge as qdrant
from numpy.typing import NDArray

from corpora.errors import StoreError
from retrieval.store.base import (
    DENSE,
    OVERSAMPLED,
    RELEASES,
    SPARSE,
    Dense,
    Point,
    Scope,
    Scored,
    SparseVector,
    best,
)
from retrieval.store.card import damaged, read_card, write_card

_DRAFTS = ".atomicwrite*"
"""What the engine calls a file that it is about to rename: another process may be doing it."""

_EXACT = qdrant.SearchParams(exact=True)
# A store from before it had int8 vectors is compared in full.
_COARSE_FIRST = qdrant.SearchParams(
    quantization=qdrant.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLED)
)

_BATCH = 500
"""Points per update: 18,000 points a second, and no more than a few megabytes of Python floats."""

_ROOM, _ROOM_PER_POINT = 64_000_000, 5_000
"""Bytes that a disk must have free for an empty store, and for each point beside its vector. Files
are mapped into memory and grow by holes (158 MB that take 16 MB on the disk, at 3,000 points):
where a hole can't be filled, the kernel kills the process instead of telling it. 20,000 points of
384 dimensions and 60 terms took 44 MB when written and 108 MB when finished; this asks for 225."""

_INDEXING_THRESHOLD_KB = 1
"""Any segment larger than this is rewritten by ``finish`` into the compact, immutable form."""


class EdgeStore:
    """A shard folder. Written by one process, then read by any number."""

    def __init__(
        self,
        path: Path,
        dimensions: int,
        shard: qdrant.EdgeShard,
        *,
        writable: bool,
        copy: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.path = path
        self.dimensions = dimensions
        self._shard: qdrant.EdgeShard | None = shard
        self._writable = writable
        self._copy = copy

    @classmethod
    def create(cls, path: Path, dimensions: int, *, points: int = 0) -> Self:
        """Create an empty, writable store for about so many points.

        Raises StoreError where ``path`` is not empty, or the disk has no room for them.
        """
        if path.is_dir() and any(path.iterdir()):
            raise StoreError(f"{path} is not empty.", hint="A store is created in a new folder.")
        _check_room(path, dimensions, points)
        config = qdrant.EdgeConfig(
            vectors={
                DENSE: qdrant.EdgeVectorParams(
                    size=dimensions,
                    distance=qdrant.Distance.Cosine,
                    quantization_config=qdrant.ScalarQuantizationConfig(
                        qdrant.ScalarType.Int8, memory=qdrant.Memory.Pinned
                    ),
                )
            },
            sparse_vectors={SPARSE: qdrant.EdgeSparseVectorParams()},
            hnsw_config=qdrant.HnswIndexConfig(m=0, ef_construct=100, full_scan_threshold=10_000),
            optimizers=qdrant.EdgeOptimizersConfig(
                default_segment_number=1, indexing_threshold=_INDEXING_THRESHOLD_KB
            ),
            wal_enabled=False,
        )
        with _door(path):
            path.mkdir(parents=True, exist_ok=True)
            shard = qdrant.EdgeShard.create(str(path), config)
            shard.update(
                qdrant.UpdateOperation.create_field_index(
                    RELEASES,
                    qdrant.KeywordIndexParams(is_tenant=True, memory=qdrant.Memory.Pinned),
                )
            )
        return cls(path, dimensions, shard, writable=True)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a finished store for reading. Raises StoreError where it is not whole."""
        card = read_card(path)
        copy = None
        folder = path
        with _door(path):
            if not os.access(path, os.W_OK):
                copy = tempfile.TemporaryDirectory(prefix="flagstone-store-")
                drafts = shutil.ignore_patterns(_DRAFTS)
                folder = Path(shutil.copytree(path, Path(copy.name, "shard"), ignore=drafts))
            shard = qdrant.EdgeShard.load(str(folder))
            points = shard.count(qdrant.CountRequest(exact=True))
        if points != card.points:
            raise damaged(path, f"it holds {points} points, {card.points} were written")
        return cls(path, card.dimensions, shard, writable=False, copy=copy)

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same id."""
        shard = self._open()
        if not self._writable:
            raise StoreError(f"{self.path} is open for reading only.")
        for first in range(0, len(points), _BATCH):
            with _door(self.path):
                batch = [_point(point) for point in points[first : first + _BATCH]]
                shard.update(qdrant.UpdateOperation.upsert_points(batch))

    def finish(self) -> None:
        """Compact, flush and seal the store, and go on reading it."""
        shard = self._open()
        if not self._writable:
            raise StoreError(f"{self.path} is finished already.")
        with _door(self.path):
            points = shard.count(qdrant.CountRequest(exact=True))
            shard.optimize()
            shard.flush()
            shard.close()
            self._shard = None
            # Opening for the first time completes the shard's own configuration: a byte more or
            # less now, none ever after.
            self._shard = qdrant.EdgeShard.load(str(self.path))
            write_card(self.path, dimensions=self.dimensions, points=points)
        self._writable = False

    def dense(self, vector: Dense, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points nearest to ``vector``, (d,), by cosine."""
        if len(vector) != self.dimensions:
            raise StoreError(
                f"{self.path} holds vectors of {self.dimensions} dimensions, not {len(vector)}.",
                hint="Build the index again with the embedding model that is in use.",
            )
        return self._nearest(vector.tolist(), DENSE, scope, limit, _COARSE_FIRST)

    def sparse(self, vector: SparseVector, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points of highest dot product; only those that share a term."""
        if not len(vector):
            return []
        query = qdrant.SparseVector(vector.indices.tolist(), vector.values.tolist())
        return self._nearest(query, SPARSE, scope, limit, _EXACT)

    def terms(self, ids: Sequence[str]) -> dict[str, NDArray[np.uint32]]:
        """The dimensions by which words find these points: ascending. Unknown ids are left out."""
        wanted: list[qdrant.PointId] = [uuid.UUID(one) for one in ids]
        with _door(self.path):
            records = self._open().retrieve(wanted, with_payload=False, with_vector=[SPARSE])
        return {_hex(record.id): _terms(record.vector) for record in records}

    def count(self, scope: Scope | None = None) -> int:
        """Count the points of a scope, or all."""
        shard = self._open()
        if scope is not None and not scope.pairs:
            return 0
        with _door(self.path):
            return shard.count(
                qdrant.CountRequest(exact=True, filter=_filter(scope) if scope else None)
            )

    def ids(self) -> Iterator[str]:
        """Every id, ascending."""
        offset = None
        while True:
            with _door(self.path):
                records, offset = self._open().scroll(
                    qdrant.ScrollRequest(
                        offset=offset, limit=10_000, with_payload=False, with_vector=False
                    )
                )
            for record in records:
                yield _hex(record.id)
            if offset is None:
                return

    def close(self) -> None:
        """Let go of the files."""
        shard, self._shard = self._shard, None
        if shard is not None:
            with _door(self.path):
                shard.close()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> qdrant.EdgeShard:
        if self._shard is None:
            raise StoreError(f"{self.path} is closed.")
        return self._shard

    def _nearest(
        self,
        query: list[float] | qdrant.SparseVector,
        using: str,
        scope: Scope,
        limit: int,
        params: qdrant.SearchParams,
    ) -> list[Scored]:
        shard = self._open()
        if not scope.pairs:
            return []
        within = _filter(scope)

        def search(most: int) -> list[Scored]:
            with _door(self.path):
                found = shard.query(
                    qdrant.QueryRequest(
                        limit=most,
                        query=qdrant.Query.Nearest(query, using=using),
                        filter=within,
                        params=params,
                    )
                )
            return [Scored(cast("uuid.UUID", one.id).hex, one.score) for one in found]

        return best(search, limit)


def _point(point: Point) -> qdrant.Point:
    vectors: dict[str, list[float] | qdrant.SparseVector | list[list[float]]] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if len(point.sparse):
        vectors[SPARSE] = qdrant.SparseVector(
            point.sparse.indices.tolist(), point.sparse.values.tolist()
        )
    return qdrant.Point(uuid.UUID(point.id), vectors, point.payload)


def _terms(vectors: object) -> NDArray[np.uint32]:
    found = vectors.get(SPARSE) if isinstance(vectors, dict) else None
    indices = found.indices if isinstance(found, qdrant.SparseVector) else []
    return np.array(sorted(indices), np.uint32)


def _filter(scope: Scope) -> qdrant.Filter:
    # One value is looked up; one of several is found among the values of each point, which takes
    # twice as long: 7,800 points 0.9 ms instead of 1.6.
    keys = scope.keys
    match = qdrant.MatchValue(keys[0]) if len(keys) == 1 else qdrant.MatchAny(keys)
    return qdrant.Filter(must=[qdrant.FieldCondition(RELEASES, match=match)])


def _hex(identity: object) -> str:
    # A point's id is a number or a UUID; ours all are UUIDs.
    return identity.hex if isinstance(identity, uuid.UUID) else str(identity)


def _check_room(path: Path, dimensions: int, points: int) -> None:
    """Raise StoreError where the disk would be full before the store is finished."""
    there = next(one for one in (path, *path.parents) if one.exists())
    needed = _ROOM + points * (_ROOM_PER_POINT + 2 * 4 * dimensions)
    with _door(path):
        free = shutil.disk_usage(there).free
    if free < needed:
        raise StoreError(
            f"{there} has {free // 1_000_000:,} MB free;"
            f" an index of {points:,} passages needs {needed // 1_000_000:,} MB to be written.",
            hint="Free some room, or set FLAGSTONE_DATA to a larger disk.",
        )


@contextmanager
def _door(path: Path) -> Iterator[None]:
    """Turn what the engine raises into StoreError. It raises bare Exception, and Rust panics."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(f"The store at {path} failed: {error}.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise StoreError(f"The engine of the store at {path} panicked: {error}.") from error
