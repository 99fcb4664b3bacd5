"""The grammar of the shell: lists, pipelines and compound commands, POSIX's and bash's.

A recursive descent over the text that emits simple commands as it meets them. A place that can't
be read is told as a problem, and reading goes on with the line after it.

Why not tree-sitter-bash (0.25.1): its time is not linear (``a | `` repeated: 4,000 characters take
0.05 s, 16,000 take 1 s; ``a=(`` likewise), it speaks bytes, takes ``do do`` and ``> out -n x`` for
what they are not, and of 998 blocks of documentation that ``bash -n`` accepts it fails on 58. This
grammar fails on 2: a tree drawn with ``|--``, and a real mistake that bash lets pass.
"""

from __future__ import annotations

import re

from commands.shell.model import Place
from commands.shell.scanner import Unreadable
from commands.shell.scope import Scope
from commands.shell.simple import AFTER, SimpleCommands
from commands.shell.source import Source

_CLOSER = re.compile(rf"(?:then|do|done|fi|elif|else|esac|\}}){AFTER}")
_OPENER = re.compile(rf"(?:if|while|until|for|select|case|function|coproc|\{{|\[\[){AFTER}")
_TIMED = re.compile(
    rf"time(?:[ \t]+-p)?[ \t]+(?=\(|(?:\{{|\[\[|if|while|until|for|select|case){AFTER})"
)
_NEGATION = re.compile(rf"!{AFTER}")
_IN = re.compile(rf"in{AFTER}")
_BOUNDARY = re.compile(AFTER)
_ESAC = re.compile(rf"esac{AFTER}")
_END_OF_TEST = re.compile(rf"\]\]{AFTER}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARENTHESES = re.compile(r"\([ \t]*\)")
_NAMED_COPROCESS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[ \t]+(?=[({])")
_CASE_ENDS = (";;&", ";;", ";&")


class Grammar(SimpleCommands):
    """Reads one source into its findings."""

    compound = False
    """Whether the latest command was a compound one, after which a closing word may follow."""

    # --- whole sources --------------------------------------------------------------------------

    def read_all(self) -> None:
        """Reads the whole source, recovering at line ends. Raises Full at a limit."""
        while self.pos < self.end:
            self._recovering(first_only=False)

    def read_first(self) -> None:
        """Reads the first complete command line only: what follows it in a transcript is output."""
        self._recovering(first_only=True)

    def _recovering(self, *, first_only: bool) -> None:
        scope, depth = self.scope, self.depth
        try:
            if first_only:
                self._line()
            else:
                self._list()
                if self.pos < self.end:
                    raise self.unexpected()
            self.here_documents()
        except Unreadable as problem:
            self.scope, self.depth = scope, depth
            self.pending.clear()
            newline = self.text.find("\n", problem.start)
            stop = self.end if newline < 0 else newline
            self.pos = min(stop + 1, self.end)
            # What was found beyond is read again from there.
            self.findings.forget_from(self.source, self.pos)
            self.findings.problem(self.source, problem.reason, problem.start, stop)

    def commands_of(self, source: Source, scope: Scope, via: tuple[str, ...] | None = None) -> None:
        """Reads all commands of another source."""
        self.findings.read_again(source)
        via = self.via if via is None else via
        Grammar(source, self.findings, self.takes_value, scope, self.depth, via).read_all()

    def commands_until(self, closing: str, opened: int) -> None:
        """Reads commands up to ``closing`` and consumes it."""
        self._list()
        self._closer(opened, closing)

    def _closer(self, opened: int, *closers: str) -> str:
        """Consumes the one of ``closers`` that stands here."""
        for closer in closers:
            after = self.pos + len(closer)
            if self.text.startswith(closer, self.pos) and (
                closer[0] in ");" or _BOUNDARY.match(self.text, after)
            ):
                self.pos = after
                return closer
        if self.pos < self.end:
            raise self.unexpected()
        raise Unreadable(f"what is opened here is not closed by {closers[-1]!r}", opened)

    # --- lists ----------------------------------------------------------------------------------

    def _line(self) -> None:
        """One complete command line, with all that it opens."""
        self.blanks()
        while self.pos < self.end and not self.text.startswith("\n", self.pos):
            self._and_or()
            self.blanks()
            if not self._separator():
                break
            self.blanks()
        if self.text.startswith("\n", self.pos):
            self.pos += 1
        elif self.pos < self.end:
            raise self.unexpected()

    def _separator(self) -> bool:
        """Consumes one ``;`` or ``&``."""
        text, pos = self.text, self.pos
        if text.startswith(_CASE_ENDS, pos) or not text.startswith((";", "&"), pos):
            return False
        self.pos += 1
        return True

    def _list(self) -> None:
        """Commands up to the end, a closing word or a closing mark, which is left standing."""
        text = self.text
        while True:
            self.newlines()
            if self.pos >= self.end or self._at_mark() or _CLOSER.match(text, self.pos):
                return
            self._and_or()
            self.blanks()
            if self._separator() or text.startswith("\n", self.pos):
                continue
            if self.pos >= self.end or self._at_mark():
                return
            if not (self.compound and _CLOSER.match(text, self.pos)):
                raise self.unexpected()

    def _at_mark(self) -> bool:
        return self.text.startswith((")", *_CASE_ENDS), self.pos)

    def _and_or(self) -> None:
        while True:
            self._pipeline()
            self.blanks()
            if not self.text.startswith(("&&", "||"), self.pos):
                return
            self.pos += 2
            self.newlines()

    def _pipeline(self) -> None:
        outer = self.scope
        self.scope = scope = Scope(None, outer)
        while match := _NEGATION.match(self.text, self.pos):
            self.pos = match.end()
            self.blanks()
        while True:
            self._command()
            self.blanks()
            if not self.text.startswith("|", self.pos) or self.text.startswith("||", self.pos):
                break
            self.pos += 2 if self.text.startswith("|&", self.pos) else 1
            scope.place = "pipeline"
            self.newlines()
        self.scope = outer

    # --- commands -------------------------------------------------------------------------------

    def _command(self) -> None:
        text = self.text
        if match := _TIMED.match(text, self.pos):
            self.pos = match.end()
        start = self.pos
        self.compound = False
        if text.startswith("(", start):
            if not self.arithmetic(start):
                self.pos += 1
                self._body("subshell", start, ")")
        elif match := _OPENER.match(text, start):
            self.pos = match.end()
            self._compound(match[0], start)
        elif self._at_word(_CLOSER):
            raise self.unexpected()
        elif self.simple():
            self._function(start)
        else:
            return
        self.redirects()
        self.compound = True

    def _at_word(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self.text, self.pos) is not None

    def _body(self, place: Place, start: int, *closers: str) -> str:
        """Commands up to one of ``closers``, which is consumed and returned."""
        scope = self.scope
        self.enter(start)
        self.scope = Scope(place, scope)
        self._list()
        self.scope = scope
        self.depth -= 1
        return self._closer(start, *closers)

    def _compound(self, opener: str, start: int) -> None:
        if opener == "{":
            self._body("group", start, "}")
        elif opener == "[[":
            self._test(start)
        elif opener == "if":
            self._if(start)
        elif opener in ("while", "until"):
            self._body("loop", start, "do")
            self._body("loop", start, "done")
        elif opener in ("for", "select"):
            self._for(start)
        elif opener == "case":
            self._case(start)
        elif opener == "function":
            self.blanks()
            self.word()
            self.blanks()
            if match := _PARENTHESES.match(self.text, self.pos):
                self.pos = match.end()
            self._function(start)
        else:
            self.blanks()
            if match := _NAMED_COPROCESS.match(self.text, self.pos):
                self.pos = match.end()
            self.enter(start)
            self._command()
            self.depth -= 1

    def _if(self, start: int) -> None:
        closer = "elif"
        while closer == "elif":
            self._body("conditional", start, "then")
            closer = self._body("conditional", start, "elif", "else", "fi")
        if closer == "else":
            self._body("conditional", start, "fi")

    def _for(self, start: int) -> None:
        self.blanks()
        if not self.arithmetic(self.pos):
            match = _IDENTIFIER.match(self.text, self.pos)
            if match is None:
                raise Unreadable("the loop has no variable", start)
            self.pos = match.end()
            self.newlines()
            if self._at_word(_IN):
                self.pos += 2
                self._words()
        self.blanks()
        self._separator()
        self.newlines()
        if self.text.startswith("{", self.pos):
            self.pos += 1
            self._body("loop", start, "}")
        else:
            self._closer(start, "do")
            self._body("loop", start, "done")

    def _case(self, start: int) -> None:
        self.blanks()
        self.word()
        self.newlines()
        self._closer(start, "in")
        while True:
            self.newlines()
            if self._at_word(_ESAC):
                self.pos += 4
                return
            if self.text.startswith("(", self.pos):
                self.pos += 1
            self._words(separator="|")
            self._closer(start, ")")
            if self._body("case", start, *_CASE_ENDS, "esac") == "esac":
                return

    def _function(self, start: int) -> None:
        self.newlines()
        if not self.text.startswith("(", self.pos) and not self._at_word(_OPENER):
            raise Unreadable("the function has no body", start)
        scope = self.scope
        self.enter(start)
        self.scope = Scope("function", scope)
        self._command()
        self.scope = scope
        self.depth -= 1

    def _test(self, start: int) -> None:
        """``[[ … ]]``: an expression whose words may hold substitutions."""
        while not self._at_word(_END_OF_TEST):
            self._words()
            self.newlines()
            if self.pos >= self.end:
                raise Unreadable("what is opened here is not closed by ']]'", start)
            if self.text[self.pos] in "()<>|&;":
                self.pos += 1
        self.pos += 2

    def _words(self, separator: str = "") -> None:
        """Words that aren't arguments, to the end of the line or ``]]``."""
        while True:
            self.blanks()
            if separator and self.text.startswith(separator, self.pos):
                self.pos += 1
                continue
            if self._at_word(_END_OF_TEST):
                return
            token = self.word()
            if token.start == token.end:
                return
