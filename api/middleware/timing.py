"""A time limit for an answer. For a request to arrive in, see `api.middleware.admission`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of
from corpora.errors import TimedOut

log = logging.getLogger(__name__)


LIMIT = "flagstone.seconds"
"""Where a scope says how long an answer may take, to those who see to it themselves."""


class TimeLimit:
    """Gives up an answer that takes longer than ``answer`` seconds.

    An answer that has begun is not cut off. Work in a thread can't be ended from outside: it goes
    on, and nobody waits for it. ``themselves`` says of a scope whether who answers it keeps to the
    limit: a task of its own for every call takes .2 ms.
    """

    def __init__(
        self, app: ASGIApp, answer: float, themselves: Callable[[Scope], bool] = lambda _: False
    ) -> None:
        self._app = app
        self._answer = answer
        self._themselves = themselves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._themselves(scope):
            scope[LIMIT] = self._answer
            await self._app(scope, receive, send)
        else:
            await within(self._answer, self._app, scope, receive, send)


async def within(seconds: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let ``app`` answer, and say that it took too long where it did."""
    started = given_up = False

    async def noting(message: Message) -> None:
        nonlocal started
        if given_up:
            return  # somebody else has answered
        started = True
        await send(message)

    work = asyncio.ensure_future(app(scope, receive, noting))
    try:
        await asyncio.wait({work}, timeout=seconds)
        if work.done() or started:
            await work
            return
    except asyncio.CancelledError:
        work.cancel()
        raise
    given_up = True
    work.add_done_callback(told)
    await too_late(seconds)(scope, receive, send)


def too_late(seconds: float) -> Response:
    """What a caller is told whose answer is given up after so many seconds."""
    error = TimedOut(
        f"No answer was ready within {seconds:g} s.",
        hint="Ask again in a moment; a smaller question is quicker.",
    )
    answer = problem_of(error)
    answer.headers["Retry-After"] = "1"
    return answer


def told(work: asyncio.Future[Any] | concurrent.futures.Future[Any]) -> None:
    """An answer that nobody waits for any more has ended."""
    if not work.cancelled() and (error := work.exception()):
        log.warning("an answer that was given up failed: %s", error)
