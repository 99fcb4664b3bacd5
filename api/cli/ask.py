"""``flagstone context``, ``search``, ``resolve`` and ``products``: asking the serving snapshot."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import (
    ABSTAINED,
    Budget,
    Data,
    Fingerprint,
    Json,
    Mode,
    Policy,
    ProductName,
    Question,
    Version,
    engine,
    errors,
    request,
)
from api.cli.printing import (
    print_context,
    print_declared,
    print_json,
    print_products,
    print_resolved,
    print_search,
)
from api.folders import catalogue as declared_here
from api.settings import load_settings
from corpora.errors import InvalidRequest
from corpora.model import Context
from corpora.snapshot import Snapshot
from retrieval.request import DEFAULT_BUDGET, ContextRequest, SearchRequest, Where


def context(
    query: Question,
    product: ProductName = None,
    version: Version = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    mode: Mode = "hybrid",
    budget: Budget = DEFAULT_BUDGET,
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
            mode=mode,
            token_budget=budget,
            cursor=cursor,
        )
        give(engine(load_settings(data=data)).context(asked), as_json=as_json)


def give(answer: Context, *, as_json: bool) -> None:
    """Print a context, and end with the status that says so where it is empty."""
    if as_json:
        print_json(answer)
    else:
        print_context(answer)
    if answer.abstained:
        raise typer.Exit(ABSTAINED)


def search(
    query: Question,
    product: ProductName = None,
    version: Version = None,
    fingerprint: Fingerprint = None,
    policy: Policy = "compatible",
    mode: Mode = "hybrid",
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
            mode=mode,
            limit=limit,
        )
        answer = engine(load_settings(data=data)).search(asked)
        if as_json:
            print_json(answer)
        else:
            print_search(answer)


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
            print_declared(declared_here(settings), as_json=as_json)
            return
        held = tuple(Snapshot.current(settings.data).products.values())
        if as_json:
            print_json(held)
        else:
            print_products(held)
