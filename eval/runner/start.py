"""From what the command line says to a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpora.errors import ToolMissing
from eval.answers import Answer, Arm
from eval.arms.knowledge import Knowledge
from eval.runner.journal import Journal
from eval.tasks.model import Task
from eval.truth.tables import Tables

RETRIES = 6
"""Of one request, with inspect's own growing pauses between them."""
TIMEOUT = 300
"""Seconds of one request with all its retries' waiting."""


@dataclass(frozen=True)
class Wanted:
    """A run as it was asked for."""

    tasks: tuple[Task, ...]
    arms: tuple[Arm, ...]
    model: str
    base_url: str | None
    api_key: str | None
    seeds: int
    connections: int
    max_tokens: int
    temperature: float | None
    replay: tuple[Answer, ...]


def start(
    wanted: Wanted, knowledge: Knowledge, tables: Tables, out: Path
) -> tuple[list[Answer], int]:
    """Run it; give the answers, and how many could not be had. Raises ToolMissing."""
    try:
        from inspect_ai.model import GenerateConfig

        from eval.runner.inspect import Setting, open_model, run
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
    model = (
        "mockllm/model"
        if wanted.replay
        else open_model(wanted.model, base_url=wanted.base_url, api_key=wanted.api_key)
    )
    try:
        answers, _ = run(
            setting,
            wanted.arms,
            model,
            logs=out / "logs",
            seeds=wanted.seeds,
            connections=wanted.connections,
        )
    finally:
        journal.close()
    return answers, len(wanted.tasks) * len(wanted.arms) * wanted.seeds - len(answers)
