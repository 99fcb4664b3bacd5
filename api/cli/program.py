"""The program ``flagstone``: its commands put together."""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated

import typer

from api.cli.ask import context, products, resolve, search
from api.cli.build import build
from api.cli.common import EPILOG
from api.cli.discover import discover
from api.cli.doctor import doctor
from api.cli.keys import keys
from api.cli.refresh import refresh
from api.cli.serve import mcp, serve
from api.cli.snapshot import snapshots
from api.cli.surfaces import describe, diff, validate
from eval.cli import app as evaluation

app = typer.Typer(
    name="flagstone",
    help="Ground truth for agents that run commands.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

COMMANDS = (
    build, refresh, discover, serve, mcp, context, search, validate, describe, diff,
    resolve, products, doctor,
)  # fmt: skip
"""In the order of --help."""

for command in COMMANDS:
    app.command(epilog=EPILOG)(command)
app.add_typer(keys)
app.add_typer(snapshots)
app.add_typer(evaluation, name="eval")


@app.callback()
def _main(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what is done.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def main() -> None:
    """The entry point of the command ``flagstone``."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Documentation is Unicode; a terminal that is not loses a sign, not the answer.
        sys.stdout.reconfigure(errors="replace")
    app()
