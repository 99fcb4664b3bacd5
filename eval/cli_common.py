"""What the commands of the evaluation's command line share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, get_args

import typer

from corpora.errors import FlagstoneError, InvalidRequest
from eval.answers import ARMS, Arm
from eval.arms.knowledge import Knowledge, Nothing
from eval.arms.prompts import GROUNDED
from eval.report.markdown import markdown
from eval.report.model import Report
from eval.report.page import page
from eval.tasks.model import Split, Task, load, load_lines

FAILED, WRONG_USAGE = 1, 2

SplitName = Annotated[str, typer.Option("--split", help="dev, test (frozen) or all.")]
ArmName = Annotated[str, typer.Option("--arm", help=f"One of: {', '.join(ARMS)}.")]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory, built.", metavar="DIR")]
TasksFile = Annotated[
    Path | None,
    typer.Option("--tasks", help="Other tasks, JSON lines, instead of ours.", metavar="FILE"),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where to write.")]


def tasks_of(split: str, file: Path | None = None) -> tuple[Task, ...]:
    """The tasks of a split, or of a file. Raises InvalidRequest, ParseError."""
    if file is not None:
        return load_lines(file)
    if split not in {*get_args(Split), "all"}:
        raise InvalidRequest(f"{split!r} is no split.", hint="Say dev, test or all.")
    return tuple(one for one in load() if split in {"all", one.split})


def arm_of(name: str) -> Arm:
    """An arm by its name. Raises InvalidRequest."""
    for arm in ARMS:
        if arm == name:
            return arm
    raise InvalidRequest(f"{name!r} is no arm.", hint=f"One of: {', '.join(ARMS)}.")


def knowledge(arm: Arm, data: Path | None) -> Knowledge:
    """What an arm needs to know from. Raises InvalidRequest."""
    if arm not in GROUNDED:
        return Nothing()
    if data is None:
        raise InvalidRequest(
            f"The arm {arm} needs a built corpus.",
            hint="Name its data directory: --data DIR; `flagstone build` makes one.",
        )
    from eval.arms.open import open_service  # opening an embedder takes a second

    return open_service(data)


def write_report(made: Report, out: Path) -> None:
    """Write report.html, report.md and report.json."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.html").write_text(page(made), "utf-8")
    (out / "report.md").write_text(markdown(made), "utf-8")
    (out / "report.json").write_text(made.model_dump_json(indent=1) + "\n", "utf-8")


def write_text(out: Path | None, text: str) -> None:
    """Write to a file, or to the standard output."""
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


@contextmanager
def errors() -> Iterator[None]:
    """Turn our errors into one clear line and an exit status."""
    try:
        yield
    except (FlagstoneError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        status = WRONG_USAGE if isinstance(error, InvalidRequest) else FAILED
        raise typer.Exit(status) from None
