"""Keeps the engine of the serving snapshot at hand, and takes up a new snapshot without a pause."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from corpora.errors import FlagstoneError
from corpora.snapshot import current_id
from retrieval.engine import Engine

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at which snapshot serves: one small file read."""


class Serving:
    """The engine over a data directory, opened when first needed.

    When another snapshot has been published, it is opened beside the old one and swapped in. A
    question that is being answered ends on the snapshot it began with; if the new snapshot can't be
    opened, the old one serves on.
    """

    def __init__(self, data: Path, open_engine: Callable[[Path], Engine]) -> None:
        self._data = data
        self._open = open_engine
        self._engine: Engine | None = None
        self._looked = float("-inf")
        self._refused = ""
        self._lock = threading.Lock()

    def engine(self) -> Engine:
        """The engine of the snapshot that serves now. Raises NoSnapshot, CorruptSnapshot."""
        engine = self._engine
        if engine is not None and time.monotonic() - self._looked < LOOK_EVERY:
            return engine
        with self._lock:
            return self._look()

    def _look(self) -> Engine:
        engine = self._engine
        if engine is not None and time.monotonic() - self._looked < LOOK_EVERY:
            return engine
        serving = ""
        try:
            serving = current_id(self._data)
            if engine is None or serving not in (engine.snapshot.id, self._refused):
                engine = self._open(self._data / "snapshots" / serving)
                log.info("snapshot %s serves now", serving)
        except FlagstoneError as error:
            if engine is None:
                raise
            self._refused = serving
            log.error(
                "snapshot %s is refused, %s serves on: %s", serving, engine.snapshot.id, error
            )
        self._engine = engine
        self._looked = time.monotonic()
        return engine
