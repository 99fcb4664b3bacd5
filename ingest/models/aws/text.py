"""How a documentation in a model begins: its first sentence, or more of it as plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from commands.model import one_line

LONGEST = 400
"""Characters of a first sentence; the longest honest ones have 350."""

_TAG = re.compile(r"<[^<>]{0,1000}>")
_END = re.compile(r"(?<![ (.][a-zA-Z])(?<!e\.g)(?<!i\.e)(?<!etc)[.!?](?=\s|<|$)")
_BLOCK = re.compile(r"</?(?:p|div|br|ul|ol|li|note|important|dl|dt|dd|h\d)\b[^<>]{0,1000}>|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Sentence:
    """``raw`` is cut from the source, mark-up and all; ``plain`` is what a reader sees of it."""

    raw: str
    plain: str


@lru_cache(maxsize=4096)
def first_sentence(text: str) -> Sentence:
    """Cut the first sentence out of a documentation in botocore's HTML, or of a plain text."""
    text = text[: LONGEST * 8]
    at = 0
    while True:
        mark = _BLOCK.match(text, at) or _TAG.match(text, at) or re.compile(r"\s+").match(text, at)
        if mark is None:
            break
        at = mark.end()
    if at >= len(text):
        return Sentence("", "")
    block = _BLOCK.search(text, at)
    end = min(block.start() if block else len(text), at + LONGEST)
    sentence = _END.search(text, at, end)
    raw = text[at : sentence.end() if sentence else end].rstrip()
    return Sentence(
        re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufdd0-\ufdef]", " ", raw),
        one_line(unescape(_TAG.sub("", raw))),
    )


def opening(text: str, limit: int) -> str:
    """Give whole sentences of a documentation as plain text, up to ``limit`` characters.

    The first sentence comes in any case, cut where it is longer.
    """
    plain = one_line(unescape(_TAG.sub("", _BLOCK.sub(" ", text[: limit * 8]))))
    if len(plain) <= limit:
        return plain
    ends = [one.end() for one in _END.finditer(plain[: limit + 1])]
    return plain[: ends[-1]] if ends else plain[:limit]
