"""A time limit for an answer. For a request to arrive in, see `api.middleware.admission`."""

from __future__ import annotations

import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of
from corpora.errors import TimedOut

log = logging.getLogger(__name__)


class TimeLimit:
    """Gives up an answer that takes longer than ``answer`` seconds.

    An answer that has begun is not cut off. Work in a thread can't be ended from outside: it goes
    on, and nobody waits for it.
    """

    def __init__(self, app: ASGIApp, answer: float) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = given_up = False

        async def noting(message: Message) -> None:
            nonlocal started
            if given_up:
                return  # somebody else has answered
            started = True
            await send(message)

        work = asyncio.ensure_future(self._app(scope, receive, noting))
        try:
            await asyncio.wait({work}, timeout=self._answer)
            if work.done() or started:
                await work
                return
        except asyncio.CancelledError:
            work.cancel()
            raise
        given_up = True
        work.add_done_callback(_told)
        late = TimedOut(
            f"No answer was ready within {self._answer:g} s.",
            hint="Ask again in a moment; a smaller question is quicker.",
        )
        answer = problem_of(late)
        answer.headers["Retry-After"] = "1"
        await answer(scope, receive, send)


def _told(work: asyncio.Future[None]) -> None:
    """An answer that nobody waits for any more has ended."""
    if not work.cancelled() and (error := work.exception()):
        log.warning("an answer that was given up failed: %s", error)
