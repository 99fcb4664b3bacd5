"""Right answers made wrong: what a scorer that is worth its name has to find, every one of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from corpora.model import Frozen
from eval.scoring.gold import gold_uses
from eval.scoring.score import Score, score
from eval.tasks.model import Task
from eval.truth.tables import Table, Tables

SEED = 7
FOREIGN = "--frobnicate-everything"

Kind = Literal["misspelt option", "added option", "invented subcommand"]


class Mutant(Frozen):
    """A gold answer with one thing in it that no release has."""

    task: str
    kind: Kind
    text: str
    token: str


class Verdict(Frozen):
    """What became of the mutants of one kind."""

    kind: Kind
    made: int
    missed: tuple[Mutant, ...]


def mutants(task: Task, tables: Tables, rng: random.Random) -> Iterator[Mutant]:
    """One misspelling of each judged option, one option too many, one invented subcommand.

    None of a command that accepts more than it tells: nothing is invented there for certain.
    """
    table = tables.table(task.product, task.release)
    paths = list(gold_uses(task, tables))
    if not paths or any(table.open(path) for path in paths):
        return
    gold = task.gold[0]
    for name in (one for group in task.required for one in group):
        found = re.search(rf"(?<=\s){re.escape(name)}(?=[\s=]|$)", gold)
        if name.startswith("--") and found:
            wrong = _misspelt(name, rng)
            if not _known(wrong, task, tables):
                text = gold[: found.start()] + wrong + gold[found.end() :]
                yield Mutant(task=task.id, kind="misspelt option", text=text, token=wrong)
    words = gold.split(" ")
    at = _behind(words, paths[0])
    if at:
        text = " ".join((*words[:at], FOREIGN, *words[at:]))
        yield Mutant(task=task.id, kind="added option", text=text, token=FOREIGN)
    if at and len(paths[0]) > 1 and _has_commands_alone(table, paths[0][:-1]):
        wrong = f"{paths[0][-1]}-zz"
        text = " ".join((*words[: at - 1], wrong, *words[at:]))
        yield Mutant(task=task.id, kind="invented subcommand", text=text, token=wrong)


def verdicts(tasks: Sequence[Task], tables: Tables, *, seed: int = SEED) -> list[Verdict]:
    """Score every mutant of every task, and say which were not found."""
    rng = random.Random(seed)  # noqa: S311
    made: dict[Kind, int] = {}
    missed: dict[Kind, list[Mutant]] = {}
    for task in tasks:
        for one in mutants(task, tables, rng):
            made[one.kind] = made.get(one.kind, 0) + 1
            missed.setdefault(one.kind, [])
            if not found_out(one, score(task, f"```sh\n{one.text}\n```", tables)):
                missed[one.kind].append(one)
    return [Verdict(kind=k, made=n, missed=tuple(missed[k])) for k, n in made.items()]


def found_out(one: Mutant, got: Score) -> bool:
    """Whether the scorer says that exactly this is invented, and the answer not correct."""
    tokens = {f.token.partition("=")[0] for f in got.findings if f.kind.startswith("invented")}
    return got.invented_commands == 1 and tokens == {one.token} and not got.correct


def _misspelt(name: str, rng: random.Random) -> str:
    at = rng.randrange(3, len(name))
    return name[:at] + rng.choice("qxz") + name[at:]


def _known(wrong: str, task: Task, tables: Tables) -> bool:
    releases = (tables.table(task.product, one) for one in tables.releases(task.product))
    return any(wrong in flags for one in releases for flags in one.facts.commands.values())


def _behind(words: Sequence[str], path: Sequence[str]) -> int:
    """The place behind the command's name; 0 where the answer doesn't begin with it."""
    return len(path) if tuple(words[: len(path)]) == tuple(path) else 0


def _has_commands_alone(table: Table, group: Sequence[str]) -> bool:
    """Whether a word behind ``group`` can be nothing but one of its commands."""
    return bool(table.locate([*group, "zz-zz"]).unknown)
