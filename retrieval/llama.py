"""LlamaIndex adapters: our search as a ``BaseRetriever``, our model as a ``BaseEmbedding``."""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from corpora.model import Hit, VersionPolicy
from retrieval.embed import Embedder
from retrieval.engine import Engine
from retrieval.request import SearchRequest


class FlagstoneRetriever(BaseRetriever):
    """Version-correct passages for any LlamaIndex query engine or agent.

    Product and version may be left out: they are then read from the question, as in ``/context``.
    Gives nothing where the corpus doesn't answer. Raises UnknownProduct and UnknownVersion rather
    than answer from another release.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        product: str | None = None,
        version: str | None = None,
        version_policy: VersionPolicy = "compatible",
        top_k: int = 5,
    ) -> None:
        super().__init__()
        self._engine = engine
        self._product = product
        self._version = version
        self._policy = version_policy
        self._top_k = top_k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        request = SearchRequest(
            query=query_bundle.query_str,
            product=self._product,
            version=self._version,
            version_policy=self._policy,
            limit=self._top_k,
        )
        answer = self._engine.search(request)
        return [] if answer.abstained else [_node(hit) for hit in answer.hits]


class FlagstoneEmbedding(BaseEmbedding):
    """The embedding model of a Flagstone index, for other LlamaIndex pipelines."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.key)
        self._embedder = embedder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._embedder.embed(texts).tolist()
        return rows

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def _node(hit: Hit) -> NodeWithScore:
    passage, location = hit.passage, hit.passage.at(hit.release)
    return NodeWithScore(
        node=TextNode(
            id_=passage.id,
            text=passage.text,
            metadata={
                "product": passage.product,
                "release": hit.release,
                "kind": passage.kind,
                "heading": " › ".join(passage.heading),
                "url": location.url,
            },
        ),
        score=hit.score,
    )
