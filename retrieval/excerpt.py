"""A passage in one line: what it is about, and the first sentence that is said of it."""

from __future__ import annotations

import re

from corpora.model import Passage

LONGEST = 70
"""Characters of the sentence: enough to choose by. On the development questions 70 put as many gold
options into a context as 100, in 8 % fewer tokens; with 50 some were missed."""

_LONGEST_TERM = 120
_CODE = ("```", "~~~")
_END = re.compile(r"[.!?](?=\s|$)")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|etc|cf|vs|approx|resp)|\b[A-Z]|^\d{1,3})\.$")
"""Full stops that end no sentence: of abbreviations, of initials, and of an item's number where the
line begins."""

_ABBREVIATION = len("approx.")


def excerpt(passage: Passage) -> str:
    """Give one line: ``--jobs=N: Use so many threads.`` of a definition, a sentence of others.

    What a sentence is about, the heading above it says. Empty where nothing short can be cut: a
    text that begins with code, or with a word that is too long.
    """
    term, _, said = passage.text.partition("\n")
    # What goes on from an earlier passage has the names, and no term.
    if passage.names and len(term) <= _LONGEST_TERM:
        sentence = first_sentence(said.strip())
        return f"{term.strip()}: {sentence}" if sentence else term.strip()
    card = passage.kind == "synopsis"
    sentence = first_sentence((passage.summary if card else "") or passage.text)
    return "" if sentence.startswith(_CODE) else sentence


def first_sentence(text: str, longest: int = LONGEST) -> str:
    """The first sentence of the first line; cut at a word, with an ellipsis, if it is too long."""
    line = text.partition("\n")[0]
    end = len(line)
    for match in _END.finditer(line):
        # No abbreviation is longer, so that nothing before it need be looked at.
        if not _ABBREVIATED.search(line, max(0, match.end() - _ABBREVIATION), match.end()):
            end = match.end()
            break
    sentence = line[:end].strip()
    if len(sentence) <= longest:
        return sentence
    whole = sentence[:longest].rpartition(" ")[0]
    return f"{whole} …" if whole else ""
