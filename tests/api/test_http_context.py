"""``/context`` over HTTP: the contract, the budget, the cursor, the fence, the citations."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.tokens import default_counter
from retrieval.context import distinct
from retrieval.engine import Engine
from retrieval.request import MAX_BUDGET, MIN_BUDGET
from retrieval.store import Scope

DUMP = {
    "query": "skip the data of one table when dumping",
    "product": "postgresql",
    "version": "13",
}
UNANSWERABLE = {"query": "kafka: increase the number of partitions of an existing topic"}
QUESTIONS = [
    {"query": "exclude a table from the dump", "product": "postgresql", "version": "17"},
    {"query": "limit the memory of a container", "product": "docker", "version": "20.10"},
    {"query": "take the commit message from a file", "product": "git", "version": "2.47"},
    {"query": "dump only the schema", "product": "postgresql", "version": "18"},
]

CONTRACT = {
    "resolution", "passages", "context", "token_budget", "tokens_used", "truncated",
    "next_cursor", "abstained", "snapshot", "timings_ms", "commands",
}  # fmt: skip
PASSAGE = {
    "id", "text", "kind", "heading", "url", "product", "releases", "tokens", "score", "sha256",
    "fetched_at", "licence", "trust", "note", "also", "excerpt", "flags",
}  # fmt: skip
RESOLUTION = {"product", "requested", "resolved", "match", "available", "reason"}


def ask(client: TestClient, **request: object) -> dict[str, Any]:
    answer = client.post("/context", json=request)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


# --- the contract ----------------------------------------------------------------------------


def test_the_first_question_of_the_readme_is_answered(client: TestClient) -> None:
    answer = ask(client, **DUMP)
    first = answer["passages"][0]
    assert "--exclude-table-data" in first["text"]
    assert first["url"].startswith("https://www.postgresql.org/docs/13/app-pgdump.html")
    assert "13" in first["releases"]
    assert answer["resolution"]["resolved"] == "13"
    assert answer["resolution"]["match"] == "exact"
    assert not answer["abstained"]
    assert first["text"] in answer["context"]
    assert first["url"] in answer["context"]


def test_an_answer_has_every_field_of_the_contract(client: TestClient) -> None:
    answer = ask(client, **DUMP)
    assert set(answer) >= CONTRACT
    assert set(answer["resolution"]) == RESOLUTION
    assert answer["passages"]
    for passage in answer["passages"]:
        assert set(passage) == PASSAGE
    assert all(spent >= 0 for spent in answer["timings_ms"].values())
    assert "total" in answer["timings_ms"]


def test_post_and_get_and_the_versioned_paths_answer_alike(client: TestClient) -> None:
    answers = [
        client.post("/context", json=DUMP),
        client.post("/v1/context", json=DUMP),
        client.get("/context", params=DUMP),
        client.get("/v1/context", params=DUMP),
    ]
    assert {answer.status_code for answer in answers} == {200}
    first, *others = (timeless(answer.json()) for answer in answers)
    assert all(other == first for other in others)


@pytest.mark.parametrize("path", ["/context", "/v1/context"])
def test_as_markdown_the_context_is_all_there_is(client: TestClient, path: str) -> None:
    plain = ask(client, **DUMP)
    posted = client.post(path, json={**DUMP, "format": "markdown"})
    got = client.get(path, params={**DUMP, "format": "markdown"})
    assert posted.text == got.text == plain["context"]
    assert posted.headers["content-type"] == "text/markdown; charset=utf-8"
    assert posted.headers["x-flagstone-release"] == "postgresql@13"
    assert posted.headers["x-flagstone-match"] == "exact"
    assert posted.headers["x-flagstone-abstained"] == "false"
    assert posted.headers["x-flagstone-snapshot"] == plain["snapshot"]


def test_as_markdown_a_version_that_was_replaced_is_told_and_so_is_more(client: TestClient) -> None:
    asked = {**DUMP, "version": "12", "version_policy": "nearest", "token_budget": 100}
    answer = client.post("/context", json={**asked, "format": "markdown"})
    assert answer.headers["x-flagstone-match"] == "nearest_newer"
    assert answer.headers["x-flagstone-next-cursor"] == ask(client, **asked)["next_cursor"]


def test_what_the_corpus_does_not_know_is_not_filled_in(client: TestClient) -> None:
    answer = ask(client, **UNANSWERABLE)
    assert answer["abstained"]
    assert (answer["passages"], answer["context"], answer["tokens_used"]) == ([], "", 0)
    assert (answer["truncated"], answer["next_cursor"]) == (False, None)
    markdown = client.post("/context", json={**UNANSWERABLE, "format": "markdown"})
    assert (markdown.status_code, markdown.text) == (200, "")
    assert markdown.headers["x-flagstone-abstained"] == "true"


def test_the_same_question_has_the_same_answer(client: TestClient) -> None:
    for question in (DUMP, UNANSWERABLE, *QUESTIONS):
        assert timeless(ask(client, **question)) == timeless(ask(client, **question))


# --- citations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [DUMP, *QUESTIONS])
def test_every_passage_is_cited_in_full(
    client: TestClient, engine: Engine, question: dict[str, object]
) -> None:
    answer = ask(client, **question, token_budget=MAX_BUDGET)
    resolved, product = answer["resolution"]["resolved"], answer["resolution"]["product"]
    record = engine.record(product)
    trust = {one.label: one.trust for one in record.releases}
    assert answer["passages"]
    for number, passage in enumerate(answer["passages"], 1):
        assert passage["url"].startswith("https://")
        assert re.fullmatch("[0-9a-f]{64}", passage["sha256"])
        assert passage["licence"] == record.licence
        assert passage["trust"] == trust[resolved]
        assert resolved in passage["releases"]
        assert passage["product"] == product
        assert passage["tokens"] == default_counter()(passage["text"])
        kept = engine.passage(passage["id"])
        assert passage["url"] == kept.at(resolved).url
        assert passage["sha256"] == kept.at(resolved).page_sha256
        # What stands under one heading is given together, the heading once.
        assert f"[{number}]" in answer["context"]
        assert " › ".join(passage["heading"]) in answer["context"]
        assert passage["text"] in answer["context"]
        if number == 1:
            assert f"<{passage['url']}>" in answer["context"]


# --- the budget --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "given"),
    [(-1, MIN_BUDGET), (0, MIN_BUDGET), (99, MIN_BUDGET), (100, 100), (20_000, MAX_BUDGET),
     (20_001, MAX_BUDGET), (10**30, MAX_BUDGET)],
)  # fmt: skip
def test_a_budget_out_of_range_is_clamped_and_that_is_said(
    client: TestClient, asked: int, given: int
) -> None:
    answer = ask(client, **DUMP, token_budget=asked)
    assert answer["token_budget"] == given
    assert answer["budget_clamped"] == (asked != given)


@settings(max_examples=60, deadline=None)
@given(question=st.sampled_from(QUESTIONS), budget=st.integers(-50, MAX_BUDGET + 50))
def test_an_answer_keeps_its_budget_but_for_one_passage_that_is_larger(
    client: TestClient, engine: Engine, question: dict[str, object], budget: int
) -> None:
    answer = ask(client, **question, token_budget=budget)
    assert answer["tokens_used"] == default_counter()(answer["context"])
    if answer["tokens_used"] > answer["token_budget"]:
        assert len(answer["passages"]) == 1
    assert answer["truncated"] == (answer["next_cursor"] is not None)


# --- the cursor --------------------------------------------------------------------------------


def relevant(engine: Engine, question: dict[str, object]) -> list[str]:
    """What the search holds for worth telling, in its order, without what says nothing new."""
    scope = Scope(pairs=((str(question["product"]), str(question["version"])),))
    found = engine.searcher.search(str(question["query"]), scope)
    return [hit.passage.id for hit in distinct(found.relevant).hits]


def walk(client: TestClient, question: dict[str, object], budget: int) -> list[str]:
    walked: list[str] = []
    cursor = None
    for _ in range(200):
        answer = ask(client, **question, token_budget=budget, cursor=cursor)
        assert answer["passages"], "a page of an answer is never empty"
        walked += [passage["id"] for passage in answer["passages"]]
        cursor = answer["next_cursor"]
        assert answer["truncated"] == (cursor is not None)
        if cursor is None:
            return walked
    raise AssertionError("the walk does not end")


@settings(max_examples=10, deadline=None)
@given(question=st.sampled_from([DUMP, *QUESTIONS]), budget=st.integers(MIN_BUDGET, 1_500))
def test_walking_the_cursor_gives_every_relevant_passage_once_and_the_best_first(
    client: TestClient, engine: Engine, question: dict[str, object], budget: int
) -> None:
    walked, found = walk(client, question, budget), relevant(engine, question)
    assert sorted(walked) == sorted(found)
    assert walked[0] == found[0]


def test_an_answer_of_many_passages_goes_on_behind_the_cursor(
    client: TestClient, engine: Engine
) -> None:
    # The shorter the question, the more alike its passages: more than one answer holds.
    questions: list[dict[str, object]] = [
        {"query": "commit", "product": "git", "version": "2.47"},
        {"query": "dump", "product": "postgresql", "version": "18"},
        {"query": "options", "product": "postgresql", "version": "18"},
    ]
    answered = [one for one in questions if not ask(client, **one)["abstained"]]
    longest = max(answered, key=lambda one: len(relevant(engine, one)))
    first = ask(client, **longest, token_budget=400)
    assert len(first["passages"]) < len(relevant(engine, longest))
    assert sorted(walk(client, longest, 400)) == sorted(relevant(engine, longest))


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "%00", "AAAA", "MDEyMw==", "c25hcHNob3Q6MQ==", "c25hcHNob3Q6LTE=", "=" * 128],
)
def test_a_cursor_that_is_not_of_this_snapshot_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.post("/context", json={**DUMP, "cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["hint"]


def test_a_cursor_of_another_question_is_refused(client: TestClient) -> None:
    cursor = ask(client, **DUMP, token_budget=100)["next_cursor"]
    assert cursor
    for other in ({**DUMP, "version": "17"}, {**DUMP, "query": "limit memory"}, QUESTIONS[1]):
        answer = client.post("/context", json={**other, "cursor": cursor})
        assert answer.status_code == 422, other


@pytest.mark.parametrize("position", ["1000000", "-1", "", "1e3", "0x1"])
def test_a_cursor_that_was_tampered_with_is_refused(client: TestClient, position: str) -> None:
    cursor = ask(client, **DUMP, token_budget=100)["next_cursor"]
    listing, _, _ = urlsafe_b64decode(cursor).decode().rpartition(":")
    forged = urlsafe_b64encode(f"{listing}:{position}".encode()).decode()
    answer = client.post("/context", json={**DUMP, "cursor": forged})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_cursor_goes_with_the_question_however_its_release_was_named(client: TestClient) -> None:
    cursor = ask(client, **DUMP, token_budget=100)["next_cursor"]
    plain = ask(client, **DUMP, cursor=cursor)
    for version in (
        {"version": "13.16"},
        {"version": None, "fingerprint": "psql (PostgreSQL) 13.16"},
    ):
        other = ask(client, **{**DUMP, **version}, cursor=cursor)
        assert other["passages"] == plain["passages"]
