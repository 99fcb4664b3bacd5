"""Keeps a structured answer within a size, by leaving out the ends of its longest lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MOST = 24_000
"""Characters of JSON, some 7,000 tokens: clients warn at 10,000 tokens and cut off at 25,000."""

CUT = "…"


def shortened(document: dict[str, Any], most: int = MOST) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The document within ``most`` characters of JSON, and what was left out of it.

    ``document`` is plain JSON data and is changed. Lists lose entries at their end, the largest
    first; where no list is left to shorten, texts do.
    """
    told: dict[str, str] = {}
    while size(document) > most:
        lists = [(size(found), place, found) for place, found in _within(document, list) if found]
        if not lists:
            _cut_texts(document, most, told)
            break
        weight, place, largest = max(lists, key=lambda one: (one[0], one[1]))
        whole = len(largest)
        # What has to go, by the average entry; one at least.
        excess = size(document) - most
        del largest[min(whole - 1, max(0, whole - 1 - excess * whole // weight)) :]
        before = told.get(place, f"of {whole}").rpartition("of ")[2]
        told[place] = f"{place}: the first {len(largest)} of {before}"
    return document, tuple(told.values())


def size(value: object) -> int:
    """Characters of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False))


def _cut_texts(document: dict[str, Any], most: int, told: dict[str, str]) -> None:
    holders = [("", document), *_within(document, dict)]
    texts = [
        (len(text), name, holder)
        for _, holder in holders
        for name, text in holder.items()
        if isinstance(text, str)
    ]
    for length, name, holder in sorted(texts, key=lambda one: one[0], reverse=True):
        excess = size(document) - most
        if excess <= 0:
            return
        # A character may take six in JSON: cut by what is over, and at least by a half.
        holder[name] = holder[name][: max(0, min(length // 2, length - excess))] + CUT
        told[name] = f"{name}: the beginning of {length} characters"


def _within(value: object, kind: type, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every list or object below ``value``, with the names on the way to it."""
    inner: Iterator[tuple[str, object]] = iter(())
    if isinstance(value, dict):
        inner = ((f"{place}.{name}" if place else name, one) for name, one in value.items())
    elif isinstance(value, list):
        inner = ((place, one) for one in value)
    for where, one in inner:
        if isinstance(one, kind):
            yield where, one
        yield from _within(one, kind, where)
