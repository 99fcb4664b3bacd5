"""robots.txt, read as RFC 9309 says."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import isnan
from urllib.parse import urljoin

from protego import Protego

from corpora.errors import Reason, SourceError
from ingest.egress import Door, Limits

log = logging.getLogger(__name__)

MAX_BYTES = 512 * 1024
"""RFC 9309, section 2.5: at least 500 KiB must be read. A longer file is not obeyed in parts."""
MAX_DELAY = 60.0
"""Seconds between requests that are still waited. A site that asks for more can't be crawled."""


@dataclass(frozen=True, slots=True)
class Robots:
    """What a site allows."""

    rules: Protego
    agent: str

    def allows(self, url: str) -> bool:
        """Whether ``url`` may be asked for."""
        return self.rules.can_fetch(url, self.agent)

    @property
    def delay(self) -> float:
        """Seconds to leave between two requests."""
        asked = self.rules.crawl_delay(self.agent) or 0.0
        rate = self.rules.request_rate(self.agent)
        wanted = (asked, rate.seconds / rate.requests if rate and rate.requests else 0.0)
        return max(0.0, *(seconds for seconds in wanted if not isnan(seconds)))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The sitemaps it names."""
        return tuple(self.rules.sitemaps)


def read_robots(door: Door, start: str) -> Robots:
    """Ask the site of ``start`` what may be crawled. A site without robots.txt allows everything.

    Raises SourceError: UNREACHABLE where the site can't say (it then means no, as the RFC has it),
    REFUSED where it asks for more than a minute between requests.
    """
    address = urljoin(start, "/robots.txt")
    agent = door.user_agent.partition("/")[0].split()[0]
    answer = door.follow(address, limits=Limits(body_bytes=MAX_BYTES))
    if answer.status == 429 or answer.status >= 500:
        raise SourceError(
            address,
            Reason.UNREACHABLE,
            f"status {answer.status}",
            hint="A site that can't say what may be crawled is not crawled.",
        )
    text = answer.body.decode("utf-8", "replace")  # empty for 4xx: no file, no rules
    robots = Robots(Protego.parse(text), agent)
    if robots.delay > MAX_DELAY:
        raise SourceError(
            address, Reason.REFUSED, f"it asks for {robots.delay:.0f} s between requests"
        )
    return robots
