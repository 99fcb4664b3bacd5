"""What changed between two releases: commands, options and what is said of them.

Texts (descriptions, summaries, metavars) are no part of it: a page reworded is not a change of what
is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from commands.model import Command, Deprecation, Kind, Option, Positional
from commands.store import SurfaceStore

Verb = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact, as it was and as it is, written out. Empty: there was or is none."""

    fact: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OptionChange:
    """One option. ``names`` are those of the newer release where it still exists."""

    verb: Verb
    names: tuple[str, ...]
    facts: tuple[FactChange, ...] = ()
    replacement: str = ""
    """For a removed one: what the older release said to use instead."""
    description: str = ""

    @property
    def newly_deprecated(self) -> bool:
        """Whether it was given up in the newer release, and is accepted still."""
        return any(one.fact == "deprecated" and not one.before for one in self.facts)


@dataclass(frozen=True, slots=True)
class CommandChange:
    """One command. Of an added or removed one, the options aren't listed."""

    verb: Verb
    path: tuple[str, ...]
    kind: Kind
    facts: tuple[FactChange, ...] = ()
    options: tuple[OptionChange, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class SurfaceDiff:
    """Everything that changed from ``old`` to ``new``, in the order of kinds and paths."""

    product: str
    old: str
    new: str
    commands: tuple[CommandChange, ...]

    def text(self) -> str:
        """Write it as plain text, one line a change: ``+`` added, ``-`` removed, ``~`` changed."""
        return "\n".join([self._title(), *self._lines("", "  ")]) + "\n"

    def markdown(self) -> str:
        """Write it as Markdown: a list of commands, their changes indented."""
        return "\n".join([f"## {self._title()}", "", *self._lines("- ", "  ")]) + "\n"

    def _title(self) -> str:
        commands = _counted("command", [one.verb for one in self.commands])
        options = _counted("option", [o.verb for one in self.commands for o in one.options])
        said = "; ".join(part for part in (commands, options) if part)
        return f"{self.product} {self.old} → {self.new}: {said or 'nothing changed'}"

    def _lines(self, bullet: str, indent: str) -> Iterator[str]:
        code = "`" if bullet else ""
        for one in self.commands:
            path = f"{code}{' '.join(one.path)}{code}"
            sign = "" if one.verb == "changed" else f"{_SIGNS[one.verb]} "
            yield f"{bullet}{sign}{path}{_aside(one.summary) if one.verb == 'added' else ''}"
            for fact in one.facts:
                yield f"{indent}{bullet}{_SIGNS['changed']} {_fact(fact, code)}"
            for option in one.options:
                names = f"{code}{', '.join(option.names)}{code}"
                line = f"{indent}{bullet}{_SIGNS[option.verb]} {names}"
                if option.verb == "added":
                    line += _aside(option.description)
                if option.replacement:
                    line += f" → {code}{option.replacement}{code}"
                if option.facts:
                    line += f": {'; '.join(_fact(fact, code) for fact in option.facts)}"
                yield line


_SIGNS: dict[Verb, str] = {"added": "+", "removed": "-", "changed": "~"}


def diff(
    store: SurfaceStore, product: str, old: str, new: str, path: Sequence[str] = ()
) -> SurfaceDiff:
    """Compare two releases of a product, or only the commands under ``path``.

    Options are those that each command declares itself: one that all commands inherit is told once.
    Raises UnknownProduct, UnknownVersion.
    """
    under = tuple(path)
    changes = (
        compare(before, after)
        for before, after in store.changed(product, old, new)
        if any(one and one.path[: len(under)] == under for one in (before, after))
    )
    return SurfaceDiff(product, old, new, tuple(one for one in changes if one))


def compare(before: Command | None, after: Command | None) -> CommandChange | None:
    """Compare one command with itself at another release; None where nothing changed."""
    if before is None or after is None:
        one = before or after
        if one is None:
            return None
        verb: Verb = "added" if before is None else "removed"
        return CommandChange(verb, one.path, one.kind, summary=one.summary)
    facts = _facts(_command_facts(before), _command_facts(after))
    options = tuple(_options(before.options, after.options))
    if not facts and not options:
        return None
    return CommandChange("changed", after.path, after.kind, facts, options, after.summary)


def _options(before: Sequence[Option], after: Sequence[Option]) -> Iterator[OptionChange]:
    pairs = _paired(before, after)
    kept = {id(new) for new in pairs.values()}
    for old in before:
        new = pairs.get(id(old))
        if new is None:
            replacement = old.deprecated.replacement if old.deprecated else ""
            yield OptionChange("removed", old.names, replacement=replacement)
        elif facts := _facts(_option_facts(old), _option_facts(new)):
            yield OptionChange("changed", new.names, facts, description=new.description)
    for new in after:
        if id(new) not in kept:
            yield OptionChange("added", new.names, description=new.description)


def _paired(before: Sequence[Option], after: Sequence[Option]) -> dict[int, Option]:
    """Tell which option is which: by a long name first, as short ones are given to others.

    ``-d`` of pgbench meant ``--debug`` up to 16 and means ``--dbname`` from 17 on.
    """
    pairs: dict[int, Option] = {}
    taken: set[int] = set()
    for long in (True, False):
        owners = {
            name: option
            for option in after
            for name in option.spellings
            if (len(name.lstrip("-+")) > 1) is long
        }
        for option in before:
            shared = (owners[name] for name in option.spellings if name in owners)
            other = next((one for one in shared if id(one) not in taken), None)
            if other is not None and id(option) not in pairs:
                pairs[id(option)] = other
                taken.add(id(other))
    return pairs


def _facts(before: dict[str, str], after: dict[str, str]) -> tuple[FactChange, ...]:
    return tuple(
        FactChange(name, before[name], after[name])
        for name in before
        if before[name] != after[name]
    )


def _option_facts(option: Option) -> dict[str, str]:
    return {
        "names": ", ".join(sorted(option.names)),
        "negations": ", ".join(sorted(option.negations)),
        "values": option.arity,
        "type": option.type,
        "choices": ", ".join(option.choices),
        "default": "" if option.default is None else repr(option.default),
        "required": _flag(option.required),
        "repeatable": _flag(option.repeatable),
        "waives required": _flag(option.waives_required),
        "deprecated": _deprecation(option.deprecated),
        "hidden": _flag(option.hidden),
        "inheritable": _flag(option.inheritable),
    }


def _command_facts(command: Command) -> dict[str, str]:
    return {
        "aliases": ", ".join(sorted(" ".join(alias) for alias in command.aliases)),
        "arguments": " ".join(map(_usage, command.positionals)),
        "groups": "; ".join(
            sorted(f"{group.kind}: {', '.join(group.members)}" for group in command.groups)
        ),
        "deprecated": _deprecation(command.deprecated),
        "hidden": _flag(command.hidden),
    }


def _usage(positional: Positional) -> str:
    shown = positional.name + "..." * (positional.repeatable or positional.remainder)
    return shown if positional.required else f"[{shown}]"


def _deprecation(deprecated: Deprecation | None) -> str:
    if deprecated is None:
        return ""
    instead = f"use {deprecated.replacement}" if deprecated.replacement else ""
    return deprecated.note or instead or "yes"


def _flag(value: bool) -> str:
    return "yes" if value else ""


def _counted(noun: str, verbs: Sequence[Verb]) -> str:
    parts = [f"{count} {verb}" for verb in _SIGNS if (count := verbs.count(verb))]
    return f"{noun}s {', '.join(parts)}" if parts else ""


def _fact(change: FactChange, code: str) -> str:
    if change.fact == "choices":
        before, after = change.before.split(", "), change.after.split(", ")
        gained = [f"+{one}" for one in after if one and one not in before]
        lost = [f"-{one}" for one in before if one and one not in after]
        if gained or lost:
            return f"choices {code}{' '.join(gained + lost)}{code}"
    return f"{change.fact} {change.before or 'none'} → {change.after or 'none'}"


def _aside(text: str) -> str:
    return f": {text}" if text else ""
