"""Folders that are there for one step: where it was killed, the next step removes what it left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """Give an empty folder below ``parent``, and remove it in the end.

    Folders of the same prefix that no living process holds are removed first. The kernel lets go of
    a lock when its process dies, however it dies.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent):  # nobody sees a folder that is made and not yet held
        for left in sorted(parent.glob(f"{prefix}*")):
            _remove_unheld(left)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _remove_unheld(folder: Path) -> None:
    try:
        seen = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(seen, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return  # its process is at work
    finally:
        os.close(seen)
