"""The client for asyncio: the same calls, awaited."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self, Unpack

import httpx

from api.client import calls
from api.client.calls import (
    ContextOptions,
    ResolveOptions,
    SearchOptions,
    ValidateOptions,
)
from api.client.connection import ADDRESS, TIMEOUT, headers
from api.client.flow import Answer, Reply, Retries, Send, Steps, Wait, flow
from corpora.model import Context, Passage, Resolution
from corpora.snapshot import ProductRecord
from retrieval.answers import (
    CommandAnswer,
    DiffAnswer,
    SchemaAnswer,
    SearchAnswer,
    ValidationAnswer,
)
from retrieval.request import ContextRequest, SearchRequest, ValidateRequest


class AsyncClient:
    """A service of Flagstone. For use in one event loop.

    Every call raises the errors of ``corpora.errors`` that it was answered with, Unreachable where
    it was not answered, and ServiceError for anything else.
    """

    def __init__(
        self,
        address: str = ADDRESS,
        *,
        key: str | None = None,
        timeout: float = TIMEOUT,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``key`` is an API key; ``timeout`` in seconds, of each try; ``transport`` for tests."""
        self._retries = retries or Retries()
        self._http = httpx.AsyncClient(
            base_url=address, headers=headers(key), timeout=timeout, transport=transport
        )

    async def context(
        self, query: str | ContextRequest, **options: Unpack[ContextOptions]
    ) -> Context:
        """What the documentation says on a question, within a token budget."""
        return await self._run(calls.context(query, options))

    async def search(
        self, query: str | SearchRequest, **options: Unpack[SearchOptions]
    ) -> SearchAnswer:
        """Passages as a ranked list."""
        return await self._run(calls.search(query, options))

    async def validate(
        self, command: str | ValidateRequest, **options: Unpack[ValidateOptions]
    ) -> ValidationAnswer:
        """Whether the commands of a text are real, and what is right if not."""
        return await self._run(calls.validate(command, options))

    async def resolve(self, **options: Unpack[ResolveOptions]) -> Resolution:
        """How a version becomes a documented one."""
        return await self._run(calls.resolve(**options))

    async def describe(self, product: str, version: str, command: str) -> CommandAnswer:
        """What one command accepts at one release."""
        return await self._run(calls.describe(product, version, command))

    async def schema(self, product: str, version: str, command: str) -> SchemaAnswer:
        """One command as JSON Schema and as definitions of tools."""
        return await self._run(calls.schema(product, version, command))

    async def diff(self, product: str, old: str, new: str, command: str = "") -> DiffAnswer:
        """What changed between two releases."""
        return await self._run(calls.diff(product, old, new, command))

    async def passage(self, id: str) -> Passage:
        """One passage by its id."""
        return await self._run(calls.passage(id))

    async def products(self) -> tuple[ProductRecord, ...]:
        """What the corpus holds."""
        return await self._run(calls.products())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _run(self, steps: Steps[Answer]) -> Answer:
        going = flow(steps, self._retries)
        reply: Reply = None
        while True:
            try:
                step = going.send(reply)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            reply = await self._do(step)

    async def _do(self, step: Send | Wait) -> Reply:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._http.request(
                step.method, step.path, params=step.params, json=step.body
            )
        except httpx.TransportError as error:
            return error
