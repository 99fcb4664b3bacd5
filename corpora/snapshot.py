"""A snapshot on disk: its layout, and how it is read.

A snapshot is one published, immutable generation::

    <data>/current                          one line: the id of the snapshot that serves
    <data>/snapshots/<id>/manifest.json     what is in it, with the checksum of each file
    <data>/snapshots/<id>/corpus.sqlite     releases, pages, passages and where they stand
    <data>/snapshots/<id>/index/            written by `retrieval`, one folder per index

`ingest` writes the corpus, `retrieval` the index; neither knows the other: they meet here.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from corpora.errors import CorruptSnapshot, NoSnapshot
from corpora.model import Frozen, Passage, PassageKind, Trust

FORMAT = 2
MANIFEST = "manifest.json"
_REBUILD = "Run: flagstone build"
_ID = re.compile(r"[0-9a-f]{16}")

SCHEMA = """
CREATE TABLE products (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, licence TEXT NOT NULL, attribution TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE releases (
    product TEXT NOT NULL, label TEXT NOT NULL, position INTEGER NOT NULL,
    upstream TEXT NOT NULL, origin TEXT NOT NULL, trust TEXT NOT NULL, fetched_at TEXT NOT NULL,
    build_key TEXT NOT NULL,
    PRIMARY KEY (product, label)
) WITHOUT ROWID;
CREATE TABLE pages (
    id INTEGER PRIMARY KEY, product TEXT NOT NULL, release TEXT NOT NULL, slug TEXT NOT NULL,
    url TEXT NOT NULL, sha256 TEXT NOT NULL,
    UNIQUE (product, release, slug)
);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, product TEXT NOT NULL, kind TEXT NOT NULL,
    page TEXT NOT NULL, title TEXT NOT NULL, summary TEXT NOT NULL, command TEXT NOT NULL,
    heading TEXT NOT NULL, names TEXT NOT NULL, text TEXT NOT NULL, tokens INTEGER NOT NULL
);
CREATE TABLE locations (
    passage INTEGER NOT NULL REFERENCES passages (number),
    page INTEGER NOT NULL REFERENCES pages (id),
    position INTEGER NOT NULL, anchor TEXT NOT NULL,
    PRIMARY KEY (passage, page)
) WITHOUT ROWID;
CREATE INDEX locations_by_page ON locations (page, position);
"""


class Traits(NamedTuple):
    """What is known of a passage without reading it, by which it is ranked."""

    kind: PassageKind
    heading: str
    """The heading path, as JSON."""
    tokens: int
    names: str = "[]"
    """The names that it defines, as JSON."""
    command: str = ""
    product: str = ""
    page: str = ""


class ReleaseRecord(Frozen):
    """One release as it was built into a snapshot."""

    product: str
    label: str
    upstream: str
    """The full version found, e.g. ``2.39.5`` for the label ``2.39``."""
    origin: str
    """What it was built from, e.g. ``git-man 1:2.39.5-0+deb12u3``."""
    trust: Trust
    fetched_at: datetime
    build_key: str
    """Names the release file it was merged from, so that a later build can reuse it."""
    pages: int
    passages: int


class ProductRecord(Frozen):
    """One product as it was built into a snapshot. ``releases`` oldest first."""

    id: str
    title: str
    licence: str
    attribution: str
    releases: tuple[ReleaseRecord, ...]


class Manifest(Frozen):
    """What a snapshot says of itself.

    ``files`` maps a relative path to its SHA-256; the manifest's own is taken without that entry.
    """

    format: int = FORMAT
    id: str
    created_at: datetime
    distinct_passages: int
    passages: int
    """Passages counted once per release: what there would be without sharing."""
    files: dict[str, str]

    def own_checksum(self) -> str:
        """SHA-256 of everything it says, but for this very checksum."""
        rest = {name: sha256 for name, sha256 in self.files.items() if name != MANIFEST}
        blank = self.model_copy(update={"files": rest})
        return hashlib.sha256(blank.model_dump_json().encode()).hexdigest()

    def with_own_checksum(self) -> Manifest:
        """The same, sealed."""
        return self.model_copy(update={"files": {**self.files, MANIFEST: self.own_checksum()}})


class Snapshot:
    """A published snapshot, open for reading. Safe to use from several threads."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        # One connection for all threads, opened now: a folder that later builds delete is read on
        # by those who have it open. Each query takes under a millisecond, so a lock costs nothing.
        self._connection = _connect(path)
        self._lock = threading.Lock()
        self.products: dict[str, ProductRecord] = self._read_products()

    @property
    def id(self) -> str:
        """The content-derived id that answers carry."""
        return self.manifest.id

    @classmethod
    def open(cls, path: Path) -> Snapshot:
        """Open the snapshot folder ``path``. Raises NoSnapshot or CorruptSnapshot."""
        name = path / MANIFEST
        try:
            raw = name.read_bytes()
            form = _format(raw)
            if form != FORMAT:
                raise CorruptSnapshot(
                    f"{path} has snapshot format {form}; this Flagstone reads {FORMAT}.",
                    hint=_REBUILD,
                )
            manifest = Manifest.model_validate_json(raw)
        except FileNotFoundError:
            raise NoSnapshot(f"{path} holds no snapshot.", hint=_REBUILD) from None
        except (OSError, ValueError) as error:
            raise CorruptSnapshot(f"{name} can't be read: {error}.", hint=_REBUILD) from error
        if manifest.id != path.name:
            raise CorruptSnapshot(f"{name} is of another snapshot: {manifest.id}.", hint=_REBUILD)
        with _readable(path):
            return cls(path, manifest)

    @classmethod
    def current(cls, data: Path) -> Snapshot:
        """Open the snapshot that serves from the data directory. Raises NoSnapshot."""
        return cls.open(data / "snapshots" / current_id(data))

    def verify(self) -> None:
        """Compare every file with its checksum. Raises CorruptSnapshot naming the first bad one."""
        for name, expected in self.manifest.files.items():
            file = self.path / name
            try:
                own = name == MANIFEST
                found = self.manifest.own_checksum() if own else file_sha256(file)
            except OSError as error:
                raise CorruptSnapshot(f"{file} can't be read: {error}.", hint=_REBUILD) from error
            if found != expected:
                raise CorruptSnapshot(f"{file} is not what the manifest says.", hint=_REBUILD)

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages of these ids; an id that is not in the snapshot is left out."""
        marks = ",".join("?" * len(ids))
        return {passage.id: passage for passage in self._select(f"WHERE p.id IN ({marks})", ids)}

    def traits(self, ids: Sequence[str]) -> dict[str, Traits]:
        """What is known of these passages without reading them; unknown ids are left out."""
        marks = ",".join("?" * len(ids))
        rows = self._rows(
            "SELECT id, kind, heading, tokens, names, command, product, page FROM passages"  # noqa: S608
            f" WHERE id IN ({marks})",
            tuple(ids),
        )
        return {row[0]: Traits(*row[1:]) for row in rows}

    def pages(self, product: str, release: str) -> tuple[str, ...]:
        """The slugs of all pages of a release, in alphabetical order."""
        rows = self._rows(
            "SELECT slug FROM pages WHERE product = ? AND release = ? ORDER BY slug",
            (product, release),
        )
        return tuple(row[0] for row in rows)

    def page(self, product: str, release: str, slug: str) -> list[Passage]:
        """All passages of one page at one release, in reading order."""
        where = (
            "JOIN locations here ON here.passage = p.number "
            "JOIN pages at ON at.id = here.page "
            "WHERE at.product = ? AND at.release = ? AND at.slug = ?"
        )
        return self._select(where, (product, release, slug), order="here.position")

    def defines(self, product: str, release: str, slug: str) -> bool:
        """Whether a page has a passage that defines an option or parameter by name."""
        query = (
            "SELECT 1 FROM pages at JOIN locations l ON l.page = at.id JOIN passages p"
            " ON p.number = l.passage AND p.names <> '[]'"
            " WHERE at.product = ? AND at.release = ? AND at.slug = ? LIMIT 1"
        )
        return bool(self._rows(query, (product, release, slug)))

    def __iter__(self) -> Iterator[Passage]:
        """Every distinct passage, in the order of its id. Never in memory all at once."""
        with _readable(self.path), closing(_connect(self.path)) as connection:
            for (document,) in connection.execute(_passages_query("", "p.id")):
                yield Passage.model_validate_json(document)

    def commands(self) -> dict[str, frozenset[str]]:
        """By product, every command line that has a reference page: ``{"git commit", …}``."""
        found: dict[str, set[str]] = {product: set() for product in self.products}
        # One pass over all: there is no index to find a product's passages by.
        for product, command in self._rows("SELECT DISTINCT product, command FROM passages"):
            if command:
                found.setdefault(product, set()).add(command)
        return {product: frozenset(commands) for product, commands in found.items()}

    def _select(self, where: str, values: Sequence[str], *, order: str = "p.id") -> list[Passage]:
        rows = self._rows(_passages_query(where, order), values)
        with _readable(self.path):
            return [Passage.model_validate_json(document) for (document,) in rows]

    def _rows(self, query: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        with _readable(self.path), self._lock:
            return self._connection.execute(query, values).fetchall()

    def _read_products(self) -> dict[str, ProductRecord]:
        releases: dict[str, list[ReleaseRecord]] = {}
        for row in self._rows(
            "SELECT r.product, r.label, r.upstream, r.origin, r.trust, r.fetched_at, r.build_key,"
            " count(DISTINCT g.id), count(l.passage) FROM releases r"
            " LEFT JOIN pages g ON g.product = r.product AND g.release = r.label"
            " LEFT JOIN locations l ON l.page = g.id"
            " GROUP BY r.product, r.label ORDER BY r.product, r.position"
        ):
            record = ReleaseRecord.model_validate(
                dict(zip(ReleaseRecord.model_fields, row, strict=True))
            )
            releases.setdefault(record.product, []).append(record)
        rows = self._rows("SELECT id, title, licence, attribution FROM products ORDER BY id")
        return {
            product: ProductRecord(
                id=product,
                title=title,
                licence=licence,
                attribution=attribution,
                releases=tuple(releases.get(product, ())),
            )
            for product, title, licence, attribution in rows
        }


def current_id(data: Path) -> str:
    """The id of the snapshot that serves. Raises NoSnapshot, or CorruptSnapshot."""
    try:
        found = (data / "current").read_text("ascii").strip()
    except FileNotFoundError:
        raise NoSnapshot(f"Nothing has been published in {data}.", hint=_REBUILD) from None
    except (OSError, ValueError) as error:
        raise CorruptSnapshot(
            f"{data / 'current'} can't be read: {error}.", hint=_REBUILD
        ) from error
    if not _ID.fullmatch(found):
        raise CorruptSnapshot(f"{data / 'current'} does not name a snapshot.", hint=_REBUILD)
    return found


def file_sha256(path: Path) -> str:
    """SHA-256 of a file as hexadecimal digits, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _connect(path: Path) -> sqlite3.Connection:
    """Open the corpus of a snapshot for reading: it never changes, so SQLite needs no locks."""
    uri = f"{(path / 'corpus.sqlite').absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, check_same_thread=False)


def _passages_query(where: str, order: str) -> str:
    """A passage a row, as one JSON document: read in two thirds of the time that rows take.

    Both parts are written in this file; what was asked for is never part of the query's text.
    """
    return (
        "SELECT json_object('id', p.id, 'product', p.product, 'kind', p.kind, 'page', p.page,"  # noqa: S608
        " 'title', p.title, 'summary', p.summary, 'command', p.command,"
        " 'heading', json(p.heading), 'names', json(p.names), 'text', p.text, 'tokens', p.tokens,"
        " 'locations', (SELECT json_group_array(json_object('release', release, 'url', url,"
        "   'fetched_at', fetched_at, 'page_sha256', sha256)) FROM ("
        "     SELECT g.release, r.fetched_at, g.sha256,"
        "       iif(l.anchor = '', g.url, g.url || '#' || l.anchor) AS url"
        "     FROM locations l JOIN pages g ON g.id = l.page"
        "     JOIN releases r ON r.product = g.product AND r.label = g.release"
        "     WHERE l.passage = p.number ORDER BY r.position)))"
        f" FROM passages p {where} ORDER BY {order}"
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what a damaged database makes of a query into CorruptSnapshot."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError, LookupError) as error:
        raise CorruptSnapshot(
            f"{path / 'corpus.sqlite'} can't be read: {error}.", hint=_REBUILD
        ) from error


def _format(manifest: bytes) -> object:
    """The format that a manifest says it has. Raises ValueError where it is no manifest."""
    found = json.loads(manifest)
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return found.get("format")
