"""What is read from a shell text: words, invocations, and the places that could not be read.

All spans count characters (code points) of the text that was given, never bytes, and every
``text`` is the slice of that text at its span: nothing is generated that can be cut out.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Literal

WordKind = Literal["literal", "placeholder", "dynamic"]
"""How far the value of a word is known.

literal: known, and meant as it stands. placeholder: one value stands here that somebody or
something fills in: ``<pod>``, ``{{name}}``, ``YOUR_BUCKET``, ``$NAME``, ``$(…)``, also behind
``--option=``. dynamic: anything else that only running would tell: ``pod-$i``, ``${x%.txt}``,
``"$@"``, ``{a,b}``.
"""

Place = Literal[
    "pipeline",
    "subshell",
    "group",
    "conditional",
    "loop",
    "case",
    "function",
    "substitution",
    "here-document",
    "string",
]
"""What an invocation stands in. string: a text handed to a shell (``sh -c``, ``eval``, ``ssh``)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters: ``text[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Word:
    """One argument.

    ``value`` is what the program would receive, or None where only running would tell; a
    placeholder written out (``<pod>``) is its own value. ``prefix`` is the part of the value known
    from its beginning: ``--namespace=`` of ``--namespace=$NS``, and all of it where it is static.
    ``splits`` says that it may become several words, or none: an unquoted expansion, ``"$@"``,
    ``{a,b}``. Globs are not expanded: ``*.txt`` is a literal.
    """

    text: str
    value: str | None
    span: Span
    kind: WordKind
    prefix: str
    splits: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """``NAME=value`` before a command. The value of an array is dynamic."""

    name: str
    value: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Redirection:
    """``2>file``: the operator with its descriptor (``2>``), and the word it points at.

    For a here-document the target is the delimiter and ``body`` its lines, without the closing one.
    """

    operator: str
    target: Word
    span: Span
    body: Span | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """One simple command.

    ``words`` holds the command's name and its own arguments. What a wrapper runs is an invocation
    of its own and not among the wrapper's words, except where it is one string argument
    (``bash -c '…'``); the wrapper's span covers both. ``assignments`` and ``redirections`` belong
    to the outermost. ``name`` is empty where it isn't static, and ``words`` is empty for a
    redirection without a command (``> file``).

    ``inside`` lists what it stands in, outermost first. ``via`` lists the wrappers looked through,
    outermost first, with their subcommands: ``("sudo", "docker exec")``.
    """

    name: str
    words: tuple[Word, ...]
    span: Span
    text: str
    assignments: tuple[Assignment, ...] = ()
    redirections: tuple[Redirection, ...] = ()
    inside: tuple[Place, ...] = ()
    via: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The name without its folder: ``kubectl`` of ``/usr/local/bin/kubectl``."""
        return posixpath.basename(self.name)


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that could not be read: its first token to the end of that line."""

    reason: str
    span: Span
    code: Literal["unparsable"] = "unparsable"


@dataclass(frozen=True, slots=True)
class Script:
    """All that was found, in the order of the text."""

    invocations: tuple[Invocation, ...]
    problems: tuple[Problem, ...] = ()
