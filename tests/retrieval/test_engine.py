"""The engine: how a question becomes a product, a release and an answer."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from corpus import CATALOGUE, SmallCorpus, open_engine

from corpora.errors import (
    FlagstoneError,
    InvalidRequest,
    UnknownPassage,
    UnknownProduct,
    UnknownVersion,
)
from corpora.model import Context
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from retrieval.embed import Embedder
from retrieval.engine import Engine
from retrieval.index import open_index
from retrieval.request import ContextRequest, SearchRequest, Where
from retrieval.search import Searcher


def ask(engine: Engine, query: str, **where: object) -> Context:
    return engine.context(ContextRequest.model_validate({"query": query, **where}))


def timeless(context: Context) -> Context:
    return context.model_copy(update={"timings_ms": {}})


# --- what is given whole ------------------------------------------------------------------------


def test_two_definitions_are_given_whole_and_running_text_of_the_first_five(engine: Engine) -> None:
    seen = set()
    for query in ("stage a file", "undo a commit", "how is a message laid out", "a hook"):
        hits = engine.search(SearchRequest(query=query, product="git", limit=50)).hits
        rank = {hit.passage.id: number for number, hit in enumerate(hits)}
        for one in ask(engine, query, product="git", token_budget=8_000).passages:
            prose = engine.passage(one.id).is_prose
            place = rank[one.id]
            whole = not one.excerpt
            seen.add((prose, min(place, 5), whole))
            # What has no short beginning is whole as well.
            assert whole or place >= (5 if prose else 2)
    assert {(False, 1, True), (False, 2, False), (True, 5, False)} <= seen
    assert any((True, place, True) in seen for place in (2, 3, 4))


# --- which product and release -----------------------------------------------------------------


def test_the_version_is_left_out_of_what_is_searched_for(engine: Engine) -> None:
    # Else `2.39` would pull in every passage that mentions a number.
    named = ask(engine, "git 2.39: take the commit message from a file")
    sent = ask(engine, "git: take the commit message from a file", version="2.39")
    assert [one.id for one in named.passages] == [one.id for one in sent.passages]
    assert [one.score for one in named.passages] == [one.score for one in sent.passages]


def test_a_list_leaves_out_what_repeats_and_names_where_it_stands(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(query="take the message from a file", product="git", limit=5)
    resolution, found = engine.find(request, depth=10)
    best, *rest = found.hits
    assert best.passage.names
    changed = {"id": "f" * 32, "command": "git notes"}
    twin = best.model_copy(update={"passage": best.passage.model_copy(update=changed)})
    monkeypatch.setattr(
        engine, "find", lambda *_, **__: (resolution, replace(found, hits=(best, twin, *rest)))
    )
    hits = engine.search(request).hits
    assert [hit.passage.id for hit in hits] == [hit.passage.id for hit in found.hits[:5]]
    assert [hit.also for hit in hits] == [("git notes",), *[()] * 4]


def test_a_product_that_is_sent_is_not_overruled_by_one_in_the_question(engine: Engine) -> None:
    answer = ask(engine, "docker: exclude a table from the dump", product="pg", version="17")
    assert answer.resolution
    assert (answer.resolution.product, answer.resolution.resolved) == ("postgresql", "17")


def test_a_version_beside_another_product_is_not_that_of_the_one_asked_for(engine: Engine) -> None:
    answer = ask(engine, "run docker 20.10 with the exclude table option of pg_dump", product="pg")
    assert answer.resolution
    assert (answer.resolution.resolved, answer.resolution.match) == ("18", "latest")


def test_a_fingerprint_goes_before_the_question_and_a_version_before_both(engine: Engine) -> None:
    query = "pg_dump 18: exclude the data of a table"
    fingerprint = "psql (PostgreSQL) 15.18"
    read = engine.resolve(Where(fingerprint=fingerprint), query)
    assert read
    assert read.resolved == "15"
    sent = engine.resolve(Where(product="pg", version="13", fingerprint=fingerprint), query)
    assert sent
    assert sent.resolved == "13"


def test_without_a_product_nothing_is_resolved_and_a_version_alone_is_invalid(
    engine: Engine,
) -> None:
    assert engine.resolve(Where(), "how to leave out a table") is None
    with pytest.raises(InvalidRequest) as caught:
        engine.resolve(Where(version="13"))
    assert "postgresql" in caught.value.hint


def test_a_reason_is_told_for_everything_that_was_not_sent(engine: Engine) -> None:
    for where, query, told in [
        (Where(), "git 2.39 commit", "The product was read from the question"),
        (Where(), "git 2.39 commit", "The version was read from the question"),
        (Where(fingerprint="git version 2.47.3"), "", "The version was read from the fingerprint"),
        (Where(product="git"), "", "No version was asked for"),
    ]:
        resolution = engine.resolve(where, query)
        assert resolution
        assert told in resolution.reason


def test_an_answer_without_a_product_is_about_one_product_alone(engine: Engine) -> None:
    for query in ("memory limit of a container", "exclude a table from the dump"):
        answer = ask(engine, query)
        assert answer.resolution
        assert {one.product for one in answer.passages} == {answer.resolution.product}
        assert all(answer.resolution.resolved in one.releases for one in answer.passages)


def test_the_errors_of_names_say_what_there_is(engine: Engine) -> None:
    with pytest.raises(UnknownProduct) as product:
        engine.record("postgre")
    assert "postgresql" in product.value.hint
    with pytest.raises(UnknownVersion) as version:
        engine.resolve(Where(product="pg", version="14"))
    assert version.value.extra["available"] == ["13", "15", "17", "18"]
    with pytest.raises(UnknownPassage) as passage:
        engine.passage("0" * 32)
    assert passage.value.hint


# --- answers -----------------------------------------------------------------------------------


def test_the_same_text_in_several_releases_is_one_passage_cited_for_the_one_asked(
    engine: Engine,
) -> None:
    answers = {
        version: ask(engine, "exclude-table-data pattern", product="pg", version=version)
        for version in ("13", "15", "17", "18")
    }
    shared = [
        one for answer in answers.values() for one in answer.passages if len(one.releases) > 1
    ]
    assert shared
    for version, answer in answers.items():
        assert all(f"/docs/{version}/" in one.url for one in answer.passages)


def test_what_changed_between_releases_is_answered_differently(engine: Engine) -> None:
    # pg_dump's --filter came with 17.
    def names(version: str) -> set[str]:
        request = SearchRequest(query="--filter", product="pg", version=version, limit=100)
        return {name for hit in engine.search(request).hits for name in hit.passage.names}

    assert "--filter" in names("17")
    assert "--filter" in names("18")
    assert "--filter" not in names("13") | names("15")


def test_an_abstention_says_so_and_holds_nothing(engine: Engine) -> None:
    for where in ({}, {"product": "git"}, {"product": "pg", "version": "13"}):
        answer = ask(engine, "elasticsearch: allow unassigned shards to be placed again", **where)
        assert answer.abstained
        assert (answer.passages, answer.context, answer.tokens_used) == ((), "", 0)
        assert (answer.resolution is None) == (not where)


def test_a_snapshot_gives_the_same_answer_however_often_it_is_opened(
    engine: Engine, embedder: Embedder
) -> None:
    again = open_engine(engine.snapshot.path, embedder)
    for query in ("git 2.39 commit with a message", "exclude a table", "a container's memory"):
        assert timeless(ask(engine, query)) == timeless(ask(again, query))


def test_a_question_asked_from_many_threads_has_one_answer(engine: Engine) -> None:
    query = "exclude the data of a table"
    found: list[Context] = []
    threads = [
        threading.Thread(target=lambda: found.append(timeless(ask(engine, query))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [timeless(ask(engine, query))] * 8


def test_the_stages_of_an_answer_are_timed(engine: Engine) -> None:
    timings = ask(engine, "exclude a table", product="pg").timings_ms
    assert {"resolve", "embed", "dense", "lexical", "read", "assemble", "total"} <= set(timings)
    assert sum(timings.values()) - timings["total"] <= timings["total"]


# --- snapshots and declarations ----------------------------------------------------------------


def test_a_release_that_is_not_in_the_snapshot_is_unknown_though_it_is_declared(
    make_corpus: Callable[..., SmallCorpus],
) -> None:
    corpus = make_corpus("git-2.30")
    corpus.build()
    engine = corpus.engine
    with pytest.raises(UnknownVersion) as caught:
        ask(engine, "commit message", product="git", version="2.39")
    assert caught.value.extra["available"] == ["2.30"]
    with pytest.raises(UnknownProduct):
        ask(engine, "dump", product="postgresql")


@pytest.fixture
def without_git(engine: Engine, embedder: Embedder) -> Engine:
    """The engine where git has been dropped from the catalogue since the build."""
    snapshot = Snapshot.open(engine.snapshot.path)
    searcher = Searcher(snapshot, open_index(snapshot, embedder), embedder)
    kept = {name: product for name, product in CATALOGUE.items() if name != "git"}
    return Engine(snapshot, searcher, kept, default_counter())


def test_a_product_without_a_declaration_is_not_answered_for(without_git: Engine) -> None:
    with pytest.raises(UnknownProduct) as caught:
        ask(without_git, "commit message", product="git")
    assert "git" not in caught.value.extra["available"]  # type: ignore[operator]
    answer = ask(without_git, "take the commit message from a file")
    assert answer.resolution is None or answer.resolution.product != "git"


def test_every_error_of_the_engine_is_one_of_ours(engine: Engine) -> None:
    for where in (
        {"product": "nope"}, {"product": "pg", "version": "12"}, {"version": "13"},
        {"fingerprint": "?"}, {"product": "pg", "cursor": "?"}, {"product": "pg", "version": "\n"},
    ):  # fmt: skip
        with pytest.raises(FlagstoneError) as caught:
            ask(engine, "leave out a table", **where)
        assert caught.value.hint or caught.value.extra


def test_a_snapshot_that_is_not_there_is_told(tmp_path: Path, embedder: Embedder) -> None:
    with pytest.raises(FlagstoneError) as caught:
        open_engine(tmp_path / "nothing", embedder)
    assert caught.value.code == "no_snapshot"


def test_a_page_defines_something_where_one_of_its_passages_does(engine: Engine) -> None:
    snapshot = engine.snapshot
    told = {
        (product, release, slug): snapshot.defines(product, release, slug)
        for product, record in snapshot.products.items()
        for release in (one.label for one in record.releases)
        for slug in snapshot.pages(product, release)
    }
    assert told == {at: any(one.names for one in snapshot.page(*at)) for at in told}
    assert True in told.values()


# --- how it is searched --------------------------------------------------------------------------


def test_the_fast_mode_embeds_nothing_and_keeps_to_the_release(engine: Engine) -> None:
    query = "exclude the data of a table"
    fast = ask(engine, query, product="pg", version="17", mode="fast")
    assert not {"embed", "dense"} & fast.timings_ms.keys()
    assert "--exclude-table-data" in fast.context
    assert all("17" in one.releases for one in fast.passages)
    assert "embed" in ask(engine, query, product="pg", version="17").timings_ms


def test_a_cursor_of_one_mode_is_not_one_of_the_other(engine: Engine) -> None:
    query, where = "exclude a table from the dump", {"product": "pg", "version": "17"}
    first = ask(engine, query, **where, token_budget=100)
    assert first.next_cursor
    with pytest.raises(InvalidRequest, match="another question"):
        ask(engine, query, **where, token_budget=100, mode="fast", cursor=first.next_cursor)
