"""Decompression under a limit: a bomb is refused at the limit, not after it has gone off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from corpora.errors import Reason, SourceError

ACCEPT_ENCODING = "gzip"
"""All that is asked for: every server has it, and Python can bound it. Others are refused."""

_STEP = 256 * 1024
"""Most bytes that are unpacked at once."""


class Decoder:
    """Unpacks one answer's body. ``encoding`` is its Content-Encoding."""

    def __init__(self, name: str, encoding: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._size = 0
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise SourceError(name, Reason.MALFORMED, f"encoded as {encoding[:40]!r}, unasked")
        self._packed = encoding not in ("", "identity")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Unpack ``data`` in bounded steps.

        Raises SourceError: TOO_LARGE above the limit, DAMAGED_ARCHIVE where it is not what it says.
        """
        if not self._packed:
            self._count(len(data))
            yield data
            return
        pending = False
        while data or pending:
            if self._inflate.eof:
                if not data:
                    return
                # A gzip stream may have several members.
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
            self._begun = True
            try:
                out = self._inflate.decompress(data, _STEP)
            except zlib.error as error:
                raise SourceError(self._name, Reason.DAMAGED_ARCHIVE, str(error)) from error
            pending = len(out) == _STEP  # zlib may hold output back though it has read it all
            data = self._inflate.unconsumed_tail or self._inflate.unused_data.lstrip(b"\0")
            self._count(len(out))
            yield out

    def end(self) -> None:
        """Say that no more is coming. Raises SourceError DAMAGED_ARCHIVE where more was due."""
        if self._begun and not self._inflate.eof:
            raise SourceError(self._name, Reason.DAMAGED_ARCHIVE, "the packed body is cut short")

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise SourceError(self._name, Reason.TOO_LARGE, f"more than {self._limit:,} bytes")


def gunzip(name: str, data: bytes, limit: int) -> bytes:
    """Unpack ``data`` where it is a gzip file, else give it back; at most ``limit`` bytes.

    Raises SourceError as :class:`Decoder` does.
    """
    decoder = Decoder(name, "gzip" if data.startswith(b"\x1f\x8b") else "", limit)
    unpacked = b"".join(decoder.feed(data))
    decoder.end()
    return unpacked
