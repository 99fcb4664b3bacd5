"""What both readers need of HTML: a pruned tree, folded prose, verbatim code, table rows."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator

from bs4 import BeautifulSoup, ParserRejectedMarkup
from bs4.element import NavigableString, PageElement, Tag

from corpora.errors import ParseError, Reason
from corpora.model import Block, Entry, Section, Text
from ingest.parse.clean import clean, fold, hidden
from ingest.parse.limits import MAX_DEPTH, MIN_WORDS
from ingest.parse.soup import Builder, TooDeep

Special = Callable[[Tag], str | None]
"""What to print for an element instead of its content; None where the content is to be printed."""

# Beautiful Soup warns of XML that it reads as HTML; DocBook's XHTML is meant to be read so.
_XML_INSTRUCTION = re.compile(r"<\?xml[^>]*>?", re.IGNORECASE)
_BREAK = re.compile("\n?\x00\n?")
_WORD = re.compile(r"\w+")


def tree(name: str, html: str) -> BeautifulSoup:
    """The element tree of ``html``, without hidden elements.

    ``class`` is one string. Raises ParseError: EMPTY where there is no markup, MALFORMED.
    """
    html = _XML_INSTRUCTION.sub("", html)
    if "<" not in html:
        raise ParseError(name, Reason.EMPTY, "no markup")
    try:
        soup = BeautifulSoup(html, builder=Builder(hidden, MAX_DEPTH))
    except TooDeep:
        raise ParseError(name, Reason.MALFORMED, f"elements nest deeper than {MAX_DEPTH}") from None
    except (ParserRejectedMarkup, ValueError, AssertionError) as error:
        raise ParseError(name, Reason.MALFORMED, str(error)) from error
    if soup.body is None:
        raise ParseError(name, Reason.EMPTY, "no body")
    return soup


def classes(element: Tag) -> str:
    """The element's ``class``, as one string with a space at both ends: ``" note "``."""
    found = element.attrs.get("class")
    return f" {found} " if found else ""


def anchor(element: Tag) -> str:
    """The element's ``id``, or nothing."""
    return str(element.attrs.get("id", ""))


def elements(parent: Tag) -> list[Tag]:
    """The child elements."""
    return [child for child in parent.children if isinstance(child, Tag)]


def raw(node: Tag, special: Special) -> str:
    """The visible text below ``node``, white space as it stands, ``br`` as a NUL."""
    out: list[str] = []
    _collect(node, special, out)
    return "".join(out)


def piece(node: PageElement, special: Special) -> str:
    """The same of one node among its siblings, which may be a string, ``br`` or special itself."""
    if isinstance(node, Tag):
        if node.name == "br":
            return "\x00"
        instead = special(node)
        return raw(node, special) if instead is None else instead
    return node.replace("\x00", "") if type(node) is NavigableString else ""


def prose(node: Tag, special: Special) -> str:
    """The visible text below ``node``, folded."""
    return fold(raw(node, special).replace("\x00", " "))


def code(text: str) -> str:
    """``raw`` text of preformatted lines, verbatim but for the indentation that all lines share.

    mandoc writes a line break as ``br`` *between* two line feeds: together one break.
    """
    lines = [line.rstrip() for line in clean(_BREAK.sub("\n", text)).split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return textwrap.dedent("\n".join(lines))


def rows(table: Tag) -> Iterator[Tag]:
    """The rows of ``table`` itself, not those of a table inside one of its cells."""
    for child in elements(table):
        if child.name == "tr":
            yield child
        elif child.name in ("thead", "tbody", "tfoot"):
            yield from (row for row in elements(child) if row.name == "tr")


def cells(row: Tag) -> list[Tag]:
    """The cells of one row."""
    return [cell for cell in elements(row) if cell.name in ("td", "th")]


def require_text(
    name: str, sections: tuple[Section, ...], *, contents: Callable[[], bool] = lambda: False
) -> None:
    """Raise ParseError where the sections hold fewer than MIN_WORDS words.

    The reason is EMPTY, or CONTENTS_ONLY where the page has a table of ``contents`` beside them,
    which is asked for only then.
    """
    words = 0
    pending: list[Block] = [block for section in sections for block in section.blocks]
    while pending and words < MIN_WORDS:
        block = pending.pop()
        if isinstance(block, Entry):
            pending.extend(block.body)
            words += sum(len(_WORD.findall(term)) for term in block.terms)
        else:
            words += len(_WORD.findall(block.text))
    if words < MIN_WORDS:
        reason = Reason.CONTENTS_ONLY if contents() else Reason.EMPTY
        raise ParseError(name, reason, f"fewer than {MIN_WORDS} words of text")


def list_item(marker: str, blocks: list[Block]) -> list[Block]:
    """The blocks of a list item, its prose behind ``marker`` and indented under it."""
    out: list[Block] = []
    for number, block in enumerate(blocks):
        if isinstance(block, Text) and block.type == "prose":
            lead = f"{marker} " if number == 0 else "  "
            out.append(Text(text=lead + block.text))
        else:
            out.append(block)
    return out


def labelled(label: str, blocks: list[Block]) -> list[Block]:
    """The blocks of a note or warning, the first prose of it led by ``label``."""
    first = blocks[0] if blocks else None
    if isinstance(first, Text) and first.type == "prose":
        return [Text(text=f"{label}: {first.text}"), *blocks[1:]]
    return [Text(text=f"{label}:"), *blocks] if blocks else []


def _collect(node: Tag, special: Special, out: list[str]) -> None:
    for child in node.contents:
        if type(child) is NavigableString:  # not the text of a ruby, which is of a subclass
            out.append(child.replace("\x00", ""))
        elif isinstance(child, Tag):
            if child.name == "br":
                out.append("\x00")
                continue
            instead = special(child)
            if instead is None:
                _collect(child, special, out)
            else:
                out.append(instead)
