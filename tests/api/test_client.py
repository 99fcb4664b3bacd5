"""The client: over the wire the answers and errors of the process, for threads and asyncio."""

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import running

from api.client import (
    AsyncClient,
    Client,
    Retries,
    ServiceError,
    Unreachable,
    ainject,
    inject,
)
from api.http import create_app
from api.middleware.stack import Policy
from api.paging import LONGEST, NEXT_CURSOR
from api.problems import PROBLEM
from api.security.keys import KeyStore
from api.serving import Serving
from corpora.errors import (
    CorruptSnapshot,
    FlagstoneError,
    InvalidRequest,
    NoSnapshot,
    RateLimited,
    TimedOut,
    Unauthorized,
    UnknownCommand,
    UnknownPassage,
    UnknownProduct,
    UnknownVersion,
)
from corpora.model import Context
from retrieval.engine import Engine
from retrieval.request import ContextRequest, SearchRequest, ValidateRequest, Where

QUESTION = "skip the data of one table when dumping"
QUICK = Retries(first=0.001)


@pytest.fixture(scope="module")
def address(serving: Serving) -> Iterator[str]:
    with running(create_app(serving)) as found:
        yield found


@pytest.fixture
def flagstone(address: str) -> Iterator[Client]:
    with Client(address, retries=QUICK) as client:
        yield client


def timeless(answer: Context) -> Context:
    return answer.model_copy(update={"timings_ms": {}})


# --- answers -----------------------------------------------------------------------------------


def test_answers_are_those_of_the_engine(flagstone: Client, engine: Engine) -> None:
    where: dict[str, Any] = {"product": "postgresql", "version": "13"}
    request = ContextRequest(query=QUESTION, token_budget=300, **where)
    wanted = timeless(engine.context(request))
    assert timeless(flagstone.context(QUESTION, token_budget=300, **where)) == wanted
    assert timeless(flagstone.context(request)) == wanted
    assert flagstone.search(QUESTION, limit=3, **where) == engine.search(
        SearchRequest(query=QUESTION, limit=3, **where)
    )
    line = "pg_dump --skip-table-data=log shop; rm -rf /srv"
    assert flagstone.validate(line, **where) == engine.validate(
        ValidateRequest(command=line, **where)
    )
    assert flagstone.resolve(fingerprint="psql (PostgreSQL) 15.4") == engine.resolve(
        Where(fingerprint="psql (PostgreSQL) 15.4")
    )
    assert flagstone.describe("git", "2.39", "git commit") == engine.describe(
        "git", "2.39", "git commit"
    )
    assert flagstone.schema("git", "2.39", "git commit") == engine.schema(
        "git", "2.39", "git commit"
    )
    for path in ("", "git commit"):
        assert flagstone.diff("git", "2.30", "2.47", path) == engine.diff(
            "git", "2.30", "2.47", path
        )
    assert flagstone.products() == tuple(engine.snapshot.products.values())
    assert flagstone.passage(wanted.passages[0].id) == engine.passage(wanted.passages[0].id)


def test_both_clients_have_the_same_calls(address: str, engine: Engine) -> None:
    def calls(kind: type) -> dict[str, inspect.Signature]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: inspect.signature(one) for name, one in found if name[0] != "_"}

    assert calls(Client).keys() == calls(AsyncClient).keys()
    for name, signature in calls(Client).items():
        assert signature == calls(AsyncClient)[name], name

    async def ask() -> None:
        async with AsyncClient(address) as flagstone:
            answers = await asyncio.gather(
                *(flagstone.validate("git commit --all", version=one) for one in ("2.39", "2.47"))
            )
            assert [one.valid for one in answers] == [True, True]
            with pytest.raises(UnknownProduct):
                await flagstone.context(QUESTION, product="nothing")

    asyncio.run(ask())


# --- errors ------------------------------------------------------------------------------------


def test_errors_are_what_they_were(flagstone: Client) -> None:
    with pytest.raises(UnknownVersion) as version:
        flagstone.context(QUESTION, product="git", version="1.0")
    assert version.value.extra["available"] == ["2.30", "2.39", "2.47"]
    assert "not documented" in version.value.message
    with pytest.raises(UnknownProduct):
        flagstone.describe("kubctl", "1", "get")
    with pytest.raises(UnknownCommand):
        flagstone.describe("git", "2.39", "git frobnicate")
    with pytest.raises(UnknownPassage, match="nothing"):
        flagstone.passage("nothing")
    with pytest.raises(InvalidRequest, match="No product is named"):
        flagstone.resolve(version="13")
    for wrong in ("", " ", "x" * 3_000):
        with pytest.raises(InvalidRequest, match="query"):
            flagstone.context(wrong)


def test_a_key_is_sent(serving: Serving, tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    _, token = store.create("me")
    with running(create_app(serving, Policy(keys=store))) as address:
        with Client(address, key=token) as flagstone:
            assert flagstone.products()
        with Client(address) as stranger, pytest.raises(Unauthorized, match="needs an API key"):
            stranger.products()


def answering(*answers: httpx.Response | Exception) -> tuple[Client, list[httpx.Request]]:
    """A client that gets these answers one after the other, and what it sent."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        one = answers[len(sent) - 1]
        if isinstance(one, Exception):
            raise one
        return one

    return Client(retries=QUICK, transport=httpx.MockTransport(answer)), sent


def refused(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"title": "x", "status": status, "detail": "No.", "code": code, "hint": "Wait."}
    return httpx.Response(status, json=body, headers={"Content-Type": PROBLEM, **headers})


NOTHING = httpx.Response(200, json=[])


@pytest.mark.parametrize(
    "passing",
    [
        refused(429, "rate_limited"),
        refused(503, "overloaded", **{"Retry-After": "0"}),
        refused(503, "timed_out", **{"Retry-After": "0"}),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("closed"),
    ],
)
def test_what_passes_is_tried_again(passing: httpx.Response | Exception) -> None:
    flagstone, sent = answering(passing, passing, NOTHING)
    assert flagstone.products() == ()
    assert len(sent) == 3


@pytest.mark.parametrize(
    ("lasting", "kind", "tries"),
    [
        (refused(503, "no_snapshot"), NoSnapshot, 1),
        (refused(503, "corrupt_snapshot"), CorruptSnapshot, 1),
        (refused(503, "timed_out", **{"Retry-After": "0"}), TimedOut, 4),
        (refused(429, "rate_limited", **{"Retry-After": "3600"}), RateLimited, 1),
        (refused(404, "no_such_route"), ServiceError, 1),
        (refused(500, "internal"), ServiceError, 1),
        (refused(502, "source_failed"), ServiceError, 1),
        (httpx.Response(502, text="<html>Bad gateway"), ServiceError, 1),
        (httpx.Response(302, headers={"Location": "http://evil.example/"}), ServiceError, 1),
        (httpx.Response(200, text="hello"), ServiceError, 1),
        (httpx.ReadTimeout("late"), Unreachable, 1),
        (httpx.ConnectError("refused"), Unreachable, 4),
    ],
)
def test_what_lasts_is_told(
    lasting: httpx.Response | Exception, kind: type[FlagstoneError], tries: int
) -> None:
    flagstone, sent = answering(*[lasting] * 4)
    with pytest.raises(kind) as caught:
        flagstone.products()
    assert len(sent) == tries
    assert caught.value.hint
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 3600


def test_pauses_grow_and_heed_what_is_asked() -> None:
    retries = Retries(most=3, first=1.0, longest=10.0)
    assert 0.5 <= (retries.pause(1, None) or 0) <= 1
    assert 2 <= (retries.pause(3, None) or 0) <= 4
    assert retries.pause(4, None) is None
    assert (retries.pause(1, 7) or 0) >= 7
    assert retries.pause(1, 11) is None


def test_lists_are_read_to_their_end(engine: Engine) -> None:
    records = [one.model_dump(mode="json") for one in engine.snapshot.products.values()]
    first = httpx.Response(200, json=records[:1], headers={NEXT_CURSOR: "two"})
    flagstone, sent = answering(first, httpx.Response(200, json=records[1:]))
    assert flagstone.products() == tuple(engine.snapshot.products.values())
    assert [dict(one.url.params) for one in sent] == [
        {"limit": str(LONGEST)},
        {"limit": str(LONGEST), "cursor": "two"},
    ]


def test_what_a_newer_service_says_besides_is_no_fault(engine: Engine) -> None:
    answer = engine.resolve(Where(product="git", version="2.39"))
    assert answer is not None
    newer = {**answer.model_dump(mode="json"), "confidence": 1}
    flagstone, _ = answering(httpx.Response(200, json=newer))
    assert flagstone.resolve(product="git", version="2.39") == answer
    checked = engine.validate(ValidateRequest(command="git commit --mesage", version="2.39"))
    dumped = checked.model_dump(mode="json")
    dumped["commands"][0]["issues"][0]["confidence"] = 1
    flagstone, _ = answering(httpx.Response(200, json=dumped))
    assert flagstone.validate("git commit --mesage", version="2.39") == checked


# --- injecting ---------------------------------------------------------------------------------


def test_documentation_goes_before_the_question(flagstone: Client, engine: Engine) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": QUESTION},
    ]
    before = [dict(one) for one in messages]
    found = inject(messages, flagstone, product="postgresql", version="13", token_budget=300)
    assert messages == before
    assert [*found[:3], found[4]] == messages
    assert found[3]["role"] == "user", "data has no say of a system"
    wanted = engine.context(
        ContextRequest(query=QUESTION, product="postgresql", version="13", token_budget=300)
    )
    assert found[3]["content"].endswith(wanted.context)
    assert "~~~" in found[3]["content"]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "system", "content": QUESTION}],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
        [{"role": "user", "content": "the best recipe for apple pie"}],
    ],
)
def test_where_there_is_nothing_to_say_nothing_is_said(
    flagstone: Client, messages: list[dict[str, Any]]
) -> None:
    assert inject(messages, flagstone) == messages


def test_a_message_in_parts_is_read_and_a_long_one_is_cut(address: str) -> None:
    parts = [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {}}]

    async def ask(content: Any) -> list[Any]:
        async with AsyncClient(address) as flagstone:
            return list(
                await ainject([{"role": "user", "content": content}], flagstone, product="pg")
            )

    assert len(asyncio.run(ask(parts))) == 2
    assert len(asyncio.run(ask(QUESTION + "\n" + "x" * 5_000))) in (1, 2)
