"""What the door hands back, and what it has counted."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Via = Literal["network", "revalidated", "kept", "file"]
"""network: its bytes were sent now. revalidated: the server said that the kept ones hold. kept: it
was not asked. file: read from an allowed folder."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
MAY_PASS = frozenset({429, 502, 503, 504})
"""Statuses that say: ask again later."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. ``body`` is unpacked, and empty for every status but 2xx."""

    url: str
    """Where it was had, after redirects."""
    status: int
    headers: Mapping[str, str]
    """By lower-case name; of a kept answer only those that matter."""
    body: bytes
    fetched_at: datetime
    """When its bytes were sent, with a time zone."""
    via: Via
    hops: tuple[str, ...] = ()
    """The addresses that redirected here, first to last."""

    @property
    def content_type(self) -> str:
        """``text/html``: lower case, without parameters; empty where it isn't said."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def location(self) -> str:
        """Where a redirect leads, as the server spells it: relative, perhaps. Else empty."""
        return self.headers.get("location", "") if self.status in REDIRECTS else ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a door has done since it was made."""

    requests: int = 0
    """Sent, retries included."""
    retries: int = 0
    bytes_received: int = 0
    """Of bodies, as they came over the network."""
    revalidated: int = 0
    kept: int = 0
    """Answered from disk without asking."""


@dataclass(slots=True)
class Tally:
    """Counts that several threads add to."""

    _counts: Counts = field(default_factory=Counts)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self,
        *,
        requests: int = 0,
        retries: int = 0,
        bytes_received: int = 0,
        revalidated: int = 0,
        kept: int = 0,
    ) -> None:
        """Add to each count."""
        with self._lock:
            now = self._counts
            self._counts = Counts(
                now.requests + requests,
                now.retries + retries,
                now.bytes_received + bytes_received,
                now.revalidated + revalidated,
                now.kept + kept,
            )

    @property
    def counts(self) -> Counts:
        """The counts so far."""
        return self._counts
