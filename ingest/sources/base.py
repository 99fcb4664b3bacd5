"""The seam that every kind of source implements: which releases it has, and their documents.

::

    source = DebSource(product, archive)
    for found in source.releases():          # what can be had now, and at which exact version
        found = source.prepare(found)        # make sure of it; fall back where a file is gone
        for document in source.fetch(found):
            ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from corpora.catalogue import Product
from corpora.errors import ConfigurationError, Reason, SourceError
from corpora.model import Trust

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Progress(Protocol):
    """Told how far a step has come."""

    def __call__(self, done: int, total: int | None, what: str, /) -> None:
        """``done`` of ``total`` (None: not known); ``what`` names the step and its unit."""


def silent(done: int, total: int | None, what: str, /) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Found:
    """One declared release that can be had now."""

    label: str
    """The release as the product declares it: ``2.39``."""
    upstream: str
    """The full version found: ``2.39.5``."""
    origin: str
    """What it comes from: ``git-man 1:2.39.5-0+deb12u3``."""
    fingerprint: str
    """64 hex digits that change exactly when the documents to fetch change."""
    format: str
    """What its documents are written in: a format of ``ingest.parse`` or ``ingest.models``."""
    trust: Trust
    """Who published them."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as its source has it, not yet read. Untrusted."""

    name: str
    """Its path inside the source: ``usr/share/man/man1/git-commit.1.gz``."""
    data: bytes
    """Its bytes, still packed where the source packs them (``.gz``)."""
    url: str
    """The public address, from the declaration's template."""
    slug: str
    """Names the page in every release alike, once per release: ``git-commit``."""
    fetched_at: datetime
    """When its bytes were had, with a time zone."""
    format: str = ""
    """What it is written in, where that isn't what the release's documents are."""
    synonyms: tuple[str, ...] = ()
    """Other paths inside the source that lead to it: ``usr/share/man/man8/swapoff.8.gz``."""


@runtime_checkable
class Discovering(Protocol):
    """A source that can say which versions there are besides those that are declared."""

    def versions(self) -> tuple[str, ...]:
        """Every upstream version known of the product. Raises SourceError."""
        ...


class Source(Protocol):
    """One kind of place that has a product's documentation."""

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which of the declared releases can be had now, in declared order.

        A release that can't is left out. Raises SourceError where nothing can be asked at all,
        ToolMissing where the machine lacks a program.
        """
        ...

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Make sure that ``found`` can be fetched, and return it.

        Where what it was listed with is gone, returns the next best of the same release, with its
        own upstream, origin and fingerprint. Raises SourceError where there is none.
        """
        ...

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every document of exactly ``found``, in the same order each time; never of another.

        Raises SourceError; what came before the error is not a whole release.
        """
        ...


def looked_up(
    product: Product, labels: Sequence[str], look: Callable[[str], Found], on_progress: Progress
) -> tuple[Found, ...]:
    """Ask ``look`` for each of ``labels``, leaving out what there is not.

    Raises what ``look`` raises, but for SourceError(NOT_FOUND).
    """
    found = []
    for number, label in enumerate(labels):
        on_progress(number, len(labels), f"releases of {product.title} looked for")
        try:
            found.append(look(label))
        except SourceError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise
    return tuple(found)


def fill(template: str, values: Mapping[str, str], *, url: bool = False) -> str:
    """``template`` with each ``{name}`` replaced; in a ``url``, values are percent-encoded.

    A ``/`` in a value stays: a page may be in a folder of its own.

    Names that ``values`` lacks stay as they are, so that a template can be filled in two steps.
    Values are never read as templates. Raises ConfigurationError for a ``{`` that ends nowhere.
    """
    if template.count("{") != template.count("}"):
        raise ConfigurationError(f"The template {template!r} has a brace without its partner.")

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        if found is None:
            return match[0]
        return quote(found, safe="/:+~,@") if url else found

    return _PLACEHOLDER.sub(value, template)


def fill_whole(template: str, values: Mapping[str, str], *, url: bool = False) -> str:
    """As :func:`fill`, but raises ConfigurationError for a name that ``values`` lacks."""
    unknown = {match[1] for match in _PLACEHOLDER.finditer(template)} - values.keys()
    if unknown:
        raise ConfigurationError(
            f"The template {template!r} uses {{{min(unknown)}}}, which is not known.",
            hint=f"Known here: {', '.join(sorted(values))}.",
        )
    return fill(template, values, url=url)
