"""A collection on a Qdrant server: how it is made, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qdrant_client import QdrantClient, models

from corpora.errors import StoreError
from retrieval.store.base import DENSE, SPARSE
from retrieval.store.location import Layout, Location

FINISHED, OWNER = "flagstone_finished", "flagstone_owner"
LAYOUT, POINTS = "flagstone_layout", "flagstone_points"


def create_collection(
    client: QdrantClient,
    collection: str,
    dimensions: int,
    layout: Layout,
    metadata: dict[str, Any],
) -> None:
    """Make an empty one: two kinds of vectors, no graph, laid out as ``layout`` says."""
    scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
    client.create_collection(
        collection,
        vectors_config={
            DENSE: models.VectorParams(
                size=dimensions, distance=models.Distance.COSINE, on_disk=layout.on_disk
            )
        },
        sparse_vectors_config={
            SPARSE: models.SparseVectorParams(
                index=models.SparseIndexParams(on_disk=layout.on_disk)
            )
        },
        hnsw_config=models.HnswConfigDiff(m=0),
        quantization_config=(
            models.ScalarQuantization(scalar=scalar) if layout.quantization == "int8" else None
        ),
        on_disk_payload=True,
        shard_number=layout.shards,
        replication_factor=layout.replicas,
        write_consistency_factor=layout.replicas // 2 + 1,
        metadata=metadata,
    )


def place_of(location: Location, collection: str) -> str:
    """What errors call it."""
    return f"Collection {collection!r} of {location.url}"


def metadata_of(info: models.CollectionInfo | None) -> dict[str, Any]:
    """What is written on it; nothing where there is none."""
    return dict(info.config.metadata or {}) if info is not None else {}


def layout_of(metadata: Mapping[str, Any]) -> Layout:
    """How it lies, by what is written on it."""
    return Layout.model_validate(metadata.get(LAYOUT) or {})


def dimensions_of(info: models.CollectionInfo | None, place: str) -> int:
    """Of its dense vectors. Raises StoreError where it has none of ours."""
    vectors = info.config.params.vectors if info is not None else None
    if not isinstance(vectors, dict) or DENSE not in vectors:
        raise StoreError(f"{place} was not made by Flagstone: it has no {DENSE!r} vectors.")
    return vectors[DENSE].size
