"""A data directory as an installation: its own name, and the snapshots that it holds."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from corpora.snapshot import MANIFEST


def installation(data: Path) -> str:
    """The name of this data directory, 16 hex digits made once: it marks what it keeps elsewhere.

    Raises OSError where it can't be written.
    """
    file = data / "installation"
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
    made = data / f"installation.{os.getpid()}.partial"
    made.write_text(f"{secrets.token_hex(8)}\n", "ascii")
    try:
        os.link(made, file)  # whoever is second keeps the name of the first
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return file.read_text("ascii").strip()


def snapshot_ids(data: Path) -> list[str]:
    """The published snapshots of a data directory, those that serve no more among them."""
    return sorted(one.parent.name for one in (data / "snapshots").glob(f"*/{MANIFEST}"))
