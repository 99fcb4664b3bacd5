"""The one entry: a text in, a Validation out."""

from __future__ import annotations

from functools import cache

from commands import risk
from commands.repair import repair
from commands.shell import Script, TakesValue, parse
from commands.store import SurfaceStore
from commands.validate import options
from commands.validate.command import Judge, Judged
from commands.validate.model import CheckedCommand, Issue, Validation
from commands.validate.targets import Targets, root

MAX_ISSUES = 200
"""In one text. After so many the commands that follow are not checked: whoever sends such a text
has no use for more, and each issue costs a look into other releases."""


def validate(
    text: str, store: SurfaceStore, targets: Targets, *, repaired: bool = True
) -> Validation:
    """Check every command in a shell text against the releases of ``targets``.

    Commands of other products are judged for their risk only. With ``repaired`` a correction is
    sought. Never runs, expands or evaluates anything.

    Raises InvalidRequest for a text longer than ``commands.shell.MAX_CHARACTERS``, UnknownProduct
    and UnknownVersion where a target is not in the store.
    """
    answer = _check(text, store, targets)
    if not repaired or answer.valid is not False:
        return answer

    def recheck(changed: str) -> risk.Risk | None:
        again = _check(changed, store, targets)
        return again.risk if again.valid and _as_many(answer, again) else None

    issues = [*answer.issues, *(one for command in answer.commands for one in command.issues)]
    found = repair(text, issues, recheck)
    return Validation(answer.valid, answer.commands, answer.issues, answer.risk, found)


def _as_many(before: Validation, after: Validation) -> bool:
    """Tell whether a repair leaves as many commands to check: it must not hide one."""
    checked = (sum(one.checked != "no" for one in said.commands) for said in (before, after))
    return len(set(checked)) == 1


def _check(text: str, store: SurfaceStore, targets: Targets) -> Validation:
    script = parse(text, takes_value=_asked(store, targets))
    judge = Judge(text, store, targets)
    commands: list[CheckedCommand] = []
    lines: dict[int, risk.Line] = {}
    told = 0
    for at, invocation in enumerate(script.invocations):
        if not invocation.words:
            continue
        judged = judge.skipped(invocation) if told >= MAX_ISSUES else judge.judge(script, at)
        told += len(judged.command.issues)
        commands.append(judged.command)
        if judged.located is not None:
            lines[at] = _line(judged)
    issues = tuple(_unparsable(text, script))
    return Validation(
        _valid(commands, issues), tuple(commands), issues, risk.assess(script, text, lines)
    )


def _valid(commands: list[CheckedCommand], issues: tuple[Issue, ...]) -> bool | None:
    if issues or any(one.valid is False for one in commands):
        return False
    return True if any(one.valid for one in commands) else None


def _unparsable(text: str, script: Script) -> list[Issue]:
    return [
        Issue(
            problem.code,
            "error",
            text[problem.span.start : problem.span.end],
            problem.span,
            f"This can't be read as a shell command: {problem.reason}.",
        )
        for problem in script.problems
    ]


def _line(judged: Judged) -> risk.Line:
    located = judged.located
    if located is None:
        raise ValueError("a line is made of a located command")
    command = located.command
    return risk.surveyed(
        command.path[0],
        command.path[1:],
        located.given,
        located.own.operands,
        helps=options.asks_for_help(located),
    )


def _asked(store: SurfaceStore, targets: Targets) -> TakesValue:
    """Tell the shell's reader which options of wrappers take the next word, as the surface says."""

    @cache  # a cluster asks for each of its letters
    def takes_value(program: str, path: tuple[str, ...], option: str) -> bool | None:
        product = targets.product(program)
        label = targets.releases.get(product)
        if label is None:
            return None
        name = root(store, product, label, program)
        for depth in range(len(path), -1, -1):
            command = store.command(product, label, (name, *path[:depth]))
            found = command.option(option) if command else None
            if found is not None:
                return found.arity in {"one", "many"}
        return None

    return takes_value
