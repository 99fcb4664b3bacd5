"""Traces for OpenTelemetry, where ``FLAGSTONE_TRACES`` names a collector. An extra: `tracing`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from corpora.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

WORDY = ("http.url", "http.target", "url.full", "url.query")
"""Attributes that hold the question of a GET, or all of the address."""


def collector(endpoint: str) -> TracerProvider:
    """Sends spans to the OTLP endpoint over HTTP. Raises ConfigurationError without the extra."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigurationError(
            "FLAGSTONE_TRACES is set, and what sends traces is not installed.",
            hint="Run: pip install 'flagstone[tracing]'",
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "flagstone"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


def trace_requests(app: FastAPI, provider: TracerProvider, *, with_queries: bool) -> None:
    """Make a span of every request, without what was asked unless ``with_queries``."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    def redacted(span: Span, scope: Mapping[str, Any]) -> None:
        if not with_queries:
            for name in WORDY:
                span.set_attribute(name, scope["path"] if name != "url.query" else "")

    app.add_middleware(
        OpenTelemetryMiddleware,
        tracer_provider=provider,
        server_request_hook=redacted,
        exclude_spans=["receive", "send"],
    )
