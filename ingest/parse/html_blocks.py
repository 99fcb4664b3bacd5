"""The blocks of an HTML page: paragraphs, code, lists, definitions, tables, admonitions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from bs4.element import NavigableString, PageElement, Tag

from corpora.model import Block, Entry, Text
from ingest.parse.clean import fold, words
from ingest.parse.docbook_tables import table_text
from ingest.parse.help_lines import is_listing, read_listing
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
    rows,
)
from ingest.parse.terms import split_terms

HEADINGS = words("h1 h2 h3 h4 h5 h6")
_BLOCKS = (
    words(
        "p pre div dl ul ol table blockquote hr section article main center details figure "
        "fieldset summary figcaption dialog address listing xmp"
    )
    | HEADINGS
)
_LABELS = words("note warning tip caution important danger info attention hint")
PILCROWS = re.compile(r"[\s¶§#🔗​]+\Z")
"""What generators hang behind a heading or a term to link to it by."""

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


def is_block(element: Tag) -> bool:
    """Whether it ends the paragraph before it."""
    return element.name in _BLOCKS or (
        element.name in ("span", "a", "font", "tab", "tabs")
        and element.find(list(_BLOCKS)) is not None
    )


def paragraph(run: Iterable[PageElement]) -> list[Block]:
    """Inline nodes as one paragraph."""
    text = fold("".join(piece(node, special) for node in run).replace("\x00", " "))
    return [Text(text=text)] if text else []


def blocks(container: Tag) -> list[Block]:
    """The blocks of anything that holds no sections: a cell, a list item, a definition."""
    out: list[Block] = []
    run: list[PageElement] = []
    for child in container.contents:
        if isinstance(child, Tag) and is_block(child):
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
    if element.name in HEADINGS:
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
            out += block(child) if is_block(child) else paragraph([child])
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
        line = list(takewhile(lambda one: not (isinstance(one, Tag) and is_block(one)), parts))
        following = parts[len(line) :]
    terms, rest = _split_term(line)
    if not terms:
        return None
    text = fold("".join(piece(node, special) for node in rest).replace("\x00", " "))
    after = _AFTER_TERM.match(f" {text}")
    if text and after is None:
        return None  # "`-json` and `-lock` can't be combined": a sentence, not a definition
    body: list[Block] = []
    if text and after is not None:
        note = f"({after['note']}) " if after["note"] else ""
        said = (note + f" {text}"[after.end() :]).strip()
        body += [Text(text=said)] if said else []
    for one in following:
        body += block(one) if isinstance(one, Tag) and is_block(one) else paragraph([one])
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
    text = prose(element, special)
    return list(split_terms(text)) if _OPTION.match(text) else []


def _definitions(element: Tag) -> list[Block]:
    out: list[Block] = []
    terms: list[str] = []
    at = ""
    for child in _pairs(element):
        if child.name == "dt":
            text = PILCROWS.sub("", prose(child, special))
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
    text = table_text(element, special)
    return [*lead, Text(type="table", text=text)] if text else lead


def _option_rows(grid: list[list[Tag]]) -> list[Entry]:
    """The rows of a table of options: ``| Name | Type | Default | Description |``.

    Columns that hold further names (``| Name, shorthand |``, ``| Short | Long |``) are joined. The
    type stands behind the name as on a command line, but for ``bool``, which is none there; a
    default that the description doesn't give is put behind it, as pflag does.
    """
    heads = [prose(cell, special) for cell in grid[0]]
    named = [place for place, head in enumerate(heads) if _NAMES.fullmatch(head)]
    if not named:
        return []
    typed = next((place for place, head in enumerate(heads) if _TYPE.fullmatch(head)), -1)
    given = next((place for place, head in enumerate(heads) if _DEFAULT.fullmatch(head)), -1)
    out: list[Entry] = []
    for row in grid[1:]:
        texts = [prose(cell, special) for cell in row]
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


def special(element: Tag) -> str | None:
    """What stands in the text for an element, where it is not what the element holds."""
    if element.name == "sup" and (text := prose(element, lambda _: None)):
        return f"^{text}"
    return None


def _verbatim(_: Tag) -> str | None:
    return None
