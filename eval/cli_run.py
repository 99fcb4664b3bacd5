"""The commands that ask a model: ``run``, ``incidents``; and the import of ITBench's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from corpora.errors import InvalidRequest
from corpora.tokens import default_counter
from eval import answers as recorded
from eval.answers import Arm
from eval.arms.knowledge import Knowledge, Nothing
from eval.arms.prompts import GROUNDED, first
from eval.cli_common import (
    FAILED,
    Data,
    Out,
    SplitName,
    TasksFile,
    arm_of,
    errors,
    knowledge,
    say,
    tasks_of,
    write_report,
    write_text,
)
from eval.incidents.model import load as load_incidents
from eval.itbench import read as read_itbench
from eval.report.build import build, scored
from eval.report.markdown import markdown, rate
from eval.runner.price import price
from eval.scoring.statistics import wilson
from eval.tasks.model import Task
from eval.truth.tables import Tables

_FACTS = ("diagnosed", "fixed", "verified", "claimed", "falsely", "harmed", "unasked")
"""What is told of a played incident where it is so."""


def run(
    model: Annotated[
        str,
        typer.Option(help="inspect_ai's name of a model; with --base-url the server's own."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run; resumes there.")],
    arms: Annotated[
        list[str] | None, typer.Option("--arm", help="May be given more than once.")
    ] = None,
    split: SplitName = "test",
    tasks_file: TasksFile = None,
    data: Data = None,
    base_url: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible server's, up to /v1.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="File with the API key; else the provider's variable.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Answers to each task.", min=1)] = 1,
    limit: Annotated[int, typer.Option(help="Most tasks; 0: all.", min=0)] = 0,
    connections: Annotated[int, typer.Option(help="Requests at a time.", min=1)] = 8,
    max_tokens: Annotated[int, typer.Option(help="Of one answer.", min=1)] = 2048,
    temperature: Annotated[float | None, typer.Option(help="None: the model's own.")] = None,
    price_in: Annotated[float | None, typer.Option(help="Per million tokens sent.")] = None,
    price_out: Annotated[float | None, typer.Option(help="Per million tokens answered.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Price the run; ask nothing.")] = False,
    replay: Annotated[
        Path | None, typer.Option(help="Recorded answers, instead of a model.", metavar="FILE")
    ] = None,
) -> None:
    """Ask a model in one or more arms; write answers.jsonl, inspect's logs and the report.

    Begun again in the same folder, it asks only for what has not been answered.
    """
    with errors():
        chosen = tasks_of(split, tasks_file)[: limit or None]
        named = [arm_of(name) for name in arms or ["none"]]
        tables = Tables.packaged()
        grounded = next((arm for arm in named if arm in GROUNDED), None)
        source = knowledge(grounded, data) if grounded and not replay else Nothing()
        if dry_run:
            _priced(chosen, named, source, tables, seeds, (price_in, price_out))
            return
        from eval.runner.start import Wanted, start

        wanted = Wanted(
            tasks=chosen,
            arms=tuple(named),
            model=model,
            base_url=base_url,
            api_key=key_file.read_text("utf-8").strip() if key_file else None,
            seeds=seeds,
            connections=connections,
            max_tokens=max_tokens,
            temperature=temperature,
            replay=recorded.read(replay) if replay else (),
        )
        answers, missing = start(wanted, source, tables, out)
        recorded.write(out / "answers.jsonl", answers)
        made = build(chosen, scored(chosen, answers, tables), split, tables)
        write_report(made, out)
        say(markdown(made))
        if missing:
            say(f"{missing} answers could not be had; run again in {out} to ask for them.")
            raise typer.Exit(FAILED)


def incidents(
    model: Annotated[str, typer.Option(help="As for `run`; none: list the incidents.")] = "",
    out: Out = None,
    data: Data = None,
    base_url: Annotated[str | None, typer.Option(help="As for `run`.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="As for `run`.")] = None,
    seeds: Annotated[int, typer.Option(help="Times that each is played.", min=1)] = 1,
) -> None:
    """Play incidents of several steps over a recorded cluster; with --data, grounded."""
    with errors():
        held = load_incidents()
        if not model or out is None:
            for incident in held:
                say(f"{incident.id}: {incident.product} {incident.release}: {incident.report}")
            if model:
                raise InvalidRequest("A folder is needed to play in.", hint="Name it: --out DIR.")
            return
        from eval.runner.start import Wanted, start_incidents

        arm: Arm = "context" if data else "none"
        wanted = Wanted(
            arms=(arm,),
            model=model,
            base_url=base_url,
            api_key=key_file.read_text("utf-8").strip() if key_file else None,
            seeds=seeds,
        )
        source = knowledge(arm, data)
        outcomes = start_incidents(wanted, held, source, Tables.packaged(), out)
        text = "".join(f"{one.model_dump_json()}\n" for one in outcomes)
        (out / "incidents.jsonl").write_text(text, "utf-8")
        for one in outcomes:
            verdict = "resolved" if one.resolved else "not resolved"
            facts = [name for name in _FACTS if getattr(one, name)]
            say(
                f"{one.incident}: {verdict} in {one.turns} turns "
                f"({', '.join(facts)}; {one.strayed} astray, {one.invented} invented)"
            )
        resolved = wilson(sum(one.resolved for one in outcomes), len(outcomes))
        say(f"resolved: {rate(resolved)}")


def itbench(
    folder: Annotated[Path, typer.Argument(help="A folder with ITBench's scenario files.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the tasks.")],
    product: Annotated[str, typer.Option(help="Whose commands the solutions are.")] = "kubectl",
    release: Annotated[str, typer.Option(help="The release to judge them at.")] = "1.32",
) -> None:
    """Turn ITBench's scenarios into tasks for --tasks. What is left out is listed."""
    with errors():
        found = read_itbench(folder, product=product, release=release, tables=Tables.packaged())
        write_text(out, "".join(f"{task.model_dump_json()}\n" for task in found.tasks))
        for one in found.left_out:
            say(f"left out: {one}")
        say(f"{len(found.tasks)} tasks, {len(found.left_out)} things left out")


def _priced(
    chosen: Sequence[Task],
    arms: Sequence[Arm],
    source: Knowledge,
    tables: Tables,
    seeds: int,
    prices: tuple[float | None, float | None],
) -> None:
    count = default_counter()
    total = 0.0
    for arm in arms:
        found = [first(task, arm, source, tables) for task in chosen]
        one = price(arm, found, seeds=seeds, count=count, per_million=prices)
        total += one.cost or 0.0
        cost = "" if one.cost is None else f", at most {one.cost:.2f}"
        say(
            f"{arm}: {one.requests} requests, {one.input_tokens} tokens sent, "
            f"{one.output_tokens} answered{cost}"
        )
    say(f"in all at most {total:.2f}" if None not in prices else "Name --price-in and --price-out.")
