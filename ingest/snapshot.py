"""Release files → a snapshot: staged, sealed, then published by one atomic rename."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from commands.storefile import SURFACES
from commands.writer import write as write_surfaces
from corpora.catalogue import Product
from corpora.errors import BuildLocked, NoSnapshot
from corpora.snapshot import (
    FORMAT,
    MANIFEST,
    SCHEMA,
    Manifest,
    Snapshot,
    current_id,
    file_sha256,
)
from ingest.release_files import PageCuts, ReleaseFile

ROLLED_BACK = "rolled-back"
"""File of a data directory: the snapshots that somebody rolled back from, one id a line."""
KEPT_MARKS = 32
"""Of them; an older one is of content that no source has any more."""

KEPT_SNAPSHOTS = 3
"""The one that serves, the one before it for a rollback, and one that slow readers still hold."""


@contextmanager
def build_lock(data: Path) -> Iterator[None]:
    """Hold the data directory for one build. Raises BuildLocked if another build holds it.

    The kernel releases the lock when the process ends, however it ends.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildLocked(
                f"Another build is running in {data}.", hint="Wait for it to end, then run again."
            ) from None
        yield


def snapshot_id(
    products: Mapping[str, Product], files: Sequence[ReleaseFile], index_key: str
) -> str:
    """The id of a snapshot of these releases under that index: derived from content alone.

    Everything that an answer can show is part of it, but for when the pages were had.
    """
    rows = [
        (
            _shown(product),
            [
                (one.label, one.upstream, one.origin, one.trust, one.digest)
                for one in (file.header for file in releases)
            ],
        )
        for product, releases in _ordered(products, files)
    ]
    return hashlib.sha256(json.dumps([FORMAT, index_key, rows]).encode()).hexdigest()[:16]


def stage(
    data: Path,
    products: Mapping[str, Product],
    files: Sequence[ReleaseFile],
    index_key: str,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """Write the corpus of a snapshot into ``<data>/staging/<id>`` and open it.

    ``on_progress`` is told the releases merged and their number. What an earlier, killed build
    left in staging is thrown away first.
    """
    discard_staged(data)
    path = data / "staging" / snapshot_id(products, files, index_key)
    path.mkdir(parents=True)
    with closing(sqlite3.connect(path / "corpus.sqlite", isolation_level=None)) as db:
        # A staged file is thrown away if the machine stops, so it needs no journal.
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        db.executescript(SCHEMA)
        db.execute("BEGIN")
        done = 0
        for product, releases in _ordered(products, files):
            db.execute("INSERT INTO products VALUES (?, ?, ?, ?)", _shown(product))
            for position, file in enumerate(releases):
                _add_release(db, file, position)
                done += 1
                if on_progress:
                    on_progress(done, len(files))
        db.execute("COMMIT")
        db.execute("VACUUM")
    told = (file.surface() for _, releases in _ordered(products, files) for file in releases)
    write_surfaces(path / SURFACES, (one for one in told if one))
    return _sealed(path)


def _ordered(
    products: Mapping[str, Product], files: Sequence[ReleaseFile]
) -> list[tuple[Product, list[ReleaseFile]]]:
    """The files by product, in the order of its id; the releases of each oldest first."""
    by_product: dict[str, list[ReleaseFile]] = {}
    for file in files:
        by_product.setdefault(file.header.product, []).append(file)
    out = []
    for product_id, releases in sorted(by_product.items()):
        product = products[product_id]
        order = {label: position for position, label in enumerate(product.labels)}
        releases.sort(key=lambda file: order[file.header.label])
        out.append((product, releases))
    return out


def _shown(product: Product) -> tuple[str, str, str, str]:
    """What a snapshot says of a product itself."""
    return product.id, product.title, product.licence, product.attribution


def seal_and_publish(data: Path, staged: Snapshot, keep: int = KEPT_SNAPSHOTS) -> Snapshot:
    """Make a staged snapshot the one that serves.

    The folder is renamed into place, then the pointer to it is replaced by one rename: a reader
    sees the old snapshot or the new one, never half of either.
    """
    sealed = _sealed(staged.path)
    target = data / "snapshots" / sealed.id
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in (*sealed.path.rglob("*"), sealed.path):
        _sync(file)
    if target.exists():
        # The same id is the same content: only a damaged folder is ever built again.
        target.rename(data / "staging" / f"{sealed.id}.damaged")
    sealed.path.rename(target)
    _sync(target.parent)
    point_to(data, sealed.id)
    discard_staged(data)
    _prune(data, keep)
    return Snapshot.open(target)


def discard_staged(data: Path) -> None:
    """Throw away what a build that failed or was killed has staged: it only takes room."""
    shutil.rmtree(data / "staging", ignore_errors=True)


def point_to(data: Path, snapshot: str) -> None:
    """Let the published snapshot of that id serve: one atomic rename of the pointer."""
    pointer = data / "current.partial"
    pointer.write_text(f"{snapshot}\n", "ascii")
    _sync(pointer)
    pointer.replace(data / "current")
    _sync(data)


def rolled_back(data: Path) -> tuple[str, ...]:
    """The snapshots that were rolled back from, the last one last."""
    try:
        return tuple((data / ROLLED_BACK).read_text("ascii").split())
    except FileNotFoundError:
        return ()


def mark_rolled_back(data: Path, snapshot: str, marked: bool) -> None:
    """Note that a snapshot was rolled back from, or that it may serve again."""
    before = rolled_back(data)
    after = [one for one in before if one != snapshot] + ([snapshot] if marked else [])
    if after == list(before):
        return
    draft = data / f"{ROLLED_BACK}.partial"
    draft.write_text("".join(f"{one}\n" for one in after[-KEPT_MARKS:]), "ascii")
    _sync(draft)
    draft.replace(data / ROLLED_BACK)
    _sync(data)


def _sealed(path: Path) -> Snapshot:
    """Write the manifest of everything that stands in ``path``, and open it."""
    with closing(sqlite3.connect(path / "corpus.sqlite")) as db:
        distinct = db.execute("SELECT count(*) FROM passages").fetchone()[0]
        placed = db.execute("SELECT count(*) FROM locations").fetchone()[0]
    inside = sorted(file for file in path.rglob("*") if file.is_file())
    manifest = Manifest(
        id=path.name,
        created_at=datetime.now(UTC),
        distinct_passages=distinct,
        passages=placed,
        files={
            file.relative_to(path).as_posix(): file_sha256(file)
            for file in inside
            if file != path / MANIFEST
        },
    )
    manifest = manifest.with_own_checksum()
    (path / MANIFEST).write_text(manifest.model_dump_json(indent=1), "utf-8")
    return Snapshot.open(path)


def _add_release(db: sqlite3.Connection, file: ReleaseFile, position: int) -> None:
    header = file.header
    db.execute(
        "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            header.product,
            header.label,
            position,
            header.upstream,
            header.origin,
            header.trust,
            header.fetched_at.isoformat(),
            header.key,
        ),
    )
    for page in file.pages():
        _add_page(db, header.product, header.label, page)


def _add_page(db: sqlite3.Connection, product: str, release: str, page: PageCuts) -> None:
    page_number = db.execute(
        "INSERT INTO pages (product, release, slug, url, sha256) VALUES (?, ?, ?, ?, ?)",
        (product, release, page.slug, page.url, page.sha256),
    ).lastrowid
    for position, placed in enumerate(page.cuts):
        passage = placed.passage
        db.execute(
            "INSERT OR IGNORE INTO passages (id, product, kind, page, title, summary, command,"
            " heading, names, text, tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                passage.id,
                passage.product,
                passage.kind,
                passage.page,
                passage.title,
                passage.summary,
                passage.command,
                json.dumps(passage.heading, ensure_ascii=False),
                json.dumps(passage.names, ensure_ascii=False),
                passage.text,
                passage.tokens,
            ),
        )
        # The same text twice on one page (boilerplate) keeps its first place.
        db.execute(
            "INSERT OR IGNORE INTO locations SELECT number, ?, ?, ? FROM passages WHERE id = ?",
            (page_number, position, placed.anchor, passage.id),
        )


def _prune(data: Path, keep: int) -> None:
    """Delete the oldest snapshots but for the last ``keep``; never the one that serves."""
    try:
        serving = current_id(data)
    except NoSnapshot:
        return
    folders = [path for path in (data / "snapshots").iterdir() if path.name != serving]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in folders[max(0, keep - 1) :]:
        shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    """Make sure that a file or folder is on the disk before a rename relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
