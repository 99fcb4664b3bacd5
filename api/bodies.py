"""Bodies that are one model, read at once: for the routes that agents wait for.

The framework takes JSON apart, puts what it finds together again as a model, and goes through four
layers for dependencies that no route here has. Where a body is in order, none of that is needed.
Any other is left to the framework, which says what is wrong with it.
"""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from inspect import iscoroutinefunction, signature
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from api.middleware.admission import again
from api.middleware.timing import LIMIT, told, too_late, within

JSON = "application/json"

PATHS = frozenset({"/context", "/search", "/validate", "/resolve"})
"""Where such routes stand, ``/v1`` before them or not."""

_THREADS = ThreadPoolExecutor(40, thread_name_prefix="answer")
"""As many as the framework has of its own, for its other routes."""


class BodyRoute(APIRoute):
    """A route that may be declared with a function from a model to a response.

    Dependencies that a router is included with are not asked: what keeps callers out is a layer
    (`api.middleware`). Of a route with its own, or with other parameters, all is as usual; of one
    that reads a body at once, the function gives a response.
    """

    def __init__(self, *given: Any, **more: Any) -> None:
        """As the framework does."""
        super().__init__(*given, **more)
        parameters = list(signature(self.endpoint).parameters.values())
        body = self.body_field.field_info.annotation if self.body_field else None
        self._asked: type[BaseModel] | None = (
            body
            if len(parameters) == 1
            and isinstance(body, type)
            and issubclass(body, BaseModel)
            and not (self.dependant.dependencies or self._embed_body_fields)
            and not iscoroutinefunction(self.endpoint)
            else None
        )

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not self._asked or scope["method"] not in (self.methods or ()) or not _says_json(scope):
            await self._as_usual(scope, receive, send)
            return
        messages: list[Message] = []
        work = answer = None
        seconds = scope.get(LIMIT, math.inf)
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds) as limit:
                asked = _read(self._asked, await _body(receive, messages))
                if asked is not None:
                    work = _THREADS.submit(copy_context().run, self.endpoint, asked)
                    answer = await asyncio.wrap_future(work)
        except TimeoutError:
            if not limit.expired():
                raise
            if work:
                work.add_done_callback(told)
            answer = too_late(seconds)
        if answer is None:
            if LIMIT in scope:
                scope[LIMIT] = seconds - (asyncio.get_running_loop().time() - began)
            await self._as_usual(scope, again(messages, receive), send)
        else:
            await answer(scope, receive, send)

    async def _as_usual(self, scope: Scope, receive: Receive, send: Send) -> None:
        usual = super().handle
        if LIMIT in scope:
            await within(scope[LIMIT], usual, scope, receive, send)
        else:
            await usual(scope, receive, send)


def keeps_time(scope: Scope) -> bool:
    """Whether such a route is called: they keep to `TimeLimit` themselves."""
    return scope["method"] == "POST" and scope["path"].removeprefix("/v1") in PATHS


def _says_json(scope: Scope) -> bool:
    return Headers(scope=scope).get("content-type") == JSON


def _read(model: type[BaseModel], body: bytes) -> BaseModel | None:
    """A body as a model; None where it is not in order."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        return None


async def _body(receive: Receive, messages: list[Message]) -> bytes:
    """Read a body; what came is in ``messages``."""
    more = True
    while more:
        message = await receive()
        messages.append(message)
        more = message.get("more_body", False)
    return b"".join(one.get("body", b"") for one in messages)
