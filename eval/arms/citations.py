"""How much of a context was to the point: its precision, and which options it names.

Answers are command lines and cite nothing; what is measured is the context that they were given. A
passage is to the point where it stands on the page of a gold answer's command and names an option
that the task is judged by, or is that command's own synopsis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from eval.answers import Grounding
from eval.arms.knowledge import Cited, Given
from eval.scoring.gold import gold_uses
from eval.tasks.model import Task
from eval.truth.tables import Tables


def grounding(task: Task, given: Given, tables: Tables) -> Grounding:
    """Count the passages of a context that are to the point of a task."""
    paths = [" ".join(path) for path in gold_uses(task, tables)]
    names = [name for group in task.required for name in group]
    relevant = sum(_relevant(one, paths, names) for one in given.cited)
    found = [any(named(given.text, name) for name in group) for group in task.required]
    return Grounding(
        citations=len(given.cited), relevant=relevant, needed=len(found), named=sum(found)
    )


def named(text: str, option: str) -> bool:
    """Whether a text names an option, and not only one that begins or ends like it."""
    return bool(re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text))


def _relevant(one: Cited, paths: Iterable[str], names: Iterable[str]) -> bool:
    if one.command not in paths:
        return False
    if one.kind == "synopsis" or not one.names:
        return one.kind == "synopsis" or any(named(one.text, name) for name in names)
    return any(name in one.names or named(one.text, name) for name in names)
