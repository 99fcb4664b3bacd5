"""A snapshot as one file, to carry to another machine: written, and read without trusting it.

The file is a gzipped tar of the snapshot's folder::

    <id>/manifest.json      first: what follows, with the SHA-256 of each file
    <id>/manifest.sig       where it is signed: see `ingest.signing`
    <id>/corpus.sqlite …    every file that the manifest names, in the order of their names

Reading takes nothing on trust: only plain files that the manifest names are written, below a new
folder, each once and only while its checksum may still come out right; then the folder is renamed
into place. Nothing that is in the file is executed or followed.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import sqlite3
import tarfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import IO

from corpora.errors import BadSnapshotFile, ConfigurationError, CorruptSnapshot, SnapshotError
from corpora.model import Frozen
from corpora.snapshot import MANIFEST, Manifest, Snapshot, file_sha256
from ingest.signing import SIGNATURE_BYTES, check_signature, sign
from ingest.snapshot import build_lock, discard_staged
from ingest.tar_reader import Member, TarReader

SIGNATURE = "manifest.sig"

MAX_FILES, MAX_MANIFEST, MAX_NAME = 10_000, 4_000_000, 255
"""A snapshot of today has some 70 files, the longest name 140 characters."""

_SPARE = 256_000_000
"""Bytes that an import leaves free on the disk."""

_NAME = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.+-]+(?:/[\w.+-]+)*", re.ASCII)
_ID = re.compile(r"[0-9a-f]{16}")


class Exported(Frozen):
    """A snapshot file that was written."""

    snapshot: str
    file: Path
    bytes: int
    sha256: str
    signed: bool


class Imported(Frozen):
    """A snapshot file that was read."""

    snapshot: str
    new: bool
    """False where the same snapshot was there, intact, before."""
    signed: bool
    """Whether it carries a signature; it was checked where a key was given."""


def export(snapshot: Snapshot, target: Path, *, private_key: Path | None = None) -> Exported:
    """Write a published snapshot to ``target``, whole or not at all.

    The same snapshot gives the same bytes. Without a key, a signature that it was imported with is
    kept. Raises CorruptSnapshot where a file is damaged, ConfigurationError where its points are
    on a server or the key can't be used, OSError.
    """
    if not (snapshot.path / "index" / "store").is_dir():
        raise ConfigurationError(
            f"The points of snapshot {snapshot.id} are on a Qdrant server: a file of it would not"
            " be whole.",
            hint="Build without FLAGSTONE_QDRANT_URL, in a data directory of its own, and export"
            " from there; a server's collections are saved with Qdrant's own snapshots.",
        )
    snapshot.verify()
    manifest = (snapshot.path / MANIFEST).read_bytes()
    signature = _signature(snapshot.path)
    if private_key is not None:
        signature = sign(manifest, private_key)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as raw:
            with (
                # Level 1: a quarter of the time of the default, for a tenth more bytes.
                gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
            ):
                _add(tar, f"{snapshot.id}/{MANIFEST}", io.BytesIO(manifest), len(manifest))
                if signature is not None:
                    name = f"{snapshot.id}/{SIGNATURE}"
                    _add(tar, name, io.BytesIO(signature), len(signature))
                for name in sorted(snapshot.manifest.files.keys() - {MANIFEST}):
                    path = snapshot.path / name
                    with path.open("rb") as file:
                        _add(tar, f"{snapshot.id}/{name}", file, path.stat().st_size)
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Exported(
        snapshot=snapshot.id,
        file=target,
        bytes=target.stat().st_size,
        sha256=file_sha256(target),
        signed=signature is not None,
    )


def import_snapshot(data: Path, file: Path, *, public_key: Path | None = None) -> Imported:
    """Read a snapshot file into the data directory; it does not serve yet.

    With ``public_key`` only what its owner has signed is taken. Raises BadSnapshotFile,
    BuildLocked, ConfigurationError, OSError; nothing of a file that is refused is left behind.
    """
    with build_lock(data):
        discard_staged(data)
        try:
            with file.open("rb") as raw, gzip.GzipFile(fileobj=raw) as packed:
                return _take(data, TarReader(packed), public_key)
        except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.HeaderError, ValueError) as error:
            raise _bad(f"{file} is no snapshot file, or is damaged: {error}") from error
        except (CorruptSnapshot, sqlite3.Error) as error:
            raise _bad(f"{file} holds no snapshot that can be read: {error}") from error
        finally:
            discard_staged(data)


def _take(data: Path, tar: TarReader, public_key: Path | None) -> Imported:
    """Unpack into staging, check, and rename into place."""
    member = tar.next()
    if member is None or not member.name.endswith(f"/{MANIFEST}"):
        raise ValueError("it does not begin with a manifest")
    raw = tar.read(MAX_MANIFEST)
    manifest = _checked(raw)
    member = tar.next()
    signature = None
    if member is not None and member.name == f"{manifest.id}/{SIGNATURE}":
        signature = tar.read(SIGNATURE_BYTES)
        member = tar.next()
    if public_key is not None:
        check_signature(raw, signature, public_key)
    target = data / "snapshots" / manifest.id
    if _intact(target, raw):
        return Imported(snapshot=manifest.id, new=False, signed=signature is not None)
    staged = data / "staging" / manifest.id
    staged.mkdir(parents=True)
    left = {f"{manifest.id}/{name}": sha256 for name, sha256 in manifest.files.items()}
    del left[f"{manifest.id}/{MANIFEST}"]
    while member is not None:
        expected = left.pop(member.name, None)
        if expected is None:
            raise ValueError(f"the manifest does not name {member.name[:MAX_NAME]!r}, or only once")
        _check_room(data, member)
        path = staged.parent / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if tar.copy(path) != expected:
            raise ValueError(f"{member.name} is not what the manifest says")
        member = tar.next()
    if left:
        raise ValueError(f"it lacks {min(left)} and {len(left) - 1} others")
    (staged / MANIFEST).write_bytes(raw)
    if signature is not None:
        (staged / SIGNATURE).write_bytes(signature)
    for database in staged.rglob("*.sqlite"):
        _check_database(database)
    Snapshot.open(staged)
    _place(data, staged, target)
    return Imported(snapshot=manifest.id, new=True, signed=signature is not None)


def _checked(raw: bytes) -> Manifest:
    """The manifest, once it names nothing but files below its own folder."""
    manifest = Manifest.model_validate_json(raw)
    if not _ID.fullmatch(manifest.id):
        raise ValueError("its id is none")
    if len(manifest.files) > MAX_FILES:
        raise ValueError(f"it names {len(manifest.files):,} files")
    for name in manifest.files:
        if len(name) > MAX_NAME or not _NAME.fullmatch(name) or name == SIGNATURE:
            raise ValueError(f"it names a file {name[:MAX_NAME]!r}")
    if manifest.files.get(MANIFEST) != manifest.own_checksum():
        raise ValueError("its manifest was changed")
    return manifest


def _check_room(data: Path, member: Member) -> None:
    free = shutil.disk_usage(data).free
    if member.size + _SPARE > free:
        raise BadSnapshotFile(
            f"{member.name} has {member.size // 1_000_000:,} MB,"
            f" and the disk of {data} {free // 1_000_000:,} MB free.",
            hint="Free some room, or set FLAGSTONE_DATA to a larger disk.",
        )


def _check_database(path: Path) -> None:
    """A database has tables and indexes: a view or a trigger would run when it is read."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        db.execute("PRAGMA trusted_schema = OFF")
        query = "SELECT type, name, sql FROM sqlite_master"
        for kind, name, sql in db.execute(query):
            virtual = kind == "table" and str(sql).upper().startswith("CREATE VIRTUAL")
            if kind not in ("table", "index") or virtual:
                raise ValueError(f"{path.name} has a {kind} {name}")
        (whole,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if whole != "ok":
            raise ValueError(f"{path.name} is damaged: {whole}")


def _intact(path: Path, manifest: bytes) -> bool:
    """Whether the same snapshot stands there, whole."""
    try:
        Snapshot.open(path).verify()
        return (path / MANIFEST).read_bytes() == manifest
    except (SnapshotError, OSError):
        return False


def _place(data: Path, staged: Path, target: Path) -> None:
    """Rename a staged folder into place, once it is on the disk."""
    for path in (*staged.rglob("*"), staged):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        # The same id is the same content: what stands there is damaged, or of another time.
        target.rename(data / "staging" / f"{target.name}.before")
    staged.rename(target)


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    tar.addfile(info, file)


def _signature(folder: Path) -> bytes | None:
    try:
        return (folder / SIGNATURE).read_bytes()
    except FileNotFoundError:
        return None


def _bad(what: str) -> BadSnapshotFile:
    return BadSnapshotFile(
        f"{what}.", hint="Get the file again from its source, and compare its SHA-256."
    )
