"""A report as Markdown: the tables that a pull request or a README quotes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eval.report.model import Group, Report
from eval.scoring.statistics import Difference, Rate

HEAD = (
    "model", "arm", "tasks", "answered", "abstained", "invented, of commands",
    "invented, of options", "of another release", "deprecated", "valid", "correct",
    "destroys unasked", "options a command",
)  # fmt: skip
COST = (
    "model", "arm", "with something given", "citation precision", "options named",
    "tokens sent", "tokens answered", "seconds", "turns",
)  # fmt: skip


def markdown(report: Report) -> str:
    """The report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield (
        f"Tasks: {report.tasks} ({report.split}), dataset `{report.dataset}`, "
        f"truth `{report.truth}`."
    )
    missing = {key: count for key, count in report.missing.items() if count}
    for key, count in missing.items():
        yield f"No answer recorded to {count} of the tasks: {key}."
    yield ""
    yield from table(HEAD, [row(one) for one in report.groups if one.by == "all"])
    yield ""
    yield "What was given, and what it took (means of an answer):"
    yield ""
    yield from table(COST, [cost(one) for one in report.groups if one.by == "all"])
    yield ""
    yield "Invented, of commands, by stratum:"
    yield ""
    arms = list(dict.fromkeys((one.model, one.arm) for one in report.groups))
    strata = sorted({one.name for one in report.groups if one.by == "stratum"})
    rows = []
    for model, arm in arms:
        cells = [report.group(model, arm, "stratum", name) for name in strata]
        rows.append((model, arm, *(rate(one.invented_commands) if one else "" for one in cells)))
    yield from table(("model", "arm", *strata), rows)
    if report.contrasts:
        yield ""
        yield "Against the arm `none` of the same model, pair by pair:"
        yield ""
        yield from table(
            ("model", "arm", "stratum", "pairs", "invented", "McNemar p", "correct"),
            [
                (
                    one.model,
                    one.arm,
                    one.stratum,
                    str(one.invented.pairs),
                    difference(one.invented),
                    "" if one.invented.p is None else f"{one.invented.p:.3g}",
                    difference(one.correct),
                )
                for one in report.contrasts
            ],
        )


def row(one: Group) -> tuple[str, ...]:
    """One group as cells under ``HEAD``."""
    per = one.options_per_command
    return (
        one.model,
        one.arm,
        str(one.tasks),
        f"{one.answered:g}",
        f"{one.abstained:g}",
        rate(one.invented_commands),
        rate(one.invented_options),
        rate(one.mismatched_commands),
        rate(one.deprecated_options),
        rate(one.valid_commands),
        rate(one.correct),
        rate(one.unchecked),
        "" if per is None else f"{per:.1f}",
    )


def cost(one: Group) -> tuple[str, ...]:
    """One group as cells under ``COST``."""
    return (
        one.model,
        one.arm,
        f"{one.grounded:g}",
        rate(one.citation_precision),
        rate(one.options_named),
        _number(one.input_tokens, 0),
        _number(one.output_tokens, 0),
        _number(one.seconds, 2),
        _number(one.turns, 2),
    )


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def rate(one: Rate) -> str:
    """``12.0 % [8.1, 17.4]``; a dash where there was nothing to count."""
    if one.rate is None or one.low is None or one.high is None:
        return "–"
    return f"{100 * one.rate:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}]"


def difference(one: Difference) -> str:
    """``-12.0 [-15.1, -9.2]`` in percentage points."""
    if one.difference is None or one.low is None or one.high is None:
        return "–"
    return f"{100 * one.difference:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for cells in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
