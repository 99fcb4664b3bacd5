"""The engine, counted: what its answers say goes to the metrics and to the trace under way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace

from api.metrics import Metrics
from corpora.errors import UnknownProduct, UnknownVersion
from corpora.model import Context, Resolution
from retrieval.answers import (
    CommandAnswer,
    DiffAnswer,
    SchemaAnswer,
    SearchAnswer,
    ValidationAnswer,
)
from retrieval.engine import Engine
from retrieval.request import ContextRequest, SearchRequest, ValidateRequest, Where


class MeteredEngine(Engine):
    """Answers as an engine does, whichever surface asks."""

    def __init__(self, metrics: Metrics, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._metrics = metrics

    def context(self, request: ContextRequest) -> Context:
        """As the engine does."""
        with self._asked():
            answer = super().context(request)
        self._resolved(answer.resolution)
        for stage, spent in answer.timings_ms.items():
            self._metrics.stage(stage, spent / 1000)
        if answer.abstained:
            self._metrics.abstention()
        span = trace.get_current_span()
        span.set_attribute("flagstone.abstained", answer.abstained)
        span.set_attribute("flagstone.tokens", answer.tokens_used)
        for stage, spent in answer.timings_ms.items():
            span.set_attribute(f"flagstone.ms.{stage}", spent)
        return answer

    def search(self, request: SearchRequest) -> SearchAnswer:
        """As the engine does."""
        with self._asked():
            answer = super().search(request)
        self._resolved(answer.resolution)
        return answer

    def resolve(self, where: Where, query: str = "") -> Resolution | None:
        """As the engine does."""
        with self._asked():
            answer = super().resolve(where, query)
        self._resolved(answer)
        return answer

    def validate(self, request: ValidateRequest) -> ValidationAnswer:
        """As the engine does."""
        with self._asked():
            answer = super().validate(request)
        self._resolved(*answer.resolutions)
        for issue in (*answer.issues, *(one for each in answer.commands for one in each.issues)):
            self._metrics.invalid(issue.code)
        return answer

    def describe(self, product: str, version: str, path: str) -> CommandAnswer:
        """As the engine does."""
        with self._asked():
            answer = super().describe(product, version, path)
        self._resolved(answer.resolution)
        return answer

    def schema(self, product: str, version: str, path: str) -> SchemaAnswer:
        """As the engine does."""
        with self._asked():
            answer = super().schema(product, version, path)
        self._resolved(answer.resolution)
        return answer

    def diff(self, product: str, old: str, new: str, path: str = "") -> DiffAnswer:
        """As the engine does."""
        with self._asked():
            answer = super().diff(product, old, new, path)
        self._resolved(answer.old, answer.new)
        return answer

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except (UnknownVersion, UnknownProduct) as error:
            self._metrics.resolution(error.code)
            raise

    def _resolved(self, *resolutions: Resolution | None) -> None:
        for one in resolutions:
            if one is not None:
                self._metrics.resolution(one.match)
                span = trace.get_current_span()
                span.set_attribute("flagstone.release", f"{one.product}@{one.resolved}")
                span.set_attribute("flagstone.match", one.match)
