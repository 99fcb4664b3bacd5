"""Answers kept on disk, with what is needed to ask whether they still hold.

One SQLite file, each answer its own transaction: a killed process loses at most the answer it was
writing. Only the door decides when to ask again; servers' freshness lifetimes are not believed,
for a refresh is there to find out. (That, bodies bounded before they are stored, and one file for
answers and crawl state are why this is not ``hishel``.)
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

log = logging.getLogger(__name__)

_VERSION = 1
_KEPT_HEADERS = ("content-type", "etag", "last-modified", "location", "x-robots-tag", "link")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    fetched_at REAL NOT NULL, checked_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    """When its bytes came over the network."""
    checked_at: datetime
    """When the server last said that they hold."""


class Cache:
    """The stored answers of one file, which is created where it isn't there. Thread-safe.

    A file that is damaged or of another version is begun anew: it only saves work.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError as error:
            log.warning("%s is begun anew: %s", path, error)
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                path.with_name(name).unlink(missing_ok=True)
            self._database = _open(path)

    def find(self, key: str) -> Kept | None:
        """Return the answer stored under ``key``, or None."""
        row = self._one("SELECT * FROM answers WHERE key = ?", key)
        if row is None:
            return None
        _, status, headers, body, fetched_at, checked_at = row
        with suppress(zlib.error, ValueError):
            return Kept(
                status,
                json.loads(headers),
                zlib.decompress(body),
                datetime.fromtimestamp(fetched_at, UTC),
                datetime.fromtimestamp(checked_at, UTC),
            )
        return None

    def keep(
        self, key: str, status: int, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> None:
        """Store an answer, in place of the one before."""
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        stamp = at.timestamp()
        # Level 1: HTML to a fifth of its size in half a millisecond per page.
        packed = zlib.compress(body, 1)
        self._do(
            "REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
            (key, status, json.dumps(kept), packed, stamp, stamp),
        )

    def confirm(self, key: str, at: datetime) -> None:
        """Note that the server says the answer still holds."""
        self._do("UPDATE answers SET checked_at = ? WHERE key = ?", (at.timestamp(), key))

    def drop_before(self, moment: datetime) -> int:
        """Forget every answer not checked since ``moment``; return how many."""
        with self._lock:
            gone = self._database.execute(
                "DELETE FROM answers WHERE checked_at < ?", (moment.timestamp(),)
            )
            return gone.rowcount

    def note(self, name: str, value: str) -> None:
        """Keep a short text under ``name``: where a crawl stands."""
        self._do("REPLACE INTO notes VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str | None:
        """Return the text kept under ``name``, or None."""
        row = self._one("SELECT value FROM notes WHERE name = ?", name)
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _one(self, query: str, key: str) -> tuple[Any, ...] | None:
        with self._lock, closing(self._database.execute(query, (key,))) as rows:
            row: tuple[Any, ...] | None = rows.fetchone()
            return row

    def _do(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock:
            self._database.execute(statement, values)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"version {version}, not {_VERSION}")
        # A commit then costs no wait for the disk, and a killed process still loses nothing.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
        database.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        database.close()
        raise
    return database
