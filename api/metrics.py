"""Metrics for Prometheus, at ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.refreshes import Refreshes
from api.serving import Serving

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Buckets: a stage takes milliseconds, the longest answer as long as an answer may."""

METHODS = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH"})
"""Others are counted together: a caller may make up any number of them."""


class Metrics:
    """What is counted, in one process or in all that answer on one port. Safe to use in threads.

    ``shared`` is the folder in which those processes count: the one that the library was told of
    before it was loaded (`api.settings.counting_in`).
    """

    def __init__(self, shared: Path | None = None) -> None:
        self.registry = CollectorRegistry()
        self._shared = shared
        self._requests = Counter(
            "flagstone_requests",
            "Requests answered, by route as declared, method and HTTP status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "flagstone_request_seconds",
            "Seconds that requests took, by route.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "flagstone_stage_seconds",
            "Seconds that each stage of a context took.",
            ("stage",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._resolutions = Counter(
            "flagstone_resolutions",
            "Versions resolved, by how they matched; unknown_version and unknown_product are those"
            " that were not.",
            ("match",),
            registry=self.registry,
        )
        self._abstentions = Counter(
            "flagstone_abstentions",
            "Contexts left empty because nothing in the corpus answers.",
            registry=self.registry,
        )
        self._flags = Counter(
            "flagstone_invalid_flags",
            "What was wrong in validated commands, by the code of the issue.",
            ("code",),
            registry=self.registry,
        )

    def shown(self, state: Collector) -> CollectorRegistry:
        """What `/metrics` tells: these counts, those of the other processes, and ``state``."""
        registry = CollectorRegistry()
        registry.register(state)
        if self._shared:
            MultiProcessCollector(registry, str(self._shared))  # type: ignore[no-untyped-call]
        else:
            registry.register(self.registry)
        return registry

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """One answered request."""
        route = route.removeprefix("/v1") or "/"
        self._requests.labels(route, method if method in METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def stage(self, stage: str, seconds: float) -> None:
        """One stage of one answer."""
        self._stages.labels(stage).observe(seconds)

    def resolution(self, match: str) -> None:
        """How one version was resolved, or the code of why it was not."""
        self._resolutions.labels(match).inc()

    def abstention(self) -> None:
        """One context that was left empty."""
        self._abstentions.inc()

    def invalid(self, code: str) -> None:
        """One issue of a validated command."""
        self._flags.labels(code).inc()


class SnapshotState(Collector):
    """What is read from the disk when it is asked for: the snapshot's age, the last refreshes."""

    def __init__(self, serving: Serving | None, data: Path | None) -> None:
        self._serving = serving
        self._data = data

    def collect(self) -> Iterator[Metric]:
        """As the registry asks."""
        age = GaugeMetricFamily(
            "flagstone_snapshot_age_seconds", "Seconds since the serving snapshot was made."
        )
        if self._serving and (engine := self._serving.opened):
            made = engine.snapshot.manifest.created_at
            age.add_metric((), (datetime.now(UTC) - made).total_seconds())
        yield age
        refreshes = CounterMetricFamily(
            "flagstone_refreshes",
            "Builds of this data directory, by how they ended: published, unchanged, failed.",
            labels=("result",),
        )
        last = GaugeMetricFamily(
            "flagstone_refresh_timestamp_seconds",
            "When the last build of each result ended, in Unix time.",
            labels=("result",),
        )
        known = Refreshes.read(self._data) if self._data else Refreshes()
        for result, count in known.counts.items():
            refreshes.add_metric((result,), count)
        for result, ended in known.last.items():
            last.add_metric((result,), ended.timestamp())
        yield from (refreshes, last)


def metrics_route(metrics: Metrics, serving: Serving) -> APIRouter:
    """The route of ``/metrics``."""
    router = APIRouter()
    shown = metrics.shown(SnapshotState(serving, serving.data))

    @router.get("/metrics", include_in_schema=False)
    def get_metrics() -> Response:
        return Response(generate_latest(shown), media_type=CONTENT_TYPE_LATEST)

    return router


def described() -> Iterable[tuple[str, tuple[str, ...], str]]:
    """Name, labels and meaning of every metric, for the reference."""
    metrics = Metrics()
    declared = [
        (one, one._labelnames)  # the library has no public way to ask
        for one in vars(metrics).values()
        if isinstance(one, Counter | Histogram)
    ]
    for one, labels in declared:
        [family] = one.describe()
        yield _name(family), tuple(labels), family.documentation
    for family in SnapshotState(None, None).collect():
        yield _name(family), tuple(getattr(family, "_labelnames", ())), family.documentation


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name
