"""One address asked for: what came back, in the crawl's words. Runs in many threads at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit

from corpora.errors import SourceError
from ingest.crawl.links import Links, read_html, read_markdown, reader
from ingest.crawl.report import PASSING, Why, why_of
from ingest.crawl.robots import Robots
from ingest.crawl.scope import Scope
from ingest.crawl.soft404 import SoftNotFound
from ingest.egress import Door, Limits, Response
from ingest.egress.response import GONE

MARKDOWN = "text/markdown, text/html;q=0.9, */*;q=0.1"
LONG_AGO = datetime.min.replace(tzinfo=UTC)

Spelling = Literal["sibling", "appended", "index"]
"""Where a site keeps a page's Markdown: ``a.html`` → ``a.md``, ``a.html.md``, ``a/index.md``."""
SPELLINGS: tuple[Spelling, ...] = ("sibling", "appended", "index")


@dataclass(frozen=True, slots=True)
class Copy:
    """A page's bytes as they lie in the cache."""

    asked: str
    """The address they came from: the page's own, or that of its Markdown."""
    accept: str
    sha256: str
    size: int
    suffix: Literal[".html", ".md"]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of one address: a copy, a redirect, or the reason why there is neither."""

    url: str
    copy: Copy | None = None
    links: Links = field(default_factory=Links)
    redirect: str = ""
    """Where it redirects to, absolute and as spelled."""
    why: Why | None = None
    detail: str = ""
    stale: bool = False
    """Whether the copy is of an earlier crawl, because ``why`` came in the way."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Asks for pages. Everything that it needs to know is fixed when the crawl begins."""

    door: Door
    scope: Scope
    since: datetime
    """When the crawl began: what was asked for since needn't be asked for again."""
    limits: Limits
    robots: Robots
    not_found: SoftNotFound = field(default_factory=SoftNotFound)
    spelling: Spelling | None = None

    def visit(self, url: str, spelled: str = "") -> Visit:
        """Ask for the canonical ``url``; ``spelled`` is how the link to it was written."""
        if self.spelling:
            found = self._ask(url, variant(url, self.spelling))
            if found.copy and found.copy.suffix == ".md":
                return found
        found = self._ask(url, url)
        # Stores without folder pages answer only to the spelling with index.html.
        if found.why in (Why.GONE, Why.FORBIDDEN) and spelled and spelled != url:
            second = self._ask(url, spelled)
            found = second if second.copy else found
        if found.why in PASSING:
            return self._before(url, found)
        return found

    def choose_spelling(self, urls: tuple[str, ...]) -> Spelling | None:
        """Where this site keeps Markdown, by the first of ``urls`` that has any."""
        for url in urls:
            for spelling in SPELLINGS:
                copy = self._ask(url, variant(url, spelling)).copy
                if copy and copy.suffix == ".md":
                    return spelling
        return None

    @property
    def _accept(self) -> str:
        return MARKDOWN if self.scope.site.markdown == "accept" else ""

    def _ask(self, url: str, asked: str) -> Visit:
        if asked != url and not self.robots.allows(asked):
            return Visit(url, why=Why.ROBOTS, detail=asked)
        try:
            answer = self.door.ask(
                asked, accept=self._accept, fresh_since=self.since, limits=self.limits
            )
        except SourceError as error:
            return Visit(url, why=why_of(error.reason), detail=error.detail)
        return self._judge(url, asked, answer)

    def _judge(self, url: str, asked: str, answer: Response) -> Visit:
        if answer.location:
            target = _absolute(answer.url, answer.location)
            if not target:
                return Visit(url, why=Why.REDIRECT, detail="to what is no address")
            if self.not_found.redirect and target == self.not_found.redirect:
                return Visit(url, why=Why.SOFT_404, detail=target)
            return Visit(url, redirect=target)
        if answer.status in GONE:
            return Visit(url, why=Why.GONE, detail=f"status {answer.status}")
        if answer.status != 200:
            why = Why.FORBIDDEN if answer.status in (401, 403) else Why.SERVER_ERROR
            return Visit(url, why=why, detail=f"status {answer.status}")
        read = reader(answer.content_type, urlsplit(asked).path)
        if read is None:
            return Visit(url, why=Why.NOT_A_DOCUMENT, detail=answer.content_type[:60])
        if read is read_markdown and answer.body.lstrip()[:9].lower() in (b"<!doctype", b"<html"):
            read = read_html
        if not answer.body.strip():
            return Visit(url, why=Why.BROKEN, detail="an empty page")
        links = read(asked, answer.body)
        if self.not_found.is_title(links.title) or self.not_found.is_page(asked, answer.body):
            return Visit(url, why=Why.SOFT_404, detail=links.title[:60])
        if links.refresh and self.scope.canonical(links.refresh) not in (None, url):
            return Visit(url, redirect=links.refresh)
        return Visit(
            url, copy=_copy(asked, self._accept, answer, read is read_markdown), links=links
        )

    def _before(self, url: str, failed: Visit) -> Visit:
        """The page as the last crawl had it, where a passing fault hides it now."""
        asked = [variant(url, self.spelling)] if self.spelling else []
        for one in (*asked, url):
            answer = self.door.kept(one, accept=self._accept)
            if answer and answer.status == 200:
                found = self._judge(url, one, answer)
                if found.copy:
                    return replace(found, stale=True, why=failed.why, detail=failed.detail)
        return failed


def variant(url: str, spelling: Spelling) -> str:
    """The address at which a page's Markdown is expected."""
    plain = url.rstrip("/")
    if spelling == "index":
        return f"{plain}/index.md"
    if spelling == "appended":
        return f"{url}index.html.md" if url.endswith("/") else f"{url}.md"
    stem = plain.removesuffix(".html").removesuffix(".htm")
    return stem if stem.endswith(".md") else f"{stem}.md"


def _copy(asked: str, accept: str, answer: Response, markdown: bool) -> Copy:
    return Copy(
        asked,
        accept,
        hashlib.sha256(answer.body).hexdigest(),
        len(answer.body),
        ".md" if markdown else ".html",
        answer.fetched_at,
    )


def _absolute(url: str, location: str) -> str:
    try:
        return urljoin(url, location.strip())
    except ValueError:
        return ""
