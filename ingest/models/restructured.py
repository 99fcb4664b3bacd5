"""Examples in reStructuredText, as the AWS CLI keeps them: one file per command.

A small part of the language is read: paragraphs, ``::`` and what is indented below it, bold titles.
docutils takes half a second for a hundred such files, of which a release has 6,000, and can be told
to include files.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from corpora.model import Section, Text

_TITLE = re.compile(r"\*\*(?:Example\s+\d+\s*[:.]?\s*)?(.+?)\*\*:?", re.DOTALL)
_LINK = re.compile(r"`([^`<>]{1,200}?)\s*<[^<>`]{1,500}>`_{1,2}")
_LITERAL = re.compile(r"``(.+?)``", re.DOTALL)
_ROLE = re.compile(r":[a-z]{1,20}:`([^`]{1,200})`")
_STRONG = re.compile(r"\*\*(\S.*?)\*\*", re.DOTALL)
_DIRECTIVE = re.compile(r"\.\.(?:\s|$)")
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+])\1{2,}")
_OUTPUT = re.compile(r"(?:sample |example )?output\s*:*", re.IGNORECASE)
_LONGEST = 200_000
"""Characters that are read. The longest file of a release has 60,000."""


def examples(text: str) -> tuple[Section, ...]:
    """Read the examples of one command: a section each, under its title.

    What a command prints is left out: it is most of the text, and tells nobody how to call it.
    """
    sections: list[Section] = []
    heading = ""
    blocks: list[Text] = []
    printed = False
    for kind, piece in _pieces(text[:_LONGEST]):
        if kind == "title":
            if blocks:
                sections.append(_section(heading, blocks))
            heading, blocks, printed = piece, [], False
        elif kind == "code":
            if not printed:
                blocks.append(Text(type="code", text=piece))
            printed = False
        elif _OUTPUT.fullmatch(piece):
            printed = True
        else:
            blocks.append(Text(text=piece))
            printed = bool(re.search(r"\boutput\b.*:\s*\Z", piece, re.IGNORECASE | re.DOTALL))
    if blocks:
        sections.append(_section(heading, blocks))
    return tuple(one for one in sections if any(block.type == "code" for block in one.blocks))


def _section(heading: str, blocks: list[Text]) -> Section:
    return Section(heading=f"Example: {heading}" if heading else "Examples", blocks=tuple(blocks))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Give titles, paragraphs of prose, and code, in order."""
    lines = text.expandtabs(4).splitlines()
    at = 0
    literal = False
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        indented = lines[at][0] == " "
        start = at
        if indented and literal:
            while at < len(lines) and (not lines[at].strip() or lines[at][0] == " "):
                at += 1
            yield "code", textwrap.dedent("\n".join(lines[start:at])).strip("\n")
            literal = False
            continue
        while at < len(lines) and lines[at].strip():
            at += 1
        paragraph = [line.strip() for line in lines[start:at]]
        literal = paragraph[-1].endswith("::")
        if _DIRECTIVE.match(paragraph[0]):
            paragraph[0] = re.sub(r"\.\.\s*(?:\w+::\s*)?", "", paragraph[0])
            literal = False
        yield from _paragraph(paragraph)


def _paragraph(lines: list[str]) -> Iterator[tuple[str, str]]:
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]):
        yield "title", _plain(lines[0])
        lines = lines[2:]
    text = " ".join(line for line in lines if not _UNDERLINE.fullmatch(line)).strip()
    if text.endswith("::"):
        text = text[:-2].rstrip()
        text += "" if text[-1:] in ".!?:" else ":"
    title = _TITLE.fullmatch(text)
    if title and "**" not in title[1]:
        yield "title", _plain(title[1])
    elif text.strip(" :"):
        yield "prose", _plain(text)


def _plain(text: str) -> str:
    """Text without mark-up."""
    for pattern in (_LINK, _ROLE, _LITERAL, _STRONG):
        text = pattern.sub(r"\1", text)
    return re.sub(r"\s+", " ", text).strip()
