"""``flagstone serve`` and ``flagstone mcp``: answering over HTTP, and over standard input."""

from __future__ import annotations

from typing import Annotated

import typer

from api import wiring
from api.cli.common import Data, errors
from api.cli.printing import err
from api.settings import load_settings


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


def mcp(data: Data = None) -> None:
    """Answer over the Model Context Protocol, on standard input and output."""
    with errors(as_json=False):
        wiring.serve_mcp(load_settings(data=data))
