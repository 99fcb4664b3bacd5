"""Context recall against the length of the context, as SVG: a line for each contender."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.report.plots import COLOURS
from eval.report.svg import CHARACTER, apart, dot, joined, opening, rule, text
from eval.retrieval.summary import WITHIN, Summary

_WIDTH, _HEIGHT, _LEFT, _TOP = 400, 340, 48, 34
"""Pixels: of the plot, at least, of what stands left of it, and above."""
_LINE, _ASIDE, _INSET, _LEAD = 17, 4, 30, 28
"""Pixels: of a label, between two bars, from the plot's edge to its points, and to the labels."""
_DASHES = ("", "7 4", "2 4")
"""Once all colours are used, they come again in another dash."""


def chart(rows: Sequence[Summary]) -> str:
    """Means (points, joined), and at 1,000 tokens their 95 % intervals (bars).

    At least one row is needed.
    """
    return "".join(_parts(rows))


def _parts(rows: Sequence[Summary]) -> Iterator[str]:
    height = max(_HEIGHT, _LINE * len(rows))
    bottom, right = _TOP + height, _LEFT + _WIDTH
    labels = [f"{one.context_recall[WITHIN[-1]]:.2f}  {one.name}" for one in rows]
    whole = right + _LEAD + 16 + CHARACTER * max(len(label) for label in labels)
    yield opening(whole, bottom + 44, "Context recall against tokens of context")
    yield text(
        _LEFT - 36,
        16,
        "Share of the gold options in the context; bars: 95 % intervals at 1,000 tokens",
    )
    for tenths in range(0, 11, 2):
        y = bottom - height * tenths / 10
        yield rule(_LEFT, y, right, y) + text(_LEFT - 8, y + 4, f"{tenths / 10:.1f}", "end")
    for limit in WITHIN:
        yield rule(_across(limit), _TOP, _across(limit), bottom)
        yield text(_across(limit), bottom + 18, f"{limit:,}", "middle")
    yield text(_LEFT + _WIDTH / 2, bottom + 38, "tokens of context", "middle")
    ends = [bottom - height * one.context_recall[WITHIN[-1]] for one in rows]
    beside = apart(ends, _LINE, _TOP, bottom)
    for at, (one, label, end, y) in enumerate(zip(rows, labels, ends, beside, strict=True)):
        colour, dashes = _look(at)
        places = [(_across(n), bottom - height * one.context_recall[n]) for n in WITHIN]
        yield joined(places, colour, dashes)
        for place in places:
            yield dot(*place, colour)
        # Bars of the same place would hide each other.
        aside = _across(1_000) + _ASIDE * (at - (len(rows) - 1) / 2)
        low, high = (bottom - height * share for share in one.interval_in_1000)
        yield rule(aside, low, aside, high, colour, 2)
        yield rule(_across(WITHIN[-1]), end, right + _LEAD, y, colour)
        yield dot(right + _LEAD, y, colour) + text(right + _LEAD + 10, y + 4, label)
    yield "</svg>"


def _across(tokens: int) -> float:
    share = (tokens - WITHIN[0]) / (WITHIN[-1] - WITHIN[0])
    return _LEFT + _INSET + (_WIDTH - 2 * _INSET) * share


def _look(at: int) -> tuple[str, str]:
    """The colour and the dashes of a line. The first colours are those of other charts too."""
    turn, colour = divmod(at, len(COLOURS))
    return COLOURS[(3 + colour) % len(COLOURS)], _DASHES[turn % len(_DASHES)]
