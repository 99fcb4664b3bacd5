"""What a task's gold answer is made of: its commands, and the options that they use."""

from __future__ import annotations

from eval.scoring.extract import extract
from eval.scoring.judge import judge
from eval.tasks.model import Task
from eval.truth.tables import Tables

Path = tuple[str, ...]


def gold_uses(task: Task, tables: Tables) -> dict[Path, frozenset[str]]:
    """The commands of the first gold answer, each with the options that it uses there."""
    found: dict[Path, frozenset[str]] = {}
    if not task.gold:
        return found
    table = tables.table(task.product, task.release)
    for one in extract(f"```sh\n{task.gold[0]}\n```", table.programs).invocations:
        judged = judge(one, table, tables)
        used = frozenset(option.name for option in judged.options)
        found[judged.path] = found.get(judged.path, frozenset()) | used
    return found
