"""Reading documents of untrusted JSON and YAML: tables, lists and texts, and nothing else."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping

import yaml

from commands.model import one_line
from corpora.errors import ParseError, Reason
from ingest.sources.base import Document

Table = Mapping[str, object]

FILE_BYTES = 32 * 2**20
"""One document, unpacked. The table of all commands of az has 24 MB."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Makes texts, lists and tables: ``no`` stays a word, and ``!!python`` makes nothing."""


def read_json(document: Document, limit: int = FILE_BYTES) -> Table:
    """Read a document that is one table of at most ``limit`` bytes. Raises ParseError."""
    try:
        return _table(document.name, json.loads(_sized(document, limit)))
    except (ValueError, RecursionError) as error:
        raise ParseError(document.name, Reason.MALFORMED, one_line(str(error))) from error


def read_yaml(name: str, text: str | bytes) -> Table:
    """Read a text that is one table. Raises ParseError."""
    if len(text) > FILE_BYTES:
        raise ParseError(name, Reason.TOO_LARGE)
    try:
        return _table(name, yaml.load(text, Loader=_LOADER))  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ParseError(name, Reason.MALFORMED, one_line(str(error))) from error


def table(value: object) -> Table:
    """Give a table as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> list[Table]:
    """Give the tables of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def named(value: object) -> Iterator[tuple[str, Table]]:
    """Give the entries of a table that are tables, by name; of a list, by what they call it."""
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, dict):
                yield str(name), one
    else:
        for one in tables(value):
            yield str(one.get("name", "")), one


def texts(value: object) -> tuple[str, ...]:
    """Give a text, or the texts of a list."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return ()
    return tuple(str(one) for one in value if isinstance(one, str | int | float))


def line(value: object) -> str:
    """A value as text in one line; empty for none."""
    return one_line(" ".join(texts(value))) if isinstance(value, str | list) else ""


def quote(value: object, limit: int = 400) -> str:
    """A text as evidence: as it stands, but for what no text may hold."""
    text = value if isinstance(value, str) else ""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufdd0-\ufdef]", " ", text).strip()[:limit]


def _sized(document: Document, limit: int) -> bytes:
    data = document.data
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, limit + 1)
        except zlib.error as error:
            raise ParseError(document.name, Reason.MALFORMED, str(error)) from error
    if len(data) > limit:
        raise ParseError(document.name, Reason.TOO_LARGE)
    return data


def _table(name: str, read: object) -> Table:
    if not isinstance(read, dict):
        raise ParseError(name, Reason.MALFORMED, "no table")
    return read
