"""Puts the rooms together, as the settings say. The only place that knows them all."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.serving import Serving
from api.settings import Settings
from corpora.catalogue import Catalogue, Product
from corpora.errors import BuildLocked, StoreError
from corpora.snapshot import Snapshot, current_id
from corpora.tokens import default_counter
from ingest.build import BuildReport, Progress
from ingest.build import build as run_build
from ingest.installation import installation, snapshot_ids
from ingest.snapshot import build_lock
from ingest.sources.apt import AptArchive
from ingest.sources.base import Source
from ingest.sources.deb import DebSource
from retrieval.embed import Embedder, open_embedder
from retrieval.embed.pool import Opening, processes
from retrieval.engine import Engine
from retrieval.index import Indexer, open_index
from retrieval.search import Searcher
from retrieval.store import Layout, Location
from retrieval.store import settle as settle_store

if TYPE_CHECKING:
    from fastapi import FastAPI

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
    # One archive for the whole build, so that its indexes are updated once.
    archive = AptArchive(settings.data / "downloads", mirror=settings.debian_mirror)

    def source(product: Product) -> Source:
        return DebSource(product, archive)

    embedder = open_settings_embedder(settings)
    opening = Opening(_models(settings), settings.model, settings.precision)
    with processes(embedder, opening, settings.embed_workers) as pooled:
        report = run_build(
            settings.data,
            catalogue,
            targets,
            source=source,
            indexer=Indexer(
                pooled, settings.data / "vectors", location=_location(settings, writes=True)
            ),
            tokenizer=default_counter().file,
            on_failure=settings.on_failure,
            only=only,
            processes=settings.processes,
            progress=progress,
        )
    settle(settings)
    return report


def open_settings_embedder(settings: Settings) -> Embedder:
    """The embedding model that the settings name."""
    # Workers share the processors: a session each with a thread per processor would fight.
    threads = max(1, (os.cpu_count() or 1) // settings.workers) if settings.workers > 1 else None
    return open_embedder(
        _models(settings), model=settings.model, precision=settings.precision, threads=threads
    )


def _models(settings: Settings) -> Path:
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


def open_serving(settings: Settings) -> Serving:
    """The engine over the data directory, opened at the first question."""
    catalogue = Catalogue.load(settings.products)
    opened: list[Embedder] = []  # once for all snapshots: a second, and 100 MB

    def open_engine(path: Path) -> Engine:
        snapshot = Snapshot.open(path)
        if not opened:
            opened.append(open_settings_embedder(settings))
        embedder = opened[0]
        index = open_index(snapshot, embedder, _location(settings))
        return Engine(snapshot, Searcher(snapshot, index, embedder), catalogue, default_counter())

    return Serving(settings.data, open_engine)


def application(settings: Settings, serving: Serving | None = None) -> FastAPI:
    """The service over the data directory, its snapshot open and checked."""
    # Imported here, because the other commands have no use for a web framework.
    from api.http import create_app
    from api.limits import Admission

    serving = serving or open_serving(settings)
    serving.start()
    app = create_app(serving)
    app.add_middleware(Admission, active=settings.active, waiting=settings.waiting)
    return app


def serve(settings: Settings, started: Callable[[str, str], None]) -> None:
    """Answer over HTTP until told to end. ``started`` is told the address and the snapshot.

    Fails at once where no snapshot can be served, or the port is taken.
    """
    from api.listening import address, listen, run
    from api.workers import run_workers

    with listen(settings.host, settings.port) as taken:
        if settings.workers > 1:
            started(address(taken), Snapshot.current(settings.data).id)
            run_workers(settings, taken)
            return
        serving = open_serving(settings)
        app = application(settings, serving)
        started(address(taken), serving.engine().snapshot.id)
        run(app, taken)
