"""Words as the parser cuts them: pieces in the coordinates of their source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from commands.shell.model import Span, Word, WordKind
from commands.shell.placeholders import is_placeholder
from commands.shell.source import OPAQUE, Source, SourceBuilder

PieceKind = Literal["verbatim", "escape", "hole", "name", "result", "other"]
"""verbatim: stands for itself. escape: stands for something shorter. hole: a written placeholder.
name, result, other: an expansion, of ``$NAME``, ``$(…)``, or anything else."""


class Piece(NamedTuple):
    """A part of a word that is read in one way.

    ``bare`` says that it stands unquoted: braces in it expand, or its result is split.
    """

    kind: PieceKind
    value: str
    start: int
    end: int
    bare: bool = False


class Token(NamedTuple):
    """A word in its source. ``pieces`` is None for a plain run of characters."""

    start: int
    end: int
    pieces: Sequence[Piece] | None


_LIST = re.compile(r"\{[^{}\s,]*,[^{}\s]*\}")
_SEQUENCE = re.compile(r"\{(?:-?\d{1,9}\.\.-?\d{1,9}|[A-Za-z]\.\.[A-Za-z])(?:\.\.-?\d{1,9})?\}")
_EXPANSIONS = frozenset({"name", "result", "other"})


def is_quoted(source: Source, token: Token) -> bool:
    """Whether any quoting took part: what keeps a here-document from being expanded."""
    if token.pieces is None:
        return False
    return any(c in "'\"\\" for c in source.text[token.start : token.end])


def known(source: Source, token: Token) -> str:
    """The value, with one ``OPAQUE`` for every part that only running would tell."""
    if token.pieces is None:
        return source.text[token.start : token.end]
    return "".join(OPAQUE if piece.kind in _EXPANSIONS else piece.value for piece in token.pieces)


def _expands_braces(source: Source, token: Token) -> bool:
    """Whether ``{a,b}`` or ``{1..9}`` stands unquoted in the word."""
    text = source.text[token.start : token.end]
    if "{" not in text:
        return False
    for pattern in (_LIST, _SEQUENCE):
        match = pattern.search(text)
        if match is None:
            continue
        at = token.start + match.start()
        pieces = token.pieces or ()
        if any(p.kind == "verbatim" and p.start <= at < p.end and p.bare for p in pieces):
            return True
    return False


def _kind(pieces: Sequence[Piece], value: str | None, prefix: str) -> WordKind:
    if value is not None:
        if any(piece.kind == "hole" for piece in pieces) or is_placeholder(value):
            return "placeholder"
        return "literal"
    last = pieces[-1]
    alone = sum(piece.kind in _EXPANSIONS for piece in pieces) == 1
    fills = alone and last.kind in ("name", "result") and (not prefix or prefix.endswith("="))
    return "placeholder" if fills else "dynamic"


def to_word(source: Source, token: Token, given: str) -> Word:
    """The public form of a token; ``given`` is the text that the user gave."""
    start, end = source.range(token.start, token.end)
    text = given[start:end]
    span = Span(start, end)
    if token.pieces is None:
        value = source.text[token.start : token.end]
        kind: WordKind = "placeholder" if value == "{}" or is_placeholder(value) else "literal"
        return Word(text, value, span, kind, value)
    pieces = token.pieces
    if _expands_braces(source, token):
        return Word(text, None, span, "dynamic", "", splits=True)
    head: list[str] = []
    static = True
    for piece in pieces:
        if piece.kind in _EXPANSIONS:
            static = False
            break
        head.append(piece.value)
    prefix = "".join(head)
    known_value = prefix if static else None
    if known_value == "{}":
        return Word(text, known_value, span, "placeholder", prefix)
    splits = any(piece.bare for piece in pieces if piece.kind in _EXPANSIONS)
    return Word(text, known_value, span, _kind(pieces, known_value, prefix), prefix, splits)


def unquoted(source: Source, tokens: Sequence[Token]) -> Source:
    """The values of tokens, joined by blanks, as a text to be parsed again."""
    if len(tokens) == 1:
        pieces = tokens[0].pieces
        if pieces is None:
            return source.slice(tokens[0].start, tokens[0].end)
        if len(pieces) == 1 and pieces[0].kind == "verbatim":
            return source.slice(pieces[0].start, pieces[0].end)
    builder = SourceBuilder(source)
    previous: Token | None = None
    for token in tokens:
        if previous is not None:
            builder.stand_in(" ", previous.end, token.start)
        add_pieces(builder, token)
        previous = token
    return builder.build()


def add_pieces(builder: SourceBuilder, token: Token) -> None:
    """Adds the value of a token to a source that is being built."""
    if token.pieces is None:
        builder.verbatim(token.start, token.end)
        return
    for piece in token.pieces:
        if piece.kind == "verbatim" or piece.kind == "hole":
            builder.verbatim(piece.start, piece.end)
        elif piece.kind == "escape":
            builder.stand_in(piece.value, piece.start, piece.end)
        else:
            builder.stand_in(OPAQUE, piece.start, piece.end)
