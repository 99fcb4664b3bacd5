"""A report as one HTML page: no script, no font and no picture from anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from eval.report.markdown import COST, HEAD, cost, difference, row
from eval.report.model import Example, Report
from eval.report.plots import chart, heat, small

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
color:#1b1f24}
table{border-collapse:collapse;margin:1rem 0;font-size:13px;display:block;overflow-x:auto}
th,td{border-bottom:1px solid #d8dee4;padding:.3rem .6rem;text-align:left;vertical-align:top}
th{font-weight:600}code{font:12px ui-monospace,monospace}small{color:#57606a}
.small{display:grid;grid-template-columns:repeat(auto-fill,minmax(24rem,1fr));gap:.5rem 2rem}
h4{margin:.8rem 0 .2rem}.of{font-size:11px;opacity:.75;margin-left:.3em}td{min-width:2.5rem}
svg text{font:12px system-ui,sans-serif;fill:#1b1f24}mark{background:#ffd8d3}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}svg text{fill:#e6edf3}
th,td{border-color:#30363d}mark{background:#6e2b25;color:inherit}small{color:#9198a1}}
"""


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
        f"<code>{escape(report.dataset)}</code>, truth <code>{escape(report.truth)}</code>. "
        "Judged against what the programs accept, never "
        "against documentation. Intervals: 95 %, Wilson; seeds averaged within the task. What was "
        "not answered is counted as unanswered, not as free of inventions.</p>"
    )
    whole = [one for one in report.groups if one.by == "all"]
    yield "<h2>Commands with an invented option or subcommand</h2>"
    yield chart(whole, "invented_commands")
    yield "<h2>Tasks answered correctly</h2>"
    yield chart(whole, "correct")
    yield table(HEAD, [row(one) for one in whole])
    yield "<h2>What was given, and what it took</h2>"
    yield table(COST, [cost(one) for one in whole])
    yield "<h2>Invented, by stratum</h2>"
    yield small(report, "stratum", "invented_commands")
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
    yield "<h2>Invented, by product</h2>"
    yield small(report, "product", "invented_commands")
    yield "<h2>Invented, by release</h2>"
    yield "<p>Commands with an invention, of all commands; the paler, the fewer there were.</p>"
    yield heat(report)
    yield "<h2>What was found</h2>"
    yield examples(report.examples)
    yield "</html>"


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
        f"<tr>{''.join(f'<td>{_whole(one)}</td>' for one in cells)}</tr>" for cells in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _whole(cell: str) -> str:
    """A cell in which a line breaks between a number and its interval, and nowhere inside them."""
    return escape(cell).replace(" %", "&nbsp;%").replace(", ", ",&nbsp;" if "[" in cell else ", ")
