"""One command as the rules see it: subcommands, operands and options, whoever read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commands.reading import Given, Operand
from commands.shell import Invocation

_HELP = frozenset({"--help", "--version", "-help", "-version", "--usage"})


@dataclass(frozen=True, slots=True)
class Use:
    """One use of an option: all its names, and the value if there is one.

    Where no surface tells whether it takes a value, that is the next word if it may be one.
    """

    names: frozenset[str]
    value: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One command.

    ``path`` holds the subcommands, which only a surface tells. Without one (``surveyed`` false)
    they are among the operands, and begin at one of the indices ``starts``.
    """

    program: str
    path: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    starts: tuple[int, ...] = (0,)
    surveyed: bool = False
    helps: bool = False
    """Whether it is only asked what it does, or which version it is."""

    def heads(self) -> Iterable[tuple[str, ...]]:
        """Give what the words of subcommands may be, each with all that follows."""
        if self.surveyed:
            yield (*self.path, *self.operands)
        else:
            yield from (self.operands[start:] for start in self.starts)


def surveyed(
    program: str,
    path: Sequence[str],
    given: Iterable[Given],
    operands: Iterable[Operand],
    *,
    helps: bool,
) -> Line:
    """Make a line of what a surface's own reader has read."""
    spelt = dict.fromkeys(
        (one.option.spellings, one.name, one.spelling, one.values) for one in given
    )
    uses = tuple(
        Use(frozenset((*spellings, name, spelling)), " ".join(values))
        for spellings, name, spelling, values in spelt
    )
    asked = any(use.names & _HELP for use in uses)
    words = tuple(one.text for one in operands)
    return Line(program, tuple(path), words, uses, (0,), True, helps or asked)


def line_of(invocation: Invocation) -> Line:
    """Make a line of a command that no surface knows: options by their looks."""
    words = [word.prefix if word.value is None else word.value for word in invocation.words[1:]]
    operands: list[str] = []
    uses: list[Use] = []
    starts = [0]
    options = True
    behind_option = False
    for at, word in enumerate(words):
        if options and word == "--":
            options = behind_option = False
        elif options and len(word) > 1 and word[0] == "-":
            follows = words[at + 1] if at + 1 < len(words) else ""
            uses.append(_use(word, "" if follows.startswith("-") else follows))
            behind_option = "=" not in word
        else:
            operands.append(word)
            if behind_option and len(operands) == len(starts):
                starts.append(len(operands))
            behind_option = False
    # Anywhere else it might be the value of an option: `git commit -m --help`.
    helps = bool({*words[:1], *words[-1:]} & _HELP) and "--" not in words
    return Line(invocation.program, (), tuple(operands), tuple(uses), tuple(starts), False, helps)


def _use(word: str, follows: str) -> Use:
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return Use(frozenset({name}), value if equals else follows)
    name, equals, value = word.partition("=")
    letters = {f"-{letter}" for letter in name[1:50]}
    if len(name) == 2 or equals:
        return Use(frozenset({name, *letters}), value if equals else follows)
    # -rf, or -cSELECT: a cluster, or one letter with its value.
    return Use(frozenset({name, *letters}), follows or word[2:])
