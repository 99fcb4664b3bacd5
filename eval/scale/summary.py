"""From measurements to tables, and to one number: how fast something grows with the index."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from eval.report.markdown import table
from eval.scale.measured import ROWS, STAGES, STEPS, Load, Measured, Report

CALLED = {
    **{stage: stage for stage in STAGES},
    "embed": "embed alone",
    "context": "whole context",
    "fast": "whole context, fast",
}


def exponent(smaller: float, larger: float, ratio: float) -> float | None:
    """The power of the size that something grows with: 0 not at all, 1 as the size does.

    None where it can't be told: nothing measured, or one size.
    """
    if smaller <= 0 or larger <= 0 or ratio <= 0 or ratio == 1:
        return None
    return math.log(larger / smaller) / math.log(ratio)


def tables(report: Report) -> str:
    """Everything measured, in Markdown."""
    parts = []
    if report.sizes:
        parts += [_latency(report.sizes), _memory(report.sizes), "\n".join(_growth(report.sizes))]
    if report.load:
        parts.append(_load(report.load))
    return "\n\n".join(parts) + "\n"


def exponents(sizes: Sequence[Measured]) -> dict[tuple[str, str], list[float | None]]:
    """By row and step: of the median, between each size and the next."""
    return {
        (row, step): [
            exponent(
                one.latency[row][step].p50,
                other.latency[row][step].p50,
                other.points / one.points,
            )
            if step in one.latency.get(row, {}) and step in other.latency.get(row, {})
            else None
            for one, other in pairwise(sizes)
        ]
        for row in ROWS
        for step in STEPS
        if any(step in one.latency.get(row, {}) for one in sizes)
    }


def _latency(sizes: Sequence[Measured]) -> str:
    head = ("points", "in scope", "questions", "ms of", "answers", "p50", "p95", "p99")
    rows = []
    for one in sizes:
        for row, steps in one.latency.items():
            for step in STEPS:
                if (spread := steps.get(step)) is None:
                    continue
                scope = f"{one.scope[row]:,}"
                cells = [f"{one.points:,}", scope, ROWS[row], CALLED[step], str(spread.answers)]
                cells += [f"{ms:.2f}" for ms in (spread.p50, spread.p95, spread.p99)]
                rows.append(cells)
    return "\n".join(table(head, rows))


def _memory(sizes: Sequence[Measured]) -> str:
    head = ["points", "products", "releases", "open s", "first answer s", "resident MB"]
    head += ["anonymous MB", "mapped MB", "MB per 100,000", "disk MB", "disk bytes per passage"]
    rows = []
    for one in sizes:
        cells = [f"{one.points:,}", f"{one.products:,}", f"{one.releases:,}"]
        cells += [f"{one.opened:.2f}", f"{one.first_answer:.2f}"]
        if one.memory is None:
            cells += ["–"] * 4
        else:
            held = (one.memory.resident, one.memory.anonymous, one.memory.mapped)
            cells += [f"{each / 1e6:.0f}" for each in held]
            cells.append(f"{one.memory.resident / 1e6 / (one.points / 1e5):.0f}")
        cells += [f"{one.disk / 1e6:.0f}", f"{one.disk / one.points:,.0f}"]
        rows.append(cells)
    return "\n".join(table(head, rows))


def _growth(sizes: Sequence[Measured]) -> Iterator[str]:
    if len(sizes) < 2:
        yield "One size: nothing can be said of growth."
        return
    between = [f"{one.points:,} → {other.points:,}" for one, other in pairwise(sizes)]
    head = ("growth of the median", "ms of", *between)
    rows = [
        [ROWS[row], CALLED[step], *("–" if one is None else f"{one:+.2f}" for one in each)]
        for (row, step), each in exponents(sizes).items()
    ]
    yield from table(head, rows)
    yield ""
    yield "Exponents: log latency ratio / log size ratio. 0: none; below 1: slower than linear."
    yield ""
    for one, other in pairwise(sizes):
        if one.memory is None or other.memory is None:
            continue
        hundreds = (other.points - one.points) / 1e5
        resident = (other.memory.resident - one.memory.resident) / 1e6 / hundreds
        own = (other.memory.anonymous - one.memory.anonymous) / 1e6 / hundreds
        disk = (other.disk - one.disk) / (other.points - one.points)
        yield (
            f"{one.points:,} → {other.points:,}: each 100,000 passages more take {resident:.0f} MB"
            f" of memory, {own:.0f} of them anonymous; each passage {disk:,.0f} bytes of disk."
        )


def _load(runs: Sequence[Load]) -> str:
    head = ["mode", "clients", "answers", "errors", "answers/s", "p50 ms", "p99 ms"]
    head += ["p50 / embedding alone", "p99 / embedding alone"]
    head += ["p50 / embedding in full", "p99 / embedding in full"]
    rows = []
    for one in runs:
        cells = [f"{one.mode}, first time asked" if one.first else one.mode, str(one.clients)]
        cells += [str(one.latency.answers if one.latency else 0), str(one.errors)]
        cells.append(f"{one.rate:.1f}")
        cells += [f"{one.latency.p50:.1f}", f"{one.latency.p99:.1f}"] if one.latency else ["–", "–"]
        cells += [f"{each:.1f}" for each in one.relative] if one.relative else ["–"] * 4
        rows.append(cells)
    told = (
        f"Embedding a question alone: {runs[0].embed:.1f} ms,"
        f" in full {runs[0].embed_in_full:.1f} ms."
    )
    return "\n".join((*table(head, rows), "", told))
