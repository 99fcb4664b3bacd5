"""What the charts of the benchmarks are drawn with: an SVG that stands alone, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

CHARACTER = 7
"""Pixels of a character of a label: a little more than they take, as no font is measured."""

_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1b1f24}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
)


def opening(width: float, height: float, title: str) -> str:
    """What a chart begins with; it ends with ``</svg>``."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'width="100%" style="max-width:{width}px"><style>{_STYLE}</style>'
        f"<title>{escape(title)}</title>"
    )


def rule(
    x: float, y: float, to_x: float, to_y: float, colour: str = "#8885", width: float = 1
) -> str:
    """A straight line."""
    thick = "" if width == 1 else f' stroke-width="{width:g}" stroke-linecap="round"'
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
        f'stroke="{colour}"{thick}/>'
    )


def text(x: float, y: float, said: str, anchor: str = "start") -> str:
    """A text, escaped, on the line ``y``."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def dot(x: float, y: float, colour: str, radius: float = 4) -> str:
    """A point."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>'


def joined(places: Sequence[tuple[float, float]], colour: str, dashes: str = "") -> str:
    """A line through places."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near to those wanted as can be, in their order, at least ``gap`` apart.

    They lie from ``low`` to ``high``; where that is too short for so many, they go beyond.
    """
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    # Without the gaps they only have to ascend: neighbours that don't share their mean place.
    runs: list[list[float]] = []
    for rank, at in enumerate(order):
        runs.append([wanted[at] - gap * rank])
        while len(runs) > 1 and _mean(runs[-2]) > _mean(runs[-1]):
            runs[-2:] = [runs[-2] + runs[-1]]
    last = max(low, high - gap * (len(wanted) - 1))
    flat = [min(max(_mean(run), low), last) for run in runs for _ in run]
    places = [0.0] * len(wanted)
    for rank, at in enumerate(order):
        places[at] = flat[rank] + gap * rank
    return places


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
