"""A report as one HTML page: no script, no font and no picture from anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from eval.report.markdown import COST, HEAD, cost, difference, rate, row
from eval.report.model import Example, Group, Report
from eval.scoring.statistics import Rate

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
color:#1b1f24}
table{border-collapse:collapse;margin:1rem 0;font-size:13px;display:block;overflow-x:auto}
th,td{border-bottom:1px solid #d8dee4;padding:.3rem .6rem;text-align:left;vertical-align:top}
th{font-weight:600}code{font:12px ui-monospace,monospace}small{color:#57606a}
svg text{font:12px system-ui,sans-serif;fill:#1b1f24}mark{background:#ffd8d3}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}svg text{fill:#e6edf3}
th,td{border-color:#30363d}mark{background:#6e2b25;color:inherit}small{color:#9198a1}}
"""
_COLOURS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#57606a", "#9a6700", "#0a7ea4")
_LEFT, _WIDTH, _ROW = 260, 520, 22


def page(report: Report) -> str:
    """The report as HTML."""
    return "\n".join(_parts(report))


def _parts(report: Report) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>Invented options · {escape(report.dataset)}</title><style>{_STYLE}</style>"
    yield "<h1>How often are options invented?</h1>"
    yield (
        f"<p>{report.tasks} tasks ({escape(report.split)}), dataset "
        f"<code>{escape(report.dataset)}</code>. Judged against what the programs accept, never "
        "against documentation. Intervals: 95 %, Wilson; seeds averaged within the task. What was "
        "not answered is counted as unanswered, not as free of inventions.</p>"
    )
    whole = [one for one in report.groups if one.by == "all"]
    yield "<h2>Commands with an invented option or subcommand</h2>"
    yield chart([(f"{one.model} · {one.arm}", one.invented_commands) for one in whole])
    yield "<h2>Tasks answered correctly</h2>"
    yield chart([(f"{one.model} · {one.arm}", one.correct) for one in whole])
    yield table(HEAD, [row(one) for one in whole])
    yield "<h2>What was given, and what it took</h2>"
    yield table(COST, [cost(one) for one in whole])
    for stratum in sorted({one.name for one in report.groups if one.by == "stratum"}):
        held = [one for one in report.groups if (one.by, one.name) == ("stratum", stratum)]
        yield f"<h3>Invented, stratum {escape(stratum)} ({held[0].tasks} tasks)</h3>"
        yield chart([(f"{one.model} · {one.arm}", one.invented_commands) for one in held])
    if report.contrasts:
        yield "<h2>Against no grounding, the same tasks</h2>"
        yield (
            "<p>Percentage points, bootstrapped by command. Negative is fewer inventions; "
            "McNemar's exact p beside it.</p>"
        )
        head = ("model", "arm", "stratum", "pairs", "invented", "p", "correct")
        rows = []
        for one in report.contrasts:
            p = "" if one.invented.p is None else f"{one.invented.p:.3g}"
            said = difference(one.invented), p, difference(one.correct)
            rows.append((one.model, one.arm, one.stratum, str(one.invented.pairs), *said))
        yield table(head, rows)
    yield "<h2>By product and release</h2>"
    yield heat(report)
    yield "<h2>What was found</h2>"
    yield examples(report.examples)
    yield "</html>"


def chart(rows: Sequence[tuple[str, Rate]]) -> str:
    """Points with their intervals, one row each, on a scale that begins at nought."""
    top = max([one.high or 0.0 for _, one in rows] + [0.05])
    top = min(1.0, round(top + 0.05, 1) or 0.1)
    height = _ROW * len(rows) + 34
    out = [
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 130} {height}" role="img" width="100%" '
        f'style="max-width:{_LEFT + _WIDTH + 130}px">'
    ]
    for step in range(5):
        share = top * step / 4
        x = _LEFT + _WIDTH * step / 4
        out.append(f'<line x1="{x}" y1="4" x2="{x}" y2="{height - 26}" stroke="#8884"/>')
        out.append(
            f'<text x="{x}" y="{height - 8}" text-anchor="middle">{100 * share:.0f} %</text>'
        )
    for at, (name, one) in enumerate(rows):
        y, colour = 16 + _ROW * at, _COLOURS[at % len(_COLOURS)]
        out.append(f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        if one.rate is None or one.low is None or one.high is None:
            out.append(f'<text x="{_LEFT + 6}" y="{y + 4}">nothing to count</text>')
            continue
        low, mid, high = (_LEFT + _WIDTH * min(1.0, v / top) for v in (one.low, one.rate, one.high))
        out.append(
            f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" '
            f'stroke-width="3"/><circle cx="{mid:.1f}" cy="{y}" r="5" fill="{colour}"/>'
            f'<text x="{_LEFT + _WIDTH + 12}" y="{y + 4}">{escape(rate(one))}</text>'
        )
    return "".join((*out, "</svg>"))


def heat(report: Report) -> str:
    """Product and release against model and arm, coloured by the share of invented commands."""
    keys = list(dict.fromkeys((one.model, one.arm) for one in report.groups))
    names = sorted({one.name for one in report.groups if one.by == "release"})
    head = "".join(f"<th>{escape(model)} · {escape(arm)}</th>" for model, arm in keys)
    out = [f"<table><tr><th></th>{head}</tr>"]
    for name in names:
        out.append(f"<tr><th>{escape(name)}</th>")
        for model, arm in keys:
            out.append(_cell(report.group(model, arm, "release", name)))
        out.append("</tr>")
    return "".join((*out, "</table>"))


def _cell(one: Group | None) -> str:
    if one is None or one.invented_commands.rate is None:
        return "<td>–</td>"
    share = one.invented_commands.rate
    count = f"{one.invented_commands.count:g}/{one.invented_commands.of:g}"
    return (
        f'<td style="background:rgba(207,34,46,{0.75 * share:.2f})">{100 * share:.0f} % '
        f"<small>{count}</small></td>"
    )


def examples(found: Sequence[Example]) -> str:
    """What was found, with the command that it stood in and what is right."""
    if not found:
        return "<p>Nothing was found.</p>"
    rows = []
    for one in found:
        command = escape(one.finding.command)
        token = escape(one.finding.token)
        exists = ", ".join(one.finding.exists_in)
        rows.append(
            f"<tr><td>{escape(one.model)} · {escape(one.arm)}<br><small>{escape(one.task)}, "
            f"{escape(one.product)} {escape(one.release)}</small></td>"
            f"<td>{escape(one.question)}</td>"
            f"<td><code>{command.replace(token, f'<mark>{token}</mark>', 1)}</code></td>"
            f"<td>{escape(one.finding.kind)}{f' (is in {escape(exists)})' if exists else ''}</td>"
            f"<td><code>{escape(one.gold)}</code></td></tr>"
        )
    head = "<tr><th>arm</th><th>task</th><th>answer</th><th>finding</th><th>gold</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table of plain cells."""
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for cells in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"
