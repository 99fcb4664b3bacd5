"""What running a text may do: read, write or destroy, with reasons. Nothing is run.

::

    script = parse("kubectl delete pods --all")
    assess(script, text).level          # destructive
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.risk import around
from commands.risk.judge import judge
from commands.risk.line import Line, Use, line_of, surveyed
from commands.risk.model import Level, Reason, Risk, higher, risk_of
from commands.risk.rules import words
from commands.shell import Invocation, Script

__all__ = ["Level", "Line", "Reason", "Risk", "Use", "assess", "higher", "line_of", "surveyed"]


def assess(script: Script, text: str, lines: Mapping[int, Line] | None = None) -> Risk:
    """Judge a parsed text.

    ``lines`` holds, by the index of the invocation, what a surface has read; the other commands are
    read by their looks. The level is never lower than that of any command in the text, run by a
    wrapper or not. What can't be read may do anything: it writes.
    """
    return risk_of(_reasons(script, text, lines or {}))


def _reasons(script: Script, text: str, lines: Mapping[int, Line]) -> Iterator[Reason]:
    for at, invocation in enumerate(script.invocations):
        yield from around.redirections(invocation)
        if not invocation.words:
            continue
        if not invocation.name:
            yield Reason("write", "which program it runs, only running would tell", invocation.span)
            continue
        line = lines.get(at) or line_of(invocation)
        shell = line.program in _SHELLS and _runs(script, at)
        for level, reason in judge(line):
            if not (shell and level == "write"):
                yield Reason(level, f"{invocation.program}: {reason}", invocation.span)
    yield from around.downloads(script, text)
    yield from around.fed(script, text)
    for problem in script.problems:
        yield Reason("write", f"a part can't be read: {problem.reason}", problem.span)


_SHELLS = words("sh bash dash zsh ksh ash su ssh eval")
"""What they run is judged by itself where it could be read."""


def _runs(script: Script, at: int) -> bool:
    one: Invocation = script.invocations[at]
    inner = script.invocations[at + 1] if at + 1 < len(script.invocations) else None
    return inner is not None and len(inner.via) > len(one.via) and inner.span.end <= one.span.end
