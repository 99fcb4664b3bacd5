"""Keeps the engine of the serving snapshot at hand, and takes up a new snapshot without a pause."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import FlagstoneError, StoreError
from corpora.snapshot import Snapshot, current_id
from ingest.installation import held
from retrieval.engine import Engine

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at which snapshot serves: one small file read."""


class Serving:
    """The engine over a data directory, opened when first needed.

    No question ever waits for a new snapshot: `look` checks it and opens it beside the old one,
    then swaps it in, and `watching` does that in a thread of its own. A question ends on the engine
    that it asked for; if the new snapshot is damaged or can't be opened, the old one serves on.
    """

    def __init__(
        self, data: Path, open_engine: Callable[[Path], Engine], *, look_every: float = LOOK_EVERY
    ) -> None:
        self._data = data
        self._open = open_engine
        self._every = look_every
        self._engine: Engine | None = None
        self._refused: tuple[str, int] | None = None
        self._told: tuple[str, int] | None = None
        self._whole: tuple[str, int] | None = None
        self._lock = threading.Lock()

    @property
    def data(self) -> Path:
        """The data directory."""
        return self._data

    @property
    def opened(self) -> Engine | None:
        """The engine that serves now; None before the first was opened."""
        return self._engine

    def start(self) -> Engine:
        """Check every byte of the snapshot that should serve, and open it.

        Where that can't be done, the newest other one that is whole serves instead, until `look`
        finds it well or something else published. Raises NoSnapshot, CorruptSnapshot, StoreError.
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
                    self._refuse(self._published(), error, other.id)
                    return engine
                raise

    def engine(self) -> Engine:
        """The engine that serves now: ask for it once a question. Reads nothing once it is open.

        Raises NoSnapshot, CorruptSnapshot.
        """
        if engine := self._engine:
            return engine
        with self._lock:
            return self._engine or self._take(current_id(self._data))

    def look(self) -> Engine:
        """Take up what has been published since, and give the engine that serves then.

        Whoever asks `engine` meanwhile gets the old one. Raises what `engine` does.
        """
        engine = self.engine()
        with self._lock:
            return self._look(self._engine or engine)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Open the engine and look for new snapshots, in a thread, as long as this lasts."""
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(ended,), name="snapshots", daemon=True)
        watch.start()
        try:
            yield
        finally:
            ended.set()
            watch.join(timeout=self._every)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                self.look()
            except FlagstoneError:
                pass  # nothing is published yet: whoever asks is told
            except Exception:
                log.exception("looking for a new snapshot failed; the next look is soon")
            ended.wait(self._every)

    def at(self, snapshot: str) -> Engine:
        """The engine of any snapshot that is held, to answer again as it did then."""
        return self._open(self._data / "snapshots" / snapshot)

    def _look(self, engine: Engine) -> Engine:
        published = ("none", 0)
        try:
            published = self._published()
            if published[0] != engine.snapshot.id and published != self._refused:
                return self._take_checked(*published)
        except (FlagstoneError, OSError, ValueError, sqlite3.Error) as error:
            self._refuse(published, error, engine.snapshot.id)
        return engine

    def _published(self) -> tuple[str, int]:
        # With its time: a snapshot that was refused may be built again under the same id.
        return current_id(self._data), (self._data / "current").stat().st_mtime_ns

    def _refuse(self, published: tuple[str, int], error: Exception, serves: str) -> None:
        """Say once why a snapshot is not taken up, and whether to try that one again."""
        if published != self._told:
            log.error("snapshot %s is refused, %s serves: %s", published[0], serves, error)
        self._told = published
        # A store may be away for a moment; files that are wrong stay so.
        self._refused = None if isinstance(error, StoreError) else published

    def _take_checked(self, snapshot: str, made: int = 0) -> Engine:
        # Every byte is checked (0.1 s for 100 MB), for opening reads but a few of them; not again
        # at each look while the store is away.
        if self._whole != (snapshot, made):
            Snapshot.open(self._data / "snapshots" / snapshot).verify()
            self._whole = (snapshot, made)
        return self._take(snapshot)

    def _take(self, snapshot: str) -> Engine:
        engine = self._open(self._data / "snapshots" / snapshot)
        self._engine = engine
        log.info("snapshot %s serves now", snapshot)
        return engine
