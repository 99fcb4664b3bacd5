"""What the grammar has met, collected while it reads and told when it is done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from commands.shell.limits import MAX_COMMANDS, MAX_PROBLEMS, MAX_REREAD
from commands.shell.model import Assignment, Invocation, Problem, Redirection, Script, Span
from commands.shell.scope import Scope
from commands.shell.source import Source
from commands.shell.tokens import Token, to_word


class Full(Exception):
    """Raised when a limit is reached and nothing more is to be read."""


@dataclass(slots=True)
class HereDocument:
    """A here-document whose body begins on the next line."""

    start: int
    target_end: int
    delimiter: str
    expands: bool
    body: tuple[int, int] = (0, 0)
    closed: bool = False
    shell: tuple[str, ...] | None = None
    """The wrappers of the shell that is fed with it; None for any other program."""
    scope: Scope | None = None

    def find(self, text: str, pos: int) -> int:
        """Finds the body, which begins at ``pos``, and returns where the line after it begins.

        The closing line may be indented: a block pasted out of a list is. Without one the body is
        all that is left.
        """
        closing = re.escape(self.delimiter)
        for indent in (r"\t*", r"[ \t]*"):
            match = re.compile(rf"^{indent}{closing}\r?$", re.MULTILINE).search(text, pos)
            if match:
                self.closed = True
                self.body = (pos, match.start())
                return min(match.end() + 1, len(text))
        self.body = (pos, len(text))
        return len(text)


@dataclass(slots=True)
class Redirect:
    """A redirection in the coordinates of its source."""

    operator: str
    target: Token
    start: int
    end: int
    document: HereDocument | None = None


@dataclass(slots=True)
class NamedValue:
    """An assignment in the coordinates of its source."""

    name: str
    value: Token
    start: int
    end: int


@dataclass(slots=True)
class Draft:
    """A simple command whose places are not all known yet."""

    source: Source
    start: int
    end: int
    words: Sequence[Token]
    assignments: Sequence[NamedValue]
    redirects: Sequence[Redirect]
    scope: Scope
    via: tuple[str, ...]


class Findings:
    """Collects drafts and problems, within the limits."""

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._problems: list[Problem] = []
        self._reread = 0

    def command(self, draft: Draft) -> None:
        """Adds a command. Raises Full at the limit."""
        if len(self._drafts) >= MAX_COMMANDS:
            start, end = draft.source.range(draft.start, draft.end)
            reason = f"more than {MAX_COMMANDS} commands: the rest is not read"
            self._problems.append(Problem(reason, Span(start, end)))
            raise Full
        self._drafts.append(draft)

    def read_again(self, source: Source) -> None:
        """Counts a text inside the text. Raises Full at the limit."""
        self._reread += len(source.text)
        if self._reread > MAX_REREAD:
            first, last = source.range(0, len(source.text))
            reason = "too much text inside other text: the rest is not read"
            self._problems.append(Problem(reason, Span(first, last)))
            raise Full

    def problem(self, source: Source, reason: str, start: int, end: int) -> None:
        """Adds a problem. Raises Full at the limit."""
        first, last = source.range(start, max(start, end))
        if len(self._problems) >= MAX_PROBLEMS - 1:
            reason += f"; this is problem {MAX_PROBLEMS}, and the rest is not read"
            self._problems.append(Problem(reason, Span(first, last)))
            raise Full
        self._problems.append(Problem(reason, Span(first, last)))

    def forget_from(self, source: Source, pos: int) -> None:
        """Drops the latest commands that begin at ``pos`` or after it."""
        limit = source.range(pos, pos)[0]
        drafts = self._drafts
        while drafts and drafts[-1].source.range(drafts[-1].start, drafts[-1].end)[0] >= limit:
            drafts.pop()

    def script(self, given: str) -> Script:
        """All of it, in the order of the given text."""
        invocations = [_invocation(draft, given) for draft in self._drafts]
        invocations.sort(key=lambda found: (found.span.start, -found.span.end))
        problems = sorted(self._problems, key=lambda found: found.span.start)
        return Script(tuple(invocations), tuple(problems))


def _invocation(draft: Draft, given: str) -> Invocation:
    source = draft.source
    start, end = source.range(draft.start, draft.end)
    words = tuple([to_word(source, token, given) for token in draft.words])
    return Invocation(
        name=(words[0].value or "") if words else "",
        words=words,
        span=Span(start, end),
        text=given[start:end],
        assignments=tuple(
            Assignment(a.name, to_word(source, a.value, given), Span(*source.range(a.start, a.end)))
            for a in draft.assignments
        ),
        redirections=tuple(_redirection(source, found, given) for found in draft.redirects),
        inside=draft.scope.places(),
        via=draft.via,
    )


def _redirection(source: Source, found: Redirect, given: str) -> Redirection:
    document = found.document
    return Redirection(
        operator=found.operator,
        target=to_word(source, found.target, given),
        span=Span(*source.range(found.start, found.end)),
        body=Span(*source.range(*document.body)) if document else None,
    )
