"""Collecting the issues of one command, with spans that slice back to their tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from commands.model import Evidence
from commands.shell import Span, Word
from commands.validate.model import Code, Issue, Severity

MAX_ISSUES = 50
"""Of one command. Each costs a look into other releases, so that a hostile line of 100,000 invented
options must not be answered in full."""


@dataclass(slots=True)
class Report:
    """The issues of one command, as they are found."""

    text: str
    issues: list[Issue] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether nothing more is taken."""
        return len(self.issues) >= MAX_ISSUES

    def add(
        self,
        code: Code,
        span: Span,
        message: str,
        *,
        severity: Severity = "error",
        suggestions: Iterable[str] = (),
        exists_in: tuple[str, ...] = (),
        evidence: Evidence | None = None,
        certain: bool = True,
        fix: str | None = None,
    ) -> None:
        """Take one issue."""
        if self.full:
            return
        token = self.text[span.start : span.end]
        self.issues.append(
            Issue(
                code,
                severity,
                token,
                span,
                message,
                tuple(suggestions),
                exists_in,
                evidence,
                certain,
                fix,
            )
        )

    def in_order(self) -> tuple[Issue, ...]:
        """Give them by their place in the text."""
        if len(self.issues) == MAX_ISSUES:
            last = self.issues[-1]
            note = f"{last.message} This is issue {MAX_ISSUES} of this command: no more are told."
            self.issues[-1] = replace(last, message=note)
        return tuple(sorted(self.issues, key=lambda one: (one.span.start, one.span.end)))


def part(word: Word, token: str, after: int = 0) -> Span:
    """Give the span of a part of a word, or of the whole word where quotes hide the part."""
    if word.text == word.value or (word.value is None and word.text.startswith(word.prefix)):
        at = word.text.find(token, after)
        if at >= 0:
            return Span(word.span.start + at, word.span.start + at + len(token))
    return word.span
