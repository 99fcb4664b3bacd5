"""A text cut where its issues begin and end, so that each can be marked in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from commands.repair import Change
from commands.shell import Span
from commands.validate import Issue
from commands.validate.model import Code

_LOOKS: dict[Code, str] = {
    "unknown_command": "invented",
    "unknown_subcommand": "invented",
    "unknown_flag": "invented",
    "removed_flag": "removed",
    "future_flag": "future",
    "deprecated_flag": "deprecated",
}


def look(issue: Issue) -> str:
    """How an issue is shown: what became of the flag, or else how bad it is."""
    return _LOOKS.get(issue.code, "wrong" if issue.severity == "error" else "doubtful")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the text; all of them in a row are the text.

    It is empty where something is missing at that place.
    """

    text: str
    issues: tuple[int, ...] = ()
    """Numbers of the issues that it is part of, from 1, the narrowest first."""
    begins: tuple[int, ...] = ()
    """Those of them that begin with it."""


def marked(text: str, issues: Sequence[Issue]) -> Iterator[Segment]:
    """Cut ``text`` at every end of an issue. ``issues`` are numbered in their order, from 1."""
    spans = [_within(issue.span, len(text)) for issue in issues]
    ends = sorted({0, len(text), *(at for span in spans for at in (span.start, span.end))})
    narrowest = sorted(range(len(spans)), key=lambda one: spans[one].end - spans[one].start)
    for start, end in zip(ends, [*ends[1:], None], strict=True):
        missing = tuple(
            number + 1 for number, span in enumerate(spans) if span == Span(start, start)
        )
        if missing:
            yield Segment("", missing, missing)
        if end is None:
            return
        over = tuple(
            number + 1
            for number in narrowest
            if spans[number].start <= start and end <= spans[number].end
        )
        begins = tuple(number for number in over if spans[number - 1].start == start)
        yield Segment(text[start:end], over, begins)


def repaired(text: str, changes: Sequence[Change]) -> Iterator[Segment]:
    """The text with ``changes`` made, cut around each of them."""
    at = 0
    for number, change in enumerate(changes, 1):
        yield Segment(text[at : change.span.start])
        yield Segment(change.after, (number,), (number,))
        at = change.span.end
    yield Segment(text[at:])


def _within(span: Span, length: int) -> Span:
    start = min(max(span.start, 0), length)
    return Span(start, min(max(span.end, start), length))
