"""``flagstone build``: fetches, indexes and publishes."""

from __future__ import annotations

from typing import Annotated

import typer

from api import wiring
from api.cli.common import LEFT_OUT, Data, Json, errors
from api.cli.common import targets as parse_targets
from api.cli.printing import err, print_build, print_json
from api.cli.progress import progress_bars
from api.folders import catalogue as declared_here
from api.settings import load_settings


def build(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="PRODUCT or PRODUCT@RELEASE; none: everything declared."),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Drop what the serving snapshot holds besides.")
    ] = False,
    on_failure: Annotated[
        str | None,
        typer.Option(
            help="A broken page or release: skip it, or fail the build.", metavar="skip|fail"
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fetch documentation, index it, and publish it as a snapshot.

    Run again, it fetches and embeds only what has changed. Killed, the last snapshot serves on.
    """
    with errors(as_json):
        settings = load_settings(data=data, on_failure=on_failure)
        catalogue = declared_here(settings)
        wanted = parse_targets(catalogue, targets or [])
        with progress_bars(err, quiet=as_json) as progress:
            report = wiring.build(settings, catalogue, wanted, only=only, progress=progress)
        if as_json:
            print_json(report)
        else:
            print_build(report)
        if not report.complete:
            raise typer.Exit(LEFT_OUT)
