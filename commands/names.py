"""The spellings of a command's options, as its dialect takes two of them for the same."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice

from commands.dialect import Dialect
from commands.model import Command, Option


class Names:
    """The spellings of a command's options as its dialect folds them."""

    def __init__(self, command: Command, dialect: Dialect) -> None:
        self._dialect = dialect
        self._exact: dict[str, tuple[Option, str]] = {}
        self.number: tuple[Option, str] | None = None
        """The option that is itself a number: ``head -5``."""
        for option in command.options:
            for name in option.spellings:
                if name == "-NUM":
                    self.number = option, name
                    continue
                self._exact.setdefault(self.fold(name), (option, name))
                if dialect.key_values and name.endswith("="):
                    self._exact.setdefault(self.fold(name[:-1]), (option, name))

        self._sorted = sorted(self._exact)

    def fold(self, name: str) -> str:
        """Give the form in which two spellings that mean the same are equal."""
        if self._dialect.ignore_case:
            name = name.lower()
        if self._dialect.underscores and name.startswith("--"):
            name = name.replace("_", "-")
        if self._dialect.dash_insensitive and name.startswith("--"):
            name = name[1:]
        return name

    def exact(self, name: str) -> tuple[Option, str] | None:
        """Give the option so spelled, and the spelling of the command it stands for."""
        return self._exact.get(self.fold(name))

    def long(self, name: str) -> dict[str, Option]:
        """Give what a long name may stand for: one option by one or more of its spellings.

        More than one option, or both a name and a negation, if it is ambiguous; none if unknown.
        """
        if found := self.exact(name):
            return {found[1]: found[0]}
        for prefix in self._dialect.negations:
            positive = self.exact(f"--{name[2 + len(prefix) :]}")
            if positive and name.startswith(f"--{prefix}"):
                return {name: positive[0]}
        if not self._dialect.abbreviations or not name.startswith("--") or len(name) < 3:
            return {}
        folded, begun = self.fold(name), {}
        for known in islice(self._sorted, bisect_left(self._sorted, folded), None):
            if not known.startswith(folded):
                break
            option, spelling = self._exact[known]
            begun[spelling] = option
        return begun
