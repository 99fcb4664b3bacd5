"""A corrected text, where every error in it has one certain correction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commands.risk import Risk
from commands.shell import Span

if TYPE_CHECKING:
    from commands.validate.model import Issue  # which holds a Repair


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement that a repair makes. ``span`` is that of ``before`` in the given text."""

    span: Span
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Repair:
    """The text with every error corrected; it validates. What isn't in ``changes`` is untouched."""

    text: str
    changes: tuple[Change, ...]
    risk: Risk


Recheck = Callable[[str], Risk | None]
"""Validates a text: its risk where it is valid, None where it isn't."""


def repair(text: str, issues: Sequence[Issue], recheck: Recheck) -> Repair | None:
    """Replace what is wrong by what was certainly meant; None if anything is left in doubt.

    ``issues`` are all of the text. What they don't name stays byte for byte. The result is
    validated by ``recheck``, and dropped if it isn't valid.
    """
    errors = [issue for issue in issues if issue.severity == "error"]
    if not errors:
        return None
    changes: list[Change] = []
    for issue in sorted(errors, key=lambda one: one.span.start):
        if issue.fix is None or (changes and changes[-1].span.end > issue.span.start):
            return None
        changes.append(Change(issue.span, issue.token, issue.fix))
    parts: list[str] = []
    at = 0
    for change in changes:
        parts += [text[at : change.span.start], change.after]
        at = change.span.end
    repaired = "".join([*parts, text[at:]])
    risk = recheck(repaired)
    return Repair(repaired, tuple(changes), risk) if risk is not None else None
