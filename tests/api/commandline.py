"""Runs ``flagstone`` for the tests: in this process, or as a process with pipes."""

import json
import os
import subprocess
import sys
from typing import Any

from typer.testing import CliRunner, Result

RUNNER = CliRunner()
MAIN = "from api.cli import main; main()"

DUMP = "skip the data of one table when dumping"
KAFKA = "kafka: increase the number of partitions of an existing topic"

SWAYING = ("FORCE_COLOR", "TTY_COMPATIBLE", "GITHUB_ACTIONS", "NO_COLOR", "COLUMNS")
"""Variables that change how rich and typer print."""


def command(*arguments: str | bytes) -> list[str | bytes]:
    """``flagstone`` with arguments, to run as a process."""
    return [sys.executable, "-c", MAIN, *arguments]


def flagstone(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``flagstone`` as a process with pipes."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def error(result: Result) -> dict[str, Any]:
    """The error that was printed as JSON."""
    told: dict[str, Any] = json.loads(result.stdout)["error"]
    return told
