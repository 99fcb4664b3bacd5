"""The vectors that are kept between builds, and which of them nothing needs any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from corpora.paraphrases import Paraphrases
from corpora.snapshot import Snapshot
from retrieval.embed import CachedEmbedder, Embedder
from retrieval.index import card_of, dense_parts

_NAME = "vectors-{key}.sqlite"


def prune_vectors(
    folder: Path, snapshots: Sequence[Snapshot], embedder: Embedder, paraphrases: Paraphrases
) -> int:
    """Delete the vectors that none of ``snapshots`` has, with the paraphrases of now; how many.

    Vectors of other models stay where a snapshot was made by that model, and go whole where none
    was. Raises StoreError, and CorruptSnapshot where a snapshot can't be read: then none is deleted
    but those of other models.
    """
    made_by = {one.id: card_of(one).embedder for one in snapshots}
    kept = {_NAME.format(key=key) for key in (*made_by.values(), embedder.key)}
    for file in folder.glob(_NAME.format(key="*")):
        if file.name not in kept:
            for one in folder.glob(f"{file.name}*"):  # its journal as well
                one.unlink(missing_ok=True)
    mine = [one for one in snapshots if made_by[one.id] == embedder.key]
    cache = CachedEmbedder(embedder, folder)
    try:
        return cache.prune(_texts(mine, embedder, paraphrases))
    finally:
        cache.close()


def _texts(
    snapshots: Sequence[Snapshot], embedder: Embedder, paraphrases: Paraphrases
) -> Iterator[str]:
    for snapshot in snapshots:
        for passage in snapshot:
            parts = dense_parts(passage, embedder.tokens, paraphrases.of(passage))
            yield from (part.text for part in parts)
