"""Errors as pages, for those who ask for a page: every status alike, wherever it comes from."""

from __future__ import annotations

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import PROBLEM, Problem
from api.web.render import page

_REPLACED = frozenset({"content-type", "content-length", "content-encoding", "www-authenticate"})

_CHALLENGE = 'Basic realm="Flagstone: the API key is the password", charset="UTF-8"'
"""Browsers then ask for it, and send it along from there on."""


class ErrorPages:
    """The layer that turns a problem into a page where the caller accepts HTML.

    Only browsers name ``text/html``; whoever takes anything (``*/*``) gets the problem itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = b""

        async def turning(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type") == PROBLEM:
                    held = message
                    return
            elif held is not None:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await _page(held, body)(scope, receive, send)
                return
            await send(message)

        await self._app(scope, receive, turning)


def _page(start: Message, body: bytes) -> Response:
    said = Headers(raw=start["headers"])
    if said.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    problem = Problem.model_validate_json(body)
    answer = page("error.html", problem.status, problem=problem)
    kept = {name: value for name, value in said.items() if name not in _REPLACED}
    headers = MutableHeaders(raw=answer.raw_headers)
    headers.update(kept)
    headers["Vary"] = "Accept"
    if problem.status == 401:
        headers["WWW-Authenticate"] = _CHALLENGE
    return answer
