"""What is told of a run: percentiles of each way of asking, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from corpora.model import Frozen
from eval.report import markdown


class Row(Frozen):
    """Milliseconds of one way of asking, or of what one adds to another."""

    name: str
    answers: int
    p10: float
    """What a busy machine disturbs least."""
    p50: float
    p95: float


class Report(Frozen):
    """A run."""

    snapshot: str
    questions: int
    rounds: int
    """How often each was asked."""
    rows: tuple[Row, ...]


def summarise(spent: Mapping[str, Sequence[float]]) -> tuple[Row, ...]:
    """A row for each, of at least one answer."""
    rows = []
    for name, each in spent.items():
        p10, p50, p95 = (float(one) for one in np.percentile(each, (10, 50, 95)))
        rows.append(Row(name=name, answers=len(each), p10=p10, p50=p50, p95=p95))
    return tuple(rows)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    cells = [
        (one.name, str(one.answers), *(f"{ms:.2f}" for ms in (one.p10, one.p50, one.p95)))
        for one in rows
    ]
    return "\n".join(markdown.table(("ms", "answers", "p10", "p50", "p95"), cells))
