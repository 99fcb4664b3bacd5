"""``flagstone refresh``: the build that cron runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from api import wiring
from api.cli.common import FAILED, KEPT, LEFT_OUT, LOCKED, Data, Json, errors, targets
from api.cli.printing import err, print_build, print_json
from api.cli.progress import progress_bars
from api.folders import catalogue as declared_here
from api.settings import load_settings
from corpora.errors import BuildLocked, ConfigurationError
from ingest.refresh import RefreshReport


def refresh(
    products: Annotated[
        list[str] | None,
        typer.Argument(help="PRODUCT or PRODUCT@RELEASE; none: everything declared."),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Publish even what the audit would refuse.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="File to write the JSON report to, replaced whole.", metavar="FILE"),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Build what has changed, audit it, and publish it or keep what serves. For cron.

    Says nothing where all is well, but with --json.
    """
    with errors(as_json):
        settings = load_settings(data=data)
        catalogue = declared_here(settings)
        wanted = targets(catalogue, products or [])
        try:
            with progress_bars(err, quiet=as_json or not err.is_terminal) as progress:
                done = wiring.refresh(settings, catalogue, wanted, accept=accept, progress=progress)
        except BuildLocked as error:
            err.print(f"flagstone: {error}")
            raise typer.Exit(LOCKED) from None
        if report is not None:
            _write(report, done)
        if as_json:
            print_json(done)
        else:
            _tell(done)
        if done.outcome == "failed":
            raise typer.Exit(FAILED)
        if done.outcome == "kept":
            raise typer.Exit(KEPT)
        if not done.complete:
            raise typer.Exit(LEFT_OUT)


def _tell(done: RefreshReport) -> None:
    """What a person should see, on standard error: cron sends it by mail."""
    if done.outcome in ("kept", "failed"):
        serves = f"{done.snapshot} serves on" if done.snapshot else "nothing serves"
        err.print(f"flagstone: {done.outcome}: {done.reason} {serves}.", soft_wrap=True)
    for one in done.findings:
        err.print(f"{one.code}: {one.product} {one.release}: {one.detail}", soft_wrap=True)
    for product, labels in done.undeclared.items():
        err.print(f"not declared: {product} {', '.join(labels)}", soft_wrap=True)
    if done.build is not None and (done.outcome == "published" or not done.build.complete):
        print_build(done.build)


def _write(path: Path, done: RefreshReport) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(done.model_dump_json(indent=1) + "\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be written: {error.strerror}.", hint="Check --report."
        ) from error
