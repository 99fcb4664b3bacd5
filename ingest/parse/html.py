"""Any documentation site's HTML to a Page: its main content, without navigation.

The main element is found by what sites mark it with (``main``, ``article``, a role, the class names
of the usual generators), else it is the body without what frames it. trafilatura and readability
were looked at: both flatten definition lists, which is where options and parameters stand.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from bs4.element import PageElement, Tag

from corpora.errors import ParseError, Reason
from corpora.model import Page
from ingest.parse.charset import decode_html
from ingest.parse.clean import words
from ingest.parse.html_blocks import HEADINGS, PILCROWS, block, is_block, paragraph, special
from ingest.parse.limits import gunzip
from ingest.parse.markup import (
    anchor,
    classes,
    prose,
    require_text,
    tree,
)
from ingest.parse.outline import Heading, Outline
from ingest.parse.reference import as_reference

_MAIN = (
    "main article",
    "article.md-content__inner",
    "div.theme-doc-markdown",
    "div.td-content",
    "div[role=main]",
    "main",
    "[role=main]",
    "article",
    "div#content",
    "div#page-content",
    "div.content",
)
"""Most specific first: Docusaurus, MkDocs Material, Hugo's Docsy, Sphinx, Apache, hand-made."""

_FRAMES = words("nav header footer aside form button select menu dialog")
_FRAME_CLASSES = words(
    "toc table-of-contents tableofcontents breadcrumb breadcrumbs sidebar navbar navheader "
    "navfooter pagination pagination-nav headerlink md-sidebar theme-doc-toc-desktop "
    "theme-doc-toc-mobile theme-doc-footer edit-this-page related sphinxsidebar menu up "
    "quickview path-trail page-header skip-link feedback hash-link anchor top langavail fancy_title"
)
_FRAME_IDS = words("toc nav navigation sidebar header footer preamble quickview path comments")
_FRAME_ROLES = words("navigation banner contentinfo search complementary")
_CONTAINERS = words("div section article main center body details dd figure fieldset hgroup span a")
_SUFFIXES = (".gz", ".html", ".htm", ".xhtml", ".mdx", ".md")
_OWN_ANCHOR = re.compile(r"\s*\{#(?P<id>[\w.:-]+)\}\s*\Z")


def parse(name: str, data: bytes) -> Page:
    """Read one HTML document. ``name`` is its path: the slug comes from it. Raises ParseError."""
    return read(name, decode_html(name, gunzip(name, data)))


def slug_of(name: str) -> str:
    """What a page is called by its path: the file, or the folder whose index it is."""
    path = PurePosixPath(name)
    stem = path.name
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    return path.parent.name or stem if stem in ("index", "_index") else stem


def read(name: str, html: str, *, title: str = "", summary: str = "", framed: bool = True) -> Page:
    """Read markup. ``title`` and ``summary`` are those that stand elsewhere, in front matter.

    ``framed``: whether navigation may stand around the content.
    """
    soup = tree(name, html)
    body = soup.body
    if body is None:
        raise ParseError(name, Reason.EMPTY, "no body")
    head = soup.title  # still there where the parser put it into the body
    main = _main(body) if framed else body
    if framed:
        _drop_frames(main)
    found = _Reader()
    found.walk(main, title)
    sections = found.outline.sections()
    require_text(name, sections, contents=lambda: body.select_one("a[href]") is not None)
    stated = title or found.title or (prose(head, special) if head is not None else "")
    page = Page(
        slug=slug_of(name), title=stated or slug_of(name), summary=summary, sections=sections
    )
    return as_reference(page)


def _main(body: Tag) -> Tag:
    for selector in _MAIN:
        found = body.select(selector, limit=2)
        if len(found) == 1:
            return found[0]
    return body


def _drop_frames(root: Tag) -> None:
    for element in root.find_all(True):
        if element.decomposed:
            continue
        kind = classes(element).split()
        if (
            (element.name in _FRAMES and not (element.name == "header" and _titles(element)))
            or not _FRAME_CLASSES.isdisjoint(kind)
            or str(element.attrs.get("id", "")).lower() in _FRAME_IDS
            or str(element.attrs.get("role", "")) in _FRAME_ROLES
        ):
            element.decompose()


def _titles(header: Tag) -> bool:
    """Whether a header holds the page's title rather than the site's."""
    return header.find("h1") is not None and header.find("a", href="/") is None


class _Reader:
    """The sections of a page while its elements are walked, in reading order."""

    def __init__(self) -> None:
        self.outline = Outline()
        self.title = ""
        self._at = Heading("", 1)
        self._top = 0
        """The level of the page's own heading, whose sections are one below."""

    def walk(self, main: Tag, title: str) -> None:
        self.outline.start(self._at)
        self.title = title
        self._container(main)

    def _container(self, container: Tag) -> None:
        run: list[PageElement] = []
        for child in list(container.contents):
            if not isinstance(child, Tag) or not is_block(child):
                run.append(child)
                continue
            self._flush(run)
            if child.name in HEADINGS:
                self._heading(child)
            elif child.name in _CONTAINERS and child.find(list(HEADINGS)) is not None:
                self._container(child)
            else:
                self.outline.add(self._at, block(child))
        self._flush(run)

    def _flush(self, run: list[PageElement]) -> None:
        if found := paragraph(run):
            self.outline.add(self._at, found)
        run.clear()

    def _heading(self, element: Tag) -> None:
        text, at = _heading_text(element)
        level = int(element.name[1])
        if not text:
            return
        if not self._top and (not self.title or text.casefold() == self.title.casefold()):
            self.title, self._top = text, level
            return
        if level <= self._top and not self._at.text and text.casefold() == self.title.casefold():
            return
        self._at = Heading(text, max(1, level - self._top), at)
        self.outline.start(self._at)


def _heading_text(element: Tag) -> tuple[str, str]:
    text = PILCROWS.sub("", prose(element, special))
    at = anchor(element)
    if own := _OWN_ANCHOR.search(text):
        return text[: own.start()], own["id"]
    if not at and (inner := element.select_one("a[name]")) is not None:
        at = str(inner.attrs.get("name", ""))
    return text, at
