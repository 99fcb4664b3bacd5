"""What each way of asking takes, as SVG: a bar for each row of the table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from eval.report.plots import COLOURS
from eval.report.svg import CHARACTER, dot, opening, rule, text
from eval.serving.summary import Row

_WIDTH, _ROW, _SAID, _TOP, _BAR = 460, 28, 170, 30, 6
"""Pixels: of the plot, of a row, of the numbers beside it, of what stands above, and of a bar."""
_TICKS = 6
"""At most so many steps of the scale."""


def chart(rows: Sequence[Row]) -> str:
    """From the 10th to the 95th percentile (bars), and the medians (points).

    At least one row is needed.
    """
    return "".join(_parts(rows))


def _parts(rows: Sequence[Row]) -> Iterator[str]:
    left = 20 + CHARACTER * max(len(one.name) for one in rows)
    bottom = _TOP + _ROW * len(rows)
    # What is added is a difference, which may be less than nothing.
    low, high = min(0.0, *(one.p10 for one in rows)), max(one.p95 for one in rows)
    step = _step(high - low)
    first, last = math.floor(low / step), max(1, math.ceil(high / step))
    pixels = _WIDTH / (step * (last - first))
    start = left - pixels * step * first
    yield opening(left + _WIDTH + _SAID, bottom + 44, "Milliseconds of each way of asking")
    yield text(12, 16, "Points: medians; bars: from the 10th to the 95th percentile")
    for tick in range(first, last + 1):
        x = start + pixels * step * tick
        yield rule(x, _TOP, x, bottom) + text(x, bottom + 18, f"{step * tick:g}", "middle")
    yield text(left + _WIDTH / 2, bottom + 38, "ms", "middle")
    for at, one in enumerate(rows):
        y, colour = _TOP + _ROW * (at + 0.5), COLOURS[(3 + at) % len(COLOURS)]
        yield text(left - 12, y + 4, one.name, "end")
        yield rule(start + pixels * one.p10, y, start + pixels * one.p95, y, colour, _BAR)
        yield dot(start + pixels * one.p50, y, colour, _BAR)
        said = f"{one.p50:.2f} ({one.p10:.2f} to {one.p95:.2f})"
        yield text(left + _WIDTH + 14, y + 4, said)
    yield "</svg>"


def _step(span: float) -> float:
    """1, 2 or 5 times a power of ten, of which few make the span."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / _TICKS))
    return next(one * power for one in (1, 2, 5, 10) if one * power * _TICKS >= span)
