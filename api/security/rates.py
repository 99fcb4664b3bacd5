"""How often a key may ask: a bucket of calls for each, which fills up evenly."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from corpora.errors import RateLimited

MINUTE = 60.0


class Bucket:
    """Holds up to ``per_minute`` calls: so many at once, and so many a minute in the long run."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._left = float(per_minute)
        self._clock = clock
        self._counted = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Spend one call. Raises RateLimited where none is left."""
        with self._lock:
            self._fill()
            if self._left >= 1:
                self._left -= 1
                return
            wait = math.ceil((1 - self._left) * MINUTE / self.per_minute)
        raise RateLimited(
            f"This key may ask {self.per_minute} times a minute.",
            hint=f"Ask again in {wait} s.",
            retry_after=wait,
        )

    def headers(self) -> dict[str, str]:
        """How things stand, as ``RateLimit-*`` headers. ``Reset``: seconds until it is full."""
        with self._lock:
            self._fill()
            missing = self.per_minute - self._left
        return {
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Policy": f"{self.per_minute};w={MINUTE:.0f}",
            "RateLimit-Remaining": str(int(self.per_minute - missing)),
            "RateLimit-Reset": str(math.ceil(missing * MINUTE / self.per_minute)),
        }

    def _fill(self) -> None:
        now = self._clock()
        gained = (now - self._counted) * self.per_minute / MINUTE
        self._left = min(float(self.per_minute), self._left + gained)
        self._counted = now


class Buckets:
    """One bucket for each key; none where ``per_minute`` is 0 and the key has no limit of its own.

    Never one for an address: behind one address may stand a whole company.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._of: dict[str, Bucket] = {}

    def of(self, key: str, per_minute: int | None) -> Bucket | None:
        """The bucket of a key."""
        allowed = self._per_minute if per_minute is None else per_minute
        if not allowed:
            return None
        bucket = self._of.get(key)
        if bucket is None or bucket.per_minute != allowed:
            bucket = self._of[key] = Bucket(allowed)
        return bucket
