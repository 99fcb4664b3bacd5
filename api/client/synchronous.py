"""The client for threads."""

from __future__ import annotations

import time
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


class Client:
    """A service of Flagstone. Safe to use from several threads.

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``key`` is an API key; ``timeout`` in seconds, of each try; ``transport`` for tests."""
        self._retries = retries or Retries()
        self._http = httpx.Client(
            base_url=address, headers=headers(key), timeout=timeout, transport=transport
        )

    def context(self, query: str | ContextRequest, **options: Unpack[ContextOptions]) -> Context:
        """What the documentation says on a question, within a token budget."""
        return self._run(calls.context(query, options))

    def search(self, query: str | SearchRequest, **options: Unpack[SearchOptions]) -> SearchAnswer:
        """Passages as a ranked list."""
        return self._run(calls.search(query, options))

    def validate(
        self, command: str | ValidateRequest, **options: Unpack[ValidateOptions]
    ) -> ValidationAnswer:
        """Whether the commands of a text are real, and what is right if not."""
        return self._run(calls.validate(command, options))

    def resolve(self, **options: Unpack[ResolveOptions]) -> Resolution:
        """How a version becomes a documented one."""
        return self._run(calls.resolve(**options))

    def describe(self, product: str, version: str, command: str) -> CommandAnswer:
        """What one command accepts at one release."""
        return self._run(calls.describe(product, version, command))

    def schema(self, product: str, version: str, command: str) -> SchemaAnswer:
        """One command as JSON Schema and as definitions of tools."""
        return self._run(calls.schema(product, version, command))

    def diff(self, product: str, old: str, new: str, command: str = "") -> DiffAnswer:
        """What changed between two releases."""
        return self._run(calls.diff(product, old, new, command))

    def passage(self, id: str) -> Passage:
        """One passage by its id."""
        return self._run(calls.passage(id))

    def products(self) -> tuple[ProductRecord, ...]:
        """What the corpus holds."""
        return self._run(calls.products())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, steps: Steps[Answer]) -> Answer:
        going = flow(steps, self._retries)
        reply: Reply = None
        while True:
            try:
                step = going.send(reply)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            reply = self._do(step)

    def _do(self, step: Send | Wait) -> Reply:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return None
        try:
            return self._http.request(step.method, step.path, params=step.params, json=step.body)
        except httpx.TransportError as error:
            return error
