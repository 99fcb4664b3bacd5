"""The command line of the evaluation: ``python -m eval``, or ``flagstone eval``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from corpora.errors import InvalidRequest
from eval import answers as recorded
from eval.answers import Answer, Arm
from eval.arms.prompts import TWO_TURNS, Prompt, first, rendered, second
from eval.arms.recorded import joined
from eval.arms.recorded import read as read_prompts
from eval.cli_check import scorer, standin
from eval.cli_common import (
    FAILED,
    ArmName,
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
from eval.cli_run import incidents, itbench, run
from eval.report.build import build, scored
from eval.report.compare import compare as compare_reports
from eval.report.compare import read as read_report
from eval.report.markdown import difference, markdown
from eval.tasks.check import problems
from eval.tasks.model import Task, dataset_hash
from eval.truth.tables import Tables

app = typer.Typer(
    name="eval",
    help="How often does a model invent options, with and without grounding?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, incidents, itbench, scorer, standin):
    app.command()(command)


@app.command()
def tasks(split: SplitName = "all") -> None:
    """What the tasks are, and what is wrong with any. Exit status 1 where something is."""
    with errors():
        chosen = tasks_of(split)
        say(f"{len(chosen)} tasks ({split}), dataset {dataset_hash(chosen)}")
        for what in ("stratum", "domain", "product", "split"):
            counted = Counter(getattr(task, what) for task in chosen).most_common()
            say(f"{what}: {', '.join(f'{name} {count}' for name, count in counted)}")
        wrong = list(problems(tasks_of("all"), Tables.packaged()))
        for one in wrong:
            say(one)
        if wrong:
            raise typer.Exit(FAILED)


@app.command()
def prompts(
    arm: ArmName,
    split: SplitName = "test",
    tasks_file: TasksFile = None,
    data: Data = None,
    answers: Annotated[
        Path | None,
        typer.Option(help="Answers to the first turn, for an arm that has two.", metavar="FILE"),
    ] = None,
    limit: Annotated[int, typer.Option(help="Most tasks; 0: all.", min=0)] = 0,
    out: Out = None,
) -> None:
    """Write the exact prompts of an arm as JSON lines, for any model to answer.

    With --answers, those of the second turn; a line with "answer" needs nothing more.
    """
    with errors():
        chosen = tasks_of(split, tasks_file)[: limit or None]
        name, tables = arm_of(arm), Tables.packaged()
        source = knowledge(name, data)
        found = [first(task, name, source, tables) for task in chosen]
        if answers is not None:
            if name not in TWO_TURNS:
                raise InvalidRequest(f"The arm {name} has one turn.", hint="Leave --answers out.")
            given = {one.id: one.answer for one in recorded.read(answers)}
            found = [
                second(task, prompt, given[task.id], source, tables)
                for task, prompt in zip(chosen, found, strict=True)
                if task.id in given
            ]
        write_text(out, "".join(f"{one.model_dump_json(exclude_none=True)}\n" for one in found))
        _note(found, name)


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(help="Recorded answers, JSON lines.")],
    split: SplitName = "test",
    tasks_file: TasksFile = None,
    data: Data = None,
    prompted: Annotated[
        list[Path] | None,
        typer.Option("--prompts", help="The prompts answered, for what was in their contexts."),
    ] = None,
    out: Out = None,
) -> None:
    """Score recorded answers; print the tables and write the report's JSON."""
    with errors():
        chosen, tables = tasks_of(split, tasks_file), Tables.packaged()
        read = [one for file in files for one in recorded.read(file)]
        read = joined(read, [one for file in prompted or () for one in read_prompts(file)])
        read = _rendered(read, chosen, data)
        report = build(chosen, scored(chosen, read, tables), split, tables)
        if out is not None:
            out.write_text(report.model_dump_json(indent=1) + "\n", "utf-8")
        say(markdown(report))


@app.command()
def report(
    scores: Annotated[Path, typer.Argument(help="What `score --out` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")],
) -> None:
    """Write report.html (one page, nothing else needed), report.md and report.json."""
    with errors():
        write_report(read_report(scores), out)
        say(f"{out / 'report.html'}")


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="An earlier report.json.")],
    after: Annotated[Path, typer.Argument(help="A later one of the same tasks.")],
) -> None:
    """Compare two runs pair by pair. Exit status 1 where something became clearly worse."""
    with errors():
        changes = compare_reports(read_report(before), read_report(after))
        for one in changes:
            verdict = "WORSE" if one.worse else "no worse"
            say(
                f"{one.name}: invented {difference(one.invented)}, "
                f"correct {difference(one.correct)}: {verdict}"
            )
        if any(one.worse for one in changes):
            raise typer.Exit(FAILED)


_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(context_settings=_PASSED_ON)
def retrieval(context: typer.Context) -> None:
    """The retrieval benchmark; needs no model. Its own options: `--help`."""
    from eval.retrieval.__main__ import main

    raise typer.Exit(main(context.args))


@app.command(context_settings=_PASSED_ON)
def validator(context: typer.Context) -> None:
    """The validator's benchmark; needs no model. Its own options: `--help`."""
    from eval.validator.__main__ import main

    raise typer.Exit(main(context.args))


def main() -> None:
    """The entry point of ``python -m eval``."""
    app()


def _rendered(read: Sequence[Answer], chosen: Sequence[Task], data: Path | None) -> list[Answer]:
    """Filled schemas as the command lines that they stand for."""
    filled = [one for one in read if one.arm == "schema" and '"command"' in one.answer]
    if not filled:
        return list(read)
    by_id = {task.id: task for task in chosen}
    source = knowledge("schema", data)
    return [
        one.model_copy(update={"answer": rendered(by_id[one.id], one.arm, one.answer, source)})
        if one.arm == "schema" and one.id in by_id
        else one
        for one in read
    ]


def _note(found: Sequence[Prompt], arm: Arm) -> None:
    bare = sum(not one.grounded for one in found)
    done = sum(one.answer is not None for one in found)
    sys.stderr.write(f"{len(found)} prompts ({arm})")
    sys.stderr.write(f", {bare} of them without anything to give" if bare else "")
    sys.stderr.write(f", {done} of them need nothing more\n" if done else "\n")
