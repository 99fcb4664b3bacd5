"""The grammar of a usage line: ``docker run [OPTIONS] IMAGE [COMMAND] [ARG...]`` → a tree.

::

    sequence    = { element }
    alternative = sequence { "|" sequence }
    element     = ( word | group ) [ "..." ]
    group       = "[" alternative "]" | "(" alternative ")" | "{" alternative "}"

A word keeps the brackets that stand in it without white space: ``--mirror=(fetch|push)``. It may
begin with one that holds how the word begins: ``[(amend|reword):]<commit>``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 8000
"""Characters of one usage; the longest real one, of git-rev-list, has 2,300."""

MAX_DEPTH = 30
"""Of brackets. Seven are the most in real pages."""

MAX_PREFIX = 100
"""Characters of a bracket that a word begins with; ``[(amend|reword):]`` has 17."""

_PREFIX = re.compile(r"[:=@/]\](?=[<\w])")
_CLOSING = {"[": "]", "(": ")", "{": "}"}
_ENDS = frozenset("])}")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it stands."""

    text: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Bracketed alternatives, or those of a whole line. ``optional`` where the brackets are []."""

    branches: tuple[tuple[Node, ...], ...]
    optional: bool
    repeated: bool = False


Node = Word | Choice


def parse_usage(line: str) -> tuple[tuple[Node, ...], ...]:
    """The alternatives that a usage line consists of, mostly one. Empty where it can't be read."""
    if len(line) > MAX_LENGTH:
        return ()
    scanner = _Scanner(line)
    branches = scanner.alternatives("", 0)
    return () if scanner.too_deep else branches


class _Scanner:
    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.too_deep = False

    def alternatives(self, closing: str, depth: int) -> tuple[tuple[Node, ...], ...]:
        if depth > MAX_DEPTH:
            self.too_deep = True
            self.at = len(self.line)
            return ()
        branches: list[list[Node]] = [[]]
        while self.at < len(self.line):
            char = self.line[self.at]
            if char.isspace():
                self.at += 1
            elif char == "|":
                self.at += 1
                branches.append([])
            elif char in _ENDS:
                self.at += 1
                if char == closing:
                    break
            elif char in _CLOSING and not self._begins_word():
                self.at += 1
                inner = self.alternatives(_CLOSING[char], depth + 1)
                branches[-1].append(Choice(inner, optional=char == "[", repeated=self._dots()))
            elif self.line.startswith("...", self.at):
                self.at += 3
                if branches[-1]:
                    branches[-1][-1] = _repeated(branches[-1][-1])
            else:
                branches[-1].append(self._word())
        return tuple(tuple(branch) for branch in branches if branch)

    def _dots(self) -> bool:
        found = self.line.startswith(("...", "…"), self.at)
        if found:
            self.at += 3 if self.line[self.at] == "." else 1
        return found

    def _begins_word(self) -> bool:
        """Whether brackets open here that are only the first part of a word."""
        open_brackets: list[str] = []
        for at in range(self.at, min(self.at + MAX_PREFIX, len(self.line))):
            char = self.line[at]
            if char.isspace():
                return False
            if char in _CLOSING:
                open_brackets.append(_CLOSING[char])
            elif char == open_brackets[-1]:
                open_brackets.pop()
                if not open_brackets:
                    return _PREFIX.match(self.line, at - 1) is not None
        return False

    def _word(self) -> Word:
        start = self.at
        open_brackets: list[str] = []
        while self.at < len(self.line):
            char = self.line[self.at]
            if open_brackets:
                if char == open_brackets[-1]:
                    open_brackets.pop()
                elif char in _CLOSING:
                    open_brackets.append(_CLOSING[char])
                elif char == "<":
                    self._angle()
                    continue
            elif char.isspace() or char == "|" or char in _ENDS:
                break
            elif char in _CLOSING:
                open_brackets.append(_CLOSING[char])
            elif char == "<":
                self._angle()
                continue
            self.at += 1
        text = self.line[start : self.at]
        bare = text.removesuffix("...").removesuffix("…")
        return Word(bare or text, repeated=bool(bare) and bare != text)

    def _angle(self) -> None:
        """Step over ``<max count>``, spaces and all; over the sign alone where it never closes."""
        end = self.line.find(">", self.at)
        inside = self.line[self.at : end]
        self.at = end + 1 if end > 0 and len(inside) < 100 and "\n" not in inside else self.at + 1


def _repeated(node: Node) -> Node:
    if isinstance(node, Word):
        return Word(node.text, True)
    return Choice(node.branches, node.optional, True)


def words(nodes: tuple[Node, ...]) -> Iterator[Word]:
    """Every word of a sequence, in reading order."""
    for node in nodes:
        if isinstance(node, Word):
            yield node
        else:
            for branch in node.branches:
                yield from words(branch)


def usages(texts: tuple[str, ...], command: str) -> tuple[str, ...]:
    """The single usages in the text of a synopsis, each on one line.

    One begins with the command; lines that don't go on with the one before.
    """
    first = command.split(" ", 1)[0]
    begins = re.compile(rf"\s*(?:sudo\s+)?{re.escape(first)}(?![\w-])")
    out: list[str] = []
    for text in texts:
        new = True
        for line in text.split("\n"):
            folded = _SPACE.sub(" ", line).strip()
            if not folded:
                continue
            if new or (begins.match(line) and len(line) - len(line.lstrip()) < 4):
                out.append(folded)
            else:
                out[-1] = f"{out[-1]} {folded}"
            new = False
    return tuple(out)
