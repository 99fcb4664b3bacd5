"""The generations of an installation on a server: which one serves, and which may go."""

from __future__ import annotations

from collections.abc import Collection

from qdrant_client import QdrantClient, models

from retrieval.store.client import attempt, collection_info, connect
from retrieval.store.collection import FINISHED, OWNER, metadata_of
from retrieval.store.location import Location


def settle(location: Location, serving: str, held: Collection[str]) -> list[str]:
    """Point the alias at the serving snapshot; delete what is left of snapshots not ``held``.

    Only collections that this installation has made are ever deleted, half-done uploads among
    them: call it while no build runs. Gives the names of those deleted. Raises StoreError.
    """
    client = connect(location)
    try:
        _switch(client, location, location.collection(serving))
        kept = {location.collection(one) for one in {serving, *held}}
        gone = [name for name in _ours(client, location) if name not in kept]
        for name in gone:
            attempt(location.url, lambda name=name: client.delete_collection(name))  # type: ignore[misc]
        return gone
    finally:
        client.close()


def _switch(client: QdrantClient, location: Location, collection: str) -> None:
    """One request that deletes and creates: nobody ever finds the alias missing."""
    if attempt(location.url, lambda: collection_info(client, collection)) is None:
        return  # the snapshot carries its own points
    aliases = attempt(location.url, client.get_aliases).aliases
    steps: list[models.AliasOperations] = []
    if any(one.alias_name == location.prefix for one in aliases):
        alias = models.DeleteAlias(alias_name=location.prefix)
        steps.append(models.DeleteAliasOperation(delete_alias=alias))
    steps.append(
        models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=collection, alias_name=location.prefix)
        )
    )
    attempt(location.url, lambda: client.update_collection_aliases(steps))


def _ours(client: QdrantClient, location: Location) -> list[str]:
    """Collections that carry the mark of this installation."""
    found = []
    for one in attempt(location.url, client.get_collections).collections:
        if not one.name.startswith(f"{location.prefix}-"):
            continue
        info = attempt(location.url, lambda name=one.name: collection_info(client, name))  # type: ignore[misc]
        known = metadata_of(info)
        if FINISHED in known and location.owner and known.get(OWNER) == location.owner:
            found.append(one.name)
    return found
