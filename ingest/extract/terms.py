"""The grammar of a defined term: ``-C <commit>, --reuse-message=<commit>`` → names and values.

::

    term      = spelling { separator spelling } [ note ]
    spelling  = name [ value ]
    name      = "--" [ "[no-]" ] word | "-" letter | "-" word | "+" word
    value     = "=" what | "[=" what "]" | " " what | "[" what "]" | "<" what ">" | what
    separator = ", " | " | " | " or " | "/" | "; " | " "      (before a name)
    note      = " (deprecated)"

What a page prints after a name means different things to different writers: see `Notation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpora import catalogue
from ingest.extract.values import Value, read_value

MAX_TERM = 2000
"""Characters. The longest real term, of psql's ``\\copy``, has 290."""

NUMBER = "-NUM"
"""The name of an option that is itself a number: ``head -5``."""


class Notation(catalogue.Notation):
    """How the terms of one page are written: as its product declares, and what the page shows."""

    operands: frozenset[str] = frozenset()
    """Words that after a name are the command's operands: ``--dump device``, a mode of sfdisk."""
    key_values: bool = False
    """``if=FILE`` is an option, as of dd."""
    keywords: bool = False
    """``mtu MTU`` is an option, as of ip."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One name in a term, and the value printed with it."""

    name: str
    spans: tuple[tuple[int, int], ...]
    """The slices of the term that the name is made of, none for `NUMBER`."""
    value: Value
    negation: str = ""
    """``--no-verify``, where the term says ``--[no-]verify``."""
    deprecated: bool = False


_LONG = re.compile(
    r"--(?:\[(?P<before>[a-z]+-)\])?(?P<first>[A-Za-z0-9][\w.+-]*)(?:\[(?P<after>-[a-z][a-z-]*)\]"
    r"(?P<last>[\w.-]*))?"
)
_STEM = re.compile(
    r"(?P<stem>--[a-z][\w-]*-)(?:\[(?P<may>[a-z]+)\](?=[\[({]))?"
    r"[\[({](?P<tails>[a-z]+(?:\|[a-z]+)+)[\])}]"
)
_TAIL = re.compile(r"[a-z]+")  # --make-[shared|private], --make-[r]{shared|private}
_SYMBOL = re.compile(r"-[?#@%!:$](?![\w-])")
_NUMBER = re.compile(
    r"-(?:<(?:n|num|number|digit|count|N)>|(?:NUM|NUMBER|WIDTH|COLUMN|COUNT|LINES)(?![\w-])|number\Z)"
)
_WORD = re.compile(r"-[A-Za-z0-9?][\w.-]*")
_LETTER = re.compile(r"-[A-Za-z0-9]")
_DIGITS = re.compile(r"-\d{2,}")  # "-500" in a list of examples
_METAVAR = re.compile(r"[A-Z][A-Z_]+(?![a-z])")  # of -nNUM
_PLUS = re.compile(r"\+(?:\[no\])?[a-z][\w-]*")
_KEY = re.compile(r"[a-z][\w-]*(?==)")
_KEYWORD = re.compile(r"[a-z][\w-]*(?=\Z|\s+[A-Z{\[<(])")
_START = re.compile(r"[\s\[*]*")
_IN_BRACKETS = re.compile(r"\s*\[[^\[\]]*\]\s*")  # "[-D]" among the values of a column
_SEPARATOR = re.compile(
    r"\s*[,;]\s*(?=[\[*]?[-+]\S)|\s*\|\s*(?=[-+]\w|--)|\s+or\s+(?=[-+]\S)|\s?/\s?(?=--?\w)"
    r"|\s+(?=--?[A-Za-z0-9?]|--\[)"
)
_COLON = re.compile(r"(?<=[\w>\]]):\Z")  # jq's "--slurp / -s:"
_NOTE = re.compile(r"\s+\((?P<note>[^()|]{1,200})\)\s*\Z")
_DEPRECATED = re.compile(r"\b(?:deprecated|obsolete)\b", re.IGNORECASE)
_OPENING = {"[": "]", "<": ">", "(": ")", "{": "}"}
_CLOSING = frozenset(_OPENING.values())


def parse_term(term: str, notation: Notation) -> tuple[Spelling, ...]:
    """Every name that ``term`` spells, in its order. Empty where it is no option."""
    if len(term) > MAX_TERM:
        return ()
    return tuple(_spellings(_COLON.sub("", term), notation))


def _spellings(term: str, notation: Notation) -> Iterator[Spelling]:
    start = _START.match(term)
    at = start.end() if start else 0
    if _IN_BRACKETS.fullmatch(term):
        return
    while at < len(term):
        named = _name(term, at, notation)
        if named is None:
            return
        names, end = named
        separator = _separator(term, end)
        rest = term[end : separator[0]]
        note = _NOTE.search(rest)
        if note:
            rest = rest[: note.start()]
        deprecated = bool(note and _DEPRECATED.search(note["note"]))
        value = read_value(
            _unclosed(rest) if "[" in term[:at] and "]" in rest else rest,
            defaults=notation.defaults,
            words=notation.words,
            spaced_optional=notation.spaced_optional,
            several_words=notation.several_words,
            operands=notation.operands,
        )
        for name, spans, negation in names:
            yield Spelling(name, spans, value, negation, deprecated)
        at = separator[1]
        skipped = _START.match(term, at)
        at = skipped.end() if skipped else at


_Named = tuple[str, tuple[tuple[int, int], ...], str]
"""Name, its slices, its negation."""


def _name(term: str, at: int, notation: Notation) -> tuple[list[_Named], int] | None:
    """The name that begins at ``at``, in all its forms, and where it ends."""
    if match := _STEM.match(term, at):
        start = match.start("tails")
        tails = [m.span() for m in _TAIL.finditer(term, start, match.end("tails"))]
        stems: list[tuple[tuple[int, int], ...]] = [(match.span("stem"),)]
        stems += [(*stems[0], match.span("may"))] if match["may"] else []
        forms = [(*stem, tail) for stem in stems for tail in tails]
        return [("".join(term[a:b] for a, b in spans), spans, "") for spans in forms], match.end()
    if match := _LONG.match(term, at):
        return _long(match)
    if match := _NUMBER.match(term, at):
        return [(NUMBER, (), "")], match.end()
    if notation.plus and (match := _PLUS.match(term, at)):
        if "[no]" in match[0]:
            plain = ((at, at + 1), (at + 5, match.end()))
            name = f"+{match[0][5:]}"
            return [(name, plain, f"+no{match[0][5:]}")], match.end()
        return [(match[0], (match.span(),), "")], match.end()
    if notation.key_values and (match := _KEY.match(term, at)):
        return [(match[0], (match.span(),), "")], match.end()
    if notation.keywords and at == 0 and (match := _KEYWORD.match(term)):
        return [(match[0], (match.span(),), "")], match.end()
    if match := _SYMBOL.match(term, at):
        return [(match[0], (match.span(),), "")], match.end()
    word = _WORD.match(term, at)
    if word is None:
        return None
    end = at + len(word[0].rstrip(".-"))
    letter = None if notation.words else _LETTER.match(term, at)
    if letter and _METAVAR.fullmatch(term, letter.end(), end):
        end = letter.end()
    if end <= at + 1 or _DIGITS.fullmatch(term, at, end):
        return None
    return [(term[at:end], ((at, end),), "")], end


def _long(match: re.Match[str]) -> tuple[list[_Named], int]:
    term, at = match.string, match.start()
    end = match.end()
    if match["after"] is None:
        while term[end - 1] in ".+-":
            end -= 1
        if match["before"] is None:
            return [(term[at:end], ((at, end),), "")], end
        first = match.start("first")
        name = f"--{term[first:end]}"
        plain = ((at, at + 2), (first, end))
        other = f"--{match['before']}{term[first:end]}"
        if match["before"] == "no-":
            return [(name, plain, other)], end
        both = ((at, at + 2), match.span("before"), (first, end))
        return [(name, plain, ""), (other, both, "")], end
    # "--reference[-if-able]"
    stem, tail = match.span("first"), match.span("last")
    forms: list[_Named] = []
    for optional in ((), (match.span("after"),)):
        spans = tuple(one for one in ((at, at + 2), stem, *optional, tail) if one[0] < one[1])
        forms.append(("".join(term[a:b] for a, b in spans), spans, ""))
    return forms, end


def _separator(term: str, at: int) -> tuple[int, int]:
    """Where the value that begins at ``at`` ends, and where the next name begins."""
    closing: list[str] = []
    position = at
    while position < len(term):
        if not closing and (match := _SEPARATOR.match(term, position)):
            return match.span()
        char = term[position]
        if char in _OPENING:
            closing.append(_OPENING[char])
        elif char in _CLOSING and closing and char == closing[-1]:
            closing.pop()
        position += 1
    return len(term), len(term)


def _unclosed(text: str) -> str:
    """Without the bracket that closes one standing before the name: ``[-d] dbname``, ``[-N x]``."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if depth < 0:
            return text[:at] if text[:at].strip(" =") else text[:at] + text[at + 1 :]
    return text
