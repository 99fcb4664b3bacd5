"""``flagstone keys``: makes, lists and revokes the API keys of a data directory."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.common import EPILOG, Data, Json, errors
from api.cli.printing import err, print_key, print_keys
from api.security.keys import KeyStore, Scope
from api.settings import load_settings

keys = typer.Typer(
    name="keys",
    help="API keys: once there is one, every call over HTTP needs one.",
    no_args_is_help=True,
)


@keys.command(epilog=EPILOG)
def create(
    name: Annotated[str, typer.Argument(help="Who or what it is for.")],
    scope: Annotated[
        Scope, typer.Option(help="read: every call that asks; admin: also /metrics.")
    ] = "read",
    per_minute: Annotated[
        int | None,
        typer.Option(help="Calls a minute; none: as FLAGSTONE_RATE_LIMIT says.", min=1),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a key, and print it: it is shown this once, and kept only as a checksum."""
    with errors(as_json):
        key, token = KeyStore(load_settings(data=data).data).create(name, scope, per_minute)
        print_key(key, token, as_json=as_json)


@keys.command("list", epilog=EPILOG)
def list_keys(data: Data = None, as_json: Json = False) -> None:
    """Whose keys there are; the keys themselves are kept nowhere."""
    with errors(as_json):
        print_keys(KeyStore(load_settings(data=data).data).keys(), as_json=as_json)


@keys.command(epilog=EPILOG)
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, as `flagstone keys list` has it.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """End a key, at once and for every process that serves this data directory."""
    with errors(as_json):
        key = KeyStore(load_settings(data=data).data).revoke(id)
        err.print(f"Revoked {key.id} ({key.name}).")
