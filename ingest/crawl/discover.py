"""Addresses that a site lists itself: sitemaps, and ``llms.txt``."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from corpora.errors import SourceError
from ingest.crawl.links import read_markdown
from ingest.crawl.report import Ledger, Why, why_of
from ingest.crawl.scope import Scope
from ingest.crawl.urls import folder
from ingest.egress import Door, Limits
from ingest.egress.body import gunzip

log = logging.getLogger(__name__)

MAX_SITEMAPS = 50
"""Sitemap files of one crawl. Sites with more list other products in them."""
MAX_BYTES = 50 * 1024 * 1024
"""Of one sitemap, unpacked: the protocol's own limit. So is the next."""
MAX_ENTRIES = 50_000


class Listings:
    """Reads what a site lists. Faults are noted, never fatal: links may lead there as well."""

    def __init__(self, door: Door, scope: Scope, ledger: Ledger, since: datetime) -> None:
        self._door = door
        self._scope = scope
        self._ledger = ledger
        self._since = since

    def sitemaps(self, named: tuple[str, ...]) -> Iterator[str]:
        """Every address in the ``named`` sitemaps, else in ``/sitemap.xml``, indexes followed."""
        waiting = deque(named[:MAX_SITEMAPS] or (urljoin(self._scope.start, "/sitemap.xml"),))
        seen: set[str] = set(waiting)
        done = 0
        while waiting:
            address = waiting.popleft()
            if done == MAX_SITEMAPS:
                self._ledger.add(address, Why.PAGE_LIMIT, f"more than {MAX_SITEMAPS} sitemaps")
                return
            done += 1
            data = self._read(address, optional=not named)
            if data is None:
                continue
            try:
                for kind, location in _locations(gunzip(address, data, MAX_BYTES)):
                    if kind != "sitemap":
                        yield location
                    # A sitemap of another release needn't be read.
                    elif location not in seen and self._scope.release_of(location) in (
                        None,
                        self._scope.label,
                    ):
                        seen.add(location)
                        waiting.append(location)
                        if len(seen) > 2 * MAX_SITEMAPS:
                            break
            except SourceError as error:
                self._ledger.add(address, why_of(error.reason), error.detail)
            except etree.XMLSyntaxError as error:
                self._ledger.add(address, Why.BROKEN, f"sitemap: {error}")

    def llms(self) -> Iterator[str]:
        """Every address in the ``llms.txt`` of the start's folder and of the site."""
        for base in dict.fromkeys((folder(self._scope.start), urljoin(self._scope.start, "/"))):
            address = urljoin(base, "llms.txt")
            data = self._read(address, optional=True)
            if data is not None and data.lstrip()[:1] != b"<":
                yield from read_markdown(address, data).links

    def _read(self, address: str, *, optional: bool) -> bytes | None:
        limits = Limits(body_bytes=MAX_BYTES)
        try:
            answer = self._door.follow(address, fresh_since=self._since, limits=limits)
        except SourceError as error:
            self._ledger.add(address, why_of(error.reason), error.detail)
            return None
        if 200 <= answer.status < 300:
            return answer.body
        if not (optional and 400 <= answer.status < 500):
            self._ledger.add(address, Why.UNREACHABLE, f"status {answer.status}")
        return None


def _locations(data: bytes) -> Iterator[tuple[str, str]]:
    """``("sitemap" or "url", address)`` of each entry. Raises XMLSyntaxError."""
    if b"<!DOCTYPE" in data[:4096].upper() or b"<!ENTITY" in data[:65536].upper():
        raise etree.XMLSyntaxError("a document type has no place in a sitemap", 0, 0, 0)
    entries = etree.iterparse(
        BytesIO(data), tag="{*}loc", resolve_entities=False, no_network=True, load_dtd=False
    )
    for number, (_, entry) in enumerate(entries):
        if number == MAX_ENTRIES:
            return
        parent = entry.getparent()
        kind = etree.QName(parent).localname if parent is not None else ""
        if kind in ("sitemap", "url") and entry.text:
            yield kind, entry.text.strip()
        if parent is not None:  # what was read is let go of
            parent.clear(keep_tail=False)
            while parent.getprevious() is not None:
                del parent.getparent()[0]
