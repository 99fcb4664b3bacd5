"""Bringing text to size: small blocks together, large ones apart where a reader would part them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from corpora.model import Text
from ingest.parse.markdown import fenced

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

Count = Callable[[str], int]
"""The number of tokens of a text."""

PROSE = 220
"""Tokens of a passage of prose. The embedding model reads 256, of which the headings take some."""

TINY = 25
"""Tokens below which text is no passage of its own where it has a neighbour to go with."""

_FENCE = 6  # tokens of the two fences around code

_SENTENCE_ENDS = re.compile(
    r"""(?:(?<=[.?!]\s)|(?<=[.?!]["')\]}’”»]\s))(?<!e\.g\.\s)(?<!i\.e\.\s)(?<!\bcf\.\s)(?=\S)"""
)
"""Where a sentence begins; in small letters too, as many do that begin with a function's name.
SentenceSplitter would ask NLTK, which without a trained model knows no more, imports SciPy and
scikit-learn (2 s and 100 MB each process), and downloads what its folder doesn't hold."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of rendered text that is not parted any more."""

    text: str
    tokens: int
    kind: Literal["prose", "code", "table"]
    number: int
    """Which block of its section it comes from."""


def units(block: Text, limit: int, count: Count, number: int) -> Iterator[Unit]:
    """``block`` as units of at most ``limit`` tokens: whole where it fits.

    Code is parted at blank lines, else at lines; tables at rows; prose by SentenceSplitter.
    """
    text = fenced(block.text) if block.type == "code" else block.text
    tokens = count(text)
    if tokens <= limit:
        yield Unit(text, tokens, block.type, number)
    elif block.type == "code":
        for lines in _lines(block.text, limit - _FENCE, count):
            yield Unit(fenced(lines), count(lines) + _FENCE, "code", number)
    else:
        part = _lines if block.type == "table" else _sentences
        for piece in part(block.text, limit, count):
            yield Unit(piece, count(piece), block.type, number)


def pack(found: Iterable[Unit], limit: int) -> list[list[Unit]]:
    """Neighbouring units together, up to ``limit`` tokens, and TINY more for a small rest.

    A sentence that ends in a colon goes with what it introduces.
    """
    parts: list[list[Unit]] = []
    current: list[Unit] = []
    size = 0
    for unit in found:
        if current and size + unit.tokens > limit:
            carried: list[Unit] = []
            last = current[-1]
            if len(current) > 1 and _introduces(last) and last.tokens + unit.tokens <= limit:
                carried = [current.pop()]
            parts.append(current)
            current, size = carried, _size(carried)
        current.append(unit)
        size += unit.tokens
    if current:
        parts.append(current)
    return _join_tiny(parts, limit)


def examples(found: Iterable[Unit], limit: int) -> list[list[Unit]]:
    """One part per example: prose, then the code that it introduces and its output."""
    groups: list[list[Unit]] = []
    shown = False
    for unit in found:
        goes_on = unit.kind != "prose" or unit.text.startswith("  ")
        if groups and (goes_on or not shown):
            groups[-1].append(unit)
        else:
            groups.append([unit])
            shown = False
        shown = shown or unit.kind != "prose"
    return _join_tiny([part for group in groups for part in pack(group, limit)], limit)


def _join_tiny(parts: list[list[Unit]], limit: int) -> list[list[Unit]]:
    """Join parts below TINY to the one before, or after, unless that makes it too large."""
    out: list[list[Unit]] = []
    for part in parts:
        size = _size(part)
        if out and (size < TINY or _size(out[-1]) < TINY) and _size(out[-1]) + size <= limit + TINY:
            out[-1] = [*out[-1], *part]
        else:
            out.append(part)
    return out


def _size(part: list[Unit]) -> int:
    return sum(unit.tokens for unit in part)


def _introduces(unit: Unit) -> bool:
    return unit.kind == "prose" and unit.text.endswith(":")


def _lines(text: str, limit: int, count: Count) -> Iterator[str]:
    """``text`` in pieces of whole lines, parted at blank lines where that is enough."""
    for piece in _gather(text.split("\n\n"), "\n\n", limit, count):
        if count(piece) <= limit:
            yield piece
            continue
        for lines in _gather(piece.split("\n"), "\n", limit, count):
            yield from _sentences(lines, limit, count)


def _gather(pieces: Iterable[str], glue: str, limit: int, count: Count) -> Iterator[str]:
    current: list[str] = []
    size = 0
    for piece in pieces:
        tokens = count(piece)
        if current and size + tokens > limit:
            yield glue.join(current)
            current, size = [], 0
        current.append(piece)
        size += tokens
    text = glue.join(current)
    if text.strip():
        yield text


def _sentences(text: str, limit: int, count: Count) -> Iterable[str]:
    if count(text) <= limit:
        return [text]
    found = _SENTENCE_ENDS.split(text)
    if max(map(count, found)) > limit:
        return _splitter(limit, count).split_text(text)
    # What SentenceSplitter does with sentences that fit, without importing it.
    return [part.strip() for part in _gather(found, "", limit, count)]


@lru_cache(maxsize=8)
def _splitter(limit: int, count: Count) -> SentenceSplitter:
    # Importing LlamaIndex takes 0.8 s: only where a sentence is too long.
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter(
        chunk_size=limit,
        chunk_overlap=0,  # a block lands in one passage only
        tokenizer=lambda piece: range(count(piece)),  # only its length is looked at
        chunking_tokenizer_fn=_SENTENCE_ENDS.split,
    )
