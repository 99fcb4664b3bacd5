"""Reading a tar that nobody vouches for: plain files in order, their bytes, and nothing else.

Links, devices, folders, sparse maps and PAX records are refused, not interpreted; the only
extension read is GNU's long name. Memory is bounded whatever the headers say.
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import NamedTuple, Protocol

_BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 20
_MAX_NAME = 1_024


class Readable(Protocol):
    """What a tar is read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; fewer only at the end."""


class Member(NamedTuple):
    """A file of the tar. ``name`` is as the tar has it: check it before using it."""

    name: str
    size: int


class TarReader:
    """Goes through a tar once.

    Raises ValueError and tarfile.HeaderError where it is none of ours, EOFError where it
    ends early.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._left = 0
        self._padding = 0

    def next(self) -> Member | None:
        """The next file, None at the end; what was not read of the one before is passed over."""
        self._pass(self._left + self._padding)
        self._left = self._padding = 0
        info = self._header()
        name = None
        if info is not None and info.type == tarfile.GNUTYPE_LONGNAME:
            if info.size > _MAX_NAME:
                raise ValueError(f"a name of {info.size:,} bytes")
            name = self._exactly(info.size).rstrip(b"\0").decode("utf-8")
            self._pass(-info.size % _BLOCK)
            info = self._header()
        if info is None:
            return None
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise ValueError(f"{info.name[:_MAX_NAME]!r} is not a plain file")
        if info.size < 0:
            raise ValueError("a size below zero")
        self._left, self._padding = info.size, -info.size % _BLOCK
        return Member(info.name if name is None else name, info.size)

    def read(self, limit: int) -> bytes:
        """The bytes of this file. Raises ValueError where they are more than ``limit``."""
        if self._left > limit:
            raise ValueError(f"{self._left:,} bytes, where {limit:,} are the most")
        size, self._left = self._left, 0
        return self._exactly(size)

    def copy(self, target: Path) -> str:
        """Write this file to ``target``, a new one; give its SHA-256. Zeros become holes."""
        digest = hashlib.sha256()
        with target.open("xb") as file:
            while self._left:
                piece = self._exactly(min(_PIECE, self._left))
                self._left -= len(piece)
                digest.update(piece)
                if any(piece):
                    file.write(piece)
                else:
                    file.seek(len(piece), 1)
            file.truncate()
        return digest.hexdigest()

    def _header(self) -> tarfile.TarInfo | None:
        block = self._exactly(_BLOCK)
        if not any(block):
            return None
        return tarfile.TarInfo.frombuf(block, "utf-8", "strict")

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) != size:
            raise EOFError("it ends too early")
        return data

    def _pass(self, size: int) -> None:
        while size:
            size -= len(self._exactly(min(_PIECE, size)))
