"""What is measured of one index, and of a service under load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpora.model import Frozen

ROWS = {"named": "product named", "everywhere": "all products"}
"""The two rows of questions, and what a table calls them."""

STAGES = ("resolve", "embed", "dense", "lexical", "read", "assemble")
"""Of a context, as it tells them itself."""

STEPS = (*STAGES, "context", "fast")
"""What is timed: the stages, the whole of it, and one in ``mode=fast``."""


class Spread(Frozen):
    """Milliseconds of many answers."""

    answers: int
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, spent: Sequence[float]) -> Spread:
        """The percentiles of at least one answer."""
        p50, p95, p99 = (float(one) for one in np.percentile(spent, (50, 95, 99)))
        return cls(answers=len(spent), p50=p50, p95=p95, p99=p99)


class Memory(Frozen):
    """Bytes of a process that are in memory."""

    resident: int
    anonymous: int
    """Its own; the rest are pages of files, which the kernel drops where others need the room."""

    @property
    def mapped(self) -> int:
        """Pages of files: of the index, of the corpus, of programs and the model."""
        return self.resident - self.anonymous


class Measured(Frozen):
    """One index, asked by a process of its own."""

    points: int
    products: int
    releases: int
    scope: dict[str, int]
    """By row: how many points the filter leaves; the median of the questions."""
    latency: dict[str, dict[str, Spread]]
    """By row and step."""
    opened: float
    """Seconds that snapshot, index and engine took to open."""
    first_answer: float
    """Seconds from the start of the process to its first answer."""
    memory: Memory | None
    """After all questions. None where the system doesn't tell."""
    disk: int
    """Bytes that the snapshot takes on the disk."""


class Load(Frozen):
    """A service that so many clients ask at once, each its next question after an answer."""

    mode: str
    clients: int
    first: bool = False
    """Whether it was asked each question for the first time since it began."""
    seconds: float
    latency: Spread | None
    """Of the answers; None where there was none."""
    errors: int
    embed: float
    """Median milliseconds of embedding such a question alone, by nobody else disturbed."""
    embed_in_full: float
    """The same as passages are embedded: with the model itself, not with its copy in int8."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.latency.answers / self.seconds if self.latency else 0.0

    @property
    def relative(self) -> tuple[float, float, float, float] | None:
        """The median and the 99th percentile beside the median of embedding alone, then in full."""
        if not self.latency or not self.embed or not self.embed_in_full:
            return None
        p50, p99 = self.latency.p50, self.latency.p99
        return (
            p50 / self.embed, p99 / self.embed, p50 / self.embed_in_full, p99 / self.embed_in_full
        )  # fmt: skip


class Report(Frozen):
    """A run."""

    snapshot: str
    """The one that all was made of."""
    sizes: tuple[Measured, ...] = ()
    load: tuple[Load, ...] = ()


def memory(smaps: Path = Path("/proc/self/smaps_rollup")) -> Memory | None:
    """What this process has in memory, where the system tells it apart (Linux)."""
    try:
        lines = smaps.read_text("ascii").splitlines()
    except OSError:
        return None
    kilobytes = {
        words[0]: int(words[1]) for line in lines if (words := line.split())[-1:] == ["kB"]
    }
    return Memory(resident=1024 * kilobytes["Rss:"], anonymous=1024 * kilobytes["Anonymous:"])
