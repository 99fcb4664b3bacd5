"""Refuses bodies that are too large, and answers for faults of ours without telling of them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.middleware.observe import request_id
from api.problems import HTTP_CODES, MAX_BODY, problem

log = logging.getLogger(__name__)


class _TooLarge(HTTPException):
    """More of a body has come than is ever read. Where a route awaits it, it becomes a problem."""


DRAINED = MAX_BODY
DRAIN_SECONDS = 2.0
"""What is thrown away of a body that is refused, at most. A client that is still
sending when the connection closes sees a reset, and never the answer that says why."""


async def _drain(receive: Receive) -> None:
    read = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while read < DRAINED:
                message = await receive()
                read += len(message.get("body", b""))
                if not message.get("more_body"):
                    return


class Guard:
    """The layer around everything that could fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        length = Headers(scope=scope).get("content-length", "")
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY or (length.isdigit() and int(length) > MAX_BODY):
                if message.get("more_body"):
                    await _drain(receive)
                raise _TooLarge(413)
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, limited, noting)
        except _TooLarge:
            if started:
                raise
            code, meaning = HTTP_CODES[413]
            # The rest of it is not read, and must not be taken for the next request.
            answer = problem(413, code, meaning)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
        except Exception as error:
            incident = request_id.get()
            log.error(
                "incident %s at %s %s", incident, scope["method"], scope["path"], exc_info=error
            )
            if started:
                raise  # half an answer is out: only closing the connection tells
            code = HTTP_CODES[500][0]
            detail = "Something went wrong inside the service."
            hint = f"The service's log has it as incident {incident}."
            await problem(500, code, detail, hint)(scope, receive, send)
