"""From what the command line says to a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.errors import ToolMissing
from eval.answers import Answer, Arm
from eval.arms.knowledge import Knowledge
from eval.incidents.model import Incident
from eval.incidents.play import Outcome
from eval.runner.journal import Journal
from eval.tasks.model import Task
from eval.truth.tables import Tables

if TYPE_CHECKING:  # inspect_ai takes seconds to import, and is an extra
    from inspect_ai.model import Model

    from eval.runner.inspect import Setting

RETRIES = 6
"""Of one request, with inspect's own growing pauses between them."""
TIMEOUT = 300
"""Seconds of one request with all its retries' waiting."""


@dataclass(frozen=True)
class Wanted:
    """A run as it was asked for."""

    arms: tuple[Arm, ...]
    model: str
    base_url: str | None
    api_key: str | None
    seeds: int
    tasks: tuple[Task, ...] = ()
    connections: int = 8
    max_tokens: int = 2048
    temperature: float | None = None
    replay: tuple[Answer, ...] = ()


def start(
    wanted: Wanted, knowledge: Knowledge, tables: Tables, out: Path
) -> tuple[list[Answer], int]:
    """Run it; give the answers, and how many could not be had. Raises ToolMissing."""
    with _opened(wanted, knowledge, tables, out) as (setting, model):
        from eval.runner.inspect import run

        answers, _ = run(
            setting,
            wanted.arms,
            model,
            logs=out / "logs",
            seeds=wanted.seeds,
            connections=wanted.connections,
        )
    return answers, len(wanted.tasks) * len(wanted.arms) * wanted.seeds - len(answers)


def start_incidents(
    wanted: Wanted,
    incidents: Sequence[Incident],
    knowledge: Knowledge,
    tables: Tables,
    out: Path,
) -> list[Outcome]:
    """Play incidents. Raises ToolMissing."""
    with _opened(wanted, knowledge, tables, out) as (setting, model):
        from eval.runner.incidents import run

        return run(
            setting,
            incidents,
            model,
            logs=out / "logs",
            grounded="context" in wanted.arms,
            seeds=wanted.seeds,
            connections=wanted.connections,
        )


@contextmanager
def _opened(
    wanted: Wanted, knowledge: Knowledge, tables: Tables, out: Path
) -> Iterator[tuple[Setting, Model | str]]:
    try:
        from inspect_ai.model import GenerateConfig

        from eval.runner.inspect import Setting, open_model
    except ImportError as error:
        raise ToolMissing(
            f"The runner needs inspect_ai ({error}).", hint="pip install 'flagstone[eval]'"
        ) from None
    journal = Journal(out / "journal.jsonl")
    setting = Setting(
        tasks=wanted.tasks,
        knowledge=knowledge,
        tables=tables,
        journal=journal,
        model=wanted.model,
        config=GenerateConfig(
            max_tokens=wanted.max_tokens,
            temperature=wanted.temperature,
            max_retries=RETRIES,
            timeout=TIMEOUT,
        ),
        replay={(one.id, one.arm, one.seed): one for one in wanted.replay},
    )
    try:
        if wanted.replay:
            yield setting, "mockllm/model"
        else:
            address = wanted.base_url
            yield setting, open_model(wanted.model, base_url=address, api_key=wanted.api_key)
    finally:
        journal.close()
