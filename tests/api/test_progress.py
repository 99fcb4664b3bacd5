"""Progress of long work: on a terminal, in a log, and where nobody wants it."""

import io

import pytest
from rich.console import Console

from api.cli.progress import progress_bars

STAGES = [
    ("look for [/Git]", 0, None),
    ("read :key: 2.39", 1, 3),
    ("read :key: 2.39", 3, 3),
    ("embed", 2_048, 12_260),
    ("embed", 12_260, 12_260),
    ("finish the index", 0, None),
]


def told(*, terminal: bool, quiet: bool = False) -> str:
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=terminal, width=100, markup=False, emoji=False, highlight=False
    )
    with progress_bars(console, quiet=quiet) as progress:
        for stage in STAGES:
            progress(*stage)
    return written.getvalue()


def test_a_log_gets_one_line_a_stage_and_no_colours() -> None:
    assert told(terminal=False).splitlines() == [
        "look for [/Git] …",
        "read :key: 2.39 … 3",
        "embed … 12260",
        "finish the index …",
    ]


def test_a_terminal_gets_a_bar_for_every_stage_to_the_letter() -> None:
    shown = told(terminal=True)
    for stage in ("look for [/Git]", "read :key: 2.39", "embed", "finish the index"):
        assert stage in shown
    assert "12260/12260" in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_is_quiet(terminal: bool) -> None:
    assert told(terminal=terminal, quiet=True) == ""
