"""Safe reading of Python packages: selected members of a wheel or sdist as bytes.

A package is untrusted input. Nothing of it is installed, imported, built or run, and nothing is
written to disk: members are read under the limits of :mod:`ingest.sources.archive`.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from corpora.errors import Reason, SourceError
from ingest.sources.archive import (
    FLOOR_BYTES,
    Alias,
    Limits,
    Member,
    inside,
    members,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 64 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What the specification of wheels allows."""


def read_package(
    path: Path,
    wanted: Callable[[str], bool],
    *,
    limits: Limits | None = None,
    name: str = "",
) -> Iterator[Member]:
    """Give the selected members of a ``.whl`` or ``.tar.gz``, in the order of the archive.

    Links are passed over. Raises SourceError: NOT_FOUND, DAMAGED_ARCHIVE, TOO_LARGE, or UNSAFE_PATH
    for any member that is absolute, contains ``..`` or is a device. ``name`` is what errors call it
    (default: the file's name).
    """
    limits = limits or Limits()
    name = name or path.name
    if not path.is_file():
        raise SourceError(name, Reason.NOT_FOUND, f"no file {path}")
    try:
        if path.name.endswith((".whl", ".zip")):
            yield from _wheel(path, wanted, limits, name)
        else:
            yield from _sdist(path, wanted, limits, name)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        ValueError,
        OverflowError,
        NotImplementedError,
        RuntimeError,  # an encrypted member
    ) as error:
        raise SourceError(name, Reason.DAMAGED_ARCHIVE, str(error)[:300]) from error


def _wheel(
    path: Path, wanted: Callable[[str], bool], limits: Limits, name: str
) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > limits.members:
            raise SourceError(name, Reason.TOO_LARGE, f"more than {limits.members} members")
        left = min(limits.total_bytes, max(FLOOR_BYTES, path.stat().st_size * limits.ratio))
        # What the directory states; what is read is counted again below.
        if sum(entry.file_size for entry in entries) > left:
            raise SourceError(name, Reason.TOO_LARGE, "it unpacks to too much")
        seen: set[str] = set()
        for entry in entries:
            member = inside((), entry.filename)
            if member is None:
                detail = f"member {entry.filename[:200]!r}"
                raise SourceError(name, Reason.UNSAFE_PATH, detail)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir() or kind == stat.S_IFLNK or not wanted(member):
                continue
            if member in seen:
                raise SourceError(name, Reason.DAMAGED_ARCHIVE, f"{member!r} is in it twice")
            seen.add(member)
            if entry.compress_type not in _METHODS:
                raise SourceError(name, Reason.DAMAGED_ARCHIVE, f"{member!r} is packed strangely")
            with archive.open(entry) as file:
                data = file.read(limits.member_bytes + 1)
            left -= len(data)
            if len(data) > limits.member_bytes or left < 0:
                detail = f"{member!r} has more than {limits.member_bytes} bytes"
                raise SourceError(name, Reason.TOO_LARGE, detail)
            yield Member(member, data)


def _sdist(
    path: Path, wanted: Callable[[str], bool], limits: Limits, name: str
) -> Iterator[Member]:
    with path.open("rb") as file:
        allowed = min(limits.total_bytes, max(FLOOR_BYTES, path.stat().st_size * limits.ratio))
        stream = io.BufferedReader(_Unpacked(file, allowed, name), _CHUNK)
        # The reader of Debian packages reads any tar stream; its type names the one it made.
        for member in members(cast("Any", stream), wanted, limits, strict=True, name=name):
            if not isinstance(member, Alias):
                yield member


class _Unpacked(io.RawIOBase):
    """A gzip stream, unpacked under a limit."""

    def __init__(self, file: IO[bytes], allowed: int, name: str) -> None:
        self._file = file
        self._left = allowed
        self._name = name
        self._unpacker = zlib.decompressobj(wbits=31)
        self._waiting = b""

    def readable(self) -> bool:
        """Say that it can be read: what a BufferedReader asks first."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Unpack into ``buffer``; 0 at the end. Raises SourceError beyond the limit."""
        view = memoryview(buffer).cast("B")
        while not self._unpacker.eof:
            packed = self._waiting or self._file.read(_CHUNK)
            if not packed:
                raise EOFError("it ends too early")
            data = self._unpacker.decompress(packed, len(view))
            self._waiting = self._unpacker.unconsumed_tail
            if data:
                self._left -= len(data)
                if self._left < 0:
                    raise SourceError(self._name, Reason.TOO_LARGE, "it unpacks to too much")
                view[: len(data)] = data
                return len(data)
        return 0
