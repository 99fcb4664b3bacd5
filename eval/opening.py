"""The engine over a data directory, opened in this process."""

from __future__ import annotations

from pathlib import Path

from corpora.catalogue import Catalogue
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from retrieval.engine import Engine
from retrieval.index import embedder_of, open_index
from retrieval.search import Searcher


def open_engine(data: Path) -> Engine:
    """The engine over the serving snapshot. Raises NoSnapshot, CorruptSnapshot."""
    snapshot = Snapshot.current(data)
    embedder = embedder_of(snapshot, data / "models")
    searcher = Searcher(snapshot, open_index(snapshot, embedder), embedder)
    return Engine(snapshot, searcher, Catalogue.load(), default_counter())
