"""How much of an untrusted document is read at all, and bounded decompression."""

from __future__ import annotations

import zlib

from corpora.errors import ParseError, Reason

MAX_PAGE_BYTES = 8 * 1024 * 1024
"""Largest document, compressed or not. The largest of the real ones (PostgreSQL's index) has
0.45 MB of HTML, git-config(1) 0.44 MB once mandoc has rendered it."""

MAX_DEPTH = 100
"""Deepest nesting of elements: the readers recurse. The deepest of 3,827 real pages has 17."""

MIN_WORDS = 4
"""A page with fewer words holds no documentation (a ``.so`` alias, a redirect stub)."""

GZIP_MAGIC = b"\x1f\x8b"


def check_size(name: str, size: int) -> None:
    """Raise ParseError TOO_LARGE where ``size`` (bytes) is above the limit."""
    if size > MAX_PAGE_BYTES:
        raise ParseError(name, Reason.TOO_LARGE, f"more than {MAX_PAGE_BYTES:,} bytes")


def gunzip(name: str, data: bytes) -> bytes:
    """``data`` decompressed where it is gzip, else unchanged. Never more than MAX_PAGE_BYTES.

    Raises ParseError: TOO_LARGE, or DAMAGED_ARCHIVE where the stream is broken or cut short.
    """
    check_size(name, len(data))
    if not data.startswith(GZIP_MAGIC):
        return data
    out = bytearray()
    while data:  # a gzip file may hold several members, one after the other
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            out += member.decompress(data, MAX_PAGE_BYTES + 1 - len(out))
        except zlib.error as error:
            raise ParseError(name, Reason.DAMAGED_ARCHIVE, str(error)) from error
        check_size(name, len(out))
        if not member.eof:
            raise ParseError(name, Reason.DAMAGED_ARCHIVE, "the gzip stream is cut short")
        data = member.unused_data.lstrip(b"\x00")  # padding is allowed after a member
    return bytes(out)
