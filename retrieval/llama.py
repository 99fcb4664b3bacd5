"""LlamaIndex adapters: our search as a ``BaseRetriever``, our model as a ``BaseEmbedding``.

And the two calls that an agent needs, as tools of its own. Retriever and tools take an engine in
this process, or a client of a service (`api.client.Client`): whoever answers the calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import FunctionTool
from pydantic import PrivateAttr, ValidationError

from corpora.errors import FlagstoneError
from corpora.model import Context, Hit, VersionPolicy
from retrieval.answers import SearchAnswer, ValidationAnswer
from retrieval.embed import Embedder
from retrieval.request import (
    DEFAULT_BUDGET,
    ContextRequest,
    SearchRequest,
    ValidateRequest,
)


class Answers(Protocol):
    """Whoever answers: the engine, or a client of a service."""

    def context(self, request: ContextRequest, /) -> Context:
        """What the documentation says on a question."""

    def search(self, request: SearchRequest, /) -> SearchAnswer:
        """Passages as a ranked list."""

    def validate(self, request: ValidateRequest, /) -> ValidationAnswer:
        """Whether the commands of a text are real."""


class FlagstoneRetriever(BaseRetriever):
    """Version-correct passages for any LlamaIndex query engine or agent.

    Product and version may be left out: they are then read from the question, as in ``/context``.
    Gives nothing where the corpus doesn't answer. Raises UnknownProduct and UnknownVersion rather
    than answer from another release.
    """

    def __init__(
        self,
        engine: Answers,
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


def flagstone_tools(
    answers: Answers,
    *,
    product: str | None = None,
    version: str | None = None,
    token_budget: int = DEFAULT_BUDGET,
) -> list[FunctionTool]:
    """``get_context`` and ``validate_command`` for a LlamaIndex agent.

    ``product`` and ``version`` hold where the agent names none. What can't be answered is told to
    the agent, with what to do next, rather than raised.
    """

    def get_context(query: str, product_id: str = "", product_version: str = "") -> str:
        try:
            found = answers.context(
                ContextRequest(
                    query=query,
                    product=product_id or product,
                    version=product_version or version,
                    token_budget=token_budget,
                )
            )
        except (FlagstoneError, ValidationError) as error:
            return str(error)
        if not found.context or found.resolution is None:
            return "Nothing in the documentation answers this."
        one = found.resolution
        return f"{one.product} {one.resolved} ({one.match}). {one.reason}\n{found.context}"

    def validate_command(command: str, product_id: str = "", product_version: str = "") -> str:
        try:
            said = answers.validate(
                ValidateRequest(
                    command=command,
                    product=product_id or product,
                    version=product_version or version,
                )
            )
        except (FlagstoneError, ValidationError) as error:
            return str(error)
        return "\n".join(_told(said))

    return [
        FunctionTool.from_defaults(
            get_context,
            description="What the documentation of exactly this version says on a task.",
        ),
        FunctionTool.from_defaults(
            validate_command,
            description="Whether every command and flag of a shell text is real at this version,"
            " what is right if not, and how risky it is. Nothing is run.",
        ),
    ]


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

    # In full, not by the quicker copy for questions: the baselines are measured with this, and are
    # not to lose by what is ours.
    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def _told(said: ValidationAnswer) -> Iterator[str]:
    yield {True: "valid", False: "invalid", None: "nothing could be checked"}[said.valid]
    for issue in (*said.issues, *(one for each in said.commands for one in each.issues)):
        yield f"{issue.severity} {issue.code} at {issue.token!r}: {issue.message}"
    if said.repaired:
        yield f"repaired: {said.repaired.text}"
    reasons = "; ".join(one.text for one in said.risk.reasons)
    yield f"risk: {said.risk.level}{f' ({reasons})' if reasons else ''}"
    if said.risk.level == "destructive":
        yield "A human must agree before it is run."


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
                "also": list(hit.also),
                "url": location.url,
            },
        ),
        score=hit.score,
    )
