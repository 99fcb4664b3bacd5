"""Documents to pages: one reader per format, behind one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from corpora.errors import ConfigurationError
from corpora.model import Page
from ingest.parse import commonmark, docbook, help_text, html, man

Reader = Callable[[str, bytes], Page]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "docbook": docbook.parse,
        "help": help_text.parse,
        "html": html.parse,
        "man": man.parse,
        "markdown": commonmark.parse,
    }
)
"""A reader for every format of pages that a declaration may name."""


def parse(format: str, name: str, data: bytes) -> Page:
    """Read one document. ``name`` is its path within the release, for its slug and for errors.

    Raises ParseError where the document can't be read, ToolMissing where a program that its format
    needs is not installed, and ConfigurationError for a format that nothing reads.
    """
    reader = READERS.get(format)
    if reader is None:
        raise ConfigurationError(
            f"No reader for the format {format!r}.", hint=f"There are: {', '.join(READERS)}."
        )
    return reader(name, data)
