"""Writes the picture of the README from a real run: ``python -m api.picture --data DIR > FILE``.

Each command below is run on that corpus, and what it prints is drawn as it stands.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COMMANDS = (
    ("validate", "pg_dump --skip-table-data=audit_log shop", "--version", "13"),
    ("validate", "pg_dump --exclude-table-data=audit_log shop", "--version", "13"),
    ("validate", "git rebase --preserve-merges main && dropdb shop"),
)

WIDTH = 100
"""Columns: as wide as a page of GitHub shows without scaling it down."""

_MAIN = "from api.cli import main; main()"


def picture(data: Path) -> str:
    """The run as SVG, without a font from elsewhere."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False
    )
    for words in COMMANDS:
        console.print(Text(f"$ flagstone {shlex.join(words)}", style="bold"))
        console.print(Text.from_ansi(_run(words, data)))
        console.print()
    drawn = console.export_svg(title="flagstone", theme=MONOKAI, unique_id="flagstone")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code", "ui-monospace, Menlo, Consolas")


def _run(words: tuple[str, ...], data: Path) -> str:
    """What a command prints, in colours. Its exit status says whether the text was valid."""
    done = subprocess.run(  # noqa: S603  # ourselves, with the words above
        [sys.executable, "-c", _MAIN, *words, "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
        text=True,
        check=False,
    )
    return done.stdout.rstrip()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a corpus with PostgreSQL and git")
    sys.stdout.write(picture(parser.parse_args().data))
