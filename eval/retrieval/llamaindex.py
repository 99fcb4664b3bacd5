"""The pipeline that users write with LlamaIndex, as a contender.

Reader → SentenceSplitter → the same embedding model → QdrantVectorStore → top k with a metadata
filter. Each release is indexed on its own, as such pipelines do. Documents are plain text: HTML
through BeautifulSoup's ``get_text``, manual pages through ``mandoc -T utf8``.
"""

from __future__ import annotations

import gzip
import subprocess
import unicodedata
from collections.abc import Callable, Iterable

from bs4 import BeautifulSoup
from llama_index.core import Document as LlamaDocument
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode, NodeWithScore, TextNode
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient

from eval.retrieval.contenders import RANKS, Answer, Retrieved
from eval.retrieval.items import Question, Unanswerable
from ingest.sources.base import Document

TOP_K = 5
"""Texts in the prompt. LlamaIndex's own default is 2; 5 is what its guides use for real corpora."""


class LlamaIndexPipeline:
    """SentenceSplitter, dense vectors, top k; with or without a filter on the release."""

    def __init__(
        self,
        nodes: list[TextNode],
        index: VectorStoreIndex,
        name: str,
        *,
        filtered: bool,
    ) -> None:
        self.name = name
        self.points = len(nodes)
        self._index = index
        self._filtered = filtered
        self._pages: dict[tuple[str, str, str], list[TextNode]] = {}
        for node in nodes:
            meta = node.metadata
            key = (meta["product"], meta["release"], meta["page"])
            self._pages.setdefault(key, []).append(node)

    def answer(self, question: Question | Unanswerable) -> Answer:
        """The top texts, joined as LlamaIndex's default prompt joins them."""
        texts = self._retrieve(question, TOP_K)
        return Answer(context="\n\n".join(one.text for one in texts), texts=texts)

    def ranked(self, question: Question) -> tuple[Retrieved, ...]:
        """The ten best texts."""
        return self._retrieve(question, RANKS)

    def pool(self, question: Question) -> list[Retrieved]:
        """The nodes of the gold pages."""
        return [
            _retrieved(node)
            for page in question.pages
            for node in self._pages.get((question.product, question.release, page), ())
        ]

    def _retrieve(self, question: Question | Unanswerable, k: int) -> tuple[Retrieved, ...]:
        wanted = {"product": question.product, "release": question.release}
        filters = [MetadataFilter(key=key, value=value) for key, value in wanted.items() if value]
        retriever = self._index.as_retriever(
            similarity_top_k=k,
            filters=MetadataFilters(filters=list(filters)) if self._filtered and filters else None,
        )
        found: list[NodeWithScore] = retriever.retrieve(question.question)
        return tuple(_retrieved(one.node) for one in found if isinstance(one.node, TextNode))


def build(
    documents: Iterable[tuple[str, str, str, Document]],
    embedding: BaseEmbedding,
    *,
    chunk_size: int,
    chunk_overlap: int,
    on_progress: Callable[[str], None],
) -> tuple[list[TextNode], VectorStoreIndex]:
    """Split, embed and index ``(product, release, format, document)`` in memory."""
    read = [
        LlamaDocument(
            text=_plain_text(kind, document.data),
            metadata={"product": product, "release": release, "page": document.slug},
        )
        for product, release, kind, document in documents
    ]
    on_progress(f"{len(read)} documents read")
    splitter = SentenceSplitter(chunk_size=chunk_size, chunk_overlap=chunk_overlap)
    nodes = [node for node in splitter.get_nodes_from_documents(read) if isinstance(node, TextNode)]
    on_progress(f"{len(nodes)} nodes to embed")
    store = QdrantVectorStore(collection_name="baseline", client=QdrantClient(":memory:"))
    index = VectorStoreIndex(
        nodes,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedding,
        insert_batch_size=4_096,
    )
    return nodes, index


def _plain_text(kind: str, data: bytes) -> str:
    if kind == "docbook":
        return BeautifulSoup(data, "lxml").get_text()
    done = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=100"],  # noqa: S607 - found on the user's path
        input=gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data,
        capture_output=True,
        timeout=30,
        check=False,
    )
    # mandoc writes bold as overstrike (x, backspace, x), which a pager would swallow.
    text = done.stdout.decode("utf-8", "replace")
    plain: list[str] = []
    for character in text:
        if character == "\b":
            plain and plain.pop()
        else:
            plain.append(character)
    return unicodedata.normalize("NFC", "".join(plain))


def _retrieved(node: TextNode) -> Retrieved:
    return Retrieved(
        text=node.get_content(metadata_mode=MetadataMode.NONE),
        product=node.metadata["product"],
        releases=(node.metadata["release"],),
        page=node.metadata["page"],
    )
