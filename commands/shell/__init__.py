"""Shell text → every simple command in it, with exact spans. Nothing is run or expanded.

::

    script = parse("sudo kubectl exec web -- sh -c 'ls -l | head'")
    [i.name for i in script.invocations]     # sudo, kubectl, sh, ls, head
"""

from commands.shell.limits import MAX_CHARACTERS, MAX_COMMANDS, MAX_DEPTH, MAX_PROBLEMS
from commands.shell.model import (
    Assignment,
    Invocation,
    Place,
    Problem,
    Redirection,
    Script,
    Span,
    Word,
    WordKind,
)
from commands.shell.parse import parse
from commands.shell.unwrap import TakesValue

__all__ = [
    "MAX_CHARACTERS",
    "MAX_COMMANDS",
    "MAX_DEPTH",
    "MAX_PROBLEMS",
    "Assignment",
    "Invocation",
    "Place",
    "Problem",
    "Redirection",
    "Script",
    "Span",
    "TakesValue",
    "Word",
    "WordKind",
    "parse",
]
