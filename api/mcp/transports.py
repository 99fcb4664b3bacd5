"""The two ways to the server: streamable HTTP at ``/mcp``, and standard input and output."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.mcp.server import create_server
from api.problems import MAX_BODY, problem_of
from api.serving import Serving
from corpora.errors import NotRunning


class McpOverHttp:
    """The endpoint.

    It keeps no sessions: each request has all that is needed to answer it, so any process behind a
    load balancer can, and none is left over when a client goes away.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Serve while the application runs."""
        del app
        # Host and Origin are checked before any route (`api.middleware.hosts`).
        self._manager = StreamableHTTPSessionManager(
            create_server(self._serving.engine),
            json_response=True,
            stateless=True,
            max_request_body_size=MAX_BODY,
        )
        try:
            async with self._manager.run():
                yield
        finally:
            self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, as ASGI asks."""
        if self._manager is None:
            ended = NotRunning("The service is not running.", hint="Ask again in a moment.")
            await problem_of(ended)(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)

    def routes(self, *paths: str) -> list[Route]:
        """Where it stands. Only POST: without sessions there is no stream to GET."""
        return [Route(path, self, methods=["POST"], include_in_schema=False) for path in paths]


async def serve_stdio(serving: Serving) -> None:
    """Answer on standard input and output until the input ends."""
    server = create_server(serving.engine)
    # Watching opens it beside the handshake, so that the first question need not wait for that.
    with serving.watching():
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
