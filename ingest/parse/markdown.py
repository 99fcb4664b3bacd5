"""Blocks of a page as plain Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from corpora.model import Block, Entry, Text

_ITEM = re.compile(r"\s*(?:-|\d{1,3}\.) ")
_BACKTICKS = re.compile(r"^\s*(`{3,})", re.MULTILINE)


def fenced(code: str) -> str:
    """``code`` between fences that nothing inside it can close."""
    inner = max((len(run) for run in _BACKTICKS.findall(code)), default=2)
    fence = "`" * max(3, inner + 1)
    return f"{fence}\n{code}\n{fence}"


def is_item(text: str) -> bool:
    """Whether it is an item of a list, or stands indented under one."""
    return bool(_ITEM.match(text)) or text.startswith("  ")


def render(block: Block) -> str:
    """One block. A nested definition is an item of a list with its text indented."""
    if isinstance(block, Entry):
        body = join(render(inner) for inner in block.body)
        head = f"- {', '.join(block.terms)}"
        return f"{head}\n{textwrap.indent(body, '  ')}" if body else head
    return fenced(block.text) if block.type == "code" else block.text


def term_line(entry: Entry) -> str:
    """All spellings of the term, as the first line of its passage."""
    return ", ".join(entry.terms)


def join(texts: Iterable[str]) -> str:
    """Rendered blocks one under the other: a blank line between, none within a list."""
    out = ""
    item = False
    for text in texts:
        if not text:
            continue
        now = is_item(text)
        out += ("\n" if item and now else "\n\n") + text if out else text
        item = now
    return out


def is_code(block: Block) -> bool:
    """Whether it is preformatted code."""
    return isinstance(block, Text) and block.type == "code"
