"""Simple commands: assignments, words, redirections and here-documents; and what they run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.shell.findings import Draft, Findings, HereDocument, NamedValue, Redirect
from commands.shell.placeholders import ANGLE
from commands.shell.scanner import Scanner, Unreadable
from commands.shell.scope import Scope
from commands.shell.source import OPAQUE, Source
from commands.shell.tokens import Piece, Token, is_quoted, known, unquoted
from commands.shell.unwrap import TakesValue, is_wrapper, look_through

AFTER = r"(?=[ \t\r\n;&|()<>]|\Z)"
"""What may follow a reserved word."""

_BLANK = re.compile(r"(?:[ \t]++|\\\r?\n|\r(?=\n|\Z))++(?:#[^\n]*+)?|#[^\n]*+")
_REDIRECT = re.compile(
    r"(?:[0-9]++|\{[A-Za-z_][A-Za-z0-9_]*\})?(?:<<<|<<-?|<&|<>|>>|>&|>\||<|>)|&>>?"
)
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*+)(?:\[[^\]\s]{0,200}\])?\+?=")
_NOT_CONTINUED = re.compile(r"\\[ \t]++\r?\n")
_PARENTHESES = re.compile(r"\([ \t]*+\)")
_PROMPT = re.compile(r"\$[ \t]++(?=[^\s])")
_DECLARING = frozenset({"declare", "typeset", "local", "export", "readonly"})
_ELISION = frozenset({"...", "…"})


class SimpleCommands(Scanner):
    """Reads simple commands, and through those that run another."""

    def __init__(
        self,
        source: Source,
        findings: Findings,
        takes_value: TakesValue,
        scope: Scope,
        depth: int,
        via: tuple[str, ...],
    ) -> None:
        super().__init__(source, scope, depth)
        self.findings = findings
        self.takes_value = takes_value
        self.via = via
        self.pending: list[HereDocument] = []

    # --- blanks and lines -----------------------------------------------------------------------

    def blanks(self) -> None:
        """Skips blanks, continued lines and a comment."""
        match = _BLANK.match(self.text, self.pos)
        if match:
            self.pos = match.end()

    def newlines(self) -> None:
        """Skips empty lines too; the bodies of here-documents are read where a line ends."""
        while True:
            self.blanks()
            if not self.text.startswith("\n", self.pos):
                return
            self.pos += 1
            if self.pending:
                self.here_documents()

    def here_documents(self) -> None:
        """Reads the bodies of all open here-documents, the first of which begins here."""
        pending, self.pending = self.pending, []
        for document in pending:
            self.pos = document.find(self.text, self.pos)
            if not document.closed:
                reason = f"the here-document is not closed by {document.delimiter!r}"
                self.findings.problem(self.source, reason, document.start, document.target_end)
            self._read_body(document)

    def _read_body(self, document: HereDocument) -> None:
        body = self.source.slice(*document.body)
        scope = Scope("here-document", document.scope)
        active = document.expands and any(c in body.text for c in "$`\\")
        self.enter(document.start)
        if active:
            body = self.expansions_of(body, scope)
        if document.shell is not None:
            self.commands_of(body, scope, document.shell)
        self.depth -= 1

    def expansions_of(self, source: Source, scope: Scope) -> Source:
        """Finds the substitutions in a here-document; returns what its reader would be given."""
        self.findings.read_again(source)
        reader = type(self)(source, self.findings, self.takes_value, scope, self.depth, self.via)
        pieces: list[Piece] = []
        try:
            while reader.pos < reader.end:
                reader.quoted_piece(pieces, "$`\\")
        except Unreadable as problem:
            self.findings.problem(source, problem.reason, problem.start, reader.end)
        return unquoted(source, [Token(0, reader.end, pieces)])

    def unexpected(self) -> Unreadable:
        """What stands at the position can't stand there."""
        text, pos = self.text, self.pos
        if pos >= self.end:
            return Unreadable("a command is missing at the end", max(self.end - 1, 0))
        if text[pos] == "\n":
            return Unreadable("a command is missing before the end of the line", max(pos - 1, 0))
        token = re.compile(r"[A-Za-z]++|;;&|;[;&]|&&|\|\||.", re.DOTALL).match(text, pos)
        return Unreadable(f"{token[0] if token else ''!r} can't stand here", pos)

    # --- one command ----------------------------------------------------------------------------

    def simple(self) -> bool:
        """Reads a simple command. True where it turns out to define a function."""
        if match := _PROMPT.match(self.text, self.pos):
            self.pos = match.end()  # no program is called "$": a prompt was pasted with its command
        start = end = self.pos
        words: list[Token] = []
        assignments: list[NamedValue] = []
        redirects: list[Redirect] = []
        while True:
            self.blanks()
            if self.pos >= self.end:
                break
            c = self.text[self.pos]
            if c == "\\" and (match := _NOT_CONTINUED.match(self.text, self.pos)):
                reason = "a blank stands behind this backslash, so that it continues no line"
                self.findings.problem(self.source, reason, self.pos, match.end() - 1)
                self.pos = match.end()  # read on as it was meant
                continue
            if c in "\n;|)" or (c == "&" and not self.text.startswith("&>", self.pos)):
                break
            if c in "<>&0123456789{" and (redirect := self._redirect()):
                redirects.append(redirect)
            elif c == "(":
                if len(words) == 1 and (match := _PARENTHESES.match(self.text, self.pos)):
                    self.pos = match.end()
                    return True
                raise self.unexpected()
            elif not words and (match := _ASSIGNMENT.match(self.text, self.pos)):
                assignments.append(self._assignment(match))
            else:
                words.append(self._argument(words))
            end = self.pos
        if not words and not assignments and not redirects:
            raise self.unexpected()
        if words and self.text[words[0].start : words[0].end] in _ELISION:
            return False
        if words or redirects:
            self._emit(words, (start, end), assignments, redirects, redirects, self.via)
        return False

    def _argument(self, words: Sequence[Token]) -> Token:
        if words and (match := _ASSIGNMENT.match(self.text, self.pos)):
            declares = known(self.source, words[0]) in _DECLARING
            if declares and self.text.startswith("(", match.end()):
                return self._array(match.end(), match.start())
        token = self.word()
        if token.start == token.end:
            raise self.unexpected()
        return token

    def _assignment(self, match: re.Match[str]) -> NamedValue:
        self.pos = match.end()
        if self.text.startswith("(", self.pos):
            value = self._array(self.pos, self.pos)
        else:
            value = self.word()
        return NamedValue(match[1], value, match.start(), self.pos)

    def _array(self, opened: int, start: int) -> Token:
        self.enter(opened)
        self.pos = opened + 1
        while True:
            self.newlines()
            if self.text.startswith(")", self.pos):
                break
            token = self.word()
            if token.start == token.end:
                if self.pos < self.end:
                    raise self.unexpected()
                raise Unreadable("the array opened here is not closed", opened)
        self.pos += 1
        self.depth -= 1
        return Token(start, self.pos, [Piece("other", "", start, self.pos)])

    def _redirect(self) -> Redirect | None:
        start = self.pos
        match = _REDIRECT.match(self.text, start)
        if match is None or (match[0] in "<>" and self.text.startswith("(", match.end())):
            return None
        if match[0] == "<" and ANGLE.match(self.text, start):
            return None
        operator = match[0]
        self.pos = match.end()
        self.blanks()
        target = self.word()
        if target.start == target.end:
            raise Unreadable(f"{operator!r} has no target", start)
        redirect = Redirect(operator, target, start, self.pos)
        if operator.endswith(("<<", "<<-")) and not operator.endswith("<<<"):
            redirect.document = HereDocument(
                start, self.pos, self._delimiter(target), not is_quoted(self.source, target)
            )
            redirect.document.scope = self.scope
            self.pending.append(redirect.document)
        return redirect

    def redirects(self) -> None:
        """Skips the redirections of a compound command; here-documents among them are read."""
        self.blanks()
        while self._redirect():
            self.blanks()

    def _delimiter(self, target: Token) -> str:
        """Quotes are removed from a delimiter, but nothing in it is expanded."""
        value = known(self.source, target)
        return self.text[target.start : target.end] if OPAQUE in value else value

    # --- what it runs ---------------------------------------------------------------------------

    def _emit(
        self,
        words: Sequence[Token],
        extent: tuple[int, int],
        assignments: Sequence[NamedValue],
        redirects: Sequence[Redirect],
        stdin: Sequence[Redirect],
        via: tuple[str, ...],
    ) -> None:
        """Tells the command, and then those that it runs."""
        source = self.source
        found = None
        if words and is_wrapper(known(source, words[0])):
            found = look_through([known(source, word) for word in words], self.takes_value)
        own = words if found is None else [words[i] for i in found.own]
        self.findings.command(Draft(source, *extent, own, assignments, redirects, self.scope, via))
        if found is None:
            return
        via = (*via, found.label)
        self.enter(extent[0])
        for inner in found.inner:
            run = words[inner.first : inner.last]
            if inner.is_text:
                text = unquoted(source, run)
                text = text.slice(inner.skip, len(text.text)) if inner.skip else text
                self.commands_of(text, Scope("string", self.scope), via)
            else:
                self._emit(run, (run[0].start, run[-1].end), (), (), stdin, via)
        if found.reads_input:
            for redirect in stdin:
                if redirect.document:
                    redirect.document.shell = via
                elif redirect.operator.endswith("<<<"):
                    script = unquoted(source, [redirect.target])
                    self.commands_of(script, Scope("string", self.scope), via)
        self.depth -= 1
