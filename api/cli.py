"""The command line: ``flagstone``."""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated

import typer

from api import wiring
from api.cli_commands import describe, diff, validate
from api.cli_common import (
    ABSTAINED,
    EPILOG,
    LEFT_OUT,
    Data,
    Fingerprint,
    Json,
    Policy,
    ProductName,
    Question,
    Version,
    engine,
    errors,
    request,
)
from api.cli_common import targets as parse_targets
from api.cli_discover import discover
from api.cli_doctor import doctor
from api.cli_keys import keys
from api.cli_refresh import refresh
from api.cli_snapshot import snapshots
from api.printing import (
    err,
    print_build,
    print_context,
    print_declared,
    print_json,
    print_products,
    print_resolved,
    print_search,
)
from api.progress import progress_bars
from api.settings import load_settings
from corpora.catalogue import Catalogue
from corpora.errors import InvalidRequest
from corpora.snapshot import Snapshot
from eval.cli import app as evaluation
from retrieval.request import DEFAULT_BUDGET, ContextRequest, SearchRequest, Where

app = typer.Typer(
    name="flagstone",
    help="Ground truth for agents that run commands.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


app.add_typer(snapshots)


@app.callback()
def _main(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what is done.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


@app.command(epilog=EPILOG)
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
        catalogue = Catalogue.load(settings.products)
        wanted = parse_targets(catalogue, targets or [])
        with progress_bars(err, quiet=as_json) as progress:
            report = wiring.build(settings, catalogue, wanted, only=only, progress=progress)
        if as_json:
            print_json(report)
        else:
            print_build(report)
        if not report.complete:
            raise typer.Exit(LEFT_OUT)


@app.command(epilog=EPILOG)
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.")] = None,
    allow_anonymous: Annotated[
        bool | None,
        typer.Option(
            "--allow-anonymous",
            help="Listen beyond this machine although there are no API keys.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer.")] = None,
    data: Data = None,
) -> None:
    """Answer over HTTP (default: 127.0.0.1:8600)."""

    def started(address: str, snapshot: str) -> None:
        err.print(f"Answering on {address} from snapshot {snapshot}. Ctrl-C ends it.")

    with errors(as_json=False):
        settings = load_settings(
            data=data, host=host, port=port, allow_anonymous=allow_anonymous, workers=workers
        )
        wiring.serve(settings, started)


@app.command(epilog=EPILOG)
def context(
    query: Question,
    product: ProductName = None,
    version: Version = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    budget: Annotated[int, typer.Option(help="Most tokens the answer may have.")] = DEFAULT_BUDGET,
    cursor: Annotated[
        str | None, typer.Option(help="Go on where an earlier answer to the question ended.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What the documentation says, at exactly the version you run."""
    with errors(as_json):
        asked = request(
            ContextRequest,
            query=query,
            product=product,
            version=version,
            fingerprint=fingerprint,
            version_policy=policy,
            token_budget=budget,
            cursor=cursor,
        )
        answer = engine(load_settings(data=data)).context(asked)
        if as_json:
            print_json(answer)
        else:
            print_context(answer)
        if answer.abstained:
            raise typer.Exit(ABSTAINED)


@app.command(epilog=EPILOG)
def search(
    query: Question,
    product: ProductName = None,
    version: Version = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    limit: Annotated[
        int, typer.Option("--limit", "-n", help="Most passages to list.", min=1, max=100)
    ] = 10,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """The best passages, as a ranked list."""
    with errors(as_json):
        asked = request(
            SearchRequest,
            query=query,
            product=product,
            version=version,
            fingerprint=fingerprint,
            version_policy=policy,
            limit=limit,
        )
        answer = engine(load_settings(data=data)).search(asked)
        if as_json:
            print_json(answer)
        else:
            print_search(answer)


@app.command(epilog=EPILOG)
def resolve(
    product: Annotated[str, typer.Argument(help="Product id or alias.")],
    version: Annotated[str | None, typer.Argument(help="The version you run.")] = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """How the version you run becomes a documented one."""
    with errors(as_json):
        where = request(
            Where,
            product=product,
            version=version,
            fingerprint=fingerprint,
            version_policy=policy,
        )
        resolution = engine(load_settings(data=data)).resolve(where)
        if resolution is None:
            raise InvalidRequest("No product is named.", hint="Name one, e.g. postgresql.")
        if as_json:
            print_json(resolution)
        else:
            print_resolved(resolution)


@app.command(epilog=EPILOG)
def products(
    declared: Annotated[
        bool, typer.Option("--declared", help="What could be built, not what is built.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What the corpus holds: products and their releases."""
    with errors(as_json):
        settings = load_settings(data=data)
        if declared:
            print_declared(Catalogue.load(settings.products), as_json=as_json)
            return
        held = tuple(Snapshot.current(settings.data).products.values())
        if as_json:
            print_json(held)
        else:
            print_products(held)


@app.command(epilog=EPILOG)
def mcp(data: Data = None) -> None:
    """Answer over the Model Context Protocol, on standard input and output."""
    with errors(as_json=False):
        wiring.serve_mcp(load_settings(data=data))


for command in (validate, describe, diff, refresh, discover, doctor):
    app.command(epilog=EPILOG)(command)
app.add_typer(keys)
app.add_typer(evaluation, name="eval")


def main() -> None:
    """The entry point of the command ``flagstone``."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Documentation is Unicode; a terminal that is not loses a sign, not the answer.
        sys.stdout.reconfigure(errors="replace")
    app()
