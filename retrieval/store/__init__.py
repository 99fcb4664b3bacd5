"""Where points are kept and searched: the one door to Qdrant.

The embedded engine and a server give the same points in the same order: a deployment chooses by
its location alone.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from retrieval.store.base import (
    Dense,
    Point,
    Scope,
    Scored,
    SparseVector,
    Store,
    rounding,
    scope_key,
)
from retrieval.store.location import Layout, Location

__all__ = [
    "Dense",
    "Layout",
    "Location",
    "Point",
    "Scope",
    "Scored",
    "SparseVector",
    "Store",
    "create_store",
    "open_store",
    "rounding",
    "scope_key",
    "settle",
]


def create_store(
    location: Path | Location, dimensions: int, *, collection: str = "flagstone", points: int = 0
) -> Store:
    """Create an empty store to be filled, and sealed with ``finish``. Raises StoreError.

    ``location`` is a folder (Path) for the embedded engine, or a server. On a server
    ``collection`` names this generation; an upload of that name that was broken off goes on.
    ``points`` is how many are to come: where the disk has no room for them, that is told now.
    """
    # Each engine is imported when it is used: the client of the server alone takes 0.9 s.
    if isinstance(location, Path):
        from retrieval.store.edge import EdgeStore

        return EdgeStore.create(location, dimensions, points=points)
    from retrieval.store.server import ServerStore

    return ServerStore.create(location, collection, dimensions)


def open_store(location: Path | Location, *, collection: str = "flagstone") -> Store:
    """Open a finished store for reading. Raises StoreError naming the place and the reason."""
    if isinstance(location, Path):
        from retrieval.store.edge import EdgeStore

        return EdgeStore.open(location)
    from retrieval.store.server import ServerStore

    return ServerStore.open(location, collection)


def settle(location: Location, serving: str, held: Collection[str]) -> list[str]:
    """Point the alias at the serving snapshot; delete collections of snapshots not ``held``.

    Gives the names of those deleted. Nothing to do where points are in folders.
    """
    if not location.url:
        return []
    from retrieval.store.generations import settle as run

    return run(location, serving, held)
