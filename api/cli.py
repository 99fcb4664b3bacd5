"""The command line: ``flagstone``.

Answers go to standard output, everything else to standard error. Exit status: 0 done · 1 failed ·
2 wrong usage · 3 published, but something was left out · 4 nothing in the corpus answers.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api import wiring
from api.printing import print_build, print_declared, print_json, print_products
from api.progress import progress_bars
from api.settings import load_settings
from corpora.catalogue import Catalogue
from corpora.errors import ConfigurationError, FlagstoneError, UnknownVersion
from corpora.model import VersionPolicy
from corpora.snapshot import Snapshot
from retrieval.request import DEFAULT_BUDGET, ContextRequest, SearchRequest, Where

LEFT_OUT, ABSTAINED = 3, 4

app = typer.Typer(
    name="flagstone",
    help="Ground truth for agents that run commands.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False)

Data = Annotated[
    Path | None, typer.Option("--data", help="Data directory (FLAGSTONE_DATA).", metavar="DIR")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
ProductName = Annotated[
    str | None, typer.Option("--product", "-p", help="Product id or alias, e.g. postgresql.")
]
Version = Annotated[str | None, typer.Option("--version", "-v", help="The version you run.")]
Fingerprint = Annotated[
    str | None, typer.Option(help="Output of the tool's version command, instead of a version.")
]
Policy = Annotated[
    str, typer.Option("--policy", help="exact, compatible or nearest.", metavar="POLICY")
]


@app.callback()
def _main(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what is done.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


@app.command()
def build(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="PRODUCT or PRODUCT@RELEASE; none: everything declared."),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Drop what the serving snapshot holds besides.")
    ] = False,
    on_failure: Annotated[
        str | None, typer.Option(help="A broken page or release: skip it, or fail the build.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fetch documentation, index it, and publish it as a snapshot.

    Run again, it fetches and embeds only what has changed. Killed, the last snapshot serves on.
    """
    with _errors(as_json):
        settings = load_settings(data=data, on_failure=on_failure)
        catalogue = Catalogue.load(settings.products)
        wanted = _targets(catalogue, targets or [])
        with progress_bars(err, quiet=as_json) as progress:
            report = wiring.build(settings, catalogue, wanted, only=only, progress=progress)
        if as_json:
            print_json(report)
        else:
            print_build(out, err, report)
        if not report.complete:
            raise typer.Exit(LEFT_OUT)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data: Data = None,
) -> None:
    """Answer over HTTP (default: 127.0.0.1:8600)."""
    with _errors(as_json=False):
        wiring.serve(load_settings(data=data, host=host, port=port))


@app.command()
def context(
    query: Annotated[str, typer.Argument(help="What you want to know.")],
    product: ProductName = None,
    version: Version = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    budget: Annotated[int, typer.Option(help="Most tokens the answer may have.")] = DEFAULT_BUDGET,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What the documentation says, at exactly the version you run."""
    with _errors(as_json):
        request = ContextRequest(
            query=query,
            product=product,
            version=version,
            fingerprint=fingerprint,
            version_policy=_policy(policy),
            token_budget=budget,
        )
        answer = wiring.open_serving(load_settings(data=data)).engine().context(request)
        if as_json:
            print_json(answer)
        else:
            if answer.resolution:
                one = answer.resolution
                err.print(f"{one.product} {one.resolved} ({one.match}). {one.reason}", markup=False)
            if answer.abstained:
                err.print("Nothing in the corpus answers this.")
            else:
                out.print(answer.context, end="", markup=False)
        if answer.abstained:
            raise typer.Exit(ABSTAINED)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What you want to know.")],
    product: ProductName = None,
    version: Version = None,
    policy: Policy = "compatible",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100)] = 10,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """The best passages, as a ranked list."""
    with _errors(as_json):
        request = SearchRequest(
            query=query,
            product=product,
            version=version,
            version_policy=_policy(policy),
            limit=limit,
        )
        answer = wiring.open_serving(load_settings(data=data)).engine().search(request)
        if as_json:
            print_json(answer)
            return
        for hit in answer.hits:
            first = hit.passage.text.splitlines()[0]
            out.print(
                f"{hit.score:7.3f}  {' › '.join(hit.passage.heading)} · {first[:90]}", markup=False
            )


@app.command()
def resolve(
    product: Annotated[str, typer.Argument(help="Product id or alias.")],
    version: Annotated[str | None, typer.Argument(help="The version you run.")] = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """How the version you run becomes a documented one."""
    with _errors(as_json):
        where = Where(
            product=product,
            version=version,
            fingerprint=fingerprint,
            version_policy=_policy(policy),
        )
        resolution = wiring.open_serving(load_settings(data=data)).engine().resolve(where)
        if resolution is None:
            raise ConfigurationError("A product was named, yet none was resolved.")
        if as_json:
            print_json(resolution)
        else:
            out.print(f"{resolution.resolved}  ({resolution.match}) {resolution.reason}")


@app.command()
def products(
    declared: Annotated[
        bool, typer.Option("--declared", help="What could be built, not what is built.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What the corpus holds: products and their releases."""
    with _errors(as_json):
        settings = load_settings(data=data)
        if declared:
            print_declared(out, Catalogue.load(settings.products), as_json=as_json)
            return
        held = tuple(Snapshot.current(settings.data).products.values())
        if as_json:
            print_json(held)
        else:
            print_products(out, held)


def main() -> None:
    """The entry point of the command ``flagstone``."""
    app()


def _targets(catalogue: Catalogue, names: Sequence[str]) -> dict[str, list[str]]:
    """``["git@2.39", "docker"]`` → the releases to build of each product."""
    wanted: dict[str, list[str]] = {}
    for name in names or list(catalogue):
        product_id, _, label = name.partition("@")
        product = catalogue[product_id]
        if label and label not in product.labels:
            raise UnknownVersion(product_id, label, available=product.labels, policy="declared")
        labels = wanted.setdefault(product_id, [])
        labels += [one for one in ([label] if label else product.labels) if one not in labels]
    return wanted


def _policy(name: str) -> VersionPolicy:
    if name in ("exact", "compatible", "nearest"):
        return name  # type: ignore[return-value]  # narrowed by the line above
    raise typer.BadParameter(f"{name!r} is not one of exact, compatible, nearest.")


@contextmanager
def _errors(as_json: bool) -> Iterator[None]:
    """Turn our errors into one clear message and a status that scripts can trust."""
    try:
        yield
    except FlagstoneError as error:
        if as_json:
            problem = {"code": error.code, "detail": error.message, "hint": error.hint}
            out.print_json(json.dumps({"error": {**problem, **error.extra}}, default=str))
        else:
            err.print(f"flagstone: {error.message}", style="red", markup=False)
            if error.hint:
                err.print(error.hint, markup=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        err.print("flagstone: interrupted; the last published snapshot is untouched.")
        raise typer.Exit(130) from None
