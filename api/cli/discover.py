"""``flagstone discover``: releases that the sources have, and the catalogue doesn't declare."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from api import wiring
from api.cli.common import FAILED, Data, Json, errors
from api.cli.printing import err, out, print_json
from api.folders import catalogue as declared_here
from api.settings import load_settings


def discover(
    products: Annotated[
        list[str] | None, typer.Argument(help="Product ids; none: everything declared.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ask the sources which releases there are besides those declared. Builds nothing.

    A new release is one line in the product's file.
    """
    with errors(as_json):
        settings = load_settings(data=data)
        catalogue = declared_here(settings)
        chosen = [catalogue[one] for one in products or sorted(catalogue)]
        found = wiring.discover(settings, chosen)
        if as_json:
            print_json(list(found))
        else:
            table = Table("product", "later", "also not declared", "declared, not there", box=None)
            for one in found:
                others = [label for label in one.undeclared if label not in one.later]
                if one.undeclared or one.missing:
                    columns = (one.later, others, one.missing)
                    table.add_row(one.product, *(" ".join(column) for column in columns))
            out.print(table)
            for one in found:
                if one.error:
                    err.print(f"{one.product}: {one.error}", soft_wrap=True, markup=False)
        if all(one.error for one in found):
            raise typer.Exit(FAILED)
