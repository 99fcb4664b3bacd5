"""The plots of the report: intervals as SVG, and a heat map as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from eval.answers import ARMS
from eval.report.markdown import rate
from eval.report.model import Group, Report
from eval.report.svg import CHARACTER
from eval.scoring.statistics import Rate

COLOURS = ("#57606a", "#9a6700", "#bc4c00", "#0969da", "#1a7f37", "#8250df", "#bf3989", "#0a7ea4")
"""One for each arm, readable on white and on black."""
_ROW, _SAID = 22, 150
"""Pixels: of a row, and of the number beside it."""
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_FEW = 5
"""Commands. A share of fewer is shown paler: it says little."""

Named = tuple[str, Rate]


def labels(groups: Sequence[Group]) -> dict[tuple[str, str], str]:
    """Model and arm → what a plot calls them: the arm alone where there is but one model."""
    several = len({one.model for one in groups}) > 1
    return {
        (one.model, one.arm): f"{one.model} · {one.arm}" if several else one.arm for one in groups
    }


def chart(rows: Sequence[Group], what: str, *, top: float = 0.0, width: int = 480) -> str:
    """Points with their intervals, one row for each group, on a scale that begins at nought.

    ``what`` names the Rate that is drawn; ``top`` the end of the scale, where several plots are to
    have the same.
    """
    named = labels(rows)
    top = top or ceiling(getattr(one, what) for one in rows)
    left = 16 + CHARACTER * max(len(label) for label in named.values())
    height, whole = _ROW * len(rows) + 30, left + width + _SAID
    out = [
        f'<svg viewBox="0 0 {whole} {height}" role="img" width="100%" style="max-width:{whole}px">'
    ]
    for share in _ticks(top):
        x = left + width * share / top
        out.append(f'<line x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="{height - 24}" stroke="#8885"/>')
        out.append(
            f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle">{100 * share:.0f} %</text>'
        )
    for at, group in enumerate(rows):
        one: Rate = getattr(group, what)
        y, colour = 15 + _ROW * at, COLOURS[ARMS.index(group.arm) % len(COLOURS)]
        label = escape(named[group.model, group.arm])
        out.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{label}</text>')
        if one.rate is None or one.low is None or one.high is None:
            out.append(f'<text x="{left + 6}" y="{y + 4}">nothing to count</text>')
            continue
        low, mid, high = (left + width * min(1.0, v / top) for v in (one.low, one.rate, one.high))
        out.append(
            f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" '
            f'stroke-width="3" stroke-linecap="round"/>'
            f'<circle cx="{mid:.1f}" cy="{y}" r="5" fill="{colour}"/>'
            f'<text x="{left + width + 14}" y="{y + 4}">{escape(rate(one))}</text>'
        )
    return "".join((*out, "</svg>"))


def small(report: Report, by: str, what: str) -> str:
    """One small plot for each stratum or product, all on one scale, the largest first."""
    held = [one for one in report.groups if one.by == by]
    top = ceiling(getattr(one, what) for one in held)
    names = sorted({one.name for one in held})
    size = {name: max(one.tasks for one in held if one.name == name) for name in names}
    plots = []
    for name in sorted(names, key=lambda one: -size[one]):
        rows = [one for one in held if one.name == name]
        said = f"{escape(name)} <small>{size[name]} tasks</small>"
        plots.append(f"<div><h4>{said}</h4>{chart(rows, what, top=top, width=230)}</div>")
    return f'<div class="small">{"".join(plots)}</div>'


def heat(report: Report) -> str:
    """Product and release against model and arm, coloured by the share of invented commands."""
    named = labels(report.groups)
    names = sorted({one.name for one in report.groups if one.by == "release"})
    head = "".join(f"<th>{escape(label)}</th>" for label in named.values())
    out = [f"<table><tr><th></th>{head}</tr>"]
    for name in names:
        cells = (_cell(report.group(model, arm, "release", name)) for model, arm in named)
        out.append(f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>")
    return "".join((*out, "</table>"))


def ceiling(rates: Iterable[Rate]) -> float:
    """The end of a scale on which every interval has its place."""
    highest = max((one.high or 0.0 for one in rates), default=0.0)
    step = _step(highest)
    return min(1.0, step * max(1, -(-highest // step)))


def _step(highest: float) -> float:
    return next((one for one in _STEPS if highest <= 5 * one), 0.25)


def _ticks(top: float) -> list[float]:
    step = _step(top)
    return [step * at for at in range(round(top / step) + 1)]


def _cell(one: Group | None) -> str:
    if one is None or one.invented_commands.rate is None:
        return "<td>–</td>"
    share, of = one.invented_commands.rate, one.invented_commands.of
    depth = 0.7 * share * min(1.0, of / _FEW)
    count = f"{one.invented_commands.count:g}/{of:g}"
    return (
        f'<td style="background:rgba(207,34,46,{depth:.2f})">{100 * share:.0f} % '
        f'<span class="of">{count}</span></td>'
    )
