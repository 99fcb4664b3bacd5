"""A mandoc that brings down the process that reads with it, for the tests of the readers."""

import os
import shutil
from pathlib import Path

import pytest

KILLS = "KILL THE READER"
SLEEPS = "SLEEP FOR LONG"


def deadly_mandoc(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a mandoc first in the path that kills its caller over some pages, and hangs over others.

    It is how a page can end a reading process for real: parsers run in processes of their own,
    where nothing of a test can be patched.
    """
    real = shutil.which("mandoc")
    if real is None:
        pytest.skip("mandoc is not on this machine")
    folder.mkdir()
    program = folder / "mandoc"
    program.write_text(
        "#!/bin/sh\n"
        "page=$(/bin/cat; echo x)\n"
        'case "$page" in\n'
        f'  *"{KILLS}"*) kill -9 $PPID; exit 1 ;;\n'
        f'  *"{SLEEPS}"*) exec /bin/sleep 15 ;;\n'
        "esac\n"
        f'printf %s "${{page%x}}" | {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
