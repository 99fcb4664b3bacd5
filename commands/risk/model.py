"""What running a text may do, and why it is thought so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from commands.shell import Span

Level = Literal["read", "write", "destructive"]
"""read: changes nothing. write: changes something. destructive: loses something that isn't easily
had back, or stops what others depend on. A human checkpoint belongs before the last."""

MAX_REASONS = 100
"""Told of one text. The level is that of all."""

_ORDER: dict[Level, int] = {"read": 0, "write": 1, "destructive": 2}


def higher(levels: Iterable[Level]) -> Level:
    """Give the highest of some levels; read if there is none."""
    return max(levels, key=_ORDER.__getitem__, default="read")


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``span`` is the command, or the redirection, that it is about."""

    level: Level
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Risk:
    """The highest level of all reasons; the reasons of that level come first."""

    level: Level
    reasons: tuple[Reason, ...] = ()


def risk_of(reasons: Iterable[Reason]) -> Risk:
    """Put reasons together, equal ones once, at most ``MAX_REASONS``."""
    found = sorted(dict.fromkeys(reasons), key=lambda one: (-_ORDER[one.level], one.span.start))
    return Risk(higher(one.level for one in found), tuple(found[:MAX_REASONS]))
