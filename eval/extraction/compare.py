"""Extracted options against what the program accepts: exact sets, every difference by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from commands.model import Command
from eval.truth.facts import Facts, Taking

_ONE_USE: Mapping[str, Taking] = {
    "none": "none",
    "one": "one",
    "optional": "optional",
    "many": "one",
    "any": "optional",
}
"""How facts about getopt_long(3) tell an arity: no more than one word."""

Kind = Literal["no page", "missing", "extra", "arity"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the pages and the program don't agree on."""

    command: str
    kind: Kind
    flag: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.command, self.flag, self.detail)))


@dataclass(slots=True)
class Comparison:
    """One release. Commands without a page count as wrong, and so do their flags."""

    facts: Facts
    commands: int = 0
    exact: int = 0
    flags: int = 0
    """Spellings that the program lists in its help."""
    found: int = 0
    hidden: int = 0
    """Spellings that are known to be accepted without being listed."""
    hidden_found: int = 0
    unwritten: int = 0
    """Of the missing ones, those that stand nowhere in the text of the command's page."""
    compared: int = 0
    """Flags whose way of taking a value both sides state."""
    agreed: int = 0
    differences: list[Difference] = field(default_factory=list)
    candidates: list[tuple[str, str, Taking]] = field(default_factory=list)
    """Spellings that the help doesn't list, and what the pages say they take: to be tried on the
    program, see ``python -m eval.truth --probe``."""

    def count(self, kind: Kind) -> int:
        """How many differences are of that kind."""
        return sum(one.kind == kind for one in self.differences)


def compare(
    facts: Facts, extracted: Iterable[Command], texts: Mapping[str, str] | None = None
) -> Comparison:
    """Compare every command that the facts name.

    Inherited options are looked up where they are declared: a command lacks nothing that one above
    it passes on. Negations that the dialect gives every switch need no mention of their own.
    ``texts`` is the whole text of each command's pages, to tell what was overlooked from what no
    page has.
    """
    known = {" ".join(one.path): one for one in extracted if one.kind == "command"}
    result = Comparison(facts)
    for name, flags in sorted(facts.commands.items()):
        result.commands += 1
        command = known.get(name)
        unlisted = facts.unlisted.get(name, {})
        if command is None:
            result.flags += len(flags)
            result.hidden += len(unlisted)
            result.differences.append(Difference(name, "no page"))
            continue
        spelled = _spelled(command)
        above = _inherited(name, known)
        before = len(result.differences)
        prefixes = command.dialect.negations if command.dialect else ()
        text = texts.get(name, "") if texts is not None else None
        for flag, taking in sorted(flags.items()):
            if _implied(flag, flags, prefixes):
                continue
            result.flags += 1
            said = spelled.get(flag, above.get(flag))
            if said is None:
                unwritten = text is not None and not _written(flag, text)
                result.unwritten += unwritten
                detail = "(not on the page)" if unwritten else ""
                result.differences.append(Difference(name, "missing", flag, detail))
                continue
            result.found += 1
            _arity(result, name, flag, taking, said)
        for flag, said in sorted(spelled.items()):
            if flag in flags or _implied(flag, flags, prefixes):
                continue
            result.candidates.append((name, flag, said))
            if flag in unlisted:
                _arity(result, name, flag, unlisted[flag], said)
            elif name not in facts.open and not _implied(flag, unlisted, prefixes):
                result.differences.append(Difference(name, "extra", flag))
        hidden = [
            one for one in unlisted if one not in flags and not _implied(one, flags, prefixes)
        ]
        result.hidden += len(hidden)
        result.hidden_found += sum(one in spelled or one in above for one in hidden)
        wrong = {one.kind for one in result.differences[before:]}
        result.exact += wrong.isdisjoint({"missing", "extra"})
    return result


def _written(flag: str, text: str) -> bool:
    """Whether the spelling stands in the text, a letter perhaps among others: ``-v`` in ``-va``."""
    name = re.escape(flag)
    if len(flag) == 2 and flag[1].isalnum():
        name = rf"-[A-Za-z0-9]*{flag[1]}[A-Za-z0-9]*"
    return re.search(rf"(?<![\w-]){name}(?![\w-])", text) is not None


def _spelled(command: Command) -> dict[str, Taking]:
    out: dict[str, Taking] = {}
    for option in command.options:
        if option.inherited:
            continue
        taking = _ONE_USE.get(option.arity, "unknown")
        out.update(dict.fromkeys(option.names, taking))
        out.update(dict.fromkeys(option.negations, "none"))
    return out


def _inherited(name: str, known: Mapping[str, Command]) -> dict[str, Taking]:
    out: dict[str, Taking] = {}
    words = name.split()
    for length in range(1, len(words)):
        command = known.get(" ".join(words[:length]))
        for option in command.options if command else ():
            if option.inheritable:
                taking = _ONE_USE.get(option.arity, "unknown")
                out.update(dict.fromkeys(option.names, taking))
    return out


def _implied(flag: str, flags: Mapping[str, Taking], prefixes: Iterable[str]) -> bool:
    """Whether ``--no-x`` stands for an ``--x`` that is listed, in a dialect that negates all."""
    return any(
        flag.startswith(f"--{prefix}") and f"--{flag[2 + len(prefix) :]}" in flags
        for prefix in prefixes
    )


def _arity(result: Comparison, name: str, flag: str, truth: Taking, said: Taking) -> None:
    if truth == "unknown":
        return
    result.compared += 1
    if truth == said:
        result.agreed += 1
    else:
        detail = f"takes {truth}, the pages say {said}"
        result.differences.append(Difference(name, "arity", flag, detail))
