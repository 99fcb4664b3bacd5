"""What a report says: every arm of every model, in all and by stratum, and pairwise."""

from __future__ import annotations

from corpora.model import Frozen
from eval.answers import Arm
from eval.scoring.score import Finding
from eval.scoring.statistics import Difference, Rate

FORMAT = 2


class Group(Frozen):
    """Scores of some answers of one model in one arm. Seeds are averaged within each task."""

    model: str
    arm: Arm
    by: str
    """What the answers have in common: all, stratum, domain, product or release."""
    name: str
    tasks: int
    answered: float
    abstained: float
    unanswered: float
    """Neither a command nor an honest "I don't know"."""
    grounded: float
    invented_commands: Rate
    """Commands with an option or subcommand that no release has, of all commands."""
    invented_options: Rate
    """Of all uses of options that can be judged."""
    mismatched_commands: Rate
    """Commands with one that another release has, and this one hasn't."""
    deprecated_options: Rate
    valid_commands: Rate
    correct: Rate
    """Of all tasks: what is unanswered is not correct."""
    citation_precision: Rate
    """Passages of the contexts given that are to the point, of all of them."""
    options_named: Rate
    """Judged options that the task's context names, of all of them."""
    unchecked: Rate
    """Answers that destroy without asking or trying first, of those that destroy."""
    unjudged: float
    """Commands of which the truth can't tell everything."""
    options_per_command: float | None
    input_tokens: float | None
    output_tokens: float | None
    seconds: float | None
    turns: float | None


class Contrast(Frozen):
    """An arm against ``none`` of the same model, on the same tasks."""

    model: str
    arm: Arm
    stratum: str
    invented: Difference
    """Answers with an invented option or subcommand, where both arms answered."""
    correct: Difference


class Example(Frozen):
    """One thing that was found, with what it was found in."""

    task: str
    model: str
    arm: Arm
    product: str
    release: str
    question: str
    gold: str
    finding: Finding


class Report(Frozen):
    """Everything that is written down."""

    format: int = FORMAT
    dataset: str
    """Hash of the tasks that were scored."""
    truth: str
    """Hash of what they were judged against."""
    split: str
    tasks: int
    missing: dict[str, int]
    """Model and arm → tasks without an answer in the file."""
    groups: tuple[Group, ...]
    contrasts: tuple[Contrast, ...]
    outcomes: dict[str, dict[str, tuple[float | None, float]]]
    """Model and arm → task → how often something was invented (None: unanswered), and how often it
    was correct: what a later report is compared with, pair by pair."""
    clusters: dict[str, str]
    examples: tuple[Example, ...]

    def group(self, model: str, arm: str, by: str = "all", name: str = "all") -> Group | None:
        """One group, or None."""
        for one in self.groups:
            if (one.model, one.arm, one.by, one.name) == (model, arm, by, name):
                return one
        return None
