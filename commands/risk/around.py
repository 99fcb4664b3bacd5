"""What a command's surroundings add: redirections, what is piped into it, statements fed to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.risk import statements
from commands.risk.families.files import BLOCK_DEVICE
from commands.risk.judge import takes_statements
from commands.risk.model import Level, Reason
from commands.risk.rules import words
from commands.shell import Invocation, Redirection, Script

_DOWNLOADS = words("curl wget fetch aria2c http https")
_RUNS = words(
    "sh bash dash zsh ksh ash fish python python2 python3 perl ruby node deno php pwsh "
    "powershell source . eval iex"
)
_HARMLESS = re.compile(r"/dev/(?:null|stdout|stderr|tty|fd/\d+)\Z")
_DEVICE = re.compile(rf"{BLOCK_DEVICE}|/proc/sysrq-trigger")
_SYSTEM = re.compile(r"/(?:etc|boot|bin|sbin|lib|usr|proc|sys)/")
_PIPE = re.compile(r"\s*\|&?\s*\Z")
_OVERWRITES = frozenset({">", ">|", "&>", "<>"})
_APPENDS = frozenset({">>", "&>>"})


def redirections(invocation: Invocation) -> Iterator[Reason]:
    """Judge where output goes: nowhere, over a file, or over a disk."""
    for one in invocation.redirections:
        operator = one.operator.lstrip("0123456789")
        operator = re.sub(r"^\{\w+\}", "", operator)
        if operator not in _OVERWRITES | _APPENDS:
            continue
        target = one.target.value if one.target.value is not None else one.target.prefix
        if _HARMLESS.match(target):
            continue
        yield Reason(*_target(target, operator), one.span)


def _target(target: str, operator: str) -> tuple[Level, str]:
    if _DEVICE.match(target):
        return "destructive", f"writes over {target}"
    does = "adds to" if operator in _APPENDS else "overwrites"
    what = target[:100] or "a file"
    if _SYSTEM.match(target):
        return "write", f"{does} {what}, a file of the system"
    return "write", f"{does} {what}"


def downloads(script: Script, text: str) -> Iterator[Reason]:
    """Find what is fetched and run unread: ``curl … | sh``, ``sh <(curl …)``, ``sh -c "$(…)"``."""
    found = script.invocations
    for at, one in enumerate(found):
        if one.program not in _DOWNLOADS:
            continue
        runner = _piped_to(found, at, text) or _holding(found, at)
        if runner is not None:
            reason = f"runs what {one.program} fetches, unread"
            yield Reason("write", reason, runner.span)


def _piped_to(found: Sequence[Invocation], at: int, text: str) -> Invocation | None:
    """Give the program that reads what the one at ``at`` writes, wrappers looked through."""
    end = found[at].span.end
    for other in found[at + 1 : at + 5]:
        if other.span.start < end:
            continue
        between = text[end : other.span.start]
        if len(between) < 200 and _PIPE.match(between):
            if other.program in _RUNS:
                return other
            end_of_wrapper = other.span.end
            inner = (o for o in found[at + 2 : at + 8] if o.via and o.span.end <= end_of_wrapper)
            return next((o for o in inner if o.program in _RUNS), None)
        return None
    return None


def _holding(found: Sequence[Invocation], at: int) -> Invocation | None:
    """Give the program in whose own words the one at ``at`` is substituted."""
    one = found[at]
    if "substitution" not in one.inside:
        return None
    for other in reversed(found[max(0, at - 5) : at]):
        around = other.span.start <= one.span.start and one.span.end <= other.span.end
        if around and other.program in _RUNS:
            return other
    return None


def fed(script: Script, text: str) -> Iterator[Reason]:
    """Judge the statements that a client reads from a here-document, a here-string or echo."""
    found = script.invocations
    for at, one in enumerate(found):
        if not takes_statements(one.program):
            continue
        for redirection in one.redirections:
            told = _document(redirection, text)
            if told:
                yield Reason(*told, one.span)
        said = _echoed(found[at - 1], one, text) if at else ""
        level, reason = statements.judge(said)
        if level != "read":
            yield Reason(level, reason, one.span)


def _echoed(before: Invocation, one: Invocation, text: str) -> str:
    """Give what ``echo … |`` writes into a command."""
    if before.program not in {"echo", "printf"} or before.span.end > one.span.start:
        return ""
    if not _PIPE.match(text[before.span.end : one.span.start][:200]):
        return ""
    return " ".join(word.value or "" for word in before.words[1:])


def _document(redirection: Redirection, text: str) -> tuple[Level, str] | None:
    if redirection.body is not None:
        said = text[redirection.body.start : redirection.body.end]
    elif redirection.operator.endswith("<<<"):
        said = redirection.target.value or ""
    else:
        return None
    level, reason = statements.judge(said)
    return None if level == "read" else (level, reason)
