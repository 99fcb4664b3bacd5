"""The crawl of one release's pages.

1. robots.txt says what may be asked for, and how often.
2. The start page, sitemaps and llms.txt give the first addresses.
3. Level by level, pages are asked for in several threads, conditionally where an earlier crawl
   left a copy; their links are the next level. Redirects and canonical addresses are links too.
4. Every answer is on disk before the next step. A crawl that is killed begins again at the start
   page, and takes from disk whatever it had asked for: it goes on where it was.
5. At the end, what came back is sorted into documents and named problems.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from urllib.parse import urlsplit

from corpora.errors import Reason, SourceError
from ingest.crawl.choose import CrawledPage, choose, hops
from ingest.crawl.discover import Listings
from ingest.crawl.frontier import Frontier
from ingest.crawl.links import Links
from ingest.crawl.report import PASSING, CrawlReport, Ledger, Why
from ingest.crawl.robots import read_robots
from ingest.crawl.scope import Scope
from ingest.crawl.soft404 import probe
from ingest.crawl.visit import Visit, Visitor
from ingest.egress import Cache, Door, Limits
from ingest.sources.base import Progress, silent

log = logging.getLogger(__name__)

SAMPLE = 5
"""Pages that are looked at to find out where a site keeps Markdown."""
AHEAD = 64
"""Pages asked for before the oldest of them has been accounted for: bounds what is in memory."""


@dataclass(frozen=True, slots=True)
class CrawlLimits:
    """What one crawl may cost, and how hard it tries."""

    threads: int = 6
    """Requests under way at once: as many as a browser has to one host. On 127.0.0.1 more gain
    nothing (760 pages/s with 6, 660 with 24); 30 ms away, 24 would double the 170 pages/s."""
    page: Limits = field(default_factory=lambda: Limits(body_bytes=8 * 1024 * 1024))
    """The readers take no larger page either."""
    seconds: float = 6 * 3600
    """After this the crawl ends with an error; the next one goes on with it."""
    total_bytes: int = 2 * 1024**3
    """Of all pages together. PostgreSQL's 1,171 have 15 MB."""
    resume_seconds: float = 24 * 3600
    """A crawl broken off longer ago is not gone on with: its pages are too old."""
    faults_in_a_row: int = 25
    """Passing faults in a row after which the site is taken for down."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """A finished crawl."""

    pages: tuple[CrawledPage, ...]
    """Sorted by slug."""
    report: CrawlReport
    fingerprint: str
    """64 hex digits of every page's address, slug and content."""


class Crawler:
    """Crawls what is in ``scope``, with its state in ``cache``."""

    def __init__(
        self, door: Door, cache: Cache, scope: Scope, limits: CrawlLimits | None = None
    ) -> None:
        self._door = door.using(cache)
        self._cache = cache
        self._scope = scope
        self._limits = limits or CrawlLimits()
        self._ledger = Ledger()
        self._visits: dict[str, Visit] = {}
        self._redirects: dict[str, str] = {}
        self._contents: set[str] = set()
        self._bytes = 0
        self._in_a_row = 0

    def crawl(self, *, on_progress: Progress = silent) -> Crawl:
        """Crawl once. Raises SourceError where the site is down, forbids it, or is too much."""
        clock = monotonic()
        since, resumed = self._begin()
        robots = read_robots(self._door, self._scope.start)
        if not robots.allows(self._scope.start):
            raise SourceError(self._scope.start, Reason.REFUSED, "its robots.txt forbids it")
        self._door.pace.every(
            urlsplit(self._scope.start).hostname or "", max(robots.delay, self._scope.site.delay)
        )
        visitor = Visitor(
            self._door,
            self._scope,
            since,
            self._limits.page,
            robots,
            probe(self._door, self._scope.start, since),
        )
        frontier = Frontier(self._scope, robots, self._ledger)
        frontier.add(self._scope.start)
        level = frontier.level()
        self._seed(frontier, robots.sitemaps, since)
        what = f"fetch pages of {self._scope.label}"
        with ThreadPoolExecutor(self._limits.threads, "crawl") as pool:
            try:
                for depth in range(self._scope.site.max_depth + 1):
                    # The start page stays HTML: its navigation leads to pages that no text names.
                    if depth == 1 and self._scope.site.markdown == "suffix":
                        first = tuple(url for url, _ in level[:SAMPLE])
                        visitor = replace(visitor, spelling=visitor.choose_spelling(first))
                    total = len(self._visits) + len(level)
                    for visit in _ahead(pool, visitor, level):
                        self._take(visit, frontier)
                        on_progress(len(self._visits), total, what)
                        if monotonic() - clock > self._limits.seconds:
                            raise SourceError(
                                self._scope.start,
                                Reason.TIMED_OUT,
                                f"more than {self._limits.seconds:.0f} s",
                                hint="The next crawl goes on where this one ended.",
                            )
                    level = frontier.level()
                    if not level:
                        break
                else:
                    frontier.give_up(level)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return self._end(frontier, since, resumed, monotonic() - clock)

    def _seed(self, frontier: Frontier, named: tuple[str, ...], since: datetime) -> None:
        listings = Listings(self._door, self._scope, self._ledger, since)
        if "sitemap" in self._scope.site.discover:
            for url in listings.sitemaps(named):
                frontier.add(url)
        if "llms" in self._scope.site.discover:
            for url in listings.llms():
                frontier.add(url)

    def _take(self, visit: Visit, frontier: Frontier) -> None:
        """Account for one visit, and follow where it leads."""
        # Its links are followed below, and would fill the memory.
        self._visits[visit.url] = replace(visit, links=Links(canonical=visit.links.canonical))
        self._in_a_row = self._in_a_row + 1 if visit.why in PASSING else 0
        if self._in_a_row >= self._limits.faults_in_a_row:
            raise SourceError(
                visit.url, Reason.UNREACHABLE, f"{self._in_a_row} pages in a row failed"
            )
        if visit.redirect:
            target = frontier.add(visit.redirect)
            self._redirects[visit.url] = target or visit.redirect[:500]
            return
        if visit.why is not None:
            detail = f"{visit.detail} (kept as it was)" if visit.stale else visit.detail
            self._ledger.add(visit.url, visit.why, detail)
        if visit.url == self._scope.start and visit.copy is None:
            raise SourceError(
                visit.url,
                Reason.NOT_FOUND if visit.why is Why.GONE else Reason.UNREACHABLE,
                "it serves this page for whatever is asked"
                if visit.why is Why.SOFT_404
                else visit.detail or str(visit.why),
            )
        if visit.copy is None:
            return
        self._bytes += visit.copy.size
        if self._bytes > self._limits.total_bytes:
            raise SourceError(
                self._scope.start, Reason.TOO_LARGE, f"more than {self._limits.total_bytes:,} bytes"
            )
        if visit.copy.sha256 in self._contents:
            return  # a trap's pages are alike; an honest page's links were followed the first time
        self._contents.add(visit.copy.sha256)
        if visit.links.overflow:
            self._ledger.add(visit.url, Why.TRAP, "more links than are looked at")
        if visit.links.canonical:
            frontier.add(visit.links.canonical)
        if "links" in self._scope.site.discover:
            for link in visit.links.links:
                frontier.add(link)

    def _begin(self) -> tuple[datetime, bool]:
        """Since when answers count, and whether that is a crawl that was broken off."""
        now = self._door.now()
        plan = hashlib.sha256(
            f"{self._scope.label} {self._scope.site.model_dump_json()}".encode()
        ).hexdigest()
        try:
            noted = json.loads(self._cache.noted("crawl") or "{}")
            began = datetime.fromisoformat(noted["began"])
            young = now - began < timedelta(seconds=self._limits.resume_seconds)
            if young and noted["plan"] == plan and not noted["ended"]:
                return began, True
        except (KeyError, TypeError, ValueError):
            pass
        self._note(now, plan, ended=False)
        return now, False

    def _note(self, began: datetime, plan: str, *, ended: bool) -> None:
        self._cache.note(
            "crawl", json.dumps({"began": began.isoformat(), "plan": plan, "ended": ended})
        )

    def _end(self, frontier: Frontier, since: datetime, resumed: bool, seconds: float) -> Crawl:
        pages = choose(self._visits, self._redirects, self._scope, self._ledger)
        stale = sum(page.stale for page in pages)
        self._note(since, "", ended=True)
        if not stale:
            gone = self._cache.drop_before(since)
            log.info("%s: %d answers of earlier crawls forgotten", self._scope.start, gone)
        counts = self._door.counts
        report = CrawlReport(
            start=self._scope.start,
            release=self._scope.label,
            pages=len(pages),
            stale=stale,
            resumed=resumed,
            requests=counts.requests,
            retries=counts.retries,
            bytes_received=counts.bytes_received,
            revalidated=counts.revalidated,
            kept=counts.kept,
            seconds=seconds,
            counts=dict(sorted(self._ledger.counts.items())),
            problems=self._ledger.problems,
            redirects=hops(self._redirects),
            other_releases=tuple(sorted(frontier.other_releases)),
        )
        return Crawl(pages, report, fingerprint(pages))

    def close(self) -> None:
        """Close the state."""
        self._cache.close()

    def read(self, page: CrawledPage) -> bytes:
        """Return the bytes of a page of this crawl. Raises SourceError where they are lost."""
        answer = self._door.kept(page.copy.asked, accept=page.copy.accept)
        if answer is None or hashlib.sha256(answer.body).hexdigest() != page.copy.sha256:
            raise SourceError(page.url, Reason.CHECKSUM_MISMATCH, "it changed since the crawl")
        return answer.body


def _ahead(
    pool: ThreadPoolExecutor, visitor: Visitor, level: list[tuple[str, str]]
) -> Iterator[Visit]:
    """Visit each address of ``level`` in the pool; results in order, few of them waiting."""
    waiting: deque[Future[Visit]] = deque()
    for url, spelled in level:
        waiting.append(pool.submit(visitor.visit, url, spelled))
        if len(waiting) >= AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def fingerprint(pages: tuple[CrawledPage, ...]) -> str:
    """64 hex digits that change exactly when the documents do."""
    digest = hashlib.sha256()
    for page in pages:
        digest.update(f"{page.slug}\x1f{page.name}\x1f{page.url}\x1f{page.copy.sha256}\n".encode())
    return digest.hexdigest()
