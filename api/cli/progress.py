"""Progress of long work: bars on a terminal, one line per stage in a log, nothing when quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

Report = Callable[[str, int, int | None], None]


@contextmanager
def progress_bars(console: Console, *, quiet: bool = False) -> Iterator[Report]:
    """Yield a callable that is told the stage, how much is done, and of how much."""
    if quiet:
        yield _nobody
    elif console.is_terminal:
        with _bars(console) as report:
            yield report
    else:
        yield _Lines(console)


@contextmanager
def _bars(console: Console) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description:<34}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as progress:

        def report(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield report


def _nobody(stage: str, done: int, total: int | None) -> None:
    """Quiet: nobody is told."""
    del stage, done, total


class _Lines:
    """For a log: each stage when it begins, and when it is complete."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        del done  # a log has no use for every step
        if stage != self._stage:
            self._stage = stage
            self._console.print(f"{stage} …" if total is None else f"{stage} … {total}")
