"""The LlamaIndex adapters, inside LlamaIndex itself."""

import asyncio
from pathlib import Path

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.base.llms.types import CompletionResponse
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import MetadataMode, QueryBundle, TextNode

from corpora.errors import UnknownProduct, UnknownVersion
from retrieval.embed import Embedder
from retrieval.engine import Engine
from retrieval.llama import FlagstoneEmbedding, FlagstoneRetriever
from retrieval.request import SearchRequest

DUMP = "skip the data of one table when dumping"


class Echo(MockLLM):
    """Answers with the prompt it was given: what a model would have read."""

    def complete(self, prompt: str, formatted: bool = False, **_: object) -> CompletionResponse:
        return CompletionResponse(text=prompt)


def test_it_retrieves_what_the_search_finds(engine: Engine) -> None:
    retriever = FlagstoneRetriever(engine, product="postgresql", version="13", top_k=4)
    nodes = retriever.retrieve(DUMP)
    hits = engine.search(
        SearchRequest(query=DUMP, product="postgresql", version="13", limit=4)
    ).hits
    assert [node.node_id for node in nodes] == [hit.passage.id for hit in hits]
    assert [node.score for node in nodes] == [hit.score for hit in hits]
    assert [node.text for node in nodes] == [hit.passage.text for hit in hits]
    assert "--exclude-table-data" in nodes[0].text


def test_every_node_says_where_it_comes_from(engine: Engine) -> None:
    for node in FlagstoneRetriever(engine, product="pg", version="13").retrieve(DUMP):
        passage = engine.passage(node.node_id)
        assert node.metadata["product"] == "postgresql"
        assert node.metadata["release"] == "13"
        assert node.metadata["url"] == passage.at("13").url
        assert node.metadata["heading"] == " › ".join(passage.heading)
        read = node.node.get_content(MetadataMode.LLM)
        assert "release: 13" in read
        assert passage.text in read


def test_it_serves_a_query_engine_whose_model_reads_only_the_asked_release(engine: Engine) -> None:
    query_engine = RetrieverQueryEngine(
        retriever=FlagstoneRetriever(engine, product="postgresql", version="13", top_k=3),
        response_synthesizer=get_response_synthesizer(llm=Echo()),
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=-10.0)],
    )
    answer = query_engine.query(DUMP)
    read = str(answer)
    assert "--exclude-table-data" in read
    assert DUMP in read
    assert len(answer.source_nodes) == 3
    assert {node.metadata["release"] for node in answer.source_nodes} == {"13"}
    assert "/docs/13/" in read
    assert "/docs/18/" not in read


def test_it_works_in_an_asynchronous_pipeline(engine: Engine) -> None:
    retriever = FlagstoneRetriever(engine, product="git", version="2.39")
    nodes = asyncio.run(retriever.aretrieve(QueryBundle("take the message from a file")))
    assert [node.node_id for node in nodes] == [
        node.node_id for node in retriever.retrieve("take the message from a file")
    ]


def test_product_and_version_may_be_left_to_the_question(engine: Engine) -> None:
    nodes = FlagstoneRetriever(engine).retrieve("git 2.39: take the message from a file")
    assert {(node.metadata["product"], node.metadata["release"]) for node in nodes} == {
        ("git", "2.39")
    }


def test_it_never_answers_from_another_release(engine: Engine) -> None:
    with pytest.raises(UnknownVersion) as caught:
        FlagstoneRetriever(engine, product="postgresql", version="12").retrieve(DUMP)
    assert caught.value.extra["nearest"] == "13"
    with pytest.raises(UnknownProduct):
        FlagstoneRetriever(engine, product="nope").retrieve(DUMP)
    nearest = FlagstoneRetriever(
        engine, product="postgresql", version="12", version_policy="nearest"
    )
    assert {node.metadata["release"] for node in nearest.retrieve(DUMP)} == {"13"}


def test_our_model_serves_an_index_of_llamaindex(embedder: Embedder, tmp_path: Path) -> None:
    model = FlagstoneEmbedding(embedder)
    nodes = [
        TextNode(id_="dump", text="Do not dump the data of a table."),
        TextNode(id_="commit", text="Take the commit message from a file."),
    ]
    index = VectorStoreIndex(nodes, embed_model=model)
    [found] = index.as_retriever(similarity_top_k=1).retrieve("message of a commit")
    assert found.node_id == "commit"
    vector = model.get_text_embedding("text")
    assert vector == pytest.approx(embedder.embed(["text"])[0].tolist())
    assert vector == model.get_query_embedding("text")
    assert model.model_name == embedder.key
