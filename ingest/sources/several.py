"""Several sources of one product as one: each release comes from the first that has it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from corpora.catalogue import Product
from corpora.errors import FlagstoneError, Reason, SourceError
from ingest.sources.base import Discovering, Document, Found, Progress, Source, silent

log = logging.getLogger(__name__)

Opener = Callable[[Product], Source]
"""Makes one kind of source over a product, which may be cut down to some of its releases."""


class SeveralSources:
    """The sources of a product, in the order in which they are asked.

    A later one is opened only over what the earlier ones lack: a vendor's site is neither asked nor
    crawled where a registry has the same release.
    """

    def __init__(self, product: Product, openers: Sequence[Opener]) -> None:
        self._product = product
        self._openers = tuple(openers)
        self._owners: dict[str, Source] = {}
        self._opened: list[Source] = []

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which declared releases any of them has, in declared order.

        One that can't be asked is passed over. Raises its error where no other has anything.
        """
        found: dict[str, Found] = {}
        errors: list[FlagstoneError] = []
        for opener in self._openers:
            lacking = [label for label in self._product.labels if label not in found]
            if not lacking:
                break
            try:
                source = opener(self._product.only(lacking))
                self._opened.append(source)
                here = source.releases(on_progress=on_progress)
            except FlagstoneError as error:
                log.warning("%s: %s", self._product.id, error)
                errors.append(error)
                continue
            for one in here:
                if one.label not in found:
                    found[one.label] = one
                    self._owners[one.label] = source
        if errors and not found:
            raise errors[0]
        return tuple(found[label] for label in self._product.labels if label in found)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Make sure of ``found`` at the source that has it. Raises SourceError."""
        return self._owner(found).prepare(found, on_progress=on_progress)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every document of ``found``, from the source that has it. Raises SourceError."""
        return self._owner(found).fetch(found, on_progress=on_progress)

    def versions(self) -> tuple[str, ...]:
        """Every upstream version that the sources asked so far know of."""
        found: dict[str, None] = {}
        for source in self._opened:
            if isinstance(source, Discovering):
                with suppress(FlagstoneError):
                    found |= dict.fromkeys(source.versions())
        return tuple(found)

    def _owner(self, found: Found) -> Source:
        try:
            return self._owners[found.label]
        except KeyError:
            raise SourceError(
                found.origin, Reason.NOT_FOUND, "no source has it", hint="Ask for releases() first."
            ) from None
