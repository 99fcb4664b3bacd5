"""Admission: how many are answered at once, who waits, who is refused."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from api.middleware.admission import Admission


class App:
    """An application that answers when the test lets it; keeps count."""

    def __init__(self) -> None:
        self.now = self.most = self.answered = 0
        self.bodies: list[bytes] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        if scope["path"] == "/slow":
            await self.go.wait()
        self.now -= 1
        self.answered += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


Run = Callable[..., Any]


def client(app: App, **options: Any) -> httpx.AsyncClient:
    limited = Admission(app, **{"active": 2, "waiting": 3, **options})
    return httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://t")


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_so_many_are_answered_so_many_wait_and_the_others_are_refused() -> None:
    async def run() -> None:
        app = App()
        async with client(app) as http:
            asked = [asyncio.create_task(http.post("/slow", content=b"x")) for _ in range(9)]
            await settled()
            refused = [one.result() for one in asked if one.done()]
            assert [one.status_code for one in refused] == [503] * 4
            told = refused[0].json()
            assert told["code"] == "overloaded"
            assert refused[0].headers["retry-after"] == "1"
            assert refused[0].headers["content-type"] == "application/problem+json"
            assert (await http.get("/healthz")).status_code == 200, "health always passes"
            app.go.set()
            answers = await asyncio.gather(*asked)
            assert Counter(answers) == {200: 5, 503: 4}
            assert app.most <= 3, "two, and the health check"
            assert (await http.post("/slow")).status_code == 200

    asyncio.run(run())


def Counter(answers: list[httpx.Response]) -> dict[int, int]:  # noqa: N802
    statuses = [one.status_code for one in answers]
    return {one: statuses.count(one) for one in set(statuses)}


def test_who_waits_too_long_is_refused_and_its_place_is_free_again() -> None:
    async def run() -> None:
        app = App()
        async with client(app, active=1, patience=0.01) as http:
            first = asyncio.create_task(http.post("/slow"))
            await settled()
            assert (await http.post("/quick")).status_code == 503
            app.go.set()
            assert (await first).status_code == 200
            assert (await http.post("/quick")).status_code == 200

    asyncio.run(run())


def test_a_client_that_sends_slowly_takes_no_place_and_is_told() -> None:
    async def run() -> None:
        app = App()
        limited = Admission(app, active=1, waiting=0, arrival=0.05)
        sent: list[Message] = []

        async def never() -> Message:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"a", "more_body": True}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/context", "headers": []}
        slow = asyncio.create_task(limited(scope, never, send))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(limited), base_url="http://t"
        ) as http:
            assert (await http.post("/context", content=b"whole")).status_code == 200
        await slow
        assert sent[0]["status"] == 408
        assert json.loads(sent[1]["body"])["code"] == "request_timeout"
        assert app.bodies == [b"whole"]

    asyncio.run(run())


@pytest.mark.parametrize("fails", [RuntimeError, asyncio.CancelledError])
def test_a_place_is_free_again_whatever_becomes_of_the_request(fails: type[BaseException]) -> None:
    async def run() -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise fails

        limited = Admission(app, active=1, waiting=0)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            raise AssertionError(message)

        scope = {"type": "http", "method": "GET", "path": "/products", "headers": []}
        for _ in range(3):
            with pytest.raises(fails):
                await limited(scope, receive, send)

    asyncio.run(run())


def test_requests_are_held_up_to_a_limit_and_given_back() -> None:
    async def run() -> None:
        app = App()
        async with client(app, most_held=1_000) as http:
            first = asyncio.create_task(http.post("/slow", content=b"x" * 600))
            await settled()
            refused = await http.post("/", content=b"x" * 600)
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert (await http.post("/", content=b"x" * 300)).status_code == 200
            app.go.set()
            assert (await first).status_code == 200
            for _ in range(3):
                assert (await http.post("/", content=b"x" * 1_000)).status_code == 200

    asyncio.run(run())
