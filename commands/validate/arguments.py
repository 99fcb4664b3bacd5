"""What the command itself would refuse: a value, a lack, a contradiction, too many arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from commands import suggest
from commands.model import Command, Group, Option
from commands.reading import Given, Operand, assign
from commands.shell import Span, Word
from commands.shell.source import OPAQUE
from commands.validate import history
from commands.validate.locate import Located
from commands.validate.model import Severity
from commands.validate.options import Doubt, listed
from commands.validate.report import Report, part

_NO_ARGUMENTS = re.compile(
    r"(?:\s*\[-[^\]]*\]|\s*\[(?:[a-z]+[ -])?(?:options|flags)\])*\s*", re.IGNORECASE
)
_NUMBER = re.compile(r"\d")
_BEGUN = re.compile(r"[\w./][^$`\s{]*\{[^$`\s]*")
"""``web.{yaml,json}``: whatever the braces become, each word begins as this one does."""


def check(located: Located, report: Report, doubt: Doubt, *, open_ended: bool) -> None:
    """Report what is wrong with values and operands, and what is missing.

    ``open_ended``: more words may follow than are written, or fewer: nothing is missing then.
    """
    given = list(located.given)
    for one in given:
        _choices(located, one, report)
    several = _splitting(located, given)
    doubtful = open_ended or doubt.unreadable
    # What begins as an operand does may become several of them, and no option.
    unsure = doubtful or not all(_BEGUN.fullmatch(word.text) for word in several)
    _groups(located, given, report, complete=not unsure and not doubt.unknown)
    _repeated(located, given, report)
    if not unsure:
        _required(located, given, report)
    _operands(located, report, loose=doubtful or bool(several))


def _splitting(located: Located, given: Iterable[Given]) -> list[Word]:
    """Give the words that may become several, or none, and stand where options may."""
    taken = {
        one.value_index + step
        for one in given
        if one.value_index is not None
        for step in range(len(one.values))
    }
    return [
        word
        for index, word in enumerate(located.words)
        if index not in taken and (word.splits or word.kind == "placeholder")
        if word.splits or word.text[:1] == "[" or word.text in {"...", "…"}
    ]


# --- values ---------------------------------------------------------------------------------------


def _choices(located: Located, given: Given, report: Report) -> None:
    option = given.option
    if given.value_index is None or option.open_choices or option.arity == "none":
        return
    if not option.choices and option.type not in {"integer", "number"}:
        return
    for step, value in enumerate(given.values):
        word = located.word(given.value_index + step)
        if word.kind == "placeholder" or OPAQUE in value or not value:
            continue
        for one in _parts(option, value):
            if option.choices and not _allowed(located, option.choices, one):
                _refused(located, given, word, one, report)
            elif not option.choices and not _NUMBER.search(one):
                report.add(
                    "invalid_choice",
                    _within(given, word, one),
                    f"{option.name} takes a number, not {one[:100]!r}.",
                    evidence=history.evidence(located.command, option),
                )


def _parts(option: Option, value: str) -> list[str]:
    many = option.type == "list" or (option.repeatable and "," in value)
    return [one for one in value.split(",") if one] if many else [value]


def _allowed(located: Located, choices: Iterable[str], value: str) -> bool:
    held = frozenset(choices)
    if value in held or value.partition("=")[0] in held:
        return True  # jsonpath={.items}: what stands behind is the choice's own
    # A choice may be written as a pattern: `jsonpath=...`, `<kind>/<name>`.
    if any(mark in one for one in held for mark in ("<", "=", "...", "…", "|")):
        return True
    return located.dialect.name in {"argparse", "gcloud"} and value.lower() in {
        one.lower() for one in held
    }


def _refused(located: Located, given: Given, word: Word, value: str, report: Report) -> None:
    option = given.option
    near = suggest.closest(value, option.choices) if len(value) <= 100 else ()
    span = _within(given, word, value)
    exact = report.text[span.start : span.end] == value
    report.add(
        "invalid_choice",
        span,
        f"{option.name} takes {listed(option.choices, 12)}, not {value[:100]!r}.",
        suggestions=[one.name for one in near] or option.choices[:3],
        evidence=history.evidence(located.command, option),
        fix=suggest.certain(near) if exact else None,
    )


def _within(given: Given, word: Word, value: str) -> Span:
    attached = given.value_index == given.index
    return part(word, value, len(given.spelling) if attached else 0)


def _repeated(located: Located, given: Iterable[Given], report: Report) -> None:
    """Warn of an option that is given twice with different values: only the last one counts."""
    if not any("repeatable" in scope.facets for scope in located.release.exhaustive):
        return
    first: dict[str, Given] = {}
    for one in given:
        option = one.option
        several = option.repeatable or option.arity in {"none", "many", "any"}
        if several or option.type in {"list", "map"}:
            continue
        before = first.setdefault(option.name, one)
        if before.values != one.values:
            report.add(
                "conflicting_flags",
                part(located.word(one.index), one.spelling),
                f"{option.name} is given twice, and takes one value: the last one counts.",
                severity="warning",
                evidence=history.evidence(located.command, option),
            )


# --- what belongs together ------------------------------------------------------------------------


def _required(located: Located, given: Sequence[Given], report: Report) -> None:
    held = {one.option.name for one in given}
    if any(one.option.waives_required for one in given):
        return
    for option in located.command.options:
        if option.required and option.name not in held and not _begun(option, report):
            report.add(
                "missing_required",
                named(located),
                f"{' '.join(located.command.path)} needs {option.name}.",
                suggestions=(option.name,),
                evidence=history.evidence(located.command, option),
            )


def _begun(option: Option, report: Report) -> bool:
    """Tell whether it is there, but misspelt: that has been told."""
    return any(option.name in issue.suggestions for issue in report.issues)


def _groups(located: Located, given: Iterable[Given], report: Report, *, complete: bool) -> None:
    """Judge exclusive groups. ``complete``: what isn't there is known to be missing."""
    command = located.command
    by_name = {name: one for one in given for name in one.option.spellings}
    for group in command.groups:
        present = [by_name[name] for name in _distinct(command, group) if name in by_name]
        if len(present) > 1 and group.kind in {"at_most_one", "exactly_one"}:
            latest = max(present, key=lambda one: one.index)
            # A synopsis `[--a | --b]` is how pages write it; parsers may just take the last.
            report.add(
                "conflicting_flags",
                part(located.word(latest.index), latest.spelling),
                f"{listed([one.option.name for one in present])}: only one of them can be given.",
                severity=_severity(command),
                evidence=history.evidence(command, latest.option),
            )
        elif complete and not present and group.kind in {"exactly_one", "at_least_one"}:
            report.add(
                "missing_required",
                named(located),
                f"{' '.join(command.path)} needs {listed(group.members)}.",
                suggestions=group.members[:3],
                evidence=history.evidence(command),
            )
        elif complete and present and group.kind == "all_or_none":
            lacking = [name for name in _distinct(command, group) if name not in by_name]
            if lacking:
                report.add(
                    "missing_required",
                    part(located.word(present[0].index), present[0].spelling),
                    f"{present[0].spelling} is given together with {', '.join(lacking)}.",
                    suggestions=lacking,
                    evidence=history.evidence(command, present[0].option),
                )


def _distinct(command: Command, group: Group) -> Iterator[str]:
    """Give the members of a group, one name for each option."""
    seen = set()
    for name in group.members:
        option = command.option(name)
        if option is not None and option.name not in seen:
            seen.add(option.name)
            yield name


# --- operands -------------------------------------------------------------------------------------


def _operands(located: Located, report: Report, *, loose: bool) -> None:
    command, operands = located.command, located.own.operands
    if not command.positionals:
        if operands and _takes_none(command) and not loose and not located.own.doubtful:
            _too_many(located, operands[0], report)
        return
    shares, left = assign(command.positionals, operands)
    unsure = len(located.own.doubtful)
    if left and not loose and len(left) > unsure:
        _too_many(located, left[0], report)
    if loose:
        return
    if any(word in {"help", "--help"} for word in (one.text for one in operands[:1])):
        return
    for positional, given in shares:
        if positional.required and not given:
            report.add(
                "missing_required",
                named(located),
                f"{' '.join(command.path)} needs {positional.name}.",
                severity=_severity(command),
                evidence=history.evidence(command),
            )
    for positional, given in shares:
        for operand in given:
            word = located.word(operand.index)
            if (
                not positional.choices
                or word.kind != "literal"
                or operand.index in (located.own.doubtful)
            ):
                continue
            if not _allowed(located, positional.choices, operand.text):
                near = suggest.closest(operand.text[:100], positional.choices)
                report.add(
                    "invalid_choice",
                    word.span,
                    f"{positional.name} is {listed(positional.choices, 12)}.",
                    suggestions=[one.name for one in near] or positional.choices[:3],
                    evidence=history.evidence(command),
                    fix=suggest.certain(near) if word.text == word.value else None,
                )


def _takes_none(command: Command) -> bool:
    """Tell whether every synopsis shows nothing but options behind the command."""
    called = " ".join(command.path)
    return (
        bool(command.synopsis)
        and not command.children
        and all(
            line.startswith(called) and _NO_ARGUMENTS.fullmatch(line[len(called) :])
            for line in command.synopsis
        )
    )


def _too_many(located: Located, operand: Operand, report: Report) -> None:
    command = located.command
    most = [one.name for one in command.positionals]
    report.add(
        "too_many_arguments",
        located.word(operand.index).span,
        f"{' '.join(command.path)} takes {' '.join(most) if most else 'no arguments'}; "
        f"{operand.text[:100]!r} is one too many.",
        severity=_severity(command),
        evidence=history.evidence(command),
    )


def _severity(command: Command) -> Severity:
    """Tell how sure it is what goes together, and how many arguments a command takes.

    A usage that people wrote shows how it is mostly called; `trivy image --download-db-only` needs
    no image. What a program says of itself is what it insists on.
    """
    return "error" if set(command.sources) - {"documentation"} else "warning"


def named(located: Located) -> Span:
    """Give the span of the last word of the command's path."""
    return located.word(located.named[-1]).span
