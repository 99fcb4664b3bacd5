"""The form in which risks are written down: families of programs, each with a list of rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from commands.risk.model import Level


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is known of a program.

    ``path`` are the words of its subcommand, as patterns (``delete-*``). A rule of nothing else
    gives the command's own level, the longest path before shorter ones. With ``flags`` (any of
    them, ``--opt=value`` where the value matters) or ``operand`` (a regular expression that one of
    them matches from its beginning) it can only raise that level. ``without``: not if one of these
    is given.
    """

    level: Level
    reason: str
    path: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    operand: str = ""
    without: frozenset[str] = frozenset()

    @property
    def conditional(self) -> bool:
        """Whether it takes more than the path to apply."""
        return bool(self.flags or self.operand or self.without)


@dataclass(frozen=True, slots=True)
class Family:
    """Programs that are alike.

    ``level`` is that of a command that no rule's path is for; empty: its verbs tell (`verbs`).
    """

    programs: tuple[str, ...]
    level: Level | Literal[""] = ""
    reason: str = ""
    rules: tuple[Rule, ...] = ()
    dry: frozenset[str] = frozenset()
    """Options with which it changes nothing (a rehearsal, a listing), beside those that mean so
    everywhere."""
    dry_n: frozenset[str] = frozenset()
    """Subcommands for which ``-n`` is such an option, and means something else for others."""
    tolerates: frozenset[str] = frozenset()
    """Options that are dangerous elsewhere and not here: ``npm install --force``."""
    statements: frozenset[str] = frozenset()
    """Options whose value is a statement: ``psql -c``. ``operand``: so is the last operand, and
    ``operands``: all of them together."""
    runs_files: bool = False
    """Runs what it is given: ``--help`` behind an operand is that program's."""


def rule(
    level: Level,
    reason: str,
    paths: str = "",
    *,
    flags: str = "",
    operand: str = "",
    without: str = "",
) -> tuple[Rule, ...]:
    """Write one rule for several paths: ``"get, config view"``. None: for the program itself."""
    held = frozenset(flags.split())
    barred = frozenset(without.split())
    return tuple(
        Rule(level, reason, tuple(path.split()), held, operand, barred) for path in paths.split(",")
    )


def rules(*groups: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Put rules together."""
    return tuple(one for group in groups for one in group)


def words(text: str) -> frozenset[str]:
    """Split a text into a set of words."""
    return frozenset(text.split())


def names(text: str) -> tuple[str, ...]:
    """Split a text into the names of programs."""
    return tuple(text.split())
