"""``flagstone doctor``: whether this machine has what Flagstone needs."""

from __future__ import annotations

import typer

from api.cli.common import FAILED, Data, Json, errors
from api.cli.printing import print_checks
from api.settings import load_settings


def doctor(data: Data = None, as_json: Json = False) -> None:
    """Check Python, mandoc, apt, disk, model, snapshot, keys and port, and say what to do."""
    from api.doctor import examine

    with errors(as_json):
        checks = examine(load_settings(data=data))
        print_checks(checks, as_json=as_json)
        if any(check.state == "failed" for check in checks):
            raise typer.Exit(FAILED)
