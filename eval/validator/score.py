"""Counting: rejects of real lines, accepts of wrong ones, and the four states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from commands.store import SurfaceStore
from commands.validate import CheckedCommand, Targets, Validation, validate

State = Literal["valid", "deprecated", "other release", "never", "other error", "not checked"]
STATES: tuple[State, ...] = (
    "valid",
    "deprecated",
    "other release",
    "never",
    "other error",
    "not checked",
)
MAX_WRONG = 0.005
"""The goal: the share of false rejects, and of false accepts, at most."""
_NEVER = frozenset({"unknown_flag", "unknown_subcommand", "unknown_command"})
_OTHER_RELEASE = frozenset({"removed_flag", "future_flag"})


@dataclass(slots=True)
class Tally:
    """What came of the lines of one product and release, or of one kind of mutation."""

    lines: int = 0
    wrong: int = 0
    coded: int = 0
    partly: int = 0
    unchecked: int = 0
    states: Counter[tuple[State, State]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of the commands of one product in a line."""

    accepted: bool
    checked: Literal["fully", "partly", "no"]
    codes: tuple[str, ...]
    state: State
    messages: tuple[str, ...]


def judge(text: str, store: SurfaceStore, targets: Targets, product: str) -> Verdict:
    """Validate a line, and look at what was said of one product's commands, and of the text."""
    answer = validate(text, store, targets)
    own = [one for one in answer.commands if one.product == product]
    issues = [*answer.issues, *(issue for one in own for issue in one.issues)]
    errors = [issue for issue in issues if issue.severity == "error"]
    return Verdict(
        not errors,
        _checked(own),
        tuple(issue.code for issue in errors),
        _state(answer, own),
        tuple(f"{issue.code} {issue.token!r}: {issue.message}" for issue in errors),
    )


def _checked(own: Sequence[CheckedCommand]) -> Literal["fully", "partly", "no"]:
    if not own:
        return "no"
    return "partly" if any(one.checked == "partly" for one in own) else "fully"


def _state(answer: Validation, own: Iterable[CheckedCommand]) -> State:
    held = list(own)
    codes = {issue.code for one in held for issue in one.issues if issue.severity == "error"}
    codes |= {issue.code for issue in answer.issues}
    if codes & _NEVER:
        return "never"
    if codes & _OTHER_RELEASE:
        return "other release"
    if codes:
        return "other error"
    if not held:
        return "not checked"
    warned = {issue.code for one in held for issue in one.issues}
    return "deprecated" if "deprecated_flag" in warned else "valid"


def expected(codes: Sequence[str]) -> State:
    """Give the state that the right codes stand for."""
    if set(codes) & _NEVER:
        return "never"
    return "other release" if set(codes) & _OTHER_RELEASE else "other error"


def matrix(states: Counter[tuple[State, State]]) -> str:
    """Write what is true (rows) against what was said (columns)."""
    width = max(map(len, STATES)) + 2
    lines = ["true \\ said".ljust(width) + "".join(one.rjust(width) for one in STATES)]
    for row in STATES:
        if any(states[row, column] for column in STATES):
            cells = "".join(str(states[row, column]).rjust(width) for column in STATES)
            lines.append(row.ljust(width) + cells)
    return "\n".join(lines)


def table(title: str, rows: dict[str, Tally], wrong: str) -> str:
    """Write one line for each tally and one for all."""
    total = Tally()
    for one in rows.values():
        total.lines += one.lines
        total.wrong += one.wrong
        total.coded += one.coded
        total.partly += one.partly
        total.unchecked += one.unchecked
    lines = [
        f"{title:28}{'lines':>8}{wrong:>16}{'rate':>8}{'right code':>12}{'partly':>8}{'not':>6}"
    ]
    for name, one in [*rows.items(), ("all", total)]:
        share = 100 * one.wrong / one.lines if one.lines else 0.0
        code = f"{100 * one.coded / one.lines:.2f} %" if one.lines and one.coded else "-"
        lines.append(
            f"{name:28}{one.lines:>8}{one.wrong:>16}{share:>7.2f}%{code:>12}"
            f"{one.partly:>8}{one.unchecked:>6}"
        )
    return "\n".join(lines)
