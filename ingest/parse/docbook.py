"""DocBook's XHTML, as PostgreSQL publishes its documentation, to a Page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from bs4.element import NavigableString, PageElement, Tag

from corpora.errors import ParseError, Reason
from corpora.model import Block, Entry, Page, Text
from ingest.parse.charset import decode_html
from ingest.parse.clean import fold, words
from ingest.parse.docbook_tables import function_entries, is_function_table, table_text
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
from ingest.parse.terms import split_terms

_DIVISIONS = words(
    "sect1 sect2 sect3 sect4 sect5 section simplesect refentry refsect1 refsect2 refsect3 "
    "refsynopsisdiv chapter appendix preface part reference book article glossary "
    "bibliography bibliodiv index glossdiv"
)
_DROPPED = frozenset(("navheader", "navfooter", "toc", "titlepage", "refnamediv"))
_LABELS = frozenset(("note", "warning", "tip", "caution", "important"))
_BLOCKS = words("p pre div dl ul ol table blockquote hr h1 h2 h3 h4 h5 h6 section article")

# "26.2.6. ", "F.1. ", "Chapter 20. ", "Table 9.9. ": numbers differ from release to release, and
# the text they stand before is to be shared between releases.
_NUMBER = re.compile(
    r"(?:(?:Chapter|Appendix|Part|Section|Table|Example|Figure)\s+[A-Z0-9][\w.]*?\.\s+"
    r"|(?:\d+|[A-Z](?=\.\d))(?:\.\d+)*\.\s+)"
)
_NUMBERED_REFERENCE = re.compile(
    r"\s*(Chapter|Appendix|Part|Section|Table|Example|Figure)\s+[A-Z0-9][\w.]*\s*"
)
_NAME_AND_PURPOSE = re.compile(r"\s+[—–]\s+")
_STATEMENT = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_OR = frozenset(("or", ","))

Sink = Callable[[list[Block]], None]


def parse(name: str, data: bytes) -> Page:
    """Read one DocBook HTML document. ``name`` is its path: the slug comes from it.

    Cross references by number ("Section 34.1.1") are given by title, as the link itself has it,
    because numbers change with every release. Raises ParseError.
    """
    soup = tree(name, decode_html(name, gunzip(name, data)))
    body = soup.body
    if body is None:
        raise ParseError(name, Reason.EMPTY, "no body")
    slug = PurePosixPath(name).name.removesuffix(".gz").removesuffix(".html").removesuffix(".htm")
    root = _root(body)
    title, summary = _title(root)
    if not title and soup.title is not None:
        title = unnumbered(prose(soup.title, _special))
    outline = Outline()
    _division(root, Heading("", 1), outline)
    sections = outline.sections()
    require_text(name, sections, contents=lambda: body.select_one(".toc a[href]") is not None)
    return Page(
        slug=slug,
        title=title or slug,
        summary=summary,
        command=_command(root, title),
        sections=sections,
    )


def unnumbered(heading: str) -> str:
    """A heading without its number."""
    return _NUMBER.sub("", heading, count=1) if _NUMBER.match(heading) else heading


def _root(body: Tag) -> Tag:
    """The division that the page is made of; the body where there is more beside it."""
    found: list[Tag] = []
    for child in body.contents:
        if isinstance(child, Tag):
            if _DROPPED.isdisjoint(classes(child).split()):
                found.append(child)
        elif piece(child, _special).strip():
            return body
    return found[0] if len(found) == 1 and _is_division(found[0]) else body


def _is_division(element: Tag) -> bool:
    return element.name in ("div", "section") and not _DIVISIONS.isdisjoint(
        classes(element).split()
    )


def _title(root: Tag) -> tuple[str, str]:
    """The page's title and, of a reference page, its purpose."""
    for child in elements(root):
        if "refnamediv" in classes(child):
            return _name_and_purpose(child)
    return unnumbered(_heading(root)), ""


def _name_and_purpose(names: Tag) -> tuple[str, str]:
    title = summary = ""
    for child in elements(names):
        if child.name in ("h1", "h2"):
            title = prose(child, _special)
        elif child.name == "p":
            parts = _NAME_AND_PURPOSE.split(prose(child, _special), maxsplit=1)
            title = title if title and title != "Name" else parts[0]
            summary = parts[1] if len(parts) == 2 else ""
    return title, summary


def _heading(division: Tag) -> str:
    for child in elements(division):
        if "titlepage" in classes(child):
            found = child.find(["h1", "h2", "h3", "h4", "h5", "h6"])
            return prose(found, _special) if isinstance(found, Tag) else ""
        if child.name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            return prose(child, _special)
    return ""


def _command(root: Tag, title: str) -> str:
    """The command line or SQL statement that a reference page documents."""
    if " refentry " not in classes(root):
        return ""
    if root.find("div", class_="cmdsynopsis") is not None or _STATEMENT.fullmatch(title):
        return title
    return ""


def _division(division: Tag, heading: Heading, outline: Outline) -> None:
    """Read what stands directly in ``division``, then its subdivisions, in reading order."""
    outline.start(heading)
    below = heading.level + 1 if heading.text else heading.level

    def sink(blocks: list[Block]) -> None:
        outline.add(heading, blocks)

    run: list[PageElement] = []
    title_seen = False
    for child in division.contents:
        if not isinstance(child, Tag) or child.name not in _BLOCKS:
            run.append(child)
            continue
        _flush(run, sink)
        kind = classes(child).split()
        if child.name[0] == "h" and child.name[1:].isdigit() and not title_seen:
            title_seen = True
        elif _is_division(child):
            text = unnumbered(_heading(child))
            _division(child, Heading(text, below, anchor(child)), outline)
        elif "example" in kind:
            caption = Heading(f"Example: {_caption(child)}", below, anchor(child))
            outline.add(caption, _body(child))
        else:
            sink(_block(child))
    _flush(run, sink)


def _flush(run: list[PageElement], sink: Sink) -> None:
    """Hand over the inline nodes collected so far as one paragraph."""
    if run:
        text = fold("".join(piece(node, _special) for node in run).replace("\x00", " "))
        run.clear()
        if text:
            sink([Text(text=text)])


def _body(container: Tag) -> list[Block]:
    """The blocks of anything that holds no divisions: a cell, a list item, a definition."""
    out: list[Block] = []
    run: list[PageElement] = []
    for child in container.contents:
        if isinstance(child, Tag) and child.name in _BLOCKS:
            _flush(run, out.extend)
            out.extend(_block(child))
        else:
            run.append(child)
    _flush(run, out.extend)
    return out


def _block(element: Tag) -> list[Block]:
    kind = classes(element).split()
    match element.name:
        case "p":
            text = "" if "title" in kind else prose(element, _special)
            return [Text(text=text)] if text else []
        case "pre":
            return _code(raw(element, _special))
        case "dl":
            return [] if "toc" in kind else _definitions(element)
        case "ul" | "ol":
            return _list(element)
        case "table":
            return _table(element, "")
        case "hr":
            return []
    if not _DROPPED.isdisjoint(kind):
        return []
    if not _LABELS.isdisjoint(kind):
        label = next(name for name in kind if name in _LABELS).capitalize()
        return labelled(label, [block for block in _body(element) if not _is_label(block, label)])
    if "cmdsynopsis" in kind:
        return _code(prose(element, _special))
    if "literallayout" in kind:
        return _code(raw(element, _special))
    if "table" in kind and isinstance(table := element.find("table"), Tag):
        return _table(table, _caption(element))
    if "figure" in kind or "example" in kind:
        caption = _caption(element)
        return [*([Text(text=caption)] if caption else []), *_body(element)]
    if element.name[0] == "h" and element.name[1:].isdigit():
        text = prose(element, _special)
        return [Text(text=text)] if text else []
    return _body(element)


def _is_label(block: Block, label: str) -> bool:
    """Whether this is the visible title of a note that already carries its label."""
    return isinstance(block, Text) and block.text.lower() == label.lower()


def _caption(element: Tag) -> str:
    for child in elements(element):
        if child.name == "p" and " title " in classes(child):
            return unnumbered(prose(child, _special))
    return ""


def _code(text: str) -> list[Block]:
    lines = code(text)
    return [Text(type="code", text=lines)] if lines else []


def _list(element: Tag) -> list[Block]:
    out: list[Block] = []
    number = 0
    for child in elements(element):
        if child.name == "li":
            number += 1
            marker = f"{number}." if element.name == "ol" else "-"
            out.extend(list_item(marker, _body(child)))
        else:
            out.extend(_block(child))
    return out


def _definitions(element: Tag) -> list[Block]:
    out: list[Block] = []
    terms: list[str] = []
    at = ""
    for child in elements(element):
        if child.name == "dt":
            terms.extend(term for term in _terms(child) if term not in terms)
            at = at or anchor(child)
        elif child.name == "dd":
            out.append(Entry(terms=tuple(terms), body=tuple(_body(child)), anchor=at))
            terms, at = [], ""
    if terms:
        out.append(Entry(terms=tuple(terms), anchor=at))
    return out


def _terms(dt: Tag) -> list[str]:
    """Every spelling of a term: one ``span`` each, or ``TEMPORARY or TEMP`` in one."""
    spans = [child for child in elements(dt) if " term " in classes(child)] or [dt]
    out: list[str] = []
    for span in spans:
        run: list[str] = []
        for child in span.contents:
            if type(child) is NavigableString and child.strip() in _OR:
                out.extend(split_terms(fold("".join(run).replace("\x00", " "))))
                run = []
            else:
                run.append(piece(child, _special))
        out.extend(split_terms(fold("".join(run).replace("\x00", " "))))
    return out


def _table(element: Tag, caption: str) -> list[Block]:
    kind = classes(element).split()
    lead: list[Block] = [Text(text=caption)] if caption else []
    if is_function_table(element):
        return [*lead, *function_entries(element, _special)]
    if "simplelist" in kind:
        items = [prose(cell, _special) for row in rows(element) for cell in cells(row)]
        return [Text(text=f"- {item}") for item in items if item]
    if "blockquote" in kind:
        return [block for row in rows(element) for cell in cells(row) for block in _body(cell)]
    text = table_text(element, _special)
    return [*lead, Text(type="table", text=text)] if text else lead


def _special(element: Tag) -> str | None:
    """What stands in the text for index marks, links to oneself, and numbered references."""
    if element.name == "a":
        kind = classes(element)
        if " indexterm " in kind or " id_link " in kind:
            return ""
        if " xref " in kind and (title := element.attrs.get("title")):
            reference = _NUMBERED_REFERENCE.fullmatch(element.get_text())
            if reference:
                return f"{reference[1]} “{unnumbered(fold(str(title)))}”"
    elif element.name == "sup" and not classes(element):
        return f"^{prose(element, _special)}"
    return None
