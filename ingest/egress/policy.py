"""What the door lets through, and how much of it: plain frozen values, decided by the caller."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.egress.addresses import Network

USER_AGENT = "flagstone (+https://github.com/flagstone-dev/flagstone)"


@dataclass(frozen=True, slots=True)
class Policy:
    """Where requests may go. The default: any public host over http and https, no files."""

    hosts: tuple[str, ...] = ()
    """Allow-list mode, where not empty: ``docs.example.org``; ``*.example.org`` for all below it.
    A name on the list must still have an address that may be connected to."""
    networks: tuple[Network, ...] = ()
    """Networks that may be connected to although they are not public: an internal mirror's."""
    roots: tuple[Path, ...] = ()
    """Folders whose files may be read as ``file://``."""
    proxy: str = ""
    """``http://proxy.internal:3128``, credentials included. A name's address is then looked up by
    the proxy, so that only addresses written as such, and the allow-list, can be checked here.
    The environment's proxy variables are never read."""
    ca_file: Path | None = None
    """A file of certificates to trust instead of the public authorities'."""
    redirects: int = 5
    """Hops followed per request. Browsers stop at 20; documentation needs two or three."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one answer may cost."""

    body_bytes: int = 16 * 1024 * 1024
    """After decompression. The largest page of 4,600 real ones has 0.5 MB."""
    header_bytes: int = 64 * 1024
    seconds: float = 60.0
    """From the first look-up to the last byte, of one attempt."""
    connect_seconds: float = 10.0
    idle_seconds: float = 15.0
    """Without a single byte."""
    bytes_per_second: int = 500
    """An answer that stays below, once ``grace_seconds`` are over, is broken off."""
    grace_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How faults that may pass are met: waits of ``base * 2^n``, each shortened by up to half."""

    attempts: int = 4
    base_seconds: float = 1.0
    cap_seconds: float = 30.0
    retry_after_cap: float = 120.0
    """The longest Retry-After that is waited for; a longer one is cut to this."""

    def wait(self, failed: int, jitter: float) -> float:
        """Seconds to wait after ``failed`` failed attempts; ``jitter`` is in [0, 1)."""
        whole = min(self.cap_seconds, self.base_seconds * 2.0 ** min(failed - 1, 30))
        return whole * (1 - jitter / 2)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, so that tests can have their own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
