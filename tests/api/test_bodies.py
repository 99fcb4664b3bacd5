"""Bodies that are read at once: whatever is sent, the answer is the one of the framework."""

import asyncio
import json
from collections.abc import Iterator
from threading import Event
from time import sleep
from typing import Annotated, Any, cast

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Response
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from api.bodies import PATHS, BodyRoute, keeps_time
from api.http import create_app
from api.middleware.stack import Policy
from api.middleware.timing import TimeLimit
from api.problems import install
from api.serving import Serving
from corpora.errors import UnknownProduct
from retrieval.engine import Engine
from retrieval.request import ContextRequest, ValidateRequest


def served(route: type[APIRoute]) -> TestClient:
    """A service that says what it was asked."""
    router = APIRouter(route_class=route)

    @router.post("/context")
    def post_context(request: ContextRequest) -> Response:
        if request.product == "nothing":
            raise UnknownProduct("nothing", available=["git"])
        return Response(request.model_dump_json(), media_type="application/json")

    @router.post("/validate")
    def post_validate(request: ValidateRequest) -> Response:
        return Response(request.model_dump_json(), media_type="application/json")

    app = FastAPI()
    app.include_router(router)
    app.include_router(router, prefix="/v1")
    install(app)
    return TestClient(app, raise_server_exceptions=False)


PATIENCE = 10

QUICK, USUAL = served(BodyRoute), served(APIRoute)


def same(body: bytes, media: str | None = "application/json", path: str = "/context") -> Any:
    """The answer of the quick route, once it is known to be that of the usual one."""
    headers = {"content-type": media} if media else {}
    found, wanted = (one.post(path, content=body, headers=headers) for one in (QUICK, USUAL))
    assert (found.status_code, found.content) == (wanted.status_code, wanted.content)
    assert found.headers.get("content-type") == wanted.headers.get("content-type")
    return found


ASKED = {"query": "skip a table", "product": "pg", "version": "13", "token_budget": 500}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from([*ContextRequest.model_fields, "versions", "command", "other"])


@pytest.mark.parametrize("path", ["/context", "/v1/context"])
def test_a_body_in_order_is_answered(path: str) -> None:
    answer = same(json.dumps(ASKED).encode(), path=path)
    assert answer.status_code == 200
    assert answer.json() == ContextRequest.model_validate(ASKED).model_dump(mode="json")


def test_it_is_answered_without_the_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(APIRoute, "handle", never)
    assert QUICK.post("/context", json=ASKED).status_code == 200
    assert QUICK.post("/context", json={"query": 5}).status_code == 500
    assert USUAL.post("/context", json=ASKED).status_code == 500


CHANGED = st.dictionaries(NAMES, VALUES, max_size=1)
IN_ORDER = {
    "/context": st.fixed_dictionaries(
        {"query": st.text(min_size=1, max_size=20).map(lambda text: f"a{text}")},
        optional={
            "product": st.none() | st.text(max_size=9),
            "version": st.none() | st.text(max_size=9),
            "token_budget": st.integers(-(2**70), 2**70) | st.just("500") | st.just(5.0),
            "mode": st.sampled_from(["hybrid", "fast"]),
            "format": st.sampled_from(["json", "markdown"]),
        },
    ),
    "/validate": st.fixed_dictionaries(
        {"command": st.text(min_size=1, max_size=20)},
        optional={"versions": st.dictionaries(st.text(max_size=9), st.text(max_size=9))},
    ),
}


@pytest.mark.parametrize("path", IN_ORDER)
def test_any_object_is_answered_alike(path: str) -> None:
    statuses: list[int] = []

    @given(IN_ORDER[path], CHANGED)
    def asked(body: dict[str, object], changed: dict[str, object]) -> None:
        statuses.append(same(json.dumps(body).encode(), path=path).status_code)
        whole = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        statuses.append(same(whole, path=path).status_code)
        same(json.dumps({**body, **changed}).encode(), path=path)

    asked()
    assert statuses.count(200) > len(statuses) / 2


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"null", b"{", b'{"query": "a"', b'{"query": "a"} x', b"\xff\xfe",
        b'{"query": "a", "query": "b"}', b'{"query": "\\ud800"}', b'{"query": "a", "limit": NaN}',
        b'{"query": "a", "token_budget": true}', b'{"query": "a", "token_budget": "500"}',
        b'{"query": "a", "token_budget": 500.0}', b'{"query": "a", "token_budget": 1e400}',
        b'{"query": "  "}', b'{"query": 5}', b'\xef\xbb\xbf{"query": "a"}',
        '{"query": "größer"}'.encode("latin-1"), json.dumps(ASKED).encode("utf-16"),
        b'{"query": "a", "product": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"query": "a", "product": "nothing"}',
    ],
)  # fmt: skip
def test_odd_bodies_are_answered_alike(body: bytes) -> None:
    same(body)


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=utf-8", "application/problem+json", "text/plain",
     "APPLICATION/JSON", "multipart/form-data; boundary=x", None],
)  # fmt: skip
def test_so_are_other_types_of_body(media: str | None) -> None:
    same(json.dumps(ASKED).encode(), media)


def test_other_methods_are_refused_alike() -> None:
    assert QUICK.get("/context").status_code == USUAL.get("/context").status_code == 405


def test_a_route_with_more_than_a_body_is_left_to_the_framework() -> None:
    def nobody() -> None:
        raise UnknownProduct("nobody", available=[])

    router = APIRouter(route_class=BodyRoute)

    @router.post("/guarded", dependencies=[Depends(nobody)])
    def post_guarded(request: ContextRequest) -> str:
        return request.query

    @router.post("/named/{name}")
    def post_named(name: str, request: ContextRequest, more: Annotated[str, Header()]) -> str:
        return f"{name} {request.query} {more}"

    app = FastAPI()
    app.include_router(router)
    install(app)
    client = TestClient(app)
    assert client.post("/guarded", json={"query": "a"}).status_code == 404
    assert client.post("/named/x", json={"query": "a"}, headers={"more": "y"}).json() == "x a y"


# --- time --------------------------------------------------------------------------------------


@pytest.fixture
def slow() -> Iterator[tuple[TestClient, Event, Event]]:
    """A service that gives an answer up after a tenth of a second, what lets it go on, its end."""
    go_on, ended = Event(), Event()
    router = APIRouter(route_class=BodyRoute)

    @router.post("/context")
    def post_context(request: ContextRequest) -> Response:
        assert go_on.wait(PATIENCE)
        ended.set()
        if request.query == "fail":
            raise ValueError("too late to be told")
        return Response(request.query)

    app = FastAPI()
    app.include_router(router)
    install(app)
    app.add_middleware(TimeLimit, answer=0.1, themselves=keeps_time)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, go_on, ended
        go_on.set()


@pytest.mark.parametrize("body", [b'{"query": "a"}', '{"query": "a"}'.encode("utf-16")])
def test_an_answer_that_takes_too_long_is_given_up(
    slow: tuple[TestClient, Event, Event], body: bytes
) -> None:
    client, go_on, ended = slow
    answer = client.post("/context", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (503, "timed_out")
    assert answer.headers["retry-after"] == "1"
    go_on.set()
    assert ended.wait(PATIENCE), "what a thread has begun it ends"
    assert client.post("/context", json={"query": "b"}).text == "b"


def test_what_fails_when_nobody_waits_any_more_is_in_the_log(
    slow: tuple[TestClient, Event, Event], caplog: pytest.LogCaptureFixture
) -> None:
    client, go_on, ended = slow
    assert client.post("/context", json={"query": "fail"}).status_code == 503
    go_on.set()
    assert ended.wait(PATIENCE)
    for _ in range(100):
        if "too late to be told" in caplog.text:
            return
        sleep(0.05)
    raise AssertionError(caplog.text)


def test_a_body_that_does_not_arrive_is_given_up(slow: tuple[TestClient, Event, Event]) -> None:
    """Where no layer before reads it whole."""
    client, _, _ = slow
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(PATIENCE)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/context", "headers": headers}
    asyncio.run(client.app({**scope, "query_string": b"", "root_path": ""}, never, send))
    assert sent[0]["status"] == 503


def test_every_route_that_reads_a_body_at_once_keeps_time(serving: Serving) -> None:
    described = create_app(serving).openapi()["paths"]
    assert {path for path, of in described.items() if "requestBody" in of.get("post", {})} == PATHS


@pytest.mark.parametrize("path", sorted(PATHS | {f"/v1{one}" for one in PATHS}))
def test_every_one_of_them_is_given_up(serving: Serving, path: str) -> None:
    go_on = Event()

    class Slow:
        def engine(self) -> Engine:
            assert go_on.wait(PATIENCE)
            return serving.engine()

        def __getattr__(self, name: str) -> Any:
            return getattr(serving, name)

    app = create_app(cast("Serving", Slow()), Policy(answer_seconds=0.1))
    body = {"command": "ls"} if path.endswith("validate") else {"query": "a"}
    try:
        answer = TestClient(app).post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "timed_out")
    finally:
        go_on.set()
