"""The store on a Qdrant server or cluster, by its HTTP API, one collection per generation.

Same schema and same search as the embedded engine, see `retrieval.store.edge` for why it is exact
and without a graph. ``:memory:`` is the client's own brute-force mode, for tests.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Self, TypeVar

from packaging.version import InvalidVersion, Version
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from corpora.errors import StoreError
from retrieval.store.base import Dense, Point, Scope, Scored, SparseVector, best

_DENSE, _SPARSE, _RELEASES = "dense", "bm25", "releases"
_FINISHED = "flagstone_finished"

OLDEST_SERVER = Version("1.19")
"""IDF over a scope (``params.idf.corpus``) came with this release; an older one ignores it."""

_BATCH = 200
"""Points per request: 200 of 384 dimensions are some 2 MB of JSON; a server takes 32 MB."""

_PAUSES = (0.2, 1.0, 4.0)
"""Seconds before each further attempt at a write. A node that restarts is back within them."""

_READ_PAUSES = (0.2,)
"""The same for a search: somebody is waiting."""

_TIMEOUT = 10
"""Seconds for one request; a search takes milliseconds, an upsert of a batch tens of them."""

T = TypeVar("T")


class ServerStore:
    """One collection. ``shards`` and ``replicas`` spread it over a cluster.

    IDF is computed per shard: with several, scores differ a little from the embedded engine's.
    """

    def __init__(
        self,
        client: QdrantClient,
        location: str,
        collection: str,
        dimensions: int,
        *,
        local: bool,
        writable: bool,
    ) -> None:
        self._client: QdrantClient | None = client
        self._place = _place(location, collection)
        self._collection = collection
        self.dimensions = dimensions
        self._local = local
        self._writable = writable

    @classmethod
    def create(
        cls,
        location: str,
        collection: str,
        dimensions: int,
        *,
        api_key: str | None = None,
        shards: int = 1,
        replicas: int = 1,
    ) -> Self:
        """Create an empty, writable collection; an unfinished one of that name is replaced.

        Raises StoreError where a finished one is there.
        """
        client, local = _connect(location, api_key)
        place = _place(location, collection)
        existing = _try(place, lambda: _info(client, collection))
        if existing is not None:
            if _is_finished(existing):
                raise StoreError(f"{place} is finished: it is never changed.")
            _try(place, lambda: client.delete_collection(collection))
        _try(
            place,
            lambda: client.create_collection(
                collection,
                vectors_config={
                    _DENSE: models.VectorParams(size=dimensions, distance=models.Distance.COSINE)
                },
                sparse_vectors_config={
                    _SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)
                },
                hnsw_config=models.HnswConfigDiff(m=0),
                shard_number=shards,
                replication_factor=replicas,
                metadata={_FINISHED: False},
            ),
        )
        if not local:  # the local mode has no indexes, and says so in a warning
            _try(
                place,
                lambda: client.create_payload_index(
                    collection, _RELEASES, models.PayloadSchemaType.KEYWORD, wait=True
                ),
            )
        return cls(client, location, collection, dimensions, local=local, writable=True)

    @classmethod
    def open(cls, location: str, collection: str, *, api_key: str | None = None) -> Self:
        """Open a finished collection for reading. Raises StoreError."""
        client, local = _connect(location, api_key)
        place = _place(location, collection)
        info = _try(place, lambda: _info(client, collection))
        if info is None or not _is_finished(info):
            what = "does not exist" if info is None else "was never finished"
            raise StoreError(f"{place} {what}.", hint="Run: flagstone build")
        vectors = info.config.params.vectors
        if not isinstance(vectors, dict) or _DENSE not in vectors:
            raise StoreError(f"{place} was not made by Flagstone: it has no {_DENSE!r} vectors.")
        size = vectors[_DENSE].size
        return cls(client, location, collection, size, local=local, writable=False)

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same id."""
        client = self._open()
        if not self._writable:
            raise StoreError(f"{self._place} is open for reading only.")
        for first in range(0, len(points), _BATCH):
            batch = [_point(point) for point in points[first : first + _BATCH]]
            _try(self._place, partial(client.upsert, self._collection, batch, wait=True))

    def finish(self) -> None:
        """Mark the collection as whole. The server compacts it in the background."""
        client = self._open()
        if not self._writable:
            raise StoreError(f"{self._place} is finished already.")
        _try(
            self._place,
            lambda: client.update_collection(self._collection, metadata={_FINISHED: True}),
        )
        self._writable = False

    def dense(self, vector: Dense, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points nearest to ``vector``, (d,), by cosine."""
        if len(vector) != self.dimensions:
            raise StoreError(
                f"{self._place} holds vectors of {self.dimensions} dimensions, not {len(vector)}.",
                hint="Build the index again with the embedding model that is in use.",
            )
        return self._nearest(vector.tolist(), _DENSE, scope, limit)

    def sparse(self, vector: SparseVector, scope: Scope, limit: int) -> list[Scored]:
        """Return the ``limit`` points of highest BM25 score; IDF is that of the scope."""
        if not len(vector):
            return []
        query = models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())
        return self._nearest(query, _SPARSE, scope, limit)

    def count(self, scope: Scope | None = None) -> int:
        """Count the points of a scope, or all."""
        client = self._open()
        if scope is not None and not scope.pairs:
            return 0
        within = _filter(scope) if scope else None
        return _try(
            self._place,
            lambda: client.count(self._collection, count_filter=within, exact=True),
            _READ_PAUSES,
        ).count

    def ids(self) -> Iterator[str]:
        """Every id, ascending."""
        offset = None
        while True:
            records, offset = _try(
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
        params = models.SearchParams(
            exact=None if self._local else True,  # the local mode is always exact, and warns
            # The engine refuses an IDF corpus for a vector that has no IDF.
            idf=models.IdfCorpusParams(corpus=within) if using == _SPARSE else None,
        )

        def search(most: int) -> list[Scored]:
            answer = _try(
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
                _READ_PAUSES,
            )
            return [Scored(id=_hex(one.id), score=one.score) for one in answer.points]

        return best(search, limit)


def _connect(location: str, api_key: str | None) -> tuple[QdrantClient, bool]:
    """Return a client, and whether it is the local mode. Raises StoreError."""
    if location == ":memory:":
        return QdrantClient(":memory:"), True
    if not location.startswith(("http://", "https://")):
        raise StoreError(
            f"{location!r} is not the address of a Qdrant server.",
            hint="It begins with http:// or https://.",
        )
    # The client's own version check only warns; ours is below.
    client = _try(
        location,
        lambda: QdrantClient(
            url=location, api_key=api_key, timeout=_TIMEOUT, check_compatibility=False
        ),
    )
    try:
        version = Version(_try(location, client.info).version)
    except InvalidVersion as error:
        raise StoreError(f"{location} is not a Qdrant server: {error}.") from error
    if version < OLDEST_SERVER:
        raise StoreError(
            f"{location} is Qdrant {version}; {OLDEST_SERVER} or newer is needed.",
            hint="Upgrade the server, or use the embedded engine.",
        )
    return client, False


def _try(place: str, call: Callable[[], T], pauses: Sequence[float] = _PAUSES) -> T:
    """Call, and again where the server may come back. Raises StoreError."""
    left = iter(pauses)
    while True:
        try:
            return call()
        except (ApiException, QdrantException, OSError, ValueError, RuntimeError) as error:
            pause = next(left, None)
            if pause is None or not _passing(error):
                raise StoreError(f"{place} did not answer: {error}.") from error
        time.sleep(pause)


def _passing(error: Exception) -> bool:
    if isinstance(error, UnexpectedResponse):
        return error.status_code == 429 or (error.status_code or 0) >= 500
    return isinstance(error, ApiException | QdrantException | OSError)


def _place(location: str, collection: str) -> str:
    return f"Collection {collection!r} of {location}"


def _info(client: QdrantClient, collection: str) -> models.CollectionInfo | None:
    if not client.collection_exists(collection):
        return None
    return client.get_collection(collection)


def _is_finished(info: models.CollectionInfo) -> bool:
    return bool((info.config.metadata or {}).get(_FINISHED))


def _point(point: Point) -> models.PointStruct:
    vectors: dict[str, list[float] | models.SparseVector] = {}
    if point.dense is not None:
        vectors[_DENSE] = point.dense.tolist()
    if len(point.sparse):
        vectors[_SPARSE] = models.SparseVector(
            indices=point.sparse.indices.tolist(), values=point.sparse.values.tolist()
        )
    return models.PointStruct(
        id=str(uuid.UUID(point.id)),
        vector=vectors,
        payload={
            _RELEASES: point.keys,
            "product": point.product,
            "kind": point.kind,
            "page": point.page,
        },
    )


def _filter(scope: Scope) -> models.Filter:
    return models.Filter(
        must=[models.FieldCondition(key=_RELEASES, match=models.MatchAny(any=scope.keys))]
    )


def _hex(identity: object) -> str:
    return str(identity).replace("-", "")
