"""Politeness: when each host may be asked next."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingest.egress.policy import Clock

FOREVER = 10**9
"""Seconds. A Retry-After beyond is no number worth keeping."""


class Pace:
    """Spaces the requests to each host, and holds them back where the host asks. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._every: dict[str, float] = {}
        self._free: dict[str, float] = {}

    def every(self, host: str, seconds: float) -> None:
        """From now on, begin at most one request to ``host`` per ``seconds``."""
        with self._lock:
            self._every[host] = seconds

    def hold(self, host: str, seconds: float) -> None:
        """Begin no request to ``host`` for ``seconds``."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            self._free[host] = max(self._free.get(host, 0.0), until)

    def turn(self, host: str) -> None:
        """Wait until ``host`` may be asked."""
        while True:
            with self._lock:
                now = self._clock.monotonic()
                wait = self._free.get(host, now) - now
                if wait <= 0:
                    gap = self._every.get(host, 0.0)
                    if gap:
                        self._free[host] = now + gap
                    return
            self._clock.sleep(wait)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, or None where it says nothing readable.

    >>> retry_after("120", datetime.now(UTC))
    120.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:20]), FOREVER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), FOREVER)
