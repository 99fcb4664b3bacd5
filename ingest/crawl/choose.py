"""Which of the pages that came back are the documents: each once, each with its own slug."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.crawl.report import Ledger, Redirect, Why
from ingest.crawl.scope import Scope
from ingest.crawl.visit import Copy, Visit

_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """One document of a crawl's result. Its bytes are in the cache."""

    url: str
    slug: str
    name: str
    """Its path inside the source: the slug and ``.html`` or ``.md``."""
    copy: Copy
    stale: bool


def choose(
    visits: Mapping[str, Visit], redirects: Mapping[str, str], scope: Scope, ledger: Ledger
) -> tuple[CrawledPage, ...]:
    """Pick the documents among ``visits`` (in the order visited), sorted by slug.

    Of pages with the same bytes the first stays; of a page and its canonical address, the latter;
    of two with the same slug the one in the declared format, then of the greater version. The rest
    is noted.
    """
    pages: dict[str, Visit] = {}
    by_content: dict[str, str] = {}
    elsewhere = {
        url: target
        for url, visit in visits.items()
        if visit.copy
        and (target := scope.canonical(visit.links.canonical or url)) not in (None, url)
        and target in visits
        and visits[target].copy
        and scope.is_document(target)
    }
    for url, visit in visits.items():
        if visit.copy is None or not scope.is_document(url):
            continue
        if (target := _end(url, elsewhere)) != url:
            ledger.add(url, Why.CANONICAL_ELSEWHERE, target)
        elif (first := by_content.setdefault(visit.copy.sha256, url)) != url:
            ledger.add(url, Why.DUPLICATE, first)
        else:
            pages[url] = visit
    _note_loose_ends(redirects, visits, ledger)
    return _by_slug(pages, scope, ledger)


def _end(url: str, onward: Mapping[str, str]) -> str:
    """Where following ``onward`` from ``url`` ends; the smallest address of a circle."""
    path: list[str] = []
    here = url
    while here in onward:
        if here in path:
            return min(path[path.index(here) :])
        path.append(here)
        here = onward[here]
    return here


def _note_loose_ends(
    redirects: Mapping[str, str], visits: Mapping[str, Visit], ledger: Ledger
) -> None:
    for source in redirects:
        end = _end(source, redirects)
        visit = visits.get(end)
        if end in redirects:
            ledger.add(source, Why.REDIRECT, "a circle")
        elif visit is None or (visit.copy is None and not visit.redirect):
            ledger.add(source, Why.REDIRECT, end)


def _by_slug(pages: Mapping[str, Visit], scope: Scope, ledger: Ledger) -> tuple[CrawledPage, ...]:
    chosen: dict[str, CrawledPage] = {}
    wanted = ".md" if scope.site.format == "markdown" else ".html"

    def rank(url: str) -> tuple[bool, list[tuple[int, str]]]:
        copy = pages[url].copy
        return copy is not None and copy.suffix == wanted, _natural(url)

    for url in sorted(pages, key=rank):
        visit = pages[url]
        if visit.copy is None:
            continue
        slug = scope.slug(url)
        if before := chosen.get(slug):
            ledger.add(before.url, Why.SAME_SLUG, url)
        name = scope.file_name(url, visit.copy.suffix)
        chosen[slug] = CrawledPage(url, slug, name, visit.copy, visit.stale)
    return tuple(chosen[slug] for slug in sorted(chosen))


def _natural(url: str) -> list[tuple[int, str]]:
    """A key that sorts 2.39.10 after 2.39.9."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in _NUMBERS.split(url) if part
    ]


def hops(redirects: Mapping[str, str]) -> tuple[Redirect, ...]:
    """The redirects as the report has them, sorted."""
    return tuple(Redirect(source=one, target=redirects[one]) for one in sorted(redirects))
