"""Who is measured: ours, the pipelines that users would build, and other services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path

from corpora.catalogue import Catalogue
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from eval.retrieval.contenders import Contender
from eval.retrieval.documents import documents
from eval.retrieval.flagstone import Flagstone
from eval.retrieval.outside import Outside, Service
from retrieval.embed import CachedEmbedder, Embedder, open_embedder
from retrieval.engine import Engine
from retrieval.index import embedder_of, open_index
from retrieval.search import Searcher, Tuning

BASELINES = ((1024, 20), (512, 50))
"""Chunk size and overlap in tokens: LlamaIndex's default, and the usual smaller choice."""


def contenders(
    data: Path,
    snapshot: Snapshot,
    wanted: Set[tuple[str, str]],
    *,
    baseline: bool,
    outside: Sequence[Service],
    say: Callable[[str], None],
) -> Iterator[Contender]:
    """Each as it is wanted: an index is built when the one before has been measured.

    ``wanted`` are the releases that the pipelines are to index.
    """
    catalogue = Catalogue.load()
    embedder = embedder_of(snapshot, data / "models")
    index = open_index(snapshot, embedder)
    modes = (
        ("flagstone", Tuning()),
        ("flagstone, BM25 alone", Tuning(mode="lexical")),
        ("flagstone, dense alone", Tuning(mode="dense")),
    )
    for name, tuning in modes:
        searcher = Searcher(snapshot, index, embedder, tuning)
        yield Flagstone(Engine(snapshot, searcher, catalogue, default_counter()), name)
    if baseline:
        read = list(documents(data, snapshot, catalogue, wanted))
        say(f"{len(read)} documents of {len(wanted)} releases for the baselines")
        # Whoever writes such a pipeline has the model as it is.
        plain = open_embedder(data / "models", adapter=None)
        yield from _baselines(read, CachedEmbedder(plain, data / "vectors"), say)
    for service in outside:
        yield Outside(service)


def _baselines(
    read: Sequence[tuple[str, str, str, str]], embedder: Embedder, say: Callable[[str], None]
) -> Iterator[Contender]:
    """LlamaIndex: the same weights, but not adapted, with the same runtime and vector cache."""
    # Imported here: LlamaIndex takes seconds to import, and ours alone doesn't need it.
    from eval.retrieval.llamaindex import LlamaIndexBm25, LlamaIndexDense, build, split
    from retrieval.llama import FlagstoneEmbedding

    for size, overlap in BASELINES:
        nodes = split(read, chunk_size=size, chunk_overlap=overlap)
        say(f"LlamaIndex {size}/{overlap}: {len(nodes)} nodes to embed")
        index = build(nodes, FlagstoneEmbedding(embedder))
        for filtered in (True, False):
            name = f"LlamaIndex {size}/{overlap}{'' if filtered else ', no release filter'}"
            yield LlamaIndexDense(
                nodes, index, name, dimensions=embedder.dimensions, filtered=filtered
            )
            yield LlamaIndexBm25(nodes, name.replace("Index ", "Index BM25 "), filtered=filtered)
