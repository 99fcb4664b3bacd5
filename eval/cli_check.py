"""The commands that hold the suite itself to its word: ``scorer`` and ``standin``."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from corpora.errors import InvalidRequest
from corpora.tokens import default_counter
from eval.answers import Answer, write
from eval.arms.recorded import read as read_prompts
from eval.cli_common import FAILED, Data, Out, SplitName, TasksFile, errors, say, tasks_of
from eval.scoring.mutate import verdicts
from eval.scoring.score import score
from eval.standin.script import Script
from eval.tasks.check import problems
from eval.tasks.model import Task
from eval.truth.tables import Tables


def scorer(split: SplitName = "all", data: Data = None) -> None:
    """Score the gold answers, and the same made wrong. Exit status 1 where the scorer errs.

    With --data, the validator's verdicts on the gold answers that differ from the truth's too.
    """
    with errors():
        chosen, tables = tasks_of(split), Tables.packaged()
        wrong = _gold(chosen, tables)
        for one in verdicts(chosen, tables):
            say(f"{one.kind}: {one.made} made, {one.made - len(one.missed)} found")
            for mutant in one.missed:
                say(f"  missed: {mutant.task}: {mutant.text}")
            wrong += len(one.missed)
        if data is not None:
            _disagreements(chosen, data)
        if wrong:
            raise typer.Exit(FAILED)


def standin(
    rate: Annotated[float, typer.Option(help="Share of tasks it invents in.", min=0, max=1)] = 0.3,
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0: any that is free.")] = 8601,
    delay: Annotated[float, typer.Option(help="Seconds an answer takes.", min=0)] = 0.0,
    split: SplitName = "all",
    tasks_file: TasksFile = None,
    prompts: Annotated[
        Path | None,
        typer.Option(help="Answer these instead of serving; needs --out.", metavar="FILE"),
    ] = None,
    out: Out = None,
) -> None:
    """Serve a scripted model that invents options at a known rate: a scale for this suite.

    It speaks the chat API of OpenAI until it is interrupted.
    """
    with errors():
        script = Script(tasks_of(split, tasks_file), rate, Tables.packaged())
        say(
            f"Told nothing, it invents in {script.inventions} of {script.tasks} tasks "
            f"({100 * script.inventions / max(1, script.tasks):.1f} %)."
        )
        if prompts is not None:
            if out is None:
                raise InvalidRequest("Where to?", hint="Name a file for the answers: --out FILE.")
            write(out, _answers(prompts, script))
            return
        from eval.standin.server import StandIn

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with StandIn(script, default_counter(), port=port, delay=delay) as server:
            say(f"--base-url {server.url}")
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                say(f"{len(server.asked)} requests answered")


def _answers(prompts: Path, script: Script) -> list[Answer]:
    return [
        Answer(
            id=one.id,
            answer=one.answer if one.answer is not None else script(one.messages)[1],
            model="standin",
            arm=one.arm,
            grounded=one.grounded,
            grounding=one.grounding,
        )
        for one in read_prompts(prompts)
    ]


def _gold(tasks: Sequence[Task], tables: Tables) -> int:
    """Score every gold answer; say what is wrong with any, and how many are."""
    counted = invented = unjudged = 0
    for task in tasks:
        for gold in task.gold:
            got = score(task, f"```sh\n{gold}\n```", tables)
            counted += 1
            invented += got.invented_options + got.invented_commands
            unjudged += bool(got.unjudged)
    wrong = list(problems(tasks, tables))
    say(
        f"gold answers: {counted}, invented in them: {invented}, "
        f"with something that the truth can't judge: {unjudged}, disagreements: {len(wrong)}"
    )
    for one in wrong:
        say(f"  {one}")
    return invented + len(wrong)


def _disagreements(tasks: Sequence[Task], data: Path) -> None:
    """List the gold answers that the validator refuses although the program takes them."""
    from eval.arms.open import open_service  # opening an embedder takes a second

    source = open_service(data)
    checked = 0
    found = []
    for task in tasks:
        if not source.documented(task.product, task.release):
            continue
        checked += 1
        if said := source.complaints(task.product, task.release, task.gold[0]):
            found.append(f"  {task.id}: {task.gold[0]}\n    {said}")
    say(f"gold answers of documented releases: {checked}, refused by the validator: {len(found)}")
    for one in found:
        say(one)
