"""What validation says: issues, the commands they are in, and the answer as a whole.

Every ``token`` is the slice of the given text at its ``span``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from commands.model import Evidence
from commands.repair import Repair
from commands.risk.model import Risk
from commands.shell import Span

Code = Literal[
    "unknown_command",
    "unknown_subcommand",
    "unknown_flag",
    "removed_flag",
    "future_flag",
    "deprecated_flag",
    "missing_value",
    "unexpected_value",
    "invalid_choice",
    "missing_required",
    "conflicting_flags",
    "too_many_arguments",
    "ambiguous_flag",
    "unparsable",
]
"""unknown_flag: no documented release has it. removed_flag: an earlier release has it, this one
doesn't. future_flag: only later ones have it. deprecated_flag: accepted still."""

Severity = Literal["error", "warning"]
"""error: the program would refuse it. warning: it is accepted, and most likely not meant so."""

Checked = Literal["fully", "partly", "no"]
"""partly: a word that only running would tell stands where a subcommand does, or the surface knows
the command by name only. no: its product or release isn't in the store."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with a command."""

    code: Code
    severity: Severity
    token: str
    span: Span
    message: str
    suggestions: tuple[str, ...] = ()
    """What exists at this release and was likely meant, likeliest first."""
    exists_in: tuple[str, ...] = ()
    """Releases in which the token is right, oldest first."""
    evidence: Evidence | None = None
    certain: bool = True
    """False where only documentation is silent: a program may accept more than it documents."""
    fix: str | None = None
    """What to write in the token's place, where that can hardly be doubted."""


@dataclass(frozen=True, slots=True)
class CheckedCommand:
    """One simple command of the text.

    ``product`` and ``release`` are empty where it wasn't checked, ``path`` is the command's own
    (aliases followed). ``valid`` is None where it was not checked at all; of one checked partly,
    true says that nothing wrong was found.
    """

    text: str
    span: Span
    program: str
    product: str
    release: str
    path: tuple[str, ...]
    issues: tuple[Issue, ...]
    checked: Checked
    valid: bool | None
    reason: str = ""
    """Why it was not checked, or not fully."""
    via: tuple[str, ...] = ()
    """The wrappers it was found behind, outermost first."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The answer for a text.

    ``valid`` is false where any command has an error or a part could not be read, None where
    nothing in the text could be checked, else true. ``issues`` are those of the text itself
    (``unparsable``), ordered by their place.
    """

    valid: bool | None
    commands: tuple[CheckedCommand, ...]
    issues: tuple[Issue, ...]
    risk: Risk
    repaired: Repair | None = None
