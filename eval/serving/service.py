"""A service as a process of its own, and a question put to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from eval.serving.wire import Wire

SERVE = "from api.cli import main; main()"
"""The service as a process; its code is never imported here (`eval` stands below `api`)."""

PATIENCE = 120
"""Seconds until a service that does not start is given up."""


@contextmanager
def served(data: Path) -> Iterator[tuple[str, int]]:
    """The address and process of a service of its own over the same data directory."""
    command = [sys.executable, "-c", SERVE, "serve", "--data", str(data), "--port", "0"]
    # A file, not a pipe: nobody reads what it says of each request, and a full pipe would hold it.
    with (
        TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603  our own service, with our own arguments
            command, stdout=subprocess.DEVNULL, stderr=log, env=dict(os.environ)
        ) as process,
    ):
        try:
            yield _address(process, log), process.pid
        finally:
            process.terminate()


def answer_of(wire: Wire, body: bytes) -> bytes:
    """The answer of ``POST /context``. Raises RuntimeError where it is none, and OSError."""
    status, said = wire.post("/context", body)
    if status != HTTPStatus.OK:
        raise RuntimeError(f"the service answered {status}: {said[:200]!r}")
    return said


def _address(process: subprocess.Popen[bytes], log: IO[str]) -> str:
    deadline = time.monotonic() + PATIENCE
    said = ""
    while process.poll() is None and time.monotonic() < deadline:
        log.seek(0)
        said = log.read()
        if (found := re.search(r"Answering on (http://\S+)", said)) and "startup complete" in said:
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start: {said[-500:]}")
