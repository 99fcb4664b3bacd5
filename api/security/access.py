"""Who may call: every path alike, before any route is looked at."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of
from api.security.keys import ApiKey, KeyStore
from api.security.rates import Bucket, Buckets
from corpora.errors import FlagstoneError, Forbidden, RateLimited, Unauthorized

PROBES = frozenset({"/healthz", "/readyz"})
"""What an orchestrator asks, which may not be able to send a key."""

ADMIN = frozenset({"/metrics"})
"""What tells of the service itself."""

METERED: ContextVar[Bucket | None] = ContextVar("metered", default=None)
"""The bucket of the caller, for calls that are paid for where they are understood: over MCP a tool
call is one, and shaking hands is none."""


class Access:
    """Asks for a key on every path, once there are keys or ``required`` is set."""

    def __init__(
        self,
        app: ASGIApp,
        keys: KeyStore,
        *,
        required: bool,
        per_minute: int,
        open_probes: bool,
        paid_within: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._keys = keys
        self._required = required
        self._buckets = Buckets(per_minute)
        self._open = PROBES if open_probes else frozenset()
        self._paid_within = paid_within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http" or not self._is_closed(scope["path"]):
            await self._app(scope, receive, send)
            return
        bucket = None
        try:
            key = self._admit(scope)
            bucket = self._buckets.of(key.id, key.per_minute)
            if bucket and not self._paid_within(scope["path"]):
                bucket.take()
        except FlagstoneError as error:
            answer = problem_of(error)
            if bucket and isinstance(error, RateLimited):
                answer.headers.update(bucket.headers())
            await answer(scope, receive, send)
            return

        async def stating(message: Message) -> None:
            if message["type"] == "http.response.start" and bucket:
                MutableHeaders(scope=message).update(bucket.headers())
            await send(message)

        scope["flagstone.key"] = key.id
        metered = METERED.set(bucket)
        try:
            await self._app(scope, receive, stating)
        finally:
            METERED.reset(metered)

    def _is_closed(self, path: str) -> bool:
        # Once closed it stays closed: a file of keys that vanishes must not open the door.
        self._required = self._required or self._keys.is_on
        return self._required and path.removeprefix("/v1") not in self._open

    def _admit(self, scope: Scope) -> ApiKey:
        sent = Headers(scope=scope).get("authorization", "")
        token = _key(sent)
        if not token:
            raise Unauthorized(
                "This call needs an API key.",
                hint="Send the header Authorization: Bearer KEY; flagstone keys create makes one.",
            )
        key = self._keys.identify(token)
        if key is None:
            raise Unauthorized(
                "This API key is not known here.",
                hint="It may have been revoked; flagstone keys create makes a new one.",
            )
        if scope["path"].removeprefix("/v1") in ADMIN and key.scope != "admin":
            raise Forbidden(
                f"The key {key.name!r} may not ask for {scope['path']}.",
                hint="Make one that may: flagstone keys create NAME --scope admin",
            )
        return key


def _key(sent: str) -> str:
    """The key in an ``Authorization`` header: a bearer's, or the password that a browser sends."""
    kind, _, given = sent.partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
