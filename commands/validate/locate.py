"""An invocation's words → the command they name, and the options and operands they give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from commands.dialect import GNU, Dialect
from commands.model import Command
from commands.reading import Given, Operand, Problem, read
from commands.shell import Invocation, Word
from commands.shell.source import OPAQUE
from commands.store import SurfaceStore
from commands.storefile import Release


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that were read by one command's options. Indices of words are the invocation's."""

    command: Command
    given: tuple[Given, ...]
    operands: tuple[Operand, ...]
    problems: tuple[Problem, ...]
    doubtful: frozenset[int]


@dataclass(frozen=True, slots=True)
class Located:
    """A command and all that was given to it.

    ``typed`` are its path's words as they stand in the text, ``named`` their indices. ``above`` are
    the stretches between the words of the path, outermost first; ``own`` is what follows.
    """

    release: Release
    command: Command
    typed: tuple[str, ...]
    named: tuple[int, ...]
    own: Stretch
    above: tuple[Stretch, ...] = ()
    words: tuple[Word, ...] = field(default=())

    @property
    def dialect(self) -> Dialect:
        """How its options are read."""
        return self.command.dialect or GNU

    @property
    def given(self) -> Iterator[Given]:
        """Every option given, those before the last subcommand first."""
        for stretch in (*self.above, self.own):
            yield from stretch.given

    def word(self, index: int) -> Word:
        """Give the word that an index of a stretch means."""
        return self.words[index]


def values(words: Sequence[Word]) -> list[str]:
    """Give what a program would receive, with ``OPAQUE`` for what only running would tell."""
    return [word.prefix + OPAQUE if word.value is None else word.value for word in words]


def locate(
    store: SurfaceStore, release: Release, root: str, invocation: Invocation
) -> Located | None:
    """Find the command that an invocation names; None where the release has no such program."""
    words = [root, *values(invocation.words)[1:]]
    match = store.match(release.product, release.label, words)
    if match is None:
        return None
    named = match.named
    typed = tuple(words[index] for index in named)
    above = []
    for depth, (start, end) in enumerate(pairwise(named), 1):
        if end - start > 1:
            command = store.command(release.product, release.label, typed[:depth])
            if command is not None:
                between = range(start + 1, end)
                above.append(_between(command, match.command, words, between))
    own = _read(match.command, words, range(named[-1] + 1, len(words)))
    return Located(release, match.command, typed, named, own, tuple(above), invocation.words)


def _between(
    command: Command, below: Command, words: Sequence[str], indices: Sequence[int]
) -> Stretch:
    """Read options that stand before a subcommand: those of the command above it.

    Where its dialect says so, they may be the subcommand's own: ``kubectl -f pod.yaml apply``.
    """
    stretch = _read(command, words, indices)
    if stretch.problems and (below.dialect or GNU).early:
        other = _read(below, words, indices)
        if len(other.problems) < len(stretch.problems):
            return other
    return stretch


def _read(command: Command, words: Sequence[str], indices: Sequence[int]) -> Stretch:
    first = indices[0] if indices else 0
    reading = read(command, [words[index] for index in indices])
    if not first:
        return Stretch(command, reading.given, reading.operands, reading.problems, reading.doubtful)
    return Stretch(
        command,
        tuple(_moved(given, first) for given in reading.given),
        tuple(
            Operand(one.index + first, one.text, one.after_terminator) for one in reading.operands
        ),
        tuple(
            Problem(one.code, one.index + first, one.token, one.option, one.candidates)
            for one in reading.problems
        ),
        frozenset(index + first for index in reading.doubtful),
    )


def _moved(given: Given, by: int) -> Given:
    at = None if given.value_index is None else given.value_index + by
    return Given(given.option, given.index + by, given.spelling, given.name, given.values, at)
