"""What the option parser would refuse: unknown, ambiguous, without or with an unwanted value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commands import suggest
from commands.model import Command, Deprecation, exhaustive
from commands.reading import Given, Problem
from commands.shell import Word
from commands.shell.source import OPAQUE
from commands.store import SurfaceStore
from commands.validate import history
from commands.validate.locate import Located, Stretch
from commands.validate.report import Report, part

LONGEST_NAME = 100
"""Names longer than this are near none: the longest option of all (Azure's) has 63 characters."""

_SHORT_HELP = frozenset(
    {"pflag", "argparse", "gcloud", "click", "go", "git", "oclif", "openssl", "aws"}
)
"""Dialects of which every command answers to ``-h``. ``--help`` all others know as well."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is left in doubt by the options that could not be read."""

    unreadable: bool = False
    """An option's name is only known when it runs, or the surface doesn't know its options."""
    unknown: bool = False


def asks_for_help(located: Located) -> bool:
    """Tell whether the command is only asked what it does."""
    if any(_is_help(located, problem.token) for problem in located.own.problems):
        return True
    if any(given.option.name in {"--help", "-help"} for given in located.given):
        return True
    return located.dialect.name == "aws" and any(
        operand.text == "help" for operand in located.own.operands[-1:]
    )


def check(store: SurfaceStore, located: Located, report: Report, *, open_ended: bool) -> Doubt:
    """Report the options that the command, and those above it, would refuse.

    ``open_ended``: more words may follow than are written (``xargs``).
    """
    unreadable = unknown = False
    for stretch in (*located.above, located.own):
        for problem in stretch.problems:
            if _unreadable(located, stretch, problem):
                unreadable = True
                continue
            word = located.word(problem.index)
            if _is_help(located, problem.token) or _is_usage(word):
                continue
            if problem.code == "unknown_flag":
                unknown = True
                _unknown(store, located, stretch, problem, report)
            elif problem.code == "missing_value":
                if not _may_follow(located, problem, open_ended):
                    _missing(problem, word, report)
            elif problem.code == "unexpected_value":
                _unexpected(problem, word, report)
            else:
                _ambiguous(problem, word, report)
    for given in located.given:
        _swallowed(located, given, report)
        if given.option.deprecated:
            _deprecated(located, given, given.option.deprecated, report)
    return Doubt(unreadable, unknown)


def _is_help(located: Located, option: str) -> bool:
    short = option == "-h" and located.dialect.name in _SHORT_HELP
    return option in {"--help", "-help"} or short


def _is_usage(word: Word) -> bool:
    """Tell whether a word is notation: ``[--rm]``."""
    return word.kind == "placeholder" and word.text.startswith("[")


def _unreadable(located: Located, stretch: Stretch, problem: Problem) -> bool:
    """Tell whether only running would tell what is wrong, or the options aren't known."""
    if problem.code == "unexpected_value":
        return OPAQUE in problem.token
    if OPAQUE in problem.token.partition("=")[0]:
        return True
    if problem.code != "unknown_flag":
        return False
    return stretch.command.partial or _untold(located, stretch.command, problem.token)


def _untold(located: Located, command: Command, name: str) -> bool:
    """Tell whether it is a short name, and all that is known of the command are long ones.

    That is so of gcloud's completions. Pages and help list the short names beside the long ones.
    """
    if name.startswith("--") or set(command.sources) & {"documentation", "help"}:
        return False
    own = [one for one in command.options if not one.inherited]
    return not exhaustive(located.release.exhaustive, "options", command.sources) and all(
        spelling.startswith("--") for one in own for spelling in one.spellings
    )


def _may_follow(located: Located, problem: Problem, open_ended: bool) -> bool:
    """Tell whether the value that is missing may stand where it can't be read."""
    if problem.index == len(located.words) - 1:
        return open_ended
    return located.word(problem.index + 1).splits


def _unknown(
    store: SurfaceStore, located: Located, stretch: Stretch, problem: Problem, report: Report
) -> None:
    if report.full:
        return
    command, name = stretch.command, problem.token
    short = name.startswith("-") and not name.startswith("--") and len(name) > 2
    dialect = command.dialect or located.dialect
    # One dash and several letters: the first letter is what such a parser stumbles over.
    letter = name[:2] if short and not dialect.single_dash_words else name
    depth = len(command.path)
    paths = [command.path]
    if stretch is located.own:
        paths.append(located.typed)
    past = history.past(store, located.release, paths, (name, letter), dialect)
    near: tuple[suggest.Suggestion, ...] = ()
    if len(name) <= LONGEST_NAME:
        near = suggest.options(command, name)
    suggestions = [one.name for one in near]
    fix = suggest.certain(near)
    if past.replacement and command.option(past.replacement):
        fix = past.replacement
        suggestions = [fix, *(one for one in suggestions if one != fix)]
    sure = exhaustive(located.release.exhaustive, "options", command.sources)
    called = " ".join(command.path)
    at = f"{located.release.product} {located.release.label}"
    word = located.word(problem.index)
    span = part(word, name)
    shown = report.text[span.start : span.end]
    if past.code == "removed_flag":
        message = f"{called} has no {name} at {at}: {past.nearest} was the last to have it."
    elif past.code == "future_flag":
        message = f"{called} has no {name} at {at}: it comes with {past.nearest}."
    else:
        known = "nor at any other documented release" if sure else "as far as it is documented"
        message = f"{called} has no option {name} at {at}, {known}."
        if stretch is not located.own and located.command.option(name):
            message += f" It belongs behind {' '.join(located.typed[depth:])}."
        elif not suggestions:
            others = history.elsewhere(store, located.release, name)
            message += f" It is an option of {listed(others)}." if others else ""
    if past.replacement:
        message += f" Use {past.replacement} instead."
    elif suggestions:
        message += f" Did you mean {listed(suggestions)}?"
    report.add(
        past.code,
        span,
        message,
        suggestions=suggestions,
        exists_in=past.releases,
        evidence=past.evidence or history.evidence(command),
        certain=sure,
        fix=fix if shown == name else None,
    )


def _missing(problem: Problem, word: Word, report: Report) -> None:
    option = problem.option
    of = f" ({option.metavar})" if option and option.metavar else ""
    report.add(
        "missing_value",
        part(word, problem.token),
        f"{problem.token} needs a value{of}.",
        evidence=option.evidence[0] if option and option.evidence else None,
    )


def _unexpected(problem: Problem, word: Word, report: Report) -> None:
    option = problem.option
    name = option.name if option else "The option"
    span = part(word, problem.token, word.text.find("=") + 1)
    allowed = "true or false" if option and option.type == "boolean" else "no value"
    report.add(
        "unexpected_value",
        span,
        f"{name} takes {allowed}, and is given {problem.token[:100]!r}.",
        evidence=option.evidence[0] if option and option.evidence else None,
    )


def _ambiguous(problem: Problem, word: Word, report: Report) -> None:
    report.add(
        "ambiguous_flag",
        part(word, problem.token),
        f"{problem.token} may stand for {listed(problem.candidates)}.",
        suggestions=problem.candidates[:10],
    )


def _deprecated(located: Located, given: Given, told: Deprecation, report: Report) -> None:
    said = told.note.rstrip(".") or (f"use {told.replacement}" if told.replacement else "")
    report.add(
        "deprecated_flag",
        part(located.word(given.index), given.spelling),
        f"{given.spelling} is deprecated: {said or 'it is accepted still'}.",
        severity="warning",
        suggestions=(told.replacement,) if told.replacement else (),
        evidence=history.evidence(located.command, given.option),
    )


def _swallowed(located: Located, given: Given, report: Report) -> None:
    """Warn of ``-namespace web``, which is read as ``-n`` with the value ``amespace``."""
    word, spelling = located.word(given.index), given.spelling
    text = word.value or ""
    if (
        len(spelling) == 2
        and 3 < len(text) <= LONGEST_NAME
        and text[:2] == spelling
        and text[1] != "-"
    ):
        long = f"-{text.partition('=')[0]}"
        if located.command.option(long):
            report.add(
                "unexpected_value",
                word.span,
                f"This is read as {spelling} with the value {text[2:]!r}. Did you mean {long}?",
                severity="warning",
                suggestions=(long,),
            )


def listed(names: Sequence[str], at_most: int = 5) -> str:
    """Write names as a choice: ``a, b or c``."""
    shown = [*names[:at_most], *(["…"] if len(names) > at_most else [])]
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
