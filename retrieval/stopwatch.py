"""How long the stages of an answer take."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager


class Stopwatch:
    """Times each stage, in seconds; one that is entered again goes on where it stopped."""

    def __init__(self, timings: dict[str, float] | None = None) -> None:
        """``timings`` gets the seconds of each stage when it ends; without, nobody is told."""
        self._timings = {} if timings is None else timings

    def __call__(self, stage: str) -> AbstractContextManager[None]:
        """Time the block under that name."""
        return _Lap(self._timings, stage)


class _Lap(AbstractContextManager[None]):
    def __init__(self, timings: dict[str, float], stage: str) -> None:
        self._timings, self._stage = timings, stage
        self._since = 0.0

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = time.perf_counter() - self._since
        self._timings[self._stage] = self._timings.get(self._stage, 0.0) + spent
