"""The blocks of mandoc's HTML.

The same thing looks different in every dialect; what stands for a definition, for example::

    <dl class="Bl-tag"><dt>-B</dt><dd>…</dd></dl>                man(7) .TP, mdoc(7) .It
    <p class="Pp">-a, --all</p><div class="Bd-indent">…</div>    DocBook and AsciiDoc
    <p class="Pp"><b>--cap-add</b>=[]<br/> …</p>                 md2man, several paragraphs each
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bs4.element import PageElement, Tag

from corpora.model import Block, Entry, Text
from ingest.parse.clean import clean, fold, words
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

_BLOCKS = words("p pre div dl ul ol table section h1 h2 h3 hr")
_BULLET = re.compile(r"[•·∙○●▪-]")
_NUMBER = re.compile(r"\d{1,3}\.")
_LEADING_MARKER = re.compile(r"(?:[•·∙○●▪]|(?P<number>\d{1,3}\.)(?!\d))\s*")
_LABEL = re.compile(r"[\s\x00]*(Note|Warning|Tip|Important|Caution)\s*(?:\x00|\Z)\s*")
_SPACE = re.compile(r"[^\S\x00]+")
_INTRODUCTION = re.compile(r"\w:\Z")  # "For example:", which no term ends like
_HEADING = re.compile(r"[A-Z](?:(?!\s-)[^=])*[A-Za-z)]:")
_LABELS = frozenset(("Note", "Warning", "Tip", "Important", "Caution"))

# md2man: the option, then a line break or a tab, then what it does.
_OPTION_HEAD = re.compile(
    r"\s*(?P<head>-[^\x00\t]{1,300}?)\s*(?:\x00\s*|\t)\s*(?P<rest>\S.*)", re.DOTALL
)
_OPTION_ON_ONE_LINE = re.compile(
    r"\s*(?P<head>(?:-\w,\s+)?--[\w-]+(?:\[?=[^\s\x00]*|(?:,\s+-\w)?(?=\s+[A-Z][a-z]+ [a-z])))"
    r"\s+(?P<rest>[A-Z][a-z].*)",
    re.DOTALL,
)
# MariaDB: a bulleted item per option, its text below.
_SPELLING = r"--?[\w?#!@][\w.-]*(?:[\[= <][^\s,]{1,80})?"
_OPTION_ITEM = re.compile(rf"{_SPELLING}(?:(?:,? | ?/ ?){_SPELLING}){{0,8}}")
_OPTION_ALONE = re.compile(rf"\s*{_SPELLING}(?:\s*,\s+{_SPELLING}){{0,8}}\s*")


def plain(_element: Tag) -> str | None:
    """Nothing in mandoc's HTML needs other text than its own."""
    return None


@dataclass
class Reader:
    """Reads one section. ``synopsis``: lines are kept; ``options``: paragraphs may be options."""

    synopsis: bool = False
    options: bool = False

    def blocks_of(self, nodes: Iterable[PageElement]) -> list[Block]:
        """The blocks that stand in ``nodes``, siblings in reading order."""
        state = _State(self)
        for node in nodes:
            if isinstance(node, Tag) and node.name in _BLOCKS:
                state.flush()
                self._block(node, state)
            else:
                state.run.append(piece(node, plain))
        state.flush()
        state.close_option()
        return state.out

    def _block(self, element: Tag, state: _State) -> None:
        if element.name == "p":
            state.paragraph(element)
            return
        if element.name == "div":
            self._indented(element, state)
        elif element.name == "pre":
            state.add(_code(raw(element, plain)))
        elif element.name == "dl":
            self._definitions(element, state)
        elif element.name in ("ul", "ol"):
            state.add(self._list(element))
        elif element.name == "table":
            state.add(self._table(element))
        elif element.name != "hr":
            state.add(Reader().blocks_of(element.contents))
        state.after_paragraph = None

    def _indented(self, element: Tag, state: _State) -> None:
        inner = Reader(synopsis=self.synopsis)
        body = inner.blocks_of(element.contents)
        if state.after_paragraph is not None and body:
            term = state.after_paragraph
            state.after_paragraph = None
            state.replace_last([Entry(terms=split_terms(term), body=tuple(body))])
        elif state.after_list:
            state.extend_last(body)
        else:
            state.add(_item(body))

    def _definitions(self, element: Tag, state: _State) -> None:
        terms: list[str] = []
        at = ""
        children = elements(element)
        for number, child in enumerate(children):
            if child.name == "dt":
                terms.append(_term(raw(child, plain)))
                at = at or anchor(child)
                continue
            body = Reader().blocks_of(child.contents)
            if not body and number + 1 < len(children):
                # A second spelling follows, and the text under the last of them; or the entries
                # of a heading that was set as a term: "SHOW INFORMATION OPTIONS:" of smartctl.
                if terms and _HEADING.fullmatch(fold(terms[-1])):
                    state.add([Text(text=fold(terms.pop()))])
                    at = at if terms else ""
                continue
            marker = fold(terms[0]) if len(terms) == 1 else ""
            if _BULLET.fullmatch(marker):
                state.add(_bulleted(body))
            elif _NUMBER.fullmatch(marker):
                state.add(list_item(marker, body))
            else:
                spelled = tuple(dict.fromkeys(one for term in terms for one in split_terms(term)))
                state.define(spelled, body, at)
            terms, at = [], ""
        state.after_list = True

    def _list(self, element: Tag) -> list[Block]:
        out: list[Block] = []
        for number, child in enumerate(elements(element), 1):
            marker = f"{number}." if element.name == "ol" else "-"
            out.extend(list_item(marker, Reader().blocks_of(child.contents)))
        return out

    def _table(self, element: Tag) -> list[Block]:
        lines = [[prose(cell, plain) for cell in cells(row)] for row in rows(element)]
        if " Nm " in classes(element):  # a synopsis of mdoc(7)
            return _code("\n".join(" ".join(line) for line in lines))
        numbered = [line for line in lines if len(line) == 2 and _NUMBER.fullmatch(line[0])]
        if lines and len(numbered) == len(lines):  # AsciiDoc's callouts
            return [Text(text=f"{number} {text}") for number, text in lines]
        text = "\n".join(filter(None, (" | ".join(line).rstrip(" |") for line in lines)))
        return [Text(type="table", text=text)] if text else []


class _State:
    """What has been read of one run of siblings."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.out: list[Block] = []
        self.run: list[str] = []
        self.after_paragraph: str | None = None
        """The text of the paragraph just read: an indented block makes it a defined term."""
        self.after_list = False
        self._option: tuple[str, ...] = ()
        self._body: list[Block] = []

    @property
    def _target(self) -> list[Block]:
        return self._body if self._option else self.out

    def add(self, blocks: list[Block]) -> None:
        self._target.extend(blocks)
        self.after_list = False

    def define(self, terms: tuple[str, ...], body: list[Block], at: str) -> None:
        """An entry; one without a term is the text of the option before it: help2man's ``.HP``."""
        if terms:
            self.add([Entry(terms=terms, body=tuple(body), anchor=at)])
        elif self.after_paragraph is not None and self.after_paragraph.startswith("-"):
            term, self.after_paragraph = self.after_paragraph, None
            self.replace_last([Entry(terms=split_terms(term), body=tuple(body))])
        else:
            self.add(body)

    def replace_last(self, blocks: list[Block]) -> None:
        target = self._target
        if not target:  # the paragraph opened an option of its own
            self.add(blocks)
            return
        target[-1:] = blocks

    def extend_last(self, blocks: list[Block]) -> None:
        """What is indented under the last entry of a list belongs to it."""
        target = self._target
        last = target[-1] if target else None
        if isinstance(last, Entry):
            target[-1] = last.model_copy(update={"body": (*last.body, *blocks)})
        else:
            target.extend(list_item(" ", blocks))

    def flush(self) -> None:
        """Text that stands without a paragraph of its own."""
        text = "".join(self.run)
        self.run = []
        if text.strip("\x00 \n\t"):
            self.add(self._prose(text))
            self.after_paragraph = None

    def paragraph(self, element: Tag) -> None:
        text = raw(element, plain)
        self.after_paragraph = None
        self.after_list = False
        if not text.strip("\x00 \n\t"):
            return
        if self.reader.synopsis:
            self.add(_code("\n".join(fold(line) for line in re.split("[\x00\t]", text))))
            return
        following = element.find_next_sibling()
        indented = isinstance(following, Tag) and " Bd-indent " in classes(following)
        if self.reader.options and not indented and self._opens_option(element, text):
            return
        self.add(self._prose(text))
        term = _term(text)
        if term.startswith("-") or not _INTRODUCTION.search(term):
            self.after_paragraph = term

    def close_option(self) -> None:
        if self._option:
            terms, self._option = self._option, ()
            self.out.append(Entry(terms=terms, body=tuple(self._body)))
            self._body = []

    def _opens_option(self, element: Tag, text: str) -> bool:
        first = next(iter(elements(element)), None)
        if first is None or first.name not in ("b", "code") or not text.lstrip().startswith("-"):
            return False
        if found := _OPTION_HEAD.fullmatch(text) or _OPTION_ON_ONE_LINE.fullmatch(text):
            head, rest = found["head"], found["rest"]
        elif _OPTION_ALONE.fullmatch(text):
            head, rest = text, ""
        else:
            return False
        self.close_option()
        self._option = split_terms(_term(head))
        self.add(self._prose(rest) if rest else [])
        return True

    def _prose(self, text: str) -> list[Block]:
        if found := _LABEL.match(text):
            rest = fold(text[found.end() :].replace("\x00", " "))
            return [Text(text=f"{found[1]}: {rest}" if rest else found[1])]
        return [Text(text=fold(text.replace("\x00", " ")))]


def _term(text: str) -> str:
    """A defined term as mandoc wrapped it: on one line, but for the line breaks of the page."""
    return clean(_SPACE.sub(" ", text).replace("\x00", "\n")).strip()


def _item(body: list[Block]) -> list[Block]:
    """An indented block: a list item where it begins with a bullet or number, a note, or plain."""
    first = body[0] if body else None
    if not isinstance(first, Text) or first.type != "prose":
        return body
    if first.text in _LABELS:
        return labelled(first.text, body[1:])
    found = _LEADING_MARKER.match(first.text)
    if not found:
        return body
    rest = first.text[found.end() :]
    lead: list[Block] = [Text(text=rest)] if rest else []
    if found["number"]:
        return list_item(found["number"], [*lead, *body[1:]])
    return _bulleted([*lead, *body[1:]])


def _bulleted(body: list[Block]) -> list[Block]:
    """The item of a list; an option, where the item is one with its text below, or ends so: jq."""
    first = body[0] if body else None
    if isinstance(first, Text) and first.type == "prose":
        term = first.text.removesuffix(":")
        if (len(body) > 1 or term != first.text) and _OPTION_ITEM.fullmatch(term):
            return [Entry(terms=split_terms(term), body=tuple(body[1:]))]
    return list_item("-", body)


def _code(text: str) -> list[Block]:
    lines = code(text)
    return [Text(type="code", text=lines)] if lines else []
