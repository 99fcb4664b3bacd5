"""Pages that say "not found" with status 200."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urljoin, urlsplit

from corpora.errors import SourceError
from ingest.crawl.urls import folder
from ingest.egress import Door

_TITLE = re.compile(
    r"^(?:error[\s:]*)?(?:404|410)\b"
    r"|^(?:oops\W+)?(?:sorry\W+)?(?:the\s+)?(?:requested\s+)?(?:page|document|file|url|resource)\s+"
    r"(?:(?:was|is|could|can)\s*)?(?:not|n.t)\s+(?:be\s+)?found\b"
    r"|^not\s+found\b",
    re.IGNORECASE,
)
_SPACE = re.compile(rb"\s+")
_DIGITS = re.compile(rb"\d+")


@dataclass(frozen=True, slots=True)
class SoftNotFound:
    """How a site answers for a page that doesn't exist."""

    signature: str = ""
    """Of the page it serves instead; empty where it answers with a status as it should."""
    redirect: str = ""
    """Where it sends such requests, perhaps."""

    def is_title(self, title: str) -> bool:
        """Whether a page's title says that there is no page."""
        return bool(_TITLE.match(title))

    def is_page(self, url: str, body: bytes) -> bool:
        """Whether ``body`` is what the site serves for pages that don't exist."""
        return bool(self.signature) and _signature(url, body) == self.signature


def probe(door: Door, start: str, since: datetime) -> SoftNotFound:
    """Ask for a page that can't exist, beside ``start``."""
    token = hashlib.sha256(start.encode()).hexdigest()[:16]
    url = urljoin(folder(start), f"no-such-page-{token}.html")
    try:
        answer = door.ask(url, fresh_since=since)
    except SourceError:
        return SoftNotFound()
    if answer.location:
        return SoftNotFound(redirect=urljoin(url, answer.location))
    if answer.status != 200:
        return SoftNotFound()
    return SoftNotFound(signature=_signature(url, answer.body))


def _signature(url: str, body: bytes) -> str:
    """A checksum of ``body`` without what differs per request: address, numbers, white space."""
    path = urlsplit(url).path
    name = path.rstrip("/").rpartition("/")[2]
    for part in dict.fromkeys((url, path, unquote(path), name, unquote(name))):
        if len(part) > 3:  # a shorter one would strike ordinary words
            body = body.replace(part.encode(), b"")
    return hashlib.sha256(_DIGITS.sub(b"0", _SPACE.sub(b" ", body))).hexdigest()
