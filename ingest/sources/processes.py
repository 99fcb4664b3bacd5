"""The one place where a source starts a program: arguments as a list, limited in time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import Reason, SourceError, ToolMissing


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended by itself. ``output`` is stdout, ``errors`` is stderr, as text."""

    status: int
    output: str
    errors: str


def tool(name: str, *, hint: str) -> str:
    """Find the absolute path of a program. Raises ToolMissing with ``hint`` as the next step."""
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(f"The program {name!r} is not on this machine.", hint=hint)
    return found


def run(
    command: list[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    what: str,
) -> Finished:
    """Run ``command`` to its end, without a shell and without input; ``env`` is all it sees.

    Raises SourceError(``what``, TIMED_OUT) after ``timeout`` seconds, when the program and all its
    children have been killed.
    """
    process = start(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise SourceError(
            what, Reason.TIMED_OUT, f"{Path(command[0]).name} took more than {timeout:.0f} s"
        ) from None
    finally:
        end(process)
    return Finished(
        process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")
    )


def start(
    command: list[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int,
    stderr: int,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, so that :func:`end` reaches its children too."""
    return subprocess.Popen(  # noqa: S603 - a list of arguments, each checked by its caller
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is still running of a started program, and reap it. Harmless after its end."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
