"""Puts the rooms together, as the settings say. The only place that knows them all."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from api.refreshes import noted
from api.serving import Serving
from api.settings import Settings
from api.supply import Supply
from corpora.catalogue import Catalogue, Product
from corpora.errors import BuildLocked, FlagstoneError, StoreError
from corpora.paraphrases import Paraphrases
from corpora.snapshot import Snapshot, current_id
from corpora.tokens import default_counter
from ingest.audit import Ask, Audit, Thresholds
from ingest.build import BuildReport, Gate, Progress
from ingest.build import build as run_build
from ingest.installation import installation, snapshot_ids
from ingest.refresh import Discovery, RefreshReport, discovery
from ingest.refresh import refresh as run_refresh
from ingest.snapshot import build_lock, rolled_back
from retrieval.embed import Embedder, open_embedder
from retrieval.embed.pool import Opening, processes
from retrieval.engine import Engine
from retrieval.index import Indexer, card_of, embedder_of, open_index
from retrieval.request import ContextRequest
from retrieval.search import Searcher
from retrieval.store import Layout, Location
from retrieval.store import settle as settle_store
from retrieval.vectors import prune_vectors

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.metrics import Metrics

log = logging.getLogger(__name__)


def build(
    settings: Settings,
    catalogue: Catalogue,
    targets: Mapping[str, Sequence[str]],
    *,
    only: bool,
    progress: Progress,
) -> BuildReport:
    """Build and publish ``targets`` (product → release labels)."""
    with Supply(settings) as supply:
        return _build(settings, catalogue, targets, supply, only=only, progress=progress)


def _build(
    settings: Settings,
    catalogue: Catalogue,
    targets: Mapping[str, Sequence[str]],
    supply: Supply,
    *,
    only: bool,
    progress: Progress,
    gate: Gate | None = None,
    refused: Collection[str] = (),
) -> BuildReport:
    embedder = open_settings_embedder(settings)
    opening = Opening(models_folder(settings), settings.model, settings.precision)
    with (
        noted(settings.data) as noting,
        processes(embedder, opening, settings.embed_workers) as pooled,
    ):
        report = run_build(
            settings.data,
            catalogue,
            targets,
            source=supply.source,
            indexer=Indexer(
                pooled,
                settings.data / "vectors",
                location=_location(settings, writes=True),
                paraphrases=_paraphrases(settings),
            ),
            tokenizer=default_counter().file,
            on_failure=settings.on_failure,
            only=only,
            processes=settings.processes,
            progress=progress,
            gate=gate,
            keep=settings.keep_snapshots,
            refused=refused,
        )
        settle(settings)
        return noting.ended(report)


def refresh(
    settings: Settings,
    catalogue: Catalogue,
    targets: Mapping[str, Sequence[str]],
    *,
    accept: bool,
    progress: Progress,
) -> RefreshReport:
    """Build ``targets``, audit what was staged, publish it or keep what serves."""
    with Supply(settings) as supply:
        audit = Audit(
            products=catalogue,
            crawls=supply.crawls,
            ask=lambda staged: _questions(settings, catalogue, staged),
            thresholds=Thresholds(),
            accept=accept,
        )
        return run_refresh(
            settings.data,
            lambda gate: _build(
                settings,
                catalogue,
                targets,
                supply,
                only=False,
                progress=progress,
                gate=gate,
                refused=() if accept else rolled_back(settings.data),
            ),
            audit,
            lambda: supply.later([catalogue[product] for product in targets]),
            keep_downloads_days=settings.keep_downloads_days,
            prune_vectors=lambda: _prune_vectors(settings) if settings.prune_vectors else 0,
        )


def _prune_vectors(settings: Settings) -> int:
    """Delete vectors that no snapshot of the data directory has; how many."""
    with build_lock(settings.data):  # what a build under way has just embedded is in none yet
        ids = snapshot_ids(settings.data)
        snapshots = [Snapshot.open(settings.data / "snapshots" / one) for one in ids]
        embedder = open_settings_embedder(settings)
        return prune_vectors(settings.data / "vectors", snapshots, embedder, _paraphrases(settings))


def _paraphrases(settings: Settings) -> Paraphrases:
    return Paraphrases.load(settings.products) if settings.paraphrases else Paraphrases()


def discover(settings: Settings, products: Sequence[Product]) -> tuple[Discovery, ...]:
    """What the sources of ``products`` have beside what is declared. Nothing is fetched or built.

    A product whose sources can't be asked says so in its ``error``.
    """
    found = []
    with Supply(settings) as supply:
        for product in products:
            try:
                source = supply.source(product)
                here = tuple(one.label for one in source.releases())
                found.append(discovery(product, here, supply.versions(product)))
            except FlagstoneError as error:
                found.append(Discovery(product=product.id, error=str(error)))
    return tuple(found)


def _questions(settings: Settings, catalogue: Catalogue, staged: Snapshot) -> Ask:
    """Ask a snapshot that is not published yet."""
    embedder = embedder_for(settings, staged)
    index = open_index(staged, embedder, _location(settings))
    engine = Engine(staged, Searcher(staged, index, embedder), catalogue, default_counter())

    def ask(product: str, release: str, question: str) -> str:
        request = ContextRequest(
            query=question, product=product, version=release, version_policy="exact"
        )
        return engine.context(request).context

    return ask


def open_settings_embedder(settings: Settings) -> Embedder:
    """The embedding model that the settings name."""
    return open_embedder(
        models_folder(settings),
        model=settings.model,
        precision=settings.precision,
        threads=_threads(settings),
    )


def embedder_for(settings: Settings, snapshot: Snapshot) -> Embedder:
    """The model of a snapshot's index, whatever the settings name for the next build.

    Theirs where its export is gone: if they name another one, opening the index says so.
    """
    return embedder_of(
        snapshot,
        models_folder(settings),
        threads=_threads(settings),
        default=partial(open_settings_embedder, settings),
    )


def _threads(settings: Settings) -> int | None:
    # Workers share the processors: a session each with a thread per processor would fight.
    return max(1, (os.cpu_count() or 1) // settings.workers) if settings.workers > 1 else None


def models_folder(settings: Settings) -> Path:
    """Where exported embedding models are kept."""
    return settings.models or settings.data / "models"


def _location(settings: Settings, *, writes: bool = False) -> Location:
    key = settings.qdrant_api_key
    url = settings.qdrant_url or ""
    return Location(
        url=url,
        api_key=key.get_secret_value() if key else None,
        ca=settings.qdrant_ca,
        prefix=settings.qdrant_prefix,
        owner=installation(settings.data) if url and writes else "",
        layout=Layout(
            shards=settings.qdrant_shards,
            replicas=settings.qdrant_replicas,
            on_disk=settings.qdrant_on_disk,
            quantization=settings.qdrant_quantization,
        ),
        parallel=settings.qdrant_parallel,
    )


def settle(settings: Settings) -> None:
    """Let the server's alias follow the serving snapshot; delete what pruned ones have left there.

    The answer of a replica depends on neither, so what fails here is told, and done next time.
    """
    location = _location(settings, writes=True)
    if not location.url:
        return
    try:
        with build_lock(settings.data):  # an upload under way is nobody's leftover
            gone = settle_store(location, current_id(settings.data), snapshot_ids(settings.data))
    except BuildLocked:
        return  # that build will do it
    except StoreError as error:
        log.warning("the alias and old collections are left as they were: %s", error)
    else:
        log.info("alias %s is set; deleted: %s", location.prefix, ", ".join(gone) or "nothing")


def open_serving(settings: Settings, metrics: Metrics | None = None) -> Serving:
    """The engine over the data directory, opened at the first question, and counted if asked to."""
    catalogue = Catalogue.load(settings.products)
    last: Embedder | None = None  # kept for the next snapshot of its model: a second, and 100 MB

    def open_engine(path: Path) -> Engine:
        nonlocal last
        snapshot = Snapshot.open(path)
        if last is None or last.key != card_of(snapshot).embedder:
            last = embedder_for(settings, snapshot)
        embedder = last
        index = open_index(snapshot, embedder, _location(settings))
        parts = (snapshot, Searcher(snapshot, index, embedder), catalogue, default_counter())
        if metrics is None:
            return Engine(*parts)
        from api.metered import MeteredEngine

        return MeteredEngine(metrics, *parts)

    return Serving(settings.data, open_engine)


def application(settings: Settings, serving: Serving, metrics: Metrics) -> FastAPI:
    """The service over the data directory, its snapshot open and checked."""
    # Imported here, because the other commands have no use for a web framework.
    from api.http import create_app
    from api.logs import log_requests
    from api.middleware.stack import Policy
    from api.tracing import collector, trace_requests

    log_requests(as_json=settings.log_format == "json")
    serving.start()
    app = create_app(serving, Policy.of(settings), metrics)
    if settings.traces:
        trace_requests(app, collector(settings.traces), with_queries=settings.log_queries)
    return app


def serve(settings: Settings, started: Callable[[str, str], None]) -> None:
    """Answer over HTTP until told to end. ``started`` is told the address and the snapshot.

    Fails at once where no snapshot can be served, or the port is taken.
    """
    from api.listening import address, listen, run
    from api.metrics import Metrics
    from api.middleware.stack import Policy
    from api.workers import run_workers

    Policy.of(settings)  # before anything is opened: whether it may listen there at all
    with listen(settings.host, settings.port) as taken:
        if settings.workers > 1:
            started(address(taken), Snapshot.current(settings.data).id)
            run_workers(settings, taken)
            return
        metrics = Metrics()
        serving = open_serving(settings, metrics)
        app = application(settings, serving, metrics)
        started(address(taken), serving.engine().snapshot.id)
        run(app, taken)


def serve_mcp(settings: Settings) -> None:
    """Answer over the Model Context Protocol on standard input and output, until the input ends."""
    import anyio

    from api.mcp.transports import serve_stdio

    anyio.run(serve_stdio, open_serving(settings))
