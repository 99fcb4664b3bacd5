"""What goes wrong over HTTP: always a problem, with a stable code and what to do next."""

import inspect
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http import create_app
from api.problems import HTTP_CODES, MAX_BODY, PROBLEM
from api.serving import Serving
from corpora import errors
from corpora.errors import FlagstoneError, Reason
from retrieval.engine import Engine
from retrieval.request import MAX_COMMAND, ValidateRequest

ROUTES = [
    ("POST", "/context"), ("GET", "/context"), ("POST", "/resolve"), ("POST", "/search"),
    ("GET", "/products"), ("GET", "/products/{product}/releases"), ("GET", "/passages/{passage}"),
    ("POST", "/validate"), ("GET", "/commands/{product}/{release}/{path}"),
    ("GET", "/commands/{product}/{release}/{path}/schema"), ("GET", "/diff"),
    ("GET", "/healthz"), ("GET", "/readyz"),
]  # fmt: skip

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, FlagstoneError)
]
SAMPLES: dict[type[FlagstoneError], Callable[[], FlagstoneError]] = {
    errors.UnknownProduct: lambda: errors.UnknownProduct("x", available=["git"]),
    errors.UnknownVersion: lambda: errors.UnknownVersion(
        "git", "1", available=["2"], nearest="2", policy="exact"
    ),
    errors.UnknownCommand: lambda: errors.UnknownCommand("git", "2", "git x", exists_in=["3"]),
    errors.IngestError: lambda: errors.IngestError("a.deb", Reason.EMPTY),
    errors.SourceError: lambda: errors.SourceError("a.deb", Reason.NOT_FOUND),
    errors.ParseError: lambda: errors.ParseError("a.html", Reason.MALFORMED),
}


def checked(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == PROBLEM
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code), told
    assert told["detail"]
    assert told["title"]
    return told


def failing(raised: BaseException) -> TestClient:
    """A service whose engine can't be had."""

    def open_engine(path: Path) -> Engine:
        raise raised

    class Never(Serving):
        def engine(self) -> Engine:
            return open_engine(Path())

    return TestClient(create_app(Never(Path(), open_engine)), raise_server_exceptions=False)


# --- our own errors ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_a_problem_with_its_code_and_status(
    kind: type[FlagstoneError],
) -> None:
    raised = SAMPLES.get(kind, lambda: kind("What happened.", hint="What to do."))()
    told = checked(failing(raised).get("/products"), kind.status, kind.code)
    assert told["detail"] == raised.message
    assert told["hint"] == raised.hint
    for name in ("available", "suggestions", "nearest"):
        assert told.get(name) == raised.extra.get(name)


def test_a_fault_of_ours_is_opaque_to_the_caller_and_told_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = failing(RuntimeError("the password is hunter2")).get("/products")
    told = checked(answer, 500, "internal")
    assert "hunter2" not in answer.text
    incident = told["hint"].split()[-1].rstrip(".")
    [record] = [one for one in caplog.records if incident in one.getMessage()]
    assert record.exc_info
    assert "hunter2" in str(record.exc_info[1])


# --- requests that are wrong -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": None}, "query"),
        ({"query": 1}, "query"),
        ({"query": "x" * 2_001}, "query"),
        ({"query": "x", "product": "x" * 65}, "product"),
        ({"query": "x", "version": 13}, "version"),
        ({"query": "x", "version_policy": "newest"}, "version_policy"),
        ({"query": "x", "token_budget": "many"}, "token_budget"),
        ({"query": "x", "token_budget": 1.5}, "token_budget"),
        ({"query": "x", "token_budget": True}, "token_budget"),
        ({"query": "x", "format": "xml"}, "format"),
        ({"query": "x", "cursor": "x" * 129}, "cursor"),
        ({"query": "x", "budget": 100}, "budget"),
        ([], "body"),
        ("query", "body"),
        (None, "body"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: TestClient, request_: object, named: str) -> None:
    told = checked(client.post("/context", json=request_), 422, "invalid_request")
    assert named in told["detail"]
    assert told["hint"]


@pytest.mark.parametrize("limit", [0, -1, 101, "x"])
def test_a_list_of_passages_has_a_limit(client: TestClient, limit: object) -> None:
    answer = client.post("/search", json={"query": "dump", "product": "pg", "limit": limit})
    assert "limit" in checked(answer, 422, "invalid_request")["detail"]


def test_parameters_of_a_get_are_checked_alike(client: TestClient) -> None:
    for parameters in ({}, {"query": ""}, {"query": "x", "what": "1"}, {"query": "x" * 2_001}):
        checked(client.get("/context", params=parameters), 422, "invalid_request")


def posted(client: TestClient, body: bytes, media: str = "application/json") -> httpx.Response:
    return client.post("/context", content=body, headers={"Content-Type": media})


@pytest.mark.parametrize("body", [b"{bad", b"{'query': 'x'}", b'{"query": ', b"\x00", b"NaN"])
def test_a_body_that_is_no_json_is_told_so(client: TestClient, body: bytes) -> None:
    checked(posted(client, body), 422, "invalid_request")


@pytest.mark.parametrize("body", [b'{"query": "\xff"}', b"[" * 100_000])
def test_a_body_that_can_not_be_read_at_all_is_told_so(client: TestClient, body: bytes) -> None:
    checked(posted(client, body), 400, "invalid_request")


def test_an_empty_body_is_told_what_is_missing(client: TestClient) -> None:
    told = checked(client.post("/context"), 422, "invalid_request")
    assert "required" in told["detail"]


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_another_media_type_is_refused_with_the_one_to_send(client: TestClient, media: str) -> None:
    told = checked(posted(client, b'{"query": "x"}', media), 415, "unsupported_media_type")
    assert media in told["detail"]
    assert "Content-Type: application/json" in told["hint"]


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client: TestClient) -> None:
    big = json.dumps({"query": "x" * MAX_BODY}).encode()
    checked(posted(client, big), 413, "request_too_large")

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(big), 10_000):
            yield big[start : start + 10_000]

    streamed = client.post(
        "/context", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert "content-length" not in streamed.request.headers
    checked(streamed, 413, "request_too_large")


def test_the_longest_request_of_the_contract_is_not_too_large(client: TestClient) -> None:
    face = "\U0001f600"  # twelve bytes where it is escaped
    longest = {
        "command": face * MAX_COMMAND,
        "product": face * 64,
        "version": face * 64,
        "fingerprint": face * 4_096,
        "versions": {f"{number:02}" + face * 62: face * 64 for number in range(100)},
    }
    ValidateRequest.model_validate(longest)  # the contract allows it
    assert 0.8 * MAX_BODY < len(json.dumps(longest)) < MAX_BODY
    sent = {"content": json.dumps(longest), "headers": {"Content-Type": "application/json"}}
    told = checked(client.post("/validate", **sent), 404, "unknown_product")
    assert len(json.dumps(told)) < 5_000


def test_a_long_script_of_any_alphabet_is_checked(client: TestClient) -> None:
    script = "git commit --mesage=" + "жук" * ((MAX_COMMAND - 20) // 3)
    answer = client.post("/validate", json={"command": script, "product": "git"})
    assert answer.status_code == 200
    assert answer.json()["commands"][0]["issues"][0]["code"] == "unknown_flag"


@settings(max_examples=60, deadline=None)
@given(
    query=st.text(min_size=1, max_size=200),
    product=st.none() | st.sampled_from(["pg", "git", "docker"]) | st.text(max_size=70),
    version=st.none() | st.sampled_from(["13", "2.39"]) | st.text(max_size=70),
)
def test_whatever_is_asked_the_service_answers_or_says_what_is_wrong(
    client: TestClient, query: str, product: str | None, version: str | None
) -> None:
    request = {"query": query, "product": product, "version": version}
    for path in ("/context", "/search", "/resolve"):
        answer = client.post(path, json=request)
        assert answer.status_code in (200, 404, 422), answer.text
        answer.json()


@pytest.mark.parametrize(
    "query",
    ["\x00", "a\x00b", "\x1b[31mred\x1b[0m", "\u202edump", "a\r\n\r\nb", "%00", "😀", "'--"],
)
def test_control_characters_in_a_question_do_no_harm(client: TestClient, query: str) -> None:
    assert client.post("/context", json={"query": query, "product": "pg"}).status_code == 200
    assert client.get("/context", params={"query": query, "product": "pg"}).status_code == 200


def test_half_a_character_in_a_question_is_invalid(client: TestClient) -> None:
    checked(posted(client, b'{"query": "\\ud800"}'), 422, "invalid_request")
    assert client.get("/context?query=%ED%A0%80").status_code == 200  # becomes U+FFFD


# --- routes that are wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing", "/v2/context", "/context/x", "/products/a/b"])
def test_an_unknown_route_is_a_problem(client: TestClient, path: str) -> None:
    assert path in checked(client.get(path), 404, "no_such_route")["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/context"), ("PUT", "/search"), ("GET", "/v1/resolve")]
)
def test_a_wrong_method_is_a_problem_that_names_a_right_one(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, path)
    checked(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


def test_what_is_not_in_the_corpus_is_a_problem(client: TestClient) -> None:
    checked(client.get("/products/nope/releases"), 404, "unknown_product")
    checked(client.get("/passages/0123"), 404, "unknown_passage")
    for name in ("x" * 65, "é" * 65):
        checked(client.get(f"/products/{name}/releases"), 422, "invalid_request")
        checked(client.get(f"/passages/{name}"), 422, "invalid_request")
    for name in ("%00", "%2e%2e", "' OR 1=1 --"):
        checked(client.get(f"/passages/{name}"), 404, "unknown_passage")


def test_a_long_path_is_not_repeated_whole(client: TestClient) -> None:
    assert len(client.get("/" + "x" * 5_000).text) < 1_000


# --- the OpenAPI document ----------------------------------------------------------------------


def test_the_contract_lists_the_problems_of_every_route(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    listed = [(m.upper(), path) for path, operations in paths.items() for m in operations]
    assert sorted(listed) == sorted(ROUTES)
    for method, path in ROUTES:
        responses = paths[path][method.lower()]["responses"]
        assert "500" in responses
        for status, response in responses.items():
            if int(status) >= 400:
                assert list(response["content"]) == [PROBLEM]
                assert response["content"][PROBLEM]["schema"]["$ref"].endswith("/Problem")
        if path != "/healthz":
            assert "503" in responses
        if method == "POST":
            assert {"413", "415", "422"} <= set(responses)
        if "{" in path or path in ("/context", "/search", "/resolve"):
            assert "404" in responses


def test_codes_are_unambiguous() -> None:
    ours = {kind.code: kind.status for kind in KINDS if "code" in vars(kind)}
    assert len(ours) == len({kind for kind in KINDS if "code" in vars(kind)})
    theirs = {code for code, _ in HTTP_CODES.values()}
    assert theirs & ours.keys() <= {"invalid_request", "internal"}


@pytest.mark.parametrize("blank", ["", " ", "\r\n\t"])
def test_a_question_without_a_word_is_refused(client: TestClient, blank: str) -> None:
    answer = client.post("/context", json={"query": blank, "product": "pg"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
