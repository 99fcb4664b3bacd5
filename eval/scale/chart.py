"""Latency against the size of the index, as SVG: on logarithmic scales, where a power is a line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from eval.report.plots import COLOURS
from eval.report.svg import dot, joined, opening, rule, text
from eval.scale.measured import ROWS, Measured
from eval.scale.summary import CALLED

_DRAWN = (
    ("named", "context"),
    ("everywhere", "context"),
    ("named", "fast"),
    ("everywhere", "fast"),
    ("named", "embed"),
)
_WIDTH, _HEIGHT, _LEFT, _TOP, _SAID = 440, 280, 64, 16, 250
"""Pixels: of the plot, of what stands left of it and above, and of the labels at the right."""
_LINE, _ASIDE = 18, 2


def chart(sizes: Sequence[Measured]) -> str:
    """The medians (points, joined) and the 99th percentiles (bars) of each size.

    At least one size is needed.
    """
    return "".join(_parts(sizes))


def _parts(sizes: Sequence[Measured]) -> Iterator[str]:
    lines = {
        (row, step): [
            (one.points, one.latency[row][step])
            for one in sizes
            if step in one.latency.get(row, {})
        ]
        for row, step in _DRAWN
    }
    spreads = [spread for line in lines.values() for _, spread in line]
    across = _Scale([one.points for one in sizes], _LEFT, _WIDTH)
    up = _Scale([ms for one in spreads for ms in (one.p50, one.p99)], _TOP + _HEIGHT, -_HEIGHT)
    whole, high = _LEFT + _WIDTH + _SAID, _TOP + _HEIGHT + 44
    yield opening(whole, high, "Latency of a context against the size of the index")
    for value in up.ticks():
        y = up.at(value)
        yield rule(_LEFT, y, _LEFT + _WIDTH, y) + text(_LEFT - 8, y + 4, f"{value:g} ms", "end")
    for value in across.ticks():
        x = across.at(value)
        yield rule(x, _TOP, x, _TOP + _HEIGHT)
        yield text(x, _TOP + _HEIGHT + 18, f"{value:,.0f}", "middle")
    yield text(_LEFT + _WIDTH / 2, high - 6, "passages in the index", "middle")
    for at, ((row, step), line) in enumerate(lines.items()):
        if not line:
            continue
        colour = COLOURS[3 + at]
        places = [(across.at(points), up.at(one.p50), up.at(one.p99)) for points, one in line]
        yield joined([(x, y) for x, y, _ in places], colour)
        for x, y, worst in places:
            yield dot(x, y, colour)
            aside = x + _ASIDE * at  # bars of one size would hide each other
            yield rule(aside, y, aside, worst, colour)
        y = _TOP + 10 + _LINE * at
        yield dot(_LEFT + _WIDTH + 22, y, colour)
        said = CALLED[step] if step == "embed" else f"{CALLED[step]}, {ROWS[row]}"
        yield text(_LEFT + _WIDTH + 34, y + 4, said)
    for at, said in enumerate(("Points: medians.", "Bars: up to the 99th percentile.")):
        yield text(_LEFT + _WIDTH + 18, _TOP + 10 + _LINE * (len(lines) + 1 + at), said)
    yield "</svg>"


class _Scale:
    """A logarithmic scale over the values, from whole powers of ten or a third of one."""

    def __init__(self, values: Sequence[float], start: float, length: float) -> None:
        low, high = math.log10(min(values)), math.log10(max(values))
        self._low, self._high = math.floor(3 * low) / 3, math.ceil(3 * high) / 3
        if self._low == self._high:
            self._low, self._high = self._low - 1 / 3, self._high + 1 / 3
        self._start, self._length = start, length

    def at(self, value: float) -> float:
        """Its pixel."""
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + self._length * share

    def ticks(self) -> list[float]:
        """1, 2 and 5 times each power of ten that lies on it."""
        powers = range(math.floor(self._low), math.ceil(self._high) + 1)
        every = (step * 10.0**power for power in powers for step in (1, 2, 5))
        return [one for one in every if self._low - 1e-9 <= math.log10(one) <= self._high + 1e-9]
