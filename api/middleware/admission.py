"""Load that can not be answered is refused at once, so that the rest is answered in time.

A request is read whole before it takes a place among those being answered: a client that sends
slowly holds up nobody but itself. Some requests more may wait, for a moment; the others are told to
come back (503, ``Retry-After``). Health and metrics always pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import HTTP_CODES, MAX_BODY, problem

FREE = frozenset({"/healthz", "/readyz", "/metrics", "/v1/healthz", "/v1/readyz"})
"""Paths that always pass: whoever asks them decides whether this process lives."""

PATIENCE = 2.0
"""Seconds that a request waits for a place: agents rather ask again than wait longer."""

ARRIVAL = 10.0
"""Seconds within which a whole request must have come."""

MOST_HELD = 64 * 2**20
"""Bytes of requests that are held at most, whether they still arrive, wait or are answered: some 40
of the longest, and any number of usual ones."""


class Admission:
    """ASGI middleware: ``active`` requests are answered at once, ``waiting`` more may wait."""

    def __init__(
        self, app: ASGIApp, *, active: int, waiting: int, patience: float = PATIENCE,
        arrival: float = ARRIVAL, most_held: int = MOST_HELD,
    ) -> None:  # fmt: skip
        self._app = app
        self._places = asyncio.Semaphore(active)
        self._waiting = 0
        self._most = waiting
        self._patience = patience
        self._arrival = arrival
        self._held = 0
        self._most_held = most_held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http" or _free(scope):
            await self._app(scope, receive, send)
            return
        whole: list[Message] = []
        try:
            if status := await self._refusal(whole, receive):
                await _refuse(status, scope, receive, send)
                return
            try:
                await self._app(scope, again(whole, receive), send)
            finally:
                self._places.release()
        finally:
            self._held -= sum(map(_size, whole))

    async def _refusal(self, whole: list[Message], receive: Receive) -> int:
        """Read a request into ``whole`` and take a place for it; 0, or the status that refuses."""
        try:
            async with asyncio.timeout(self._arrival):
                if not await self._read(whole, receive):
                    return 503
        except TimeoutError:
            return 408
        return 0 if await self._place() else 503

    async def _read(self, messages: list[Message], receive: Receive) -> bool:
        """Read up to the end, or to more than is ever read; False where there is no room for it."""
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += _size(message)
            self._held += _size(message)
            if self._held > self._most_held:
                return False
            if message["type"] != "http.request" or not message.get("more_body") or size > MAX_BODY:
                return True

    async def _place(self) -> bool:
        """Take a place, now or soon."""
        if self._places.locked() and self._waiting >= self._most:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                return await self._places.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1


def _free(scope: Scope) -> bool:
    return scope["path"] in FREE


def _size(message: Message) -> int:
    return len(message.get("body", b""))


def again(messages: list[Message], receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Receives what was received already, and then what is to come."""
    left = iter(messages)

    async def replay() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return replay


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    code, meaning = HTTP_CODES[status]
    hint = "Ask again after the seconds that Retry-After names." if status == 503 else ""
    response = problem(status, code, meaning, hint)
    response.headers["Retry-After"] = "1"
    # What is still being sent is not read any more.
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
