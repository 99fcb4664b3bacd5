"""ETags: what a snapshot fixes need not be sent, or even found, twice.

A snapshot never changes, and neither does what the service makes of it: so the tag of an answer is
known before the answer is. It is made of the snapshot, of the declarations beside it, of the
service's version and of the address that was asked.
"""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import PackageNotFoundError, version

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.serving import Serving
from retrieval.engine import Engine

FIXED = re.compile(r"(/v1)?/(context|products|passages|commands|diff|llms\.txt)(/|$)")
"""Paths whose answers a snapshot fixes."""

_KEEP = "private, no-cache"
"""May be kept by the caller, who asks each time whether it still holds."""


class SnapshotTags:
    """Tags answers that a snapshot fixes, and answers 304 to those who have them."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self._app = app
        self._serving = serving
        self._known: tuple[Engine, str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http" or scope["method"] != "GET" or not FIXED.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        has = Headers(scope=scope).get("if-none-match", "")
        # Taken before the answer is made: where a new snapshot is taken up in between, a new answer
        # gets the old tag and is sent once more, and never an old answer the new tag.
        tag = self._tag(self._serving.opened, scope)
        if tag and tag in (one.strip() for one in has.split(",")):
            headers = {"ETag": tag, "Cache-Control": _KEEP}
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return

        async def tagging(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200 and tag:
                headers = MutableHeaders(scope=message)
                headers["ETag"] = tag
                headers["Cache-Control"] = _KEEP
            await send(message)

        await self._app(scope, receive, tagging)

    def _tag(self, engine: Engine | None, scope: Scope) -> str:
        if engine is None:
            return ""
        if self._known is None or self._known[0] is not engine:
            self._known = (engine, _made_with(engine))
        asked = f"{self._known[1]}\n{scope['path']}?{scope['query_string'].decode('latin-1')}"
        # Weak: compressed or not, it is the same answer; times in it are not what was asked for.
        return f'W/"{engine.snapshot.id}.{hashlib.sha256(asked.encode()).hexdigest()[:16]}"'


def _made_with(engine: Engine) -> str:
    """All but the snapshot that an answer depends on, as a checksum."""
    try:
        ours = version("flagstone")
    except PackageNotFoundError:
        ours = ""
    declared = "".join(product.model_dump_json() for product in engine.products.values())
    return hashlib.sha256(f"{ours}\n{declared}".encode()).hexdigest()
