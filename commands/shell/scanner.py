"""Words: quotes, escapes, expansions, placeholders. Quotes are read as bash reads them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from commands.shell.ansi import closing_of, escapes
from commands.shell.arithmetic import closing_parentheses
from commands.shell.limits import MAX_DEPTH
from commands.shell.placeholders import ANGLE, BRACES, has_name
from commands.shell.scope import Scope
from commands.shell.source import OPAQUE, Source, SourceBuilder
from commands.shell.tokens import Piece, PieceKind, Token

_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+^~!?*\[\]-]++(?=[ \t\n;|)]|\Z)")
_RUN = re.compile(r"[^ \t\n\r\\'\"`$<>|&;(){\0]++")
_QUOTED_RUN = re.compile(r"[^\"\\$`\0]++")
_BRACED_RUN = re.compile(r"[^}\\'\"`$\0]++")
_NAME = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})")
_SPECIAL = re.compile(r"\$[0-9@*#?$!_-]")
_ACTIVE = re.compile(r"[$`]")
_CONTINUED = re.compile(r"(?:\\\r?\n)+")

SINGLE_VALUED = frozenset("#?$!_-0123456789")
"""Special parameters that expand to one word, or nearly always do (``$1``)."""


class Unreadable(Exception):
    """Raised where the grammar does not go on. Spans are in the coordinates of the source."""

    def __init__(self, reason: str, start: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.start = start


class Scanner(ABC):
    """Cuts words out of a source. Substitutions in them are handed to the grammar."""

    def __init__(self, source: Source, scope: Scope, depth: int) -> None:
        self.source = source
        self.text = source.text
        self.end = len(source.text)
        self.pos = 0
        self.scope = scope
        self.depth = depth

    @abstractmethod
    def commands_until(self, closing: str, opened: int) -> None:
        """Reads commands up to ``closing`` and consumes it."""

    @abstractmethod
    def commands_of(self, source: Source, scope: Scope, via: tuple[str, ...] | None = None) -> None:
        """Reads all commands of another source."""

    def enter(self, start: int) -> None:
        """Goes one construct deeper."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"constructs are nested deeper than {MAX_DEPTH}", start)

    def word(self) -> Token:
        """The word at the position. Where none begins there, one of no characters."""
        start = self.pos
        match = _PLAIN.match(self.text, start)
        if match:
            self.pos = match.end()
            return Token(start, self.pos, None)
        pieces: list[Piece] = []
        while self.pos < self.end and self._piece(pieces, start):
            pass
        return Token(start, self.pos, pieces)

    def _piece(self, pieces: list[Piece], start: int) -> bool:
        """Reads one unquoted piece. False where the word ends."""
        text, pos = self.text, self.pos
        match = _RUN.match(text, pos)
        if match:
            self.pos = match.end()
            pieces.append(Piece("verbatim", match[0], pos, self.pos, bare=True))
            return True
        c = text[pos]
        if c in " \t\n|&;)":
            return False
        if c == "\\":
            return self._escape(pieces)
        if c == "'":
            self._single(pieces)
        elif c == '"':
            self._double(pieces)
        elif c in "$`\0":
            self._expansion(pieces, quoted=False)
        elif c in "<>":
            return self._angle(pieces)
        elif c == "{" and (match := BRACES.match(text, pos)):
            self.pos = match.end()
            kind: PieceKind = "hole" if has_name(match[0]) else "verbatim"
            pieces.append(Piece(kind, match[0], pos, self.pos))
        elif c == "(":
            return self._extended_glob(pieces, start)
        elif c == "\r" and (pos + 1 == self.end or text[pos + 1] == "\n"):
            return False
        else:
            self.pos += 1
            pieces.append(Piece("verbatim", c, pos, self.pos, bare=True))
        return True

    def _escape(self, pieces: list[Piece]) -> bool:
        pos = self.pos
        match = _CONTINUED.match(self.text, pos)
        if match:
            after = match.end()
            if after == self.end or self.text[after] in " \t\n\r|&;()<>":
                return False  # the continuation stands between words, not in one
            self.pos = after
            pieces.append(Piece("escape", "", pos, after))
        elif pos + 1 == self.end:
            self.pos += 1
            pieces.append(Piece("verbatim", "\\", pos, self.pos))
        else:
            self.pos += 2
            pieces.append(Piece("escape", self.text[pos + 1], pos, self.pos))
        return True

    def _verbatim(self, pieces: list[Piece], start: int, end: int) -> None:
        """Quoted characters; an opaque one among them was expanded by the shell outside."""
        while (hole := self.text.find(OPAQUE, start, end)) >= 0:
            pieces.append(Piece("verbatim", self.text[start:hole], start, hole))
            pieces.append(Piece(self._opaque_kind(hole), "", hole, hole + 1))
            start = hole + 1
        pieces.append(Piece("verbatim", self.text[start:end], start, end))

    def _opaque_kind(self, pos: int) -> PieceKind:
        """What stood in the outer text for an opaque character: only its shape is left."""
        first, last = self.source.range(pos, pos + 1)
        return "name" if last - first > 1 else "other"

    def _single(self, pieces: list[Piece]) -> None:
        start = self.pos
        close = self.text.find("'", start + 1)
        if close < 0:
            raise Unreadable("the single quote opened here is not closed", start)
        self._verbatim(pieces, start + 1, close)
        self.pos = close + 1

    def _double(self, pieces: list[Piece]) -> None:
        start = self.pos
        self.enter(start)
        self.pos += 1
        before = len(pieces)
        while True:
            if self.pos >= self.end:
                raise Unreadable("the double quote opened here is not closed", start)
            if self.text[self.pos] == '"':
                break
            self.quoted_piece(pieces)
        if len(pieces) == before:
            pieces.append(Piece("verbatim", "", self.pos, self.pos))
        self.pos += 1
        self.depth -= 1

    def quoted_piece(self, pieces: list[Piece], escapable: str = '$`"\\') -> None:
        """One piece of a double-quoted text, or of a here-document."""
        text, pos = self.text, self.pos
        match = _QUOTED_RUN.match(text, pos)
        if match:
            self.pos = match.end()
            pieces.append(Piece("verbatim", match[0], pos, self.pos))
        elif text[pos] == "\\":
            after = text[pos + 1 : pos + 2]
            continued = _CONTINUED.match(text, pos)
            if continued:
                self.pos = continued.end()
                pieces.append(Piece("escape", "", pos, self.pos))
            elif after and after in escapable:
                self.pos += 2
                pieces.append(Piece("escape", after, pos, self.pos))
            else:
                self.pos += 1
                pieces.append(Piece("verbatim", "\\", pos, self.pos))
        elif text[pos] == '"':
            self.pos += 1
            pieces.append(Piece("verbatim", '"', pos, self.pos))
        else:
            self._expansion(pieces, quoted=True)

    def _angle(self, pieces: list[Piece]) -> bool:
        pos = self.pos
        if self.text.startswith(("<(", ">("), pos):
            self._substitution(pieces, 2)
            return True
        match = ANGLE.match(self.text, pos)
        if match is None:
            return False
        self.pos = match.end()
        pieces.append(Piece("hole", match[0], pos, self.pos))
        return True

    def _extended_glob(self, pieces: list[Piece], start: int) -> bool:
        """``@(a|b)``, part of a word; any other parenthesis ends it."""
        pos = self.pos
        if pos == start or self.text[pos - 1] not in "?*+@!" or pieces[-1].kind != "verbatim":
            return False
        self.enter(pos)
        self.pos += 1
        inner: list[Piece] = []
        while self.pos < self.end and self.text[self.pos] not in ")\n":
            if self._piece(inner, pos):
                continue
            if self.text[self.pos] == "\\":
                break
            self.pos += 1
        if not self.text.startswith(")", self.pos):
            raise Unreadable("the pattern opened here is not closed", pos)
        self.pos += 1
        self.depth -= 1
        if any(piece.kind in ("name", "result", "other") for piece in inner):
            pieces.append(Piece("other", "", pos, self.pos))
        else:
            pieces.append(Piece("verbatim", self.text[pos : self.pos], pos, self.pos))
        return True

    def _expansion(self, pieces: list[Piece], *, quoted: bool) -> None:
        text, pos = self.text, self.pos
        if text[pos] == OPAQUE:
            self.pos += 1
            pieces.append(Piece(self._opaque_kind(pos), "", pos, self.pos, bare=not quoted))
        elif text[pos] == "`":
            self._backticks(pieces, quoted=quoted)
        elif match := _NAME.match(text, pos):
            self.pos = match.end()
            pieces.append(Piece("name", "", pos, self.pos, bare=not quoted))
        elif self.arithmetic(pos + 1):
            pieces.append(Piece("other", "", pos, self.pos))
        elif text.startswith("$(", pos):
            self._substitution(pieces, 2, bare=not quoted)
        elif text.startswith("${", pos):
            self._parameter(pieces, quoted=quoted)
        elif match := _SPECIAL.match(text, pos):
            self.pos = match.end()
            bare = match[0] == "$@" or (not quoted and match[0][1] not in SINGLE_VALUED)
            pieces.append(Piece("other", "", pos, self.pos, bare=bare))
        elif not quoted and text.startswith("$'", pos):
            self._ansi(pieces)
        elif not quoted and text.startswith('$"', pos):
            self.pos += 1
            self._double(pieces)
        else:
            self.pos += 1
            pieces.append(Piece("verbatim", text[pos], pos, self.pos, bare=not quoted))

    def _substitution(self, pieces: list[Piece], width: int, *, bare: bool = False) -> None:
        start, scope = self.pos, self.scope
        self.enter(start)
        self.pos += width
        self.scope = Scope("substitution", scope)
        self.commands_until(")", start)
        self.scope = scope
        self.depth -= 1
        pieces.append(Piece("result", "", start, self.pos, bare=bare))

    def _backticks(self, pieces: list[Piece], *, quoted: bool) -> None:
        start = self.pos
        self.enter(start)
        builder = SourceBuilder(self.source)
        pos = start + 1
        while True:
            close = self.text.find("`", pos)
            if close < 0:
                raise Unreadable("the backtick opened here is not closed", start)
            slash = self.text.find("\\", pos, close)
            if slash < 0:
                builder.verbatim(pos, close)
                break
            builder.verbatim(pos, slash)
            if self.text[slash + 1] in ("$`\\" + '"' * quoted):
                builder.stand_in(self.text[slash + 1], slash, slash + 2)
            else:
                builder.verbatim(slash, slash + 2)
            pos = slash + 2
        self.pos = close + 1
        self.commands_of(builder.build(), Scope("substitution", self.scope))
        self.depth -= 1
        pieces.append(Piece("result", "", start, self.pos, bare=not quoted))

    def _parameter(self, pieces: list[Piece], *, quoted: bool) -> None:
        """``${NAME…}`` with an operator: read to its end for the substitutions in it."""
        start = self.pos
        self.enter(start)
        self.pos += 2
        inner: list[Piece] = []
        while True:
            match = _BRACED_RUN.match(self.text, self.pos)
            if match:
                self.pos = match.end()
            if self.pos >= self.end:
                raise Unreadable("the expansion opened here is not closed", start)
            c = self.text[self.pos]
            if c == "}":
                break
            if c == "\\":
                self.pos = min(self.pos + 2, self.end)
            elif c == "'" and not quoted:
                self._single(inner)
            elif c == '"':
                self._double(inner)
            elif c == "'":
                self.pos += 1
            else:
                self._expansion(inner, quoted=True)
        self.pos += 1
        self.depth -= 1
        bare = not quoted or "@" in self.text[start : self.pos]
        pieces.append(Piece("other", "", start, self.pos, bare=bare))

    def arithmetic(self, pos: int) -> bool:
        """Consumes ``((…))`` at ``pos``, if it is there. Only the substitutions in it matter."""
        close = closing_parentheses(self.text, pos) if self.text.startswith("((", pos) else -1
        if close < 0:
            return False
        self.enter(pos)
        self.pos = pos
        inner: list[Piece] = []
        while match := _ACTIVE.search(self.text, self.pos, close):
            self.pos = match.start()
            self._expansion(inner, quoted=True)
        self.pos = max(self.pos, close)
        self.depth -= 1
        return True

    def _ansi(self, pieces: list[Piece]) -> None:
        start = self.pos
        end = closing_of(self.text, start)
        if end < 0:
            raise Unreadable("the quote opened here is not closed", start)
        pos = start + 2
        for first, last, value in escapes(self.text, pos, end):
            if first > pos:
                self._verbatim(pieces, pos, first)
            pieces.append(Piece("escape", value, first, last))
            pos = last
        self._verbatim(pieces, pos, end)
        self.pos = end + 1
