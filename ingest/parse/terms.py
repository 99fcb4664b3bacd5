"""Taking a defined term apart into its spellings."""

from __future__ import annotations

import re

_BETWEEN_OPTIONS = re.compile(
    r"\s*,\s+(?=\[?-)|\s+(?:or|\|)\s+(?=-)|\s*\n\s*(?=\[?-)|(?<=\w)/(?=-)"
)
_BETWEEN_WORDS = re.compile(r",\s+|\s*\n\s*")
_ONE_WORD = re.compile(r"\S+(?: \([\w ,-]+\))?")


def split_terms(text: str) -> tuple[str, ...]:
    """The spellings in ``-a, --all`` or ``add.ignoreErrors, add.ignore-errors (deprecated)``.

    A term of several words is cut only between options: ``alternate, shared objects`` stays whole.
    """
    text = text.strip()
    if text.startswith(("-", "[-")):
        parts = _BETWEEN_OPTIONS.split(text)
    else:
        parts = _BETWEEN_WORDS.split(text)
        if not all(_ONE_WORD.fullmatch(part.strip()) for part in parts):
            parts = [text]
    folded = (" ".join(part.split()) for part in parts)
    return tuple(dict.fromkeys(part for part in folded if part))
