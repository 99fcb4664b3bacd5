"""Any documentation site's HTML to a Page: its main content, without navigation.

The main element is found by what sites mark it with (``main``, ``article``, a role, the class names
of the usual generators), else it is the body without what frames it. trafilatura and readability
were looked at: both flatten definition lists, which is where options and parameters stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from pathlib import PurePosixPath

from bs4.element import NavigableString, PageElement, Tag

from corpora.errors import ParseError, Reason
from corpora.model import Block, Entry, Page, Text
from ingest.parse.charset import decode_html
from ingest.parse.clean import fold, words
from ingest.parse.docbook_tables import table_text
from ingest.parse.help_lines import is_listing, read_listing
from ingest.parse.limits import gunzip
from ingest.parse.markup import (
    anchor,
    cells,
    classes,
    code,
    elements,
    labelled,
    list_item,
    piece,
    prose,
    raw,
    require_text,
    rows,
    tree,
)
from ingest.parse.outline import Heading, Outline
from ingest.parse.reference import as_reference
from ingest.parse.terms import split_terms

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
_HEADINGS = words("h1 h2 h3 h4 h5 h6")
_CONTAINERS = words("div section article main center body details dd figure fieldset hgroup span a")
_BLOCKS = (
    words(
        "p pre div dl ul ol table blockquote hr section article main center details figure "
        "fieldset summary figcaption dialog address listing xmp"
    )
    | _HEADINGS
)
_LABELS = words("note warning tip caution important danger info attention hint")
_SUFFIXES = (".gz", ".html", ".htm", ".xhtml", ".mdx", ".md")
_PILCROWS = re.compile(r"[\s¶§#🔗​]+\Z")
_OWN_ANCHOR = re.compile(r"\s*\{#(?P<id>[\w.:-]+)\}\s*\Z")
_NAMES = re.compile(
    r"(?:long |short )?(?:name|flag|option|switch|argument)s?(?:,.*)?", re.IGNORECASE
)
_OPTION = re.compile(r"-{1,2}[A-Za-z0-9?#@\[]")
_TYPE = re.compile(r"type", re.IGNORECASE)
_DEFAULT = re.compile(r"defaults?(?: value)?", re.IGNORECASE)
_ALERT = re.compile(r"\[!(?P<label>[A-Z]+)\]\s*")
# "- Writes", ": Writes", "(deprecated) Writes", or a sentence of its own: "Writes".
_AFTER_TERM = re.compile(r"\s*(?:[-–—:]+\s+|\((?P<note>[^)]*)\)\s*[-–—:]?\s*|(?=[A-Z][a-z]+\s))")
_BETWEEN_TERMS = frozenset((",", "or", "/", "|", "", "and", ", or"))


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
    stated = title or found.title or (prose(head, _special) if head is not None else "")
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
            if not isinstance(child, Tag) or not _is_block(child):
                run.append(child)
                continue
            self._flush(run)
            if child.name in _HEADINGS:
                self._heading(child)
            elif child.name in _CONTAINERS and child.find(list(_HEADINGS)) is not None:
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
    text = _PILCROWS.sub("", prose(element, _special))
    at = anchor(element)
    if own := _OWN_ANCHOR.search(text):
        return text[: own.start()], own["id"]
    if not at and (inner := element.select_one("a[name]")) is not None:
        at = str(inner.attrs.get("name", ""))
    return text, at


def _is_block(element: Tag) -> bool:
    return element.name in _BLOCKS or (
        element.name in ("span", "a", "font", "tab", "tabs")
        and element.find(list(_BLOCKS)) is not None
    )


def paragraph(run: Iterable[PageElement]) -> list[Block]:
    """Inline nodes as one paragraph."""
    text = fold("".join(piece(node, _special) for node in run).replace("\x00", " "))
    return [Text(text=text)] if text else []


def blocks(container: Tag) -> list[Block]:
    """The blocks of anything that holds no sections: a cell, a list item, a definition."""
    out: list[Block] = []
    run: list[PageElement] = []
    for child in container.contents:
        if isinstance(child, Tag) and _is_block(child):
            out += paragraph(run)
            run.clear()
            out += block(child)
        else:
            run.append(child)
    return [*out, *paragraph(run)]


def block(element: Tag) -> list[Block]:
    """One block element."""
    kind = classes(element).split()
    match element.name:
        case "p" | "summary" | "figcaption" | "address":
            return paragraph(element.contents)
        case "pre" | "listing" | "xmp":
            return _code(element)
        case "dl":
            return _definitions(element)
        case "ul" | "ol":
            return _list(element)
        case "table":
            return _table(element)
        case "hr":
            return []
        case "blockquote":
            return _quote(element)
    if label := next((name for name in kind if name in _LABELS), ""):
        inner = [one for one in blocks(element) if not _is_title(one, label)]
        return labelled(label.capitalize(), inner)
    if element.name in _HEADINGS:
        return paragraph(element.contents)
    if "highlight" in kind and (pre := element.find("pre")) is not None:
        return _code(pre)
    return blocks(element)


def _is_title(found: Block, label: str) -> bool:
    return isinstance(found, Text) and found.text.strip(":").lower() == label


def _quote(element: Tag) -> list[Block]:
    inner = blocks(element)
    first = inner[0] if inner else None
    if isinstance(first, Text) and (alert := _ALERT.match(first.text)):
        rest = first.text[alert.end() :]
        lead: list[Block] = [Text(text=rest)] if rest else []
        return labelled(alert["label"].capitalize(), [*lead, *inner[1:]])
    return inner


def _code(element: Tag) -> list[Block]:
    lines = code(raw(element, _verbatim))
    if not lines:
        return []
    if is_listing(lines):
        return list(read_listing(lines))
    return [Text(type="code", text=lines)]


def _list(element: Tag) -> list[Block]:
    out: list[Block] = []
    number = 0
    for child in elements(element):
        if child.name != "li":
            out += block(child) if _is_block(child) else paragraph([child])
            continue
        if (option := _option_item(child)) is not None:
            out.append(option)
            continue
        number += 1
        out += list_item(f"{number}." if element.name == "ol" else "-", blocks(child))
    return out


def _option_item(item: Tag) -> Entry | None:
    """A list item that defines an option: ``* `-out=FILE` - Writes the plan``."""
    parts = [
        one for one in item.contents if isinstance(one, Tag) or (str(one).strip() and _is_text(one))
    ]
    first = parts[0] if parts else None
    if isinstance(first, Tag) and first.name == "p":
        line, following = list(first.contents), parts[1:]
    else:
        line = list(takewhile(lambda one: not (isinstance(one, Tag) and _is_block(one)), parts))
        following = parts[len(line) :]
    terms, rest = _split_term(line)
    if not terms:
        return None
    text = fold("".join(piece(node, _special) for node in rest).replace("\x00", " "))
    after = _AFTER_TERM.match(f" {text}")
    if text and after is None:
        return None  # "`-json` and `-lock` can't be combined": a sentence, not a definition
    body: list[Block] = []
    if text and after is not None:
        note = f"({after['note']}) " if after["note"] else ""
        said = (note + f" {text}"[after.end() :]).strip()
        body += [Text(text=said)] if said else []
    for one in following:
        body += block(one) if isinstance(one, Tag) and _is_block(one) else paragraph([one])
    return Entry(terms=tuple(terms), body=tuple(body), anchor=anchor(item))


def _is_text(node: PageElement) -> bool:
    return type(node) is NavigableString


def _split_term(line: list[PageElement]) -> tuple[list[str], list[PageElement]]:
    """The options that a line begins with, and what follows them."""
    terms: list[str] = []
    for number, node in enumerate(line):
        if isinstance(node, Tag) and (spelled := _spelled(node)):
            terms += [one for one in spelled if one not in terms]
        elif not (terms and str(node).strip() in _BETWEEN_TERMS):
            return terms, line[number:]
    return terms, []


def _spelled(element: Tag) -> list[str]:
    """The spellings in an inline ``code`` (or a bold or a linked one) that is an option."""
    while element.name in ("a", "strong", "b", "em") and len(elements(element)) == 1:
        element = elements(element)[0]
    if element.name not in ("code", "tt", "kbd"):
        return []
    text = prose(element, _special)
    return list(split_terms(text)) if _OPTION.match(text) else []


def _definitions(element: Tag) -> list[Block]:
    out: list[Block] = []
    terms: list[str] = []
    at = ""
    for child in _pairs(element):
        if child.name == "dt":
            text = _PILCROWS.sub("", prose(child, _special))
            terms += [term for term in split_terms(text) if term not in terms]
            inner = child.select_one("[id], a[name]")
            own = "" if inner is None else str(inner.attrs.get("id") or inner.attrs.get("name"))
            at = at or anchor(child) or own
        elif child.name == "dd":
            body = blocks(child)
            if terms:
                out.append(Entry(terms=tuple(terms), body=tuple(body), anchor=at))
            elif out and isinstance(out[-1], Entry):  # a second paragraph, set as a dd of its own
                out[-1] = out[-1].model_copy(update={"body": (*out[-1].body, *body)})
            else:
                out += body
            terms, at = [], ""
    if terms:
        out.append(Entry(terms=tuple(terms), anchor=at))
    return out


def _pairs(element: Tag) -> Iterable[Tag]:
    for child in elements(element):
        if child.name == "div":
            yield from _pairs(child)
        else:
            yield child


def _table(element: Tag) -> list[Block]:
    grid = [cells(row) for row in rows(element)]
    if len(grid) > 1 and (entries := _option_rows(grid)):
        return list(entries)
    plain = [row for row in grid if row]
    if plain and all(len(row) == 1 for row in plain):  # for the looks of it: layout
        return [one for row in plain for one in blocks(row[0])]
    caption = element.find("caption")
    lead = paragraph(caption.contents) if isinstance(caption, Tag) else []
    if any(cell.find(["pre", "dl", "h2", "h3"]) is not None for row in plain for cell in row):
        return [*lead, *(one for row in plain for cell in row for one in blocks(cell))]
    text = table_text(element, _special)
    return [*lead, Text(type="table", text=text)] if text else lead


def _option_rows(grid: list[list[Tag]]) -> list[Entry]:
    """The rows of a table of options: ``| Name | Type | Default | Description |``.

    Columns that hold further names (``| Name, shorthand |``, ``| Short | Long |``) are joined. The
    type stands behind the name as on a command line, but for ``bool``, which is none there; a
    default that the description doesn't give is put behind it, as pflag does.
    """
    heads = [prose(cell, _special) for cell in grid[0]]
    named = [place for place, head in enumerate(heads) if _NAMES.fullmatch(head)]
    if not named:
        return []
    typed = next((place for place, head in enumerate(heads) if _TYPE.fullmatch(head)), -1)
    given = next((place for place, head in enumerate(heads) if _DEFAULT.fullmatch(head)), -1)
    out: list[Entry] = []
    for row in grid[1:]:
        texts = [prose(cell, _special) for cell in row]
        names = [word for place in named if place < len(row) for word in split_terms(texts[place])]
        if not names or not all(_OPTION.match(name) for name in names):
            return []
        kind = texts[typed] if 0 <= typed < len(texts) else ""
        default = texts[given] if 0 <= given < len(texts) else ""
        terms = [name if kind in ("", "bool") else f"{name} {kind}" for name in names]
        body: list[Block] = [
            one
            for place, cell in enumerate(row)
            if place not in named and place not in (typed, given)
            for one in blocks(cell)
        ]
        if default and "default" not in " ".join(texts).casefold():
            body = _with_default(body, default)
        link = row[named[0]].find("a", href=re.compile(r"^#"))
        at = str(link.attrs["href"])[1:] if isinstance(link, Tag) else ""
        out.append(Entry(terms=tuple(terms), body=tuple(body), anchor=at))
    return out


def _with_default(body: list[Block], default: str) -> list[Block]:
    last = body[-1] if body else None
    if isinstance(last, Text) and last.type == "prose":
        return [*body[:-1], Text(text=f"{last.text} (default {default})")]
    return [*body, Text(text=f"(default {default})")]


def _special(element: Tag) -> str | None:
    """What stands in the text for superscripts and for images, which have no text."""
    if element.name == "sup" and (text := prose(element, lambda _: None)):
        return f"^{text}"
    return None


def _verbatim(_: Tag) -> str | None:
    return None
