"""The pipelines that users write with LlamaIndex, as contenders.

Reader → SentenceSplitter → the same embedding model, not adapted → QdrantVectorStore → top k with a
metadata filter; and the same splitter with its BM25 retriever. Each release is indexed on its own,
as such pipelines do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from llama_index.core import Document as LlamaDocument
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient

from eval.retrieval.contenders import RANKS, Answer, Retrieved
from eval.retrieval.items import Question, Unanswerable

TOP_K = 5
"""Texts in the prompt. LlamaIndex's own default is 2; 5 is what its guides use for real corpora."""


class LlamaIndexDense:
    """SentenceSplitter, dense vectors, top k; with or without a filter on the release."""

    def __init__(
        self,
        nodes: list[TextNode],
        index: VectorStoreIndex,
        name: str,
        *,
        dimensions: int,
        filtered: bool,
    ) -> None:
        self.name = name
        self.points = len(nodes)
        self.size = _size(nodes) + 4 * dimensions * len(nodes)
        self._index = index
        self._filtered = filtered
        self._pages = Pages(nodes)

    def answer(self, question: Question | Unanswerable) -> Answer:
        """The top texts, joined as LlamaIndex's default prompt joins them."""
        return joined(self._retrieve(question, TOP_K))

    def ranked(self, question: Question) -> tuple[Retrieved, ...]:
        """The ten best texts."""
        return self._retrieve(question, RANKS)

    def pool(self, question: Question) -> list[Retrieved]:
        """The nodes of the pages that answer."""
        return self._pages.of(question)

    def _retrieve(self, question: Question | Unanswerable, k: int) -> tuple[Retrieved, ...]:
        wanted = {"product": question.product, "release": question.release}
        filters = [MetadataFilter(key=key, value=value) for key, value in wanted.items() if value]
        retriever = self._index.as_retriever(
            similarity_top_k=k,
            filters=MetadataFilters(filters=list(filters)) if self._filtered and filters else None,
        )
        return retrieved(retriever.retrieve(question.question))


class LlamaIndexBm25:
    """SentenceSplitter, LlamaIndex's BM25 retriever with an English stemmer, top k.

    Filtered means an index for each release, which is how its statistics are best; a question
    without a product is asked of the one over all.
    """

    def __init__(self, nodes: list[TextNode], name: str, *, filtered: bool) -> None:
        self.name = name
        self.points = len(nodes)
        groups: dict[tuple[str, str], list[TextNode]] = {}
        for node in nodes if filtered else ():
            key = (node.metadata["product"], node.metadata["release"])
            groups.setdefault(key, []).append(node)
        self._retrievers = {key: _bm25(group) for key, group in groups.items()}
        self._over_all = _bm25(nodes)
        self.size = _size(nodes) + sum(
            array.nbytes
            for array in self._over_all.bm25.scores.values()
            if isinstance(array, np.ndarray)
        )
        self._pages = Pages(nodes)

    def answer(self, question: Question | Unanswerable) -> Answer:
        """The top texts, joined as LlamaIndex's default prompt joins them."""
        return joined(self._retrieve(question)[:TOP_K])

    def ranked(self, question: Question) -> tuple[Retrieved, ...]:
        """The ten best texts."""
        return self._retrieve(question)

    def pool(self, question: Question) -> list[Retrieved]:
        """The nodes of the pages that answer."""
        return self._pages.of(question)

    def _retrieve(self, question: Question | Unanswerable) -> tuple[Retrieved, ...]:
        key = (question.product or "", question.release or "")
        return retrieved(self._retrievers.get(key, self._over_all).retrieve(question.question))


class Pages:
    """The nodes of each page of each release."""

    def __init__(self, nodes: Iterable[TextNode]) -> None:
        self._nodes: dict[tuple[str, str, str], list[TextNode]] = {}
        for node in nodes:
            meta = node.metadata
            key = (meta["product"], meta["release"], meta["page"])
            self._nodes.setdefault(key, []).append(node)

    def of(self, question: Question) -> list[Retrieved]:
        """What could be found for a question."""
        return [
            _retrieved(node)
            for page in question.places
            for node in self._nodes.get((question.product, question.release, page), ())
        ]


def split(
    documents: Iterable[tuple[str, str, str, str]], *, chunk_size: int, chunk_overlap: int
) -> list[TextNode]:
    """Split ``(product, release, page, plain text)`` into nodes."""
    read = [
        LlamaDocument(text=text, metadata={"product": product, "release": release, "page": page})
        for product, release, page, text in documents
    ]
    splitter = SentenceSplitter(chunk_size=chunk_size, chunk_overlap=chunk_overlap)
    return [node for node in splitter.get_nodes_from_documents(read) if isinstance(node, TextNode)]


def build(nodes: list[TextNode], embedding: BaseEmbedding) -> VectorStoreIndex:
    """Embed and index nodes in memory."""
    store = QdrantVectorStore(collection_name="baseline", client=QdrantClient(":memory:"))
    return VectorStoreIndex(
        nodes,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedding,
        insert_batch_size=4_096,
    )


def joined(texts: tuple[Retrieved, ...]) -> Answer:
    """An answer as LlamaIndex's default prompt has it."""
    return Answer(context="\n\n".join(one.text for one in texts), texts=texts)


def retrieved(found: Sequence[NodeWithScore]) -> tuple[Retrieved, ...]:
    """What a retriever of LlamaIndex found."""
    return tuple(_retrieved(one.node) for one in found if isinstance(one.node, TextNode))


def _bm25(nodes: list[TextNode]) -> BM25Retriever:
    return BM25Retriever.from_defaults(nodes=list(nodes), similarity_top_k=min(RANKS, len(nodes)))


def _size(nodes: Iterable[TextNode]) -> int:
    return sum(len(node.text.encode()) for node in nodes)


def _retrieved(node: TextNode) -> Retrieved:
    return Retrieved(
        text=node.get_content(metadata_mode=MetadataMode.NONE),
        product=node.metadata["product"],
        releases=(node.metadata["release"],),
        page=node.metadata["page"],
    )
