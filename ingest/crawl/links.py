"""What a crawler needs of a page: where it leads, and what it says of itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

MAX_LINKS = 10_000
"""Distinct links of one page that are looked at. PostgreSQL's index page has 1,200."""

_ANCHORS = etree.XPath("//a/@href | //area/@href")
_BASE = etree.XPath("string(//base[@href][1]/@href)")
_TITLE = etree.XPath("string(//title[1])")
_LINKS = etree.XPath("//link[@rel and @href]")
_METAS = etree.XPath("//meta[@http-equiv and @content]")
_REFRESH = re.compile(r"^\s*(\d{1,3})[.\d]*\s*[;,]\s*url\s*=\s*['\"]?([^'\"\s>]+)", re.IGNORECASE)
_REFRESH_SECONDS = 5
"""A page that leaves sooner is a redirect; a later one reloads itself."""
_MARKDOWN = re.compile(
    r"\]\(\s*<?([^)\s>]{1,1000})|^\s{0,3}\[[^\]\n]{1,200}\]:\s*<?([^\s>]{1,1000})|<(https?://[^\s>]{1,1000})>",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Links:
    """What one page says. Addresses are absolute, as spelled, each once, in the page's order."""

    links: tuple[str, ...] = ()
    title: str = ""
    canonical: str = ""
    refresh: str = ""
    """Where a ``<meta http-equiv=refresh>`` leads at once."""
    overflow: bool = False
    """Whether it had more links than are looked at."""


def read_html(url: str, data: bytes) -> Links:
    """Read the links of an HTML page. What can't be parsed has none."""
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Links()
    if root is None:
        return Links()
    base = _joined(url, str(_BASE(root))) or url
    canonical = refresh = ""
    for link in _LINKS(root):
        if "canonical" in link.get("rel", "").lower().split():
            canonical = canonical or _joined(base, link.get("href", ""))
    for meta in _METAS(root):
        if meta.get("http-equiv", "").lower() == "refresh":
            found = _REFRESH.match(meta.get("content", ""))
            if found and int(found[1]) <= _REFRESH_SECONDS:
                refresh = refresh or _joined(base, found[2])
    links, overflow = _distinct(base, (str(link) for link in _ANCHORS(root)))
    title = " ".join(str(_TITLE(root)).split())[:300]
    return Links(links, title, canonical, refresh, overflow)


def read_markdown(url: str, data: bytes) -> Links:
    """Read the links of a Markdown page; its first heading is the title."""
    text = data.decode("utf-8", "replace")
    found = (next(filter(None, match.groups())) for match in _MARKDOWN.finditer(text))
    links, overflow = _distinct(url, found)
    heading = re.search(r"^#\s+(.{1,300})$", text, re.MULTILINE)
    return Links(links, heading[1].strip() if heading else "", overflow=overflow)


def reader(content_type: str, path: str) -> Callable[[str, bytes], Links] | None:
    """The function that reads such a page, or None where it is no document."""
    if content_type in ("text/html", "application/xhtml+xml"):
        return read_html
    if content_type in ("text/markdown", "text/x-markdown"):
        return read_markdown
    if content_type in ("", "text/plain", "application/octet-stream"):
        if path.endswith((".md", ".mdx", ".markdown", "/llms.txt")):
            return read_markdown
        if not content_type:
            return read_html
    return None


def _distinct(base: str, links: Iterator[str]) -> tuple[tuple[str, ...], bool]:
    # Fragments go first: a page of definitions links to itself a thousand times.
    spelled = dict.fromkeys(link.partition("#")[0].strip() for link in links)
    kept = list(spelled)[: MAX_LINKS + 1]
    joined = dict.fromkeys(_joined(base, link) for link in kept[:MAX_LINKS] if link)
    joined.pop("", None)
    return tuple(joined), len(kept) > MAX_LINKS


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip()) if link.strip() else ""
    except ValueError:
        return ""
