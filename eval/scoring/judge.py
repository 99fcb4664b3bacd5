"""A command against the truth: each option valid, deprecated, of another release, or invented.

The words are read by the program's dialect; whether an option exists is looked up in the tables of
:mod:`eval.truth`. Nothing here knows of documentation, of command surfaces or of the validator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from commands.reading import Reading, read
from commands.shell import Invocation
from eval.truth.tables import PLUGINS, Located, Table, Tables

State = Literal["valid", "deprecated", "other_release", "invented", "unjudged"]
"""unjudged: the truth is silent (a plugin, a command that accepts more than it lists)."""

ErrorCode = Literal["missing_value", "unexpected_value", "invalid_choice", "missing_required"]

_ALWAYS = frozenset({"--help", "-h", "--version", "-help"})
_INSTEAD = frozenset(
    {"--cli-input-json", "--cli-input-yaml", "--generate-cli-skeleton", "--ids", "--flags-file"}
)
"""Options that give what is required in another way."""


@dataclass(frozen=True, slots=True)
class JudgedOption:
    """One use of an option. ``name`` is its full spelling where it was abbreviated."""

    token: str
    name: str
    state: State
    exists_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedCommand:
    """One command of the product.

    ``state`` is that of the path: ``invented`` where a subcommand doesn't exist at any release.
    """

    text: str
    path: tuple[str, ...]
    state: State
    options: tuple[JudgedOption, ...]
    errors: tuple[tuple[ErrorCode, str], ...] = ()
    token: str = ""
    """The subcommand that is unknown."""
    exists_in: tuple[str, ...] = ()

    @property
    def states(self) -> frozenset[State]:
        """The path's state and the options'."""
        return frozenset({self.state, *(one.state for one in self.options)})

    @property
    def valid(self) -> bool:
        """Whether the program would take it."""
        return not self.errors and self.states.isdisjoint({"invented", "other_release"})


def judge(invocation: Invocation, table: Table, tables: Tables) -> JudgedCommand:
    """Judge one command at the release of ``table``."""
    words = [word.value if word.value is not None else word.text for word in invocation.words]
    words[0] = invocation.program
    located = table.locate(words)
    if located.unknown:
        return _unknown(invocation, located, table, tables)
    command = table.command(located.path)
    reading = read(command, located.rest)
    root = located.path[:1]
    options = [
        *_options(root, read(table.command(root), located.before), table, tables),
        *_options(located.path, reading, table, tables),
    ]
    options = [_lent(one, located, table) for one in options]
    errors = list(_errors(reading))
    if not any(one.name in _INSTEAD or one.name in _ALWAYS for one in options):
        given = {one.name for one in options}
        errors += [
            ("missing_required", spellings[0])
            for spellings in table.required(located.path)
            if given.isdisjoint(spellings) and not _anything(words)
        ]
    return JudgedCommand(invocation.text, located.path, "valid", tuple(options), tuple(errors))


def _unknown(
    invocation: Invocation, located: Located, table: Table, tables: Tables
) -> JudgedCommand:
    token, path = located.unknown, (*located.path, located.unknown)
    plugins = PLUGINS.get(table.facts.product, frozenset())
    others = tables.others(table.facts.product, table.release)
    having = tuple(other.release for other in others if other.known(path))
    state: State = "other_release" if having else "invented"
    if token[:1] in "$<{" or (len(located.path) == 1 and token in plugins):
        state = "unjudged"
    elif token == "help":  # noqa: S105
        state = "valid"
    return JudgedCommand(invocation.text, located.path, state, (), token=token, exists_in=having)


def _options(
    path: tuple[str, ...], reading: Reading, table: Table, tables: Tables
) -> Iterator[JudgedOption]:
    old = table.deprecated(path)
    for given in reading.given:
        state: State = "deprecated" if given.name in old else "valid"
        yield JudgedOption(given.spelling, given.name, state)
    for problem in reading.problems:
        if problem.code not in {"unknown_flag", "ambiguous_flag"}:
            continue
        name = problem.token.partition("=")[0]
        if name[:1] == "-" and name[1:2] != "-" and not table.dialect.single_dash_words:
            name = name[:2]  # -U10 is -U with its value
        others = tables.others(table.facts.product, table.release)
        having = tuple(one.release for one in others if name in one.flags(path))
        if name in _ALWAYS:
            state = "valid"
        elif table.open(path) or name[:1] not in "-+" or problem.code == "ambiguous_flag":
            state = "unjudged"
        else:
            state = "other_release" if having else "invented"
        yield JudgedOption(problem.token, name, state, having)


def _lent(one: JudgedOption, located: Located, table: Table) -> JudgedOption:
    """An option given before the subcommand that is the subcommand's own is not invented."""
    if one.state == "invented" and one.name in table.flags(located.path):
        return JudgedOption(one.token, one.name, "valid")
    return one


def _errors(reading: Reading) -> Iterator[tuple[ErrorCode, str]]:
    for problem in reading.problems:
        if problem.code == "missing_value" or problem.code == "unexpected_value":
            yield problem.code, problem.token
    for given in reading.given:
        for value in given.values:
            choices = given.option.choices
            known = {one.lower() for one in choices}
            if known and value.lower() not in known and not value.startswith(("$", "<")):
                yield "invalid_choice", f"{given.spelling} {value}"


def _anything(words: Sequence[str]) -> bool:
    """Whether a word may stand for several: ``"$@"``."""
    return any(word.startswith(("$@", "${", "$*")) for word in words)
