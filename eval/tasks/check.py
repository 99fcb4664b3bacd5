"""Whether a task is sound: its gold against independent truth, its question against giving it away.

``python -m eval tasks`` prints what this finds; a test wants nothing to be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from corpora.errors import FlagstoneError
from eval.scoring.extract import extract
from eval.scoring.judge import JudgedCommand, judge
from eval.scoring.score import score
from eval.tasks.model import Task
from eval.truth.tables import Table, Tables


def problems(tasks: Sequence[Task], tables: Tables) -> Iterator[str]:
    """Everything that is wrong with any of the tasks, one line each."""
    by_id = {task.id: task for task in tasks}
    asked: dict[str, str] = {}
    for task in tasks:
        words = " ".join(re.findall(r"[a-z]+", task.question.lower()))
        if words in asked and task.twin != asked[words]:
            yield f"{task.id}: the same question as {asked[words]}"
        asked[words] = task.id
        try:
            table = tables.table(task.product, task.release)
        except FlagstoneError as error:
            yield f"{task.id}: {error}"
            continue
        yield from (f"{task.id}: {what}" for what in _gold(task, table, tables))
        yield from (f"{task.id}: {what}" for what in _question(task))
        yield from (f"{task.id}: {what}" for what in _stratum(task, by_id, tables))


def _judged(text: str, table: Table, tables: Tables) -> list[JudgedCommand]:
    found = extract(f"```sh\n{text}\n```", table.programs)
    return [judge(one, table, tables) for one in found.invocations]


def _gold(task: Task, table: Table, tables: Tables) -> Iterator[str]:
    for text in task.gold:
        got = score(task, f"```sh\n{text}\n```", tables)
        for finding in got.findings:
            yield f"gold: {finding.kind} {finding.token!r} {' '.join(finding.exists_in)}"
        if not got.findings and not got.correct:
            yield f"gold is not correct: {text}"
    first = {option.name for one in _judged(task.gold[0], table, tables) for option in one.options}
    for spellings in task.required:
        if first.isdisjoint(spellings):
            yield f"gold lacks {'|'.join(spellings)}"
    for name in (*task.forbidden, *(one for group in task.required for one in group)):
        if not name.startswith("-"):
            yield f"{name!r} is no option"


def _question(task: Task) -> Iterator[str]:
    question = re.sub(r"arn:\S+", "", task.question.lower())  # values are not spellings
    for name in (one for group in task.required for one in group):
        bare = name.lstrip("-").lower()
        if len(name) > 2 and re.search(rf"(?<![\w-])--?{re.escape(bare)}(?![\w-])", question):
            yield f"the question spells {name}"
        if "-" in bare and re.search(rf"\b{re.escape(bare)}\b", question):
            yield f"the question spells {bare}"
        if bare.count("-") > 1 and bare.replace("-", " ") in question:
            yield f"the question spells {name} in words"


def _stratum(task: Task, by_id: Mapping[str, Task], tables: Tables) -> Iterator[str]:
    if task.stratum == "fresh":
        if not task.before:
            yield "fresh, but no earlier release is named"
        elif _accepted(task, tables.table(task.product, task.before), tables):
            yield f"not fresh: {task.before} accepts it already"
        newer = tables.releases(task.product)
        if task.before and newer.index(task.before) >= newer.index(task.release):
            yield "the earlier release is not earlier"
    elif task.before:
        yield "only fresh tasks name an earlier release"
    if task.stratum == "version_trap":
        twin = by_id.get(task.twin)
        if twin is None or twin.twin != task.id:
            yield "a trap needs a twin that names it in turn"
        elif twin.product != task.product or twin.release == task.release:
            yield "twins are of one product at two releases"
        elif _right(task, twin, tables) and _right(twin, task, tables):
            yield f"no trap: the answers of {twin.id} and this are right for both"
    elif task.twin:
        yield "only traps have twins"


def _right(of: Task, at: Task, tables: Tables) -> bool:
    """Whether the gold answer of one task is right for another too."""
    return score(at, f"```sh\n{of.gold[0]}\n```", tables).correct


def _accepted(task: Task, table: Table, tables: Tables) -> bool:
    return all(one.valid for one in _judged(task.gold[0], table, tables))
