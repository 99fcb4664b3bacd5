"""What a command runs: past a wrapper's own words to the command inside."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from commands.shell.source import OPAQUE
from commands.shell.wrappers import WRAPPERS, Wrapper

TakesValue = Callable[[str, tuple[str, ...], str], bool | None]
"""Whether an option takes the word after it: asked with the program (``docker``), the path of its
subcommands (``("run",)``) and the option (``--name``, ``-e``). None where that isn't known, and the
wrapper table is asked."""

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_CLAUSES = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


class Inner(NamedTuple):
    """The words from ``first`` to ``last`` (not included) that are run.

    As a command, or as a text for a shell; then without its first ``skip`` characters.
    """

    first: int
    last: int
    is_text: bool = False
    skip: int = 0


class Found(NamedTuple):
    """A wrapper and what it runs."""

    label: str
    own: Sequence[int]
    inner: Sequence[Inner]
    reads_input: bool = False


def not_known(_name: str, _path: tuple[str, ...], _option: str) -> bool | None:
    """The answer of someone who knows no commands."""
    return None


def is_wrapper(name: str) -> bool:
    """Whether a program of that name may run another."""
    return posixpath.basename(name) in WRAPPERS


def look_through(values: Sequence[str], takes_value: TakesValue) -> Found | None:
    """What the command of these words runs, or None where it runs nothing that we know of.

    ``values`` hold ``OPAQUE`` where they aren't static.
    """
    name = posixpath.basename(values[0])
    for wrapper in WRAPPERS.get(name, ()):
        walk = _Walk(name, wrapper, values, takes_value)
        if walk.past_path():
            return walk.found()
    return None


class _Walk:
    """One way past a wrapper's own words."""

    def __init__(
        self, name: str, wrapper: Wrapper, values: Sequence[str], takes_value: TakesValue
    ) -> None:
        self.name = name
        self.wrapper = wrapper
        self.values = values
        self.takes_value = takes_value
        self.marks = ("-", "+") if wrapper.runs == "file" else ("-",)
        self.at = 1
        self.depth = 0

    def past_path(self) -> bool:
        """Goes past the subcommands and the options before them."""
        path = self.wrapper.path
        while self.depth < len(path):
            if self.at >= len(self.values):
                return False
            value = self.values[self.at]
            if value == path[self.depth]:
                self.depth += 1
                self.at += 1
            elif value.startswith("-") and value != "--":
                self._past_option()
            else:
                return False
        return True

    def _takes(self, option: str) -> bool:
        known = self.takes_value(self.name, self.wrapper.path[: self.depth], option)
        return option in self.wrapper.valued if known is None else known

    def _past_option(self) -> None:
        value = self.values[self.at]
        self.at += 1
        if value.startswith("--"):
            if "=" not in value and self._takes(value):
                self.at += 1
            return
        for index, letter in enumerate(value[1:], 2):
            if letter == OPAQUE or letter == "=":
                return
            if self._takes(value[0] + letter):
                self.at += index == len(value)
                return

    def _text(self) -> Inner | None:
        """The text for a shell that the option at hand is given."""
        value = self.values[self.at]
        for option in self.wrapper.texts:
            if value == option:
                after = self.at + 1
                return Inner(after, after + 1, True) if after < len(self.values) else None
            if option.startswith("--"):
                if value.startswith(option + "="):
                    return Inner(self.at, self.at + 1, True, len(option) + 1)
            elif value.startswith(option):
                return Inner(self.at, self.at + 1, True, len(option))
        return None

    def found(self) -> Found | None:
        """What is run behind the path."""
        wrapper, values = self.wrapper, self.values
        if wrapper.runs == "clauses":
            return self._clauses()
        if wrapper.dashes != "optional" and "--" in values[self.at :]:
            return self._command(values.index("--", self.at) + 1)
        operands = wrapper.operands
        options = True
        is_command_text = reads_input = False
        while self.at < len(values):
            value = values[self.at]
            if options and value == "--":
                options = False
                self.at += 1
            elif options and value == "-" and not (wrapper.runs == "file" and not operands):
                self.at += 1
            elif options and len(value) > 1 and value.startswith(self.marks):
                if value.partition("=")[0] in wrapper.inert:
                    return None
                if text := self._text():
                    return self._found([text], range(len(values)))
                if wrapper.runs == "file" and not wrapper.operands and value[:2] != "--":
                    is_command_text |= "c" in value[1:]
                    reads_input |= "s" in value[1:]
                self._past_option()
            elif wrapper.assignments and _ASSIGNMENT.match(value):
                self.at += 1
            elif operands:
                operands -= 1
                self.at += 1
                options = options and wrapper.interspersed
            else:
                break
        if is_command_text:
            text = Inner(self.at, self.at + 1, True)
            return self._found([text] if self.at < len(values) else [], range(len(values)))
        if self.at >= len(values) or reads_input:
            return self._found([], range(len(values)), wrapper.reads_input)
        if wrapper.runs == "file" or wrapper.dashes == "required":
            return None
        return self._command(self.at)

    def _command(self, first: int) -> Found | None:
        values = self.values
        last = next((i for i in range(first, len(values)) if values[i] in self.wrapper.until), None)
        last = len(values) if last is None else last
        if first >= last or values[first].startswith("-"):
            return None
        own = [*range(first), *range(last, len(values))]
        return self._found([Inner(first, last, self.wrapper.runs == "text")], own)

    def _clauses(self) -> Found | None:
        values, inner, own = self.values, [], []
        index = 0
        while index < len(values):
            own.append(index)
            index += 1
            if values[index - 1] not in _CLAUSES:
                continue
            first = index
            while index < len(values) and values[index] != ";":
                if values[index] == "+" and values[index - 1] == "{}":
                    break
                index += 1
            if index > first:
                inner.append(Inner(first, index))
        return self._found(inner, own)

    def _found(
        self, inner: Sequence[Inner], own: Sequence[int], reads_input: bool = False
    ) -> Found | None:
        if not inner and not reads_input:
            return None
        return Found(" ".join((self.name, *self.wrapper.path)), own, inner, reads_input)
