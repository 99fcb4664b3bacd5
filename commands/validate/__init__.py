"""Is this command real at that release? If not, what is right? Nothing is ever run.

::

    targets = Targets({"kubectl": "1.32"}, programs(store))
    answer = validate("kubectl get pods --all-namespace", store, targets)
    answer.valid, answer.commands[0].issues[0].code, answer.repaired.text
"""

from commands.repair import Change, Repair
from commands.validate.model import (
    Checked,
    CheckedCommand,
    Code,
    Issue,
    Severity,
    Validation,
)
from commands.validate.targets import Targets, programs
from commands.validate.text import validate

__all__ = [
    "Change",
    "Checked",
    "CheckedCommand",
    "Code",
    "Issue",
    "Repair",
    "Severity",
    "Targets",
    "Validation",
    "programs",
    "validate",
]
