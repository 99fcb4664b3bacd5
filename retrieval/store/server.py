"""The store on a Qdrant server or cluster, by its HTTP API, one collection per generation.

Same schema and same search as the embedded engine, see `retrieval.store.edge` for why it is
without a graph. A collection carries in its metadata whose it is, how it lies, and, once it is
whole, how many points it has. Its name is derived from what it holds: so an upload that was broken
off goes on where it ended, and one that is whole is taken as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

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
from retrieval.store.client import LOCAL, READ_PAUSES, attempt, collection_info, connect
from retrieval.store.collection import (
    FINISHED,
    LAYOUT,
    OWNER,
    POINTS,
    create_collection,
    dimensions_of,
    layout_of,
    metadata_of,
    place_of,
)
from retrieval.store.location import Location

_BATCH = 200
"""Points per request: 200 of 384 dimensions are some 2 MB of JSON; a server takes 32 MB."""

_TENANTS = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
"""The points of a release lie together, because they are searched together."""

_RESCORED = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLED)


class ServerStore:
    """One collection, written by one process at a time, read by any number."""

    def __init__(
        self,
        client: QdrantClient,
        location: Location,
        collection: str,
        dimensions: int,
        *,
        metadata: Mapping[str, Any],
        writable: bool,
        resumed: bool = False,
    ) -> None:
        self._client: QdrantClient | None = client
        self._place = place_of(location, collection)
        self._collection = collection
        self.dimensions = dimensions
        self._local = location.url == LOCAL
        self._writable = writable
        self._metadata = metadata
        self._quantized = layout_of(metadata).quantization != "none"
        self._resumed = resumed
        self._parallel = 1 if self._local else location.parallel

    @classmethod
    def create(cls, location: Location, collection: str, dimensions: int) -> Self:
        """Create a writable collection, or go on with one of that name.

        What lies otherwise than asked for is replaced while it is unfinished. Raises StoreError
        where it is finished, or is another installation's.
        """
        client = connect(location)
        place = place_of(location, collection)
        existing = attempt(place, lambda: collection_info(client, collection))
        known = metadata_of(existing)
        if existing is not None and known.get(OWNER, location.owner) != location.owner:
            raise StoreError(
                f"{place} belongs to another installation of Flagstone.",
                hint="Give this one a name of its own: set FLAGSTONE_QDRANT_PREFIX.",
            )
        fits = (
            existing is not None
            and layout_of(known) == location.layout
            and dimensions_of(existing, place) == dimensions
        )
        if existing is not None and not fits:
            if known.get(FINISHED):
                raise StoreError(
                    f"{place} is finished and lies otherwise: it is never changed.",
                    hint="Delete the collection on the server, then build again.",
                )
            attempt(place, lambda: client.delete_collection(collection))
        if not fits:
            layout = location.layout.model_dump(mode="json")
            known = {FINISHED: False, OWNER: location.owner, LAYOUT: layout}
            attempt(
                place,
                lambda: create_collection(client, collection, dimensions, location.layout, known),
            )
        store = cls(
            client, location, collection, dimensions, metadata=known, writable=True, resumed=fits
        )
        if not store._local:  # the local mode has no indexes, and says so in a warning
            # Also where the collection is there: the upload may have ended before it.
            attempt(
                place,
                lambda: client.create_payload_index(collection, RELEASES, _TENANTS, wait=True),
            )
        return store

    @classmethod
    def open(cls, location: Location, collection: str) -> Self:
        """Open a finished collection for reading. Raises StoreError where it is not whole."""
        client = connect(location)
        place = place_of(location, collection)
        info = attempt(place, lambda: collection_info(client, collection))
        known = metadata_of(info)
        if info is None or not known.get(FINISHED):
            what = "does not exist" if info is None else "was never finished"
            raise StoreError(f"{place} {what}.", hint="Run: flagstone build")
        size = dimensions_of(info, place)
        store = cls(client, location, collection, size, metadata=known, writable=False)
        if (points := store.count()) != known.get(POINTS, points):
            raise StoreError(
                f"{place} is damaged: it holds {points} points, {known[POINTS]} were written.",
                hint="Restore it from a snapshot of Qdrant's, or delete it and build again.",
            )
        return store

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same id; several batches at a time."""
        self._open()
        if not self._writable:
            raise StoreError(f"{self._place} is open for reading only.")
        batches = [points[first : first + _BATCH] for first in range(0, len(points), _BATCH)]
        with ThreadPoolExecutor(min(self._parallel, len(batches) or 1)) as threads:
            for _ in threads.map(self._upload, batches):
                pass  # the first error is raised here, when those under way have ended

    def _upload(self, points: Sequence[Point]) -> None:
        client = self._open()
        if self._resumed:
            points = self._missing(client, points)
        if points:
            batch = [_point(point) for point in points]
            attempt(self._place, partial(client.upsert, self._collection, batch, wait=True))

    def _missing(self, client: QdrantClient, points: Sequence[Point]) -> list[Point]:
        """Those that an upload before this one has not left there. Its points are the same."""
        wanted = [str(uuid.UUID(point.id)) for point in points]
        records = attempt(
            self._place,
            lambda: client.retrieve(
                self._collection, wanted, with_payload=False, with_vectors=False
            ),
        )
        there = {_hex(record.id) for record in records}
        return [point for point in points if point.id not in there]

    def finish(self) -> None:
        """Mark the collection as whole. The server compacts it in the background."""
        client = self._open()
        if not self._writable:
            raise StoreError(f"{self._place} is finished already.")
        whole = {**self._metadata, FINISHED: True, POINTS: self.count()}
        attempt(
            self._place,
            lambda: client.update_collection(self._collection, metadata=whole),
        )
        self._writable = False

    def dense(self, vector: Dense, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points nearest to ``vector``, (d,), by cosine."""
        if len(vector) != self.dimensions:
            raise StoreError(
                f"{self._place} holds vectors of {self.dimensions} dimensions, not {len(vector)}.",
                hint="Build the index again with the embedding model that is in use.",
            )
        return self._nearest(vector.tolist(), DENSE, scope, limit)

    def sparse(self, vector: SparseVector, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points of highest dot product; only those that share a term."""
        if not len(vector):
            return []
        query = models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())
        return self._nearest(query, SPARSE, scope, limit)

    def terms(self, ids: Sequence[str]) -> dict[str, NDArray[np.uint32]]:
        """The dimensions by which words find these points: ascending. Unknown ids are left out."""
        client = self._open()
        wanted = [str(uuid.UUID(one)) for one in ids]
        records = attempt(
            self._place,
            lambda: client.retrieve(
                self._collection, wanted, with_payload=False, with_vectors=[SPARSE]
            ),
            READ_PAUSES,
        )
        return {_hex(record.id): _terms(record.vector) for record in records}

    def count(self, scope: Scope | None = None) -> int:
        """Count the points of a scope, or all."""
        client = self._open()
        if scope is not None and not scope.pairs:
            return 0
        within = _filter(scope) if scope else None
        return attempt(
            self._place,
            lambda: client.count(self._collection, count_filter=within, exact=True),
            READ_PAUSES,
        ).count

    def ids(self) -> Iterator[str]:
        """Every id, ascending."""
        offset = None
        while True:
            records, offset = attempt(
                self._place,
                partial(
                    self._open().scroll,
                    self._collection,
                    limit=1_000,
                    offset=offset,
                    with_payload=False,
                    with_vectors=False,
                ),
            )
            for record in records:
                yield _hex(record.id)
            if offset is None:
                return

    def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> QdrantClient:
        if self._client is None:
            raise StoreError(f"{self._place} is closed.")
        return self._client

    def _nearest(
        self, query: list[float] | models.SparseVector, using: str, scope: Scope, limit: int
    ) -> list[Scored]:
        client = self._open()
        if not scope.pairs:
            return []
        within = _filter(scope)
        params = models.SearchParams(exact=True)
        if self._local:
            params = models.SearchParams()  # it is always exact, and warns
        elif self._quantized and using == DENSE:
            params = models.SearchParams(quantization=_RESCORED)

        def search(most: int) -> list[Scored]:
            answer = attempt(
                self._place,
                lambda: client.query_points(
                    self._collection,
                    query=query,
                    using=using,
                    query_filter=within,
                    search_params=params,
                    limit=most,
                    with_payload=False,
                ),
                READ_PAUSES,
            )
            return [Scored(id=_hex(one.id), score=one.score) for one in answer.points]

        return best(search, limit)


def _point(point: Point) -> models.PointStruct:
    vectors: dict[str, list[float] | models.SparseVector] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if len(point.sparse):
        vectors[SPARSE] = models.SparseVector(
            indices=point.sparse.indices.tolist(), values=point.sparse.values.tolist()
        )
    return models.PointStruct(
        id=str(uuid.UUID(point.id)),
        vector=vectors,
        payload=point.payload,
    )


def _terms(vectors: object) -> NDArray[np.uint32]:
    found = vectors.get(SPARSE) if isinstance(vectors, dict) else None
    indices = found.indices if isinstance(found, models.SparseVector) else []
    return np.array(sorted(indices), np.uint32)


def _filter(scope: Scope) -> models.Filter:
    return models.Filter(
        must=[models.FieldCondition(key=RELEASES, match=models.MatchAny(any=scope.keys))]
    )


def _hex(identity: object) -> str:
    return str(identity).replace("-", "")
