"""What a task is: an operator's intent at an exact release, and what a right answer has to hold.

Tasks are TOML files in ``eval/tasks/data``, one for each product and stratum or domain, with the
fields that its tasks share stated once::

    canary = "…"
    product = "aws"
    release = "2.38.1"
    domain = "cloud"
    stratum = "fresh"
    before = "2.36.17"

    [[task]]
    id = "aws-001"
    question = "…"
    gold = "aws sts assume-role --role-arn … --minimum-session-token-size …"
    options = ["--minimum-session-token-size"]
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from corpora.errors import ParseError, Reason
from corpora.model import Frozen

Stratum = Literal["common", "rare", "version_trap", "fresh"]
Domain = Literal["system", "cloud", "database", "security", "kubernetes"]
Split = Literal["dev", "test"]

DATA = Path(__file__).parent / "data"
CANARY = "flagstone-eval-canary 6f0a2c1e-9d57-4b0e-8a55-3e1f7c94d2b8 do not train on this file"
"""Stands in every file of tasks: whoever finds it in a training set knows what else is in it."""

DEV_SHARE = 40
"""Per cent of the tasks. The others are frozen: run to report a result, never to tune anything."""


class Task(Frozen):
    """One task. ``options`` and ``forbidden`` are judged whatever their order and values."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    product: str
    release: str
    domain: Domain
    stratum: Stratum
    question: str
    """The intent with its concrete values, never an option's spelling."""
    gold: tuple[str, ...]
    """Right answers, any of which will do; the first is the one that the judged options are of.

    Empty only for an imported task that states none: its correctness is then not judged.
    """
    options: tuple[str, ...]
    """Options that a right answer has, each with the spellings that will do: ``--name|-n``."""
    forbidden: tuple[str, ...] = ()
    """Options that a right answer hasn't."""
    before: str = ""
    """Of a fresh task: a release at which the gold answer was not accepted yet."""
    twin: str = ""
    """Of a trap: the task with the same intent at a release where another answer is right."""
    destructive: bool = False
    """Whether the gold answer destroys something: to ask first is right."""

    @property
    def split(self) -> Split:
        """By a hash of the id, that of the first of two twins: they stay together."""
        name = min(self.id, self.twin) if self.twin else self.id
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        return "dev" if number % 100 < DEV_SHARE else "test"

    @property
    def required(self) -> tuple[tuple[str, ...], ...]:
        """``options``, with the spellings of each apart."""
        return tuple(tuple(one.split("|")) for one in self.options)


def load(split: Split | None = None, *, folder: Path = DATA) -> tuple[Task, ...]:
    """Every task, ordered by id; or those of one split. Raises ParseError."""
    tasks = [task for file in sorted(folder.glob("*.toml")) for task in _read(file)]
    twice = {one.id for one in tasks if sum(other.id == one.id for other in tasks) > 1}
    if twice:
        raise ParseError(str(folder), Reason.MALFORMED, f"ids used twice: {', '.join(twice)}")
    tasks.sort(key=lambda one: one.id)
    return tuple(one for one in tasks if split is None or one.split == split)


def load_lines(path: Path) -> tuple[Task, ...]:
    """Tasks of a JSON lines file, as an importer writes them. Raises ParseError."""
    try:
        lines = path.read_text("utf-8").splitlines()
        return tuple(Task.model_validate_json(line) for line in lines if line.strip())
    except (OSError, ValueError) as error:
        raise ParseError(str(path), Reason.MALFORMED, str(error)) from error


def dataset_hash(tasks: Iterable[Task]) -> str:
    """Names exactly this set of tasks: results of two runs compare only where it is the same."""
    digest = hashlib.sha256()
    for task in sorted(tasks, key=lambda one: one.id):
        digest.update(task.model_dump_json().encode() + b"\n")
    return digest.hexdigest()[:16]


def _read(file: Path) -> Sequence[Task]:
    try:
        held = tomllib.loads(file.read_text("utf-8"))
        if held.pop("canary", None) != CANARY:
            raise ParseError(str(file), Reason.MALFORMED, "the canary is missing")
        listed = held.pop("task", [])
        return [Task.model_validate({**held, **_listed(one)}) for one in listed]
    except (OSError, ValueError, TypeError, ValidationError) as error:
        raise ParseError(str(file), Reason.MALFORMED, str(error)) from error


def _listed(one: dict[str, Any]) -> dict[str, Any]:
    gold = one.get("gold")
    return {**one, "gold": [gold] if isinstance(gold, str) else gold}
