"""The command line of the evaluation: ``python -m eval``, or ``flagstone eval``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, get_args

import typer

from corpora.errors import FlagstoneError, InvalidRequest
from corpora.tokens import default_counter
from eval import answers as recorded
from eval.answers import ARMS, Answer, Arm
from eval.arms.knowledge import Knowledge, Nothing
from eval.arms.prompts import GROUNDED, TWO_TURNS, Prompt, first, rendered, second
from eval.incidents.model import load as load_incidents
from eval.itbench import read as read_itbench
from eval.report.build import build, scored
from eval.report.compare import compare as compare_reports
from eval.report.compare import read as read_report
from eval.report.markdown import difference, markdown, rate
from eval.report.model import Report
from eval.report.page import page
from eval.runner.price import price
from eval.scoring.statistics import wilson
from eval.tasks.check import problems
from eval.tasks.model import Split, Task, dataset_hash, load, load_lines
from eval.truth.tables import Tables

FAILED, WRONG_USAGE = 1, 2

app = typer.Typer(
    name="eval",
    help="How often does a model invent options, with and without grounding?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SplitName = Annotated[str, typer.Option("--split", help="dev, test (frozen) or all.")]
ArmName = Annotated[str, typer.Option("--arm", help=f"One of: {', '.join(ARMS)}.")]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory, built.", metavar="DIR")]
TasksFile = Annotated[
    Path | None,
    typer.Option("--tasks", help="Other tasks, JSON lines, instead of ours.", metavar="FILE"),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to write.")]


@app.command()
def tasks(split: SplitName = "all") -> None:
    """What the tasks are, and what is wrong with any. Exit status 1 where something is."""
    with _errors():
        chosen = _tasks(split)
        _say(f"{len(chosen)} tasks ({split}), dataset {dataset_hash(chosen)}")
        for what in ("stratum", "domain", "product", "split"):
            counted = Counter(getattr(task, what) for task in chosen).most_common()
            _say(f"{what}: {', '.join(f'{name} {count}' for name, count in counted)}")
        wrong = list(problems(_tasks("all"), Tables.packaged()))
        for one in wrong:
            _say(one)
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
    with _errors():
        chosen = _tasks(split, tasks_file)[: limit or None]
        name, tables = _arm(arm), Tables.packaged()
        knowledge = _knowledge(name, data)
        found = [first(task, name, knowledge, tables) for task in chosen]
        if answers is not None:
            if name not in TWO_TURNS:
                raise InvalidRequest(f"The arm {name} has one turn.", hint="Leave --answers out.")
            given = {one.id: one.answer for one in recorded.read(answers)}
            found = [
                second(task, prompt, given[task.id], knowledge, tables)
                for task, prompt in zip(chosen, found, strict=True)
                if task.id in given
            ]
        _write(out, "".join(f"{one.model_dump_json(exclude_none=True)}\n" for one in found))
        _note(found, name)


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(help="Recorded answers, JSON lines.")],
    split: SplitName = "test",
    tasks_file: TasksFile = None,
    data: Data = None,
    out: Out = None,
) -> None:
    """Score recorded answers; print the tables and write the report's JSON."""
    with _errors():
        chosen, tables = _tasks(split, tasks_file), Tables.packaged()
        read = [one for file in files for one in recorded.read(file)]
        read = _rendered(read, chosen, data)
        report = build(chosen, scored(chosen, read, tables), split)
        if out is not None:
            out.write_text(report.model_dump_json(indent=1) + "\n", "utf-8")
        _say(markdown(report))


@app.command()
def report(
    scores: Annotated[Path, typer.Argument(help="What `score --out` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")],
) -> None:
    """Write report.html (one page, nothing else needed), report.md and report.json."""
    with _errors():
        _rendered_report(read_report(scores), out)
        _say(f"{out / 'report.html'}")


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="An earlier report.json.")],
    after: Annotated[Path, typer.Argument(help="A later one of the same tasks.")],
) -> None:
    """Compare two runs pair by pair. Exit status 1 where something became clearly worse."""
    with _errors():
        changes = compare_reports(read_report(before), read_report(after))
        for one in changes:
            verdict = "WORSE" if one.worse else "no worse"
            _say(
                f"{one.name}: invented {difference(one.invented)}, "
                f"correct {difference(one.correct)}: {verdict}"
            )
        if any(one.worse for one in changes):
            raise typer.Exit(FAILED)


@app.command()
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
    with _errors():
        chosen = _tasks(split, tasks_file)[: limit or None]
        named = [_arm(name) for name in arms or ["none"]]
        tables = Tables.packaged()
        grounded = next((arm for arm in named if arm in GROUNDED), None)
        knowledge = _knowledge(grounded, data) if grounded and not replay else Nothing()
        if dry_run:
            _priced(chosen, named, knowledge, tables, seeds, (price_in, price_out))
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
        answers, missing = start(wanted, knowledge, tables, out)
        recorded.write(out / "answers.jsonl", answers)
        made = build(chosen, scored(chosen, answers, tables), split)
        _rendered_report(made, out)
        _say(markdown(made))
        if missing:
            _say(f"{missing} answers could not be had; run again in {out} to ask for them.")
            raise typer.Exit(FAILED)


@app.command()
def incidents(
    model: Annotated[str, typer.Option(help="As for `run`; none: list the incidents.")] = "",
    out: Out = None,
    data: Data = None,
    base_url: Annotated[str | None, typer.Option(help="As for `run`.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="As for `run`.")] = None,
    seeds: Annotated[int, typer.Option(help="Times that each is played.", min=1)] = 1,
) -> None:
    """Play incidents of several steps over a recorded cluster; with --data, grounded."""
    with _errors():
        held = load_incidents()
        if not model or out is None:
            for one in held:
                _say(f"{one.id}: {one.product} {one.release}: {one.report}")
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
        knowledge = _knowledge(arm, data)
        outcomes = start_incidents(wanted, held, knowledge, Tables.packaged(), out)
        text = "".join(f"{one.model_dump_json()}\n" for one in outcomes)
        (out / "incidents.jsonl").write_text(text, "utf-8")
        for one in outcomes:
            verdict = "resolved" if one.resolved else "not resolved"
            facts = [
                name
                for name in ("diagnosed", "fixed", "verified", "claimed", "falsely", "harmed")
                if getattr(one, name)
            ]
            _say(
                f"{one.incident}: {verdict} in {one.turns} turns "
                f"({', '.join(facts)}; {one.strayed} astray, {one.invented} invented)"
            )
        resolved = wilson(sum(one.resolved for one in outcomes), len(outcomes))
        _say(f"resolved: {rate(resolved)}")


@app.command()
def itbench(
    folder: Annotated[Path, typer.Argument(help="A folder with ITBench's scenario files.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the tasks.")],
    product: Annotated[str, typer.Option(help="Whose commands the solutions are.")] = "kubectl",
    release: Annotated[str, typer.Option(help="The release to judge them at.")] = "1.32",
) -> None:
    """Turn ITBench's scenarios into tasks for --tasks. What is left out is listed."""
    with _errors():
        found = read_itbench(folder, product=product, release=release, tables=Tables.packaged())
        _write(out, "".join(f"{task.model_dump_json()}\n" for task in found.tasks))
        for one in found.left_out:
            _say(f"left out: {one}")
        _say(f"{len(found.tasks)} tasks, {len(found.left_out)} things left out")


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


def _tasks(split: str, file: Path | None = None) -> tuple[Task, ...]:
    if file is not None:
        return load_lines(file)
    if split not in {*get_args(Split), "all"}:
        raise InvalidRequest(f"{split!r} is no split.", hint="Say dev, test or all.")
    return tuple(one for one in load() if split in {"all", one.split})


def _arm(name: str) -> Arm:
    for arm in ARMS:
        if arm == name:
            return arm
    raise InvalidRequest(f"{name!r} is no arm.", hint=f"One of: {', '.join(ARMS)}.")


def _knowledge(arm: Arm, data: Path | None) -> Knowledge:
    if arm not in GROUNDED:
        return Nothing()
    if data is None:
        raise InvalidRequest(
            f"The arm {arm} needs a built corpus.",
            hint="Name its data directory: --data DIR; `flagstone build` makes one.",
        )
    from eval.arms.open import open_service  # opening an embedder takes a second

    return open_service(data)


def _rendered(read: Sequence[Answer], chosen: Sequence[Task], data: Path | None) -> list[Answer]:
    """Filled schemas as the command lines that they stand for."""
    filled = [one for one in read if one.arm == "schema" and '"command"' in one.answer]
    if not filled:
        return list(read)
    by_id = {task.id: task for task in chosen}
    knowledge = _knowledge("schema", data)
    return [
        one.model_copy(update={"answer": rendered(by_id[one.id], one.arm, one.answer, knowledge)})
        if one.arm == "schema" and one.id in by_id
        else one
        for one in read
    ]


def _rendered_report(made: Report, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.html").write_text(page(made), "utf-8")
    (out / "report.md").write_text(markdown(made), "utf-8")
    (out / "report.json").write_text(made.model_dump_json(indent=1) + "\n", "utf-8")


def _priced(
    chosen: Sequence[Task],
    arms: Sequence[Arm],
    knowledge: Knowledge,
    tables: Tables,
    seeds: int,
    prices: tuple[float | None, float | None],
) -> None:
    count = default_counter()
    total = 0.0
    for arm in arms:
        found = [first(task, arm, knowledge, tables) for task in chosen]
        one = price(arm, found, seeds=seeds, count=count, per_million=prices)
        total += one.cost or 0.0
        cost = "" if one.cost is None else f", at most {one.cost:.2f}"
        _say(
            f"{arm}: {one.requests} requests, {one.input_tokens} tokens sent, "
            f"{one.output_tokens} answered{cost}"
        )
    _say(
        f"in all at most {total:.2f}" if None not in prices else "Name --price-in and --price-out."
    )


def _note(found: Sequence[Prompt], arm: Arm) -> None:
    bare = sum(not one.grounded for one in found)
    done = sum(one.answer is not None for one in found)
    sys.stderr.write(f"{len(found)} prompts ({arm})")
    sys.stderr.write(f", {bare} of them without anything to give" if bare else "")
    sys.stderr.write(f", {done} of them need nothing more\n" if done else "\n")


def _write(out: Path | None, text: str) -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (FlagstoneError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        status = WRONG_USAGE if isinstance(error, InvalidRequest) else FAILED
        raise typer.Exit(status) from None
