"""Where points are kept and searched: the one door to Qdrant.

The embedded engine and a server give the same points in the same order: a deployment chooses by
its location alone.
"""

from __future__ import annotations

from pathlib import Path

from retrieval.store.base import Dense, Point, Scope, Scored, SparseVector, Store, scope_key

__all__ = [
    "Dense",
    "Point",
    "Scope",
    "Scored",
    "SparseVector",
    "Store",
    "create_store",
    "open_store",
    "scope_key",
]


def create_store(
    location: Path | str,
    dimensions: int,
    *,
    collection: str = "flagstone",
    api_key: str | None = None,
) -> Store:
    """Create an empty store to be filled, and sealed with ``finish``. Raises StoreError.

    ``location`` is a folder (Path) for the embedded engine, or the address of a server (``http…``).
    On a server ``collection`` names this generation; an unfinished one of that name is replaced.
    """
    # Each engine is imported when it is used: the client of the server alone takes 0.9 s.
    if isinstance(location, Path):
        from retrieval.store.edge import EdgeStore

        return EdgeStore.create(location, dimensions)
    from retrieval.store.server import ServerStore

    return ServerStore.create(location, collection, dimensions, api_key=api_key)


def open_store(
    location: Path | str, *, collection: str = "flagstone", api_key: str | None = None
) -> Store:
    """Open a finished store for reading. Raises StoreError naming the place and the reason."""
    if isinstance(location, Path):
        from retrieval.store.edge import EdgeStore

        return EdgeStore.open(location)
    from retrieval.store.server import ServerStore

    return ServerStore.open(location, collection, api_key=api_key)
