"""Spans say how long what took, and not what was asked."""

from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.http import create_app
from api.metrics import Metrics
from api.middleware.stack import Policy
from api.settings import load_settings
from api.tracing import collector, trace_requests
from api.wiring import open_serving


def spans(data: object, path: str, *, with_queries: bool) -> tuple[str, dict[str, object]]:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    metrics = Metrics()
    app = create_app(open_serving(load_settings(data=data), metrics), Policy(), metrics)
    trace_requests(app, provider, with_queries=with_queries)
    headers = {"Authorization": "Bearer s3cret"}
    assert TestClient(app).get(path, headers=headers).status_code == 200
    [span] = kept.get_finished_spans()
    return span.to_json(), dict(span.attributes or {})


ASKED = "/context?query=hunter2+exclude+table+data&product=pg&version=13"


def test_a_span_has_the_stages_and_no_question(data: object) -> None:
    told, attributes = spans(data, ASKED, with_queries=False)
    assert "hunter2" not in told
    assert "s3cret" not in told
    assert attributes["flagstone.release"] == "postgresql@13"
    assert attributes["flagstone.match"] == "exact"
    assert any(name.startswith("flagstone.ms.") for name in attributes)


def test_it_may_have_the_question_where_it_is_told_so(data: object) -> None:
    told, _ = spans(data, ASKED, with_queries=True)
    assert "hunter2" in told
    assert "s3cret" not in told


def test_a_collector_is_named_by_its_address() -> None:
    provider = collector("http://127.0.0.1:1/v1/traces")
    assert provider.resource.attributes["service.name"] == "flagstone"
    provider.shutdown()
