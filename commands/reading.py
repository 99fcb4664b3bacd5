"""Words → the options and positionals they give, exactly as a command's dialect reads them.

The reader judges only what the option parser itself would stumble over. Whether a value is allowed,
something required is missing or too much was given is for the validator to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from commands.dialect import GNU, Dialect
from commands.model import Command, Option, Positional
from commands.names import Names

ProblemCode = Literal["unknown_flag", "ambiguous_flag", "missing_value", "unexpected_value"]

TRUTH = frozenset({"true", "false", "t", "f", "1", "0", "yes", "no", "on", "off"})
"""What strconv.ParseBool of Go and my_getopt take for a truth value, in lower case."""

_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Given:
    """One use of an option. ``index`` is the word it stands in, ``value_index`` its first value's.

    ``spelling`` is as typed, ``name`` the spelling of the command that it stands for (they differ
    where it was abbreviated). ``value_index`` is None without a value.
    """

    option: Option
    index: int
    spelling: str
    name: str
    values: tuple[str, ...] = ()
    value_index: int | None = None

    @property
    def negated(self) -> bool:
        """Whether it was switched off by its spelling."""
        return self.name not in self.option.names


@dataclass(frozen=True, slots=True)
class Operand:
    """A word that is no option. ``after_terminator``: it stands after ``--``."""

    index: int
    text: str
    after_terminator: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What the option parser would refuse. ``token`` is the part of the word that is wrong."""

    code: ProblemCode
    index: int
    token: str
    option: Option | None = None
    candidates: tuple[str, ...] = ()
    """For an ambiguous abbreviation: what it may stand for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read, in the order of the words.

    After an unknown option it can't be known whether the next word was its value: ``doubtful`` are
    the operands for which that holds.
    """

    given: tuple[Given, ...]
    operands: tuple[Operand, ...]
    problems: tuple[Problem, ...]
    doubtful: frozenset[int] = frozenset()


def read(command: Command, words: Sequence[str], dialect: Dialect | None = None) -> Reading:
    """Read the words that follow the path of ``command``. Linear in their number.

    ``dialect`` defaults to the command's own, and to GNU where it has none.
    """
    return _Reader(command, words, dialect or command.dialect or GNU).read()


def assign(
    positionals: Sequence[Positional], operands: Sequence[Operand]
) -> tuple[list[tuple[Positional, tuple[Operand, ...]]], tuple[Operand, ...]]:
    """Share operands out among positionals, from the left; give what is left over as well.

    Every required one gets its own before an optional or repeatable one takes more.
    """
    spare = len(operands) - sum(one.required for one in positionals)
    shares: list[tuple[Positional, tuple[Operand, ...]]] = []
    start = 0
    for one in positionals:
        count = 1 if one.required else 0
        if spare > 0 and (one.repeatable or one.remainder):
            count, spare = count + spare, 0
        elif spare > 0 and not one.required:
            count, spare = 1, spare - 1
        shares.append((one, tuple(operands[start : start + count])))
        start += count
    return shares, tuple(operands[start:])


@dataclass(slots=True)
class _Reader:
    command: Command
    words: Sequence[str]
    dialect: Dialect
    names: Names = field(init=False)
    given: list[Given] = field(default_factory=list)
    operands: list[Operand] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    doubtful: set[int] = field(default_factory=set)
    at: int = 0

    def read(self) -> Reading:
        self.names = Names(self.command, self.dialect)
        # Options end where a command line of its own begins: docker run IMAGE COMMAND -x.
        leading = self._before_remainder()
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if word == "--" and self.dialect.terminator:
                self._rest(after_terminator=True)
            elif not self._option(word):
                self.operands.append(Operand(self.at - 1, word))
                if not self.dialect.interspersed or len(self.operands) == leading:
                    self._rest()
        return Reading(
            tuple(self.given),
            tuple(self.operands),
            tuple(self.problems),
            frozenset(self.doubtful),
        )

    def _before_remainder(self) -> int:
        """Give the number of operands after which options are no longer read, or nought."""
        for count, one in enumerate(self.command.positionals):
            if one.remainder:
                return max(count, 1)
        return 0

    def _rest(self, *, after_terminator: bool = False) -> None:
        for index in range(self.at, len(self.words)):
            self.operands.append(Operand(index, self.words[index], after_terminator))
        self.at = len(self.words)

    def _option(self, word: str) -> bool:
        """Read the option in ``word`` and its values; False where it is no option."""
        dialect = self.dialect
        if dialect.key_values and "=" in word and word[0] not in "-+":
            name, _, value = word.partition("=")
            if found := self.names.exact(name) or self.names.exact(f"{name}="):
                self._give(*found, name, [value], self.at - 1)
            else:
                self._unknown(name)
            return True
        if dialect.bare_words and word[:1] not in "-+" and (found := self.names.exact(word)):
            self._valued(*found, word, None)
            return True
        if len(word) < 2 or not (word[0] == "-" or (dialect.plus and word[0] == "+")):
            return False
        if _NUMBER.fullmatch(word) and not self.names.exact(word[:2]):
            return self._number(word)
        if word.startswith("--") or dialect.single_dash_words or word[0] == "+":
            self._long(word)
        elif found := self.names.exact(word):
            self._valued(*found, word, None)
        else:
            self._short(word)
        return True

    def _number(self, word: str) -> bool:
        """``head -5`` is the option ``-NUM``; elsewhere a negative number is an operand."""
        found = self.names.number
        if found:
            self._give(*found, word, [word[1:]], self.at - 1)
        return found is not None

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=") if self.dialect.equals else (word, "", "")
        if equals and self.names.exact(word):
            name, equals = word, ""
        known = self.names.long(name)
        spelling, option = next(iter(known.items()), ("", None))
        if option is None:
            self._unknown(name, alone=not equals)
        elif any(
            other is not option or (spelt in other.names) != (spelling in option.names)
            for spelt, other in known.items()
        ):
            candidates = tuple(sorted(known))
            self.problems.append(
                Problem("ambiguous_flag", self.at - 1, name, candidates=candidates)
            )
            self._doubt(alone=not equals)
        else:
            self._valued(option, spelling, name, value if equals else None)

    def _short(self, word: str) -> None:
        """Read ``-x``, ``-xVALUE`` or a cluster ``-abc``."""
        for place in range(1, len(word)):
            name = f"-{word[place]}"
            found = self.names.exact(name)
            if found is None:
                self._unknown(word if place == 1 else name)
                return
            option, _ = found
            follows = word[place + 1 : place + 2]
            if option.arity == "none" and self.dialect.clusters and follows != "=":
                self._give(*found, name, [], None)
                continue
            rest = word[place + 1 :]
            if self.dialect.short_equals and follows == "=":
                self._valued(*found, name, rest[1:])
                return
            if rest and option.arity != "none" and not self.dialect.attached:
                self._unknown(word)
                return
            if option.arity != "none":
                self._valued(*found, name, rest or None)
                return
            self._give(*found, name, [], None)
            if rest and not self.dialect.clusters:
                self.problems.append(Problem("unexpected_value", self.at - 1, rest, option))
                return

    def _valued(self, option: Option, name: str, spelling: str, attached: str | None) -> None:
        """Take the values that the option needs, ``attached`` being what stands in its word."""
        index = self.at - 1
        arity = "none" if name not in option.names else option.arity
        if attached is not None:
            switch = arity == "none"
            if switch and not (self.dialect.boolean_values and attached.lower() in TRUTH):
                self.problems.append(Problem("unexpected_value", index, attached, option))
            self._give(option, name, spelling, [attached], index, word=index)
        elif arity in {"many", "any"} and self.dialect.many_words:
            values = self._until_option()
            if not values and arity == "many":
                self.problems.append(Problem("missing_value", index, spelling, option))
            self._give(option, name, spelling, values, index + 1, word=index)
        elif arity in {"one", "many"} and self._takes_next(spelling):
            self.at += 1
            self._give(option, name, spelling, [self.words[index + 1]], index + 1, word=index)
        elif arity in {"one", "many"}:
            self.problems.append(Problem("missing_value", index, spelling, option))
            self._give(option, name, spelling, [], None, word=index)
        elif (
            arity in {"optional", "any"}
            and self.dialect.optional_words
            and self._takes_next(spelling)
        ):
            self.at += 1
            self._give(option, name, spelling, [self.words[index + 1]], index + 1, word=index)
        else:
            self._give(option, name, spelling, [], None, word=index)

    def _takes_next(self, spelling: str) -> bool:
        if spelling.startswith("+") and self.dialect.equals:
            return False  # dig +time=2, never dig +time 2
        return self.at < len(self.words) and (
            self.dialect.dash_values or not self._looks_like_option(self.words[self.at])
        )

    def _looks_like_option(self, word: str) -> bool:
        if _NUMBER.fullmatch(word):
            return self.names.exact(word) is not None
        return len(word) > 1 and word[0] == "-"

    def _until_option(self) -> list[str]:
        start = self.at
        while self.at < len(self.words) and not self._looks_like_option(self.words[self.at]):
            self.at += 1
        return list(self.words[start : self.at])

    def _give(
        self,
        option: Option,
        name: str,
        spelling: str,
        values: Sequence[str],
        value_index: int | None,
        *,
        word: int | None = None,
    ) -> None:
        index = self.at - 1 if word is None else word
        value_index = value_index if values else None
        self.given.append(Given(option, index, spelling, name, tuple(values), value_index))

    def _unknown(self, token: str, *, alone: bool = True) -> None:
        self.problems.append(Problem("unknown_flag", self.at - 1, token))
        self._doubt(alone=alone)

    def _doubt(self, *, alone: bool) -> None:
        if alone and self.at < len(self.words) and not self.words[self.at].startswith("-"):
            self.doubtful.add(self.at)
