"""How the surface store lays facts out in rows: its schema, and the text and number codings.

Equal facts are one row, whatever command or release they stand in::

    versions   a command at a set of releases → its head, its evidence, its options
    heads      what is said of a command apart from its options        JSON
    options    one option's facts                                       JSON
    evidence   where the facts of one command were read                 compressed lines of JSON
    nodes      the tree of words that paths are made of
    postings   a spelling → the commands that take it, and at which releases

What makes equal evidence look different is factored out of its addresses: the base that a release's
pages share, the release's label, and the page of the command itself.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import TypeAdapter

from commands.model import TRUST, Command, Evidence, Kind, Option, Scope, Source

FORMAT = 1
APPLICATION_ID = 0x464C5353
"""``FLSS`` in the SQLite header."""

KINDS: tuple[Kind, ...] = ("command", "configuration", "statement")

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE releases (
    product INTEGER NOT NULL, position INTEGER NOT NULL, label TEXT NOT NULL,
    sources TEXT NOT NULL, exhaustive TEXT NOT NULL, dialect TEXT NOT NULL, bases TEXT NOT NULL,
    PRIMARY KEY (product, position)
) WITHOUT ROWID;
CREATE TABLE release_sets (id INTEGER PRIMARY KEY, product INTEGER NOT NULL, bits BLOB NOT NULL);
CREATE TABLE nodes (
    id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, word TEXT NOT NULL, releases INTEGER NOT NULL
);
CREATE TABLE aliases (
    node INTEGER NOT NULL, target INTEGER NOT NULL, releases INTEGER NOT NULL,
    PRIMARY KEY (node, target)
) WITHOUT ROWID;
CREATE TABLE versions (
    node INTEGER NOT NULL, number INTEGER NOT NULL, releases INTEGER NOT NULL,
    head INTEGER NOT NULL, evidence INTEGER NOT NULL, options BLOB NOT NULL,
    PRIMARY KEY (node, number)
) WITHOUT ROWID;
CREATE TABLE heads (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE options (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE evidence (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE postings (
    product INTEGER NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (product, name)
) WITHOUT ROWID;
"""

INDEXES = "CREATE UNIQUE INDEX nodes_by_word ON nodes (parent, word);"

OPTION = TypeAdapter(Option)
COMMAND = TypeAdapter(Command)
SCOPES = TypeAdapter(tuple[Scope, ...])

# Noncharacters, one set of markers per source: see commands.model.
_BASE = {source: chr(0xFDD0 + i) for i, source in enumerate(TRUST)}
_PAGE = {source: chr(0xFDD8 + i) for i, source in enumerate(TRUST)}
_LABEL = chr(0xFDE0)


_DICTIONARY = (
    '[{"source":"help","quote":"[{"source":"model","url":"[{"source":"binary","quote":"'
    f'","passage":"[{{"source":"documentation","url":"{chr(0xFDDB)}#","quote":"--'
).encode()
"""What evidence begins with, told to the compressor: texts are too short for it to learn that."""
_EXPANDED = 64 << 20
"""Bytes that the evidence of one command may expand to: 5,000 options with full quotes."""


def squeeze(text: str) -> bytes:
    """Compress a text."""
    packer = zlib.compressobj(9, zdict=_DICTIONARY)
    return packer.compress(text.encode()) + packer.flush()


def expand(body: bytes) -> str:
    """Read what `squeeze` wrote. Raises ValueError where it is damaged or much too large."""
    unpacker = zlib.decompressobj(zdict=_DICTIONARY)
    try:
        text = unpacker.decompress(body, _EXPANDED)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise ValueError("the evidence is cut short, or too large")
    return text.decode()


def root(product: int, kind: Kind) -> int:
    """Give the number that stands for the parent of a product's first words of one kind."""
    return -(product * len(KINDS) + KINDS.index(kind))


def bits(positions: int) -> bytes:
    """Write a set of releases, bit 0 the oldest, as bytes."""
    return positions.to_bytes((positions.bit_length() + 7) // 8, "little")


def pack(numbers: Iterable[int]) -> bytes:
    """Write numbers of nought and above as LEB128."""
    out = bytearray()
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


def unpack(body: bytes) -> Iterator[int]:
    """Read what `pack` wrote."""
    number = shift = 0
    for byte in body:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield number
            number = shift = 0


def bases(evidence: Iterable[Evidence]) -> dict[Source, str]:
    """Find what the addresses of each source have in common, up to a slash."""
    found: dict[Source, str] = {}
    for one in evidence:
        if one.url:
            known = found.get(one.source)
            found[one.source] = one.url if known is None else _common(known, one.url)
    return {source: url[: url.rfind("/") + 1] for source, url in found.items()}


class Factoring:
    """Takes out of one release's evidence what differs between releases, and puts it back."""

    def __init__(self, label: str, bases: Mapping[Source, str]) -> None:
        self._bases = bases
        self._label = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(label)}(?![A-Za-z0-9]|\.[0-9])")
        self._whole = {_LABEL: _quoted(label)} | {
            _BASE[source]: _quoted(base) for source, base in bases.items()
        }

    def write(self, evidence: Sequence[Evidence], pages: Mapping[Source, str]) -> str:
        """Give the evidence as JSON. ``pages`` are the command's own addresses by source."""
        rows = []
        for one in evidence:
            row: dict[str, str] = {"source": one.source}
            if one.url:
                row["url"] = self._shorten(one, pages.get(one.source, ""))
            if one.quote:
                row["quote"] = one.quote
            if one.passage:
                row["passage"] = one.passage
            rows.append(row)
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))

    def read(self, text: str, pages: Mapping[Source, str]) -> str:
        """Give the JSON that `write` wrote with the addresses whole again."""
        for source, page in pages.items():
            text = text.replace(_PAGE[source], _quoted(page))
        for marker, whole in self._whole.items():
            text = text.replace(marker, whole)
        return text

    def _shorten(self, evidence: Evidence, page: str) -> str:
        url = evidence.url
        if page and url.startswith(page):
            return _PAGE[evidence.source] + url[len(page) :]
        base = self._bases.get(evidence.source, "")
        marker = _BASE[evidence.source] if base and url.startswith(base) else ""
        rest = url[len(base) :] if marker else url
        return marker + self._label.sub(_LABEL, rest)


def pages(evidence: Sequence[Evidence]) -> dict[Source, str]:
    """Give the command's own page by source: its address without the fragment."""
    found: dict[Source, str] = {}
    for one in evidence:
        page = one.url.partition("#")[0]
        if page:
            found.setdefault(one.source, page)
    return found


def option_body(option: Option, sources: tuple[Source, ...]) -> str:
    """Give an option's facts as JSON: no evidence, and its sources only if they differ."""
    left_out = {"evidence", "sources"} if option.sources == sources else {"evidence"}
    return OPTION.dump_json(option, exclude_defaults=True, exclude=left_out).decode()


def head_body(command: Command, sources: tuple[Source, ...]) -> str:
    """Give a command's facts as JSON, apart from its place, options and evidence."""
    left_out = {"path", "kind", "options", "children", "evidence"}
    if command.sources == sources:
        left_out.add("sources")
    return COMMAND.dump_json(command, exclude_defaults=True, exclude=left_out).decode()


def _common(one: str, other: str) -> str:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return one[:index]
    return min(one, other, key=len)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
