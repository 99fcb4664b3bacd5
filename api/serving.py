"""Keeps the engine of the serving snapshot at hand, and takes up a new snapshot without a pause."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from corpora.errors import FlagstoneError
from corpora.snapshot import Snapshot, current_id
from ingest.installation import held
from retrieval.engine import Engine

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at which snapshot serves: one small file read."""


class Serving:
    """The engine over a data directory, opened when first needed.

    When another snapshot has been published, it is opened beside the old one and swapped in; only
    the question that came upon it waits for that. A question that is being answered ends on the
    snapshot it began with; if the new one is damaged or can't be opened, the old one serves on.
    """

    def __init__(
        self, data: Path, open_engine: Callable[[Path], Engine], *, look_every: float = LOOK_EVERY
    ) -> None:
        self._data = data
        self._open = open_engine
        self._every = look_every
        self._engine: Engine | None = None
        self._looked = float("-inf")
        self._refused: tuple[str, int] | None = None
        self._lock = threading.Lock()

    @property
    def data(self) -> Path:
        """The data directory."""
        return self._data

    @property
    def opened(self) -> Engine | None:
        """The engine that answered last, without a look at what is published; None before."""
        return self._engine

    def start(self) -> Engine:
        """Check every byte of the snapshot that should serve, and open it.

        Where it is damaged, the newest other one that is whole serves instead, until something is
        published. Raises NoSnapshot, CorruptSnapshot.
        """
        with self._lock:
            wanted = current_id(self._data)
            try:
                return self._take_checked(wanted)
            except FlagstoneError as error:
                for other in held(self._data):
                    if other.id == wanted:
                        continue
                    try:
                        engine = self._take_checked(other.id)
                    except FlagstoneError:
                        continue
                    self._refused = (wanted, (self._data / "current").stat().st_mtime_ns)
                    log.error("snapshot %s is damaged, %s serves: %s", wanted, other.id, error)
                    return engine
                raise

    def engine(self) -> Engine:
        """The engine of the snapshot that serves now. Raises NoSnapshot, CorruptSnapshot."""
        engine = self._engine
        if engine is None:
            with self._lock:
                return self._engine or self._take(current_id(self._data))
        if time.monotonic() - self._looked >= self._every and self._lock.acquire(blocking=False):
            try:
                return self._look(engine)
            finally:
                self._lock.release()
        return engine

    def at(self, snapshot: str) -> Engine:
        """The engine of any snapshot that is held, to answer again as it did then."""
        return self._open(self._data / "snapshots" / snapshot)

    def _look(self, engine: Engine) -> Engine:
        published = ("none", 0)
        try:
            # With its time: a snapshot that was refused may be built again under the same id.
            published = (current_id(self._data), (self._data / "current").stat().st_mtime_ns)
            if published[0] != engine.snapshot.id and published != self._refused:
                engine = self._take_checked(published[0])
        except (FlagstoneError, OSError, ValueError, sqlite3.Error) as error:
            if published != self._refused:
                serving = engine.snapshot.id
                log.error("snapshot %s is refused, %s serves on: %s", published[0], serving, error)
            self._refused = published
        self._looked = time.monotonic()
        return engine

    def _take_checked(self, snapshot: str) -> Engine:
        # Every byte is checked (0.1 s for 100 MB): opening reads but a few of them.
        Snapshot.open(self._data / "snapshots" / snapshot).verify()
        return self._take(snapshot)

    def _take(self, snapshot: str) -> Engine:
        engine = self._open(self._data / "snapshots" / snapshot)
        self._engine, self._looked = engine, time.monotonic()
        log.info("snapshot %s serves now", snapshot)
        return engine
