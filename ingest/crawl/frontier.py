"""Which addresses are visited next: level by level, so that every crawl visits the same ones."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from ingest.crawl.report import Ledger, Why
from ingest.crawl.robots import Robots
from ingest.crawl.scope import Scope
from ingest.crawl.urls import shape

MAX_SHAPE = 2_000
"""Pages whose addresses differ in their numbers only. PostgreSQL's largest such family, its release
notes, has 500; a calendar has no end."""
SEEN_PER_PAGE = 20
"""Addresses remembered per page of the limit, in scope or not, so that memory has a limit too."""


class Frontier:
    """Takes addresses as they are found, and gives them out sorted, one level at a time."""

    def __init__(self, scope: Scope, robots: Robots, ledger: Ledger) -> None:
        self._scope = scope
        self._robots = robots
        self._ledger = ledger
        self._seen: set[str] = set()
        self._next: dict[str, str] = {}
        self._shapes: Counter[str] = Counter()
        self._given = 0
        self.other_releases: set[str] = set()

    def add(self, address: str) -> str | None:
        """Note an absolute address that was found.

        Returns its one spelling, None where it has none. What is not to be visited is noted in the
        ledger, once.
        """
        url = self._scope.canonical(address)
        if url is None or url in self._seen:
            return url
        if len(self._seen) >= SEEN_PER_PAGE * self._scope.site.max_pages:
            self._ledger.counts[Why.PAGE_LIMIT] += 1
            return url
        self._seen.add(url)
        why = self._scope.refusal(url)
        if why is Why.OTHER_RELEASE and (label := self._scope.release_of(url)):
            self.other_releases.add(label)
        if why is None and not self._robots.allows(url):
            why = Why.ROBOTS
        if why is None:
            kind = shape(url)
            self._shapes[kind] += 1
            if self._shapes[kind] > MAX_SHAPE:
                why = Why.TRAP
        if why is None:
            self._next[url] = _plain(address)
        else:
            self._ledger.add(url, why)
        return url

    def level(self) -> list[tuple[str, str]]:
        """Give out what was added since the last call: addresses, and how they were spelled."""
        found = sorted(self._next.items())
        self._next.clear()
        room = self._scope.site.max_pages - self._given
        for url, _ in found[room:]:
            self._ledger.add(url, Why.PAGE_LIMIT)
        self._given += len(found[:room])
        return found[:room]

    def give_up(self, level: list[tuple[str, str]]) -> None:
        """Note a level that is not visited any more as too deep."""
        for url, _ in level:
            self._ledger.add(url, Why.TOO_DEEP)


def _plain(address: str) -> str:
    """The address as spelled, without its fragment and query: what a static site has a file for."""
    return urlsplit(address)._replace(query="", fragment="").geturl()
