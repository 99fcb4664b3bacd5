"""Bytes to text. A declared charset is honoured; nothing is guessed.

HTML is UTF-8 unless it says otherwise. Manual pages follow preconv(1): a byte order mark, then a
coding tag in the first two lines, then UTF-8, and ISO 8859-1 where it is not UTF-8.
"""

from __future__ import annotations

import codecs
import re

from corpora.errors import ParseError, Reason

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_META = re.compile(
    rb"""<meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)
_CODING_TAG = re.compile(
    rb"""^['.]?\s*\\?["#.\s]*-\*-.{0,200}?coding:\s*([\w.-]{1,40})""", re.DOTALL
)
_C1 = re.compile("[\x80-\x9f]")

_HEAD_BYTES = 1024
"""Where HTML looks for its own charset (WHATWG: the first 1,024 bytes)."""

# Web practice: whoever declares Latin-1 means windows-1252 (WHATWG Encoding, section 4.2).
_WEB_ALIASES = {"iso8859-1": "cp1252", "ascii": "cp1252"}
_TEXT_CODECS = re.compile(
    r"utf-(8|16|32)|iso8859-|cp12|cp125|koi8|ascii|gb|big5|euc|shift_jis|mac-"
)


def decode_html(name: str, data: bytes) -> str:
    """The text of an HTML document. Raises ParseError UNKNOWN_CHARSET."""
    data, charset = _bom(data)
    if charset is None:
        head = data[:_HEAD_BYTES]
        declared = _XML_DECLARATION.match(head) or _META.search(head)
        charset = _codec(name, declared[1]) if declared else "utf-8"
        charset = _WEB_ALIASES.get(charset, charset)
        if charset.startswith(("utf-16", "utf-32")):  # then the declaration could not be read
            raise ParseError(name, Reason.UNKNOWN_CHARSET, f"declared {charset}, and is not")
    return _decode(name, data, charset)


def decode_roff(name: str, data: bytes) -> str:
    """The text of a manual page's source. Raises ParseError UNKNOWN_CHARSET."""
    data, charset = _bom(data)
    if charset is None:
        first_lines = b"\n".join(data[:_HEAD_BYTES].split(b"\n")[:2])
        declared = _CODING_TAG.search(first_lines)
        charset = _codec(name, declared[1].removesuffix(b"-unix")) if declared else None
    if charset is not None:
        return _decode(name, data, charset)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("iso8859-1")
        if _C1.search(text):  # control characters that no Latin-1 page has
            raise ParseError(
                name, Reason.UNKNOWN_CHARSET, "neither UTF-8 nor ISO 8859-1, and none declared"
            ) from None
        return text


def _bom(data: bytes) -> tuple[bytes, str | None]:
    for mark, charset in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :], charset
    return data, None


def _codec(name: str, label: bytes) -> str:
    """Python's name of a declared charset. Raises ParseError where it is not one of text."""
    text = label.decode("ascii", "replace").strip().lower().replace("latin-", "iso-8859-")
    try:
        found = codecs.lookup(text).name
    except (LookupError, ValueError):
        found = ""
    if not _TEXT_CODECS.match(found):
        raise ParseError(name, Reason.UNKNOWN_CHARSET, f"declared {text!r}")
    return found


def _decode(name: str, data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except (UnicodeError, ValueError) as error:
        raise ParseError(name, Reason.UNKNOWN_CHARSET, f"is not {charset}: {error}") from error
