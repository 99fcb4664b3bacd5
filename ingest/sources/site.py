"""Documentation on public sites: the crawler as a source.

``releases()`` lists what is declared, ``prepare()`` crawls, ``fetch()`` hands out what was crawled.
Only a crawl can tell whether anything changed, so only ``prepare()`` returns the true fingerprint;
the one of ``releases()`` is never the same twice.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from ingest.crawl.crawler import Crawl, Crawler, CrawlLimits
from ingest.crawl.report import CrawlReport
from ingest.crawl.robots import read_robots
from ingest.crawl.scope import Scope
from ingest.egress import Cache, Door
from ingest.sources.base import Document, Found, Progress, silent

log = logging.getLogger(__name__)

FAILED_SHARE = 0.05
"""A crawl of which more pages than this failed is not a release's documentation."""


class SiteSource:
    """The releases that a product's declaration finds on public sites.

    ``state`` is a folder for what was fetched, one file per release: it makes the next crawl
    conditional, and one that was killed go on. One process at a time may use it.
    """

    def __init__(
        self, product: Product, door: Door, state: Path, *, limits: CrawlLimits | None = None
    ) -> None:
        self._product = product
        self._door = door
        self._state = state / product.id
        self._limits = limits or CrawlLimits()
        self._crawls: dict[str, tuple[Crawler, Crawl]] = {}

    @property
    def reports(self) -> Mapping[str, CrawlReport]:
        """What was crawled so far: release → what the crawl did."""
        return {label: crawl.report for label, (_, crawl) in self._crawls.items()}

    def report(self, label: str) -> CrawlReport | None:
        """What the crawl of ``label`` did; None where there was none."""
        return self.reports.get(label)

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Return the declared releases whose start page answers, in declared order.

        Left out, with a line in the log: those whose page doesn't, and those that share one site
        whose addresses don't say which release they are of. Raises SourceError where all fail.
        """
        found: list[Found] = []
        errors: list[SourceError] = []
        scopes = self._scopes()
        for number, (label, scope) in enumerate(scopes.items()):
            on_progress(number, len(scopes), "look for releases")
            try:
                if not read_robots(self._door, scope.start).allows(scope.start):
                    raise SourceError(scope.start, Reason.REFUSED, "its robots.txt forbids it")
                answer = self._door.follow(scope.start)
                if not 200 <= answer.status < 300:
                    raise SourceError(scope.start, Reason.UNREACHABLE, f"status {answer.status}")
            except SourceError as error:
                log.warning("%s %s: %s", self._product.id, label, error)
                errors.append(error)
                continue
            once = f"{scope.start} {self._door.now().isoformat()}"
            print_ = hashlib.sha256(once.encode()).hexdigest()
            site = scope.site
            found.append(
                Found(label, label, scope.start, print_, format=site.format, trust=site.trust)
            )
        if errors and not found:
            raise errors[0]
        return tuple(found)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Crawl ``found`` and return it with the fingerprint of what came.

        Raises SourceError where the site can't be crawled, where nothing in scope came, or where
        too many pages failed.
        """
        scope = self._scopes().get(found.label)
        if scope is None:
            raise SourceError(f"{self._product.id} {found.label}", Reason.NOT_FOUND, "no site")
        self._close(found.label)
        name = f"{hashlib.sha256(found.label.encode()).hexdigest()[:16]}.sqlite"
        crawler = Crawler(self._door, Cache(self._state / name), scope, self._limits)
        crawl = crawler.crawl(on_progress=on_progress)
        self._crawls[found.label] = (crawler, crawl)
        report = crawl.report
        if not crawl.pages:
            raise SourceError(scope.start, Reason.EMPTY, "no page in scope was found")
        missing = report.failed - report.stale
        if missing > max(1.0, FAILED_SHARE * (report.pages + missing)):
            raise SourceError(
                scope.start,
                Reason.UNREACHABLE,
                f"{missing} of {report.pages + missing} pages failed",
            )
        return replace(found, origin=scope.start, fingerprint=crawl.fingerprint)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Hand out the pages of ``found``, sorted by slug; crawl first where it wasn't prepared."""
        if found.label not in self._crawls:
            self.prepare(found, on_progress=on_progress)
        crawler, crawl = self._crawls[found.label]
        for number, page in enumerate(crawl.pages, 1):
            yield Document(
                name=page.name,
                data=crawler.read(page),
                url=page.url,
                slug=page.slug,
                fetched_at=page.copy.fetched_at,
            )
            on_progress(number, len(crawl.pages), f"read pages of {found.label}")

    def close(self) -> None:
        """Close the state files."""
        for label in tuple(self._crawls):
            self._close(label)

    def _close(self, label: str) -> None:
        if crawled := self._crawls.pop(label, None):
            crawled[0].close()

    def _scopes(self) -> dict[str, Scope]:
        """The scope of each release that a site can be trusted to describe."""
        scopes = {
            release.label: Scope(release.sources.site, release.label)
            for release in self._product.releases
            if release.sources.site
        }
        unversioned: dict[str, list[str]] = {}
        for label, scope in scopes.items():
            if not scope.versioned:
                site = f"{scope.start} {' '.join(scope.site.include)}"
                unversioned.setdefault(site, []).append(label)
        for site, labels in unversioned.items():
            if len(labels) > 1:
                log.warning("%s doesn't say which of %s it describes", site, ", ".join(labels))
                for label in labels:
                    del scopes[label]
        return scopes
