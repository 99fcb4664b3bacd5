"""The service over a built corpus, opened in process."""

from __future__ import annotations

from pathlib import Path

from eval.arms.knowledge import Service
from eval.opening import open_engine


def open_service(data: Path) -> Service:
    """Open the corpus that serves from ``data``. Raises NoSnapshot, CorruptSnapshot."""
    return Service(open_engine(data))
