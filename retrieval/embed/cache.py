"""Vectors kept between builds, so that a rebuild embeds only texts it has never seen."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from corpora.errors import StoreError
from corpora.tokens import TokenCounter
from retrieval.embed.base import Embedder, OnProgress, Vector, Vectors

_SLAB = 256
"""Texts embedded between two commits: about a second of work, which is all a kill can lose."""

_LOOKUP = 500
"""Texts looked up at a time; SQLite allows 999 parameters in its older builds."""

_FLOAT = np.dtype("<f4")


class CachedEmbedder:
    """An embedder that remembers, in ``<folder>/vectors-<key>.sqlite``.

    ``new`` and ``reused`` count distinct texts since it was opened. For one thread, unlike other
    embedders: a build, and not a search. Other processes may use the same file at the same
    time. Raises StoreError naming the file.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self.embedder = embedder
        self.file = folder / f"vectors-{embedder.key}.sqlite"
        self.new = 0
        self.reused = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # autocommit, so that BEGIN and COMMIT stand where they are written
            self._connection = sqlite3.connect(self.file, timeout=60, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from error

    @property
    def key(self) -> str:
        """Names the vectors."""
        return self.embedder.key

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.embedder.dimensions

    @property
    def window(self) -> int:
        """Tokens the model reads, special tokens included."""
        return self.embedder.window

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self.embedder.tokens

    def count(self, text: str) -> int:
        """Count the tokens of ``text``, special tokens left out."""
        return self.embedder.count(text)

    def embed(self, texts: Sequence[str], *, on_progress: OnProgress | None = None) -> Vectors:
        """Vectors of ``texts``: float32, (n, d). New ones are stored as they come."""
        places: dict[bytes, list[int]] = {}
        for place, text in enumerate(texts):
            places.setdefault(_digest(text), []).append(place)
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        missing = dict(places)
        try:
            for digest, vector in self._known(list(places)):
                vectors[missing.pop(digest)] = vector
            self.reused += len(places) - len(missing)
            done = len(texts) - sum(map(len, missing.values()))
            if on_progress is not None and done:
                on_progress(done, len(texts))
            digests = list(missing)
            for first in range(0, len(digests), _SLAB):
                slab = digests[first : first + _SLAB]
                fresh = self.embedder.embed([texts[missing[digest][0]] for digest in slab])
                self._store(slab, fresh)
                for digest, vector in zip(slab, fresh, strict=True):
                    vectors[missing[digest]] = vector
                    done += len(missing[digest])
                self.new += len(slab)
                if on_progress is not None:
                    on_progress(done, len(texts))
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return vectors

    def question(self, text: str) -> Vector:
        """The vector of a question, which is not remembered."""
        return self.embedder.question(text)

    def prune(self, texts: Iterable[str]) -> int:
        """Delete the vectors of all texts but these; how many. The file shrinks."""
        digests = ((_digest(text),) for text in texts)
        try:
            self._connection.execute("CREATE TEMP TABLE kept (text BLOB PRIMARY KEY) WITHOUT ROWID")
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", digests)
            deleted = self._connection.execute(
                "DELETE FROM vectors WHERE text NOT IN (SELECT text FROM kept)"
            ).rowcount
            self._connection.execute("DROP TABLE kept")
            if deleted:
                self._connection.execute("VACUUM")
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return deleted

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _known(self, digests: Sequence[bytes]) -> Iterator[tuple[bytes, Vectors]]:
        size = self.dimensions * _FLOAT.itemsize
        for first in range(0, len(digests), _LOOKUP):
            some = digests[first : first + _LOOKUP]
            marks = ",".join("?" * len(some))
            for digest, raw in self._connection.execute(
                f"SELECT text, vector FROM vectors WHERE text IN ({marks})",  # noqa: S608  # marks
                some,
            ):
                if len(raw) == size:
                    yield digest, np.frombuffer(raw, _FLOAT)

    def _store(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        rows = [
            (digest, vector.astype(_FLOAT).tobytes())
            for digest, vector in zip(digests, vectors, strict=True)
        ]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _failed(self, error: Exception) -> StoreError:
        return StoreError(
            f"The vector cache {self.file} can't be used: {error}.",
            hint="It may be deleted: vectors are then computed anew.",
        )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
