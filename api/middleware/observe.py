"""Gives each request an id, and tells the log how it went: never with a key or a question."""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextvars import ContextVar
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("flagstone.access")

HEADER = "X-Request-Id"

SHOWN_PATH = 200
"""Characters of a path that the log repeats at most."""

_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of one."""


class Watcher(Protocol):
    """Who is told of each request when it has been answered."""

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Route as declared, not as called: ``/passages/{passage}``."""


class Observe:
    """The outermost layer. Whoever sends an ``X-Request-Id`` gets the same one back."""

    def __init__(
        self, app: ASGIApp, watcher: Watcher | None = None, log_queries: bool = False
    ) -> None:
        self._app = app
        self._watcher = watcher
        self._log_queries = log_queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        # An id of the caller's goes into logs and headers: nothing but plain signs.
        mine = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex[:16]
        token = request_id.set(mine)
        began = time.perf_counter()
        status = 500

        async def stamped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = mine
            await send(message)

        try:
            await self._app(scope, receive, stamped)
        finally:
            self._tell(scope, status, time.perf_counter() - began)
            request_id.reset(token)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"][:SHOWN_PATH]
        if self._log_queries and scope["query_string"]:
            path += f"?{scope['query_string'].decode('latin-1')}"
        access.info(
            '"%s %s" %d %.1f ms',
            scope["method"],
            path,
            status,
            1000 * seconds,
            extra={
                "method": scope["method"],
                "path": path,
                "status": status,
                "ms": round(1000 * seconds, 1),
                "key": scope.get("flagstone.key", ""),
            },
        )
        if self._watcher:
            # The path as declared: paths as called would make a metric of every passage.
            route = getattr(scope.get("route"), "path", "unmatched")
            self._watcher.request(route, scope["method"], status, seconds)
