"""Puts the rooms together, as the settings say. The only place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.refreshes import noted
from api.serving import Serving
from api.settings import Settings
from api.supply import Supply
from corpora.catalogue import Catalogue
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from ingest.build import BuildReport, Progress
from ingest.build import build as run_build
from retrieval.embed import Embedder, open_embedder
from retrieval.engine import Engine
from retrieval.index import Indexer, Location, open_index
from retrieval.search import Searcher

if TYPE_CHECKING:
    from api.metrics import Metrics


def build(
    settings: Settings,
    catalogue: Catalogue,
    targets: Mapping[str, Sequence[str]],
    *,
    only: bool,
    progress: Progress,
) -> BuildReport:
    """Build and publish ``targets`` (product → release labels)."""
    with Supply(settings) as supply, noted(settings.data) as refresh:
        return refresh.ended(
            run_build(
                settings.data,
                catalogue,
                targets,
                source=supply.source,
                indexer=Indexer(
                    open_settings_embedder(settings),
                    settings.data / "vectors",
                    location=_location(settings),
                ),
                tokenizer=default_counter().file,
                on_failure=settings.on_failure,
                only=only,
                processes=settings.processes,
                progress=progress,
            )
        )


def open_settings_embedder(settings: Settings) -> Embedder:
    """The embedding model that the settings name."""
    return open_embedder(
        settings.data / "models", model=settings.model, precision=settings.precision
    )


def _location(settings: Settings) -> Location:
    key = settings.qdrant_api_key
    return Location(url=settings.qdrant_url or "", api_key=key.get_secret_value() if key else None)


def open_serving(settings: Settings, metrics: Metrics | None = None) -> Serving:
    """The engine over the data directory, opened at the first question, and counted if asked to."""
    catalogue = Catalogue.load(settings.products)

    def open_engine(path: Path) -> Engine:
        snapshot = Snapshot.open(path)
        embedder = open_settings_embedder(settings)
        index = open_index(snapshot, embedder, _location(settings))
        parts = (snapshot, Searcher(snapshot, index, embedder), catalogue, default_counter())
        if metrics is None:
            return Engine(*parts)
        from api.metered import MeteredEngine

        return MeteredEngine(metrics, *parts)

    return Serving(settings.data, open_engine)


def serve(settings: Settings, started: Callable[[str, str], None]) -> None:
    """Answer over HTTP until told to end. ``started`` is told the address and the snapshot.

    Fails at once where no snapshot can be served, or the port is taken.
    """
    # Imported here, because the other commands have no use for a web framework.
    from api.http import create_app
    from api.listening import address, listen, run
    from api.logs import log_requests
    from api.metrics import Metrics
    from api.middleware.stack import Policy
    from api.tracing import collector, trace_requests

    log_requests(as_json=settings.log_format == "json")
    policy = Policy.of(settings)
    metrics = Metrics()
    serving = open_serving(settings, metrics)
    with listen(settings.host, settings.port) as taken:
        snapshot = serving.engine().snapshot.id
        started(address(taken), snapshot)
        app = create_app(serving, policy, metrics)
        if settings.traces:
            provider = collector(settings.traces)
            trace_requests(app, provider, with_queries=settings.log_queries)
        run(app, taken)


def serve_mcp(settings: Settings) -> None:
    """Answer over the Model Context Protocol on standard input and output, until the input ends."""
    import anyio

    from api.mcp.transports import serve_stdio

    anyio.run(serve_stdio, open_serving(settings))
