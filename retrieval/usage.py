"""From a question to the options that matter: what a command's surface adds to a context."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

from commands.model import Command, Kind, Option
from commands.store import SurfaceStore
from corpora.model import CommandUsage, Hit, OptionUsage
from retrieval.excerpt import first_sentence
from retrieval.ranking import OptionRanking

MOST_COMMANDS = 3
MOST_OPTIONS = 8
"""Of each command: more than one question needs, fewer than a page of help."""

RELATIVE = 0.35
"""An option matches if its score is at least this share of the best one's."""

MOST_NAMES = 20
RELATIVE_NAMES = 0.2
"""The same where names alone are shown: on the 52 development tasks about the AWS and Azure CLIs,
81 % of the contexts then hold every option of the right answer, instead of 73 %."""

PAGES_KEPT = 16_384
"""Pages of which is kept whether they define options."""

OPTIONS_KEPT = 16_384
"""Options of which is kept how they are used: 1.3 kB each."""

LONGEST_LINE = 160
"""Characters said of an option on the card of its command; the whole is at ``/commands``."""

NOTES_KEPT = 16_384
"""Definitions of which is kept when their options came and went: some 4 MB."""

RANKINGS_KEPT = 1_024
"""Commands of which is kept how to rank their options: 1.5 kB an option, so some 110 MB where each
has 70. The 208 development questions use some 600."""


class CommandAt(NamedTuple):
    """A command of a release."""

    product: str
    release: str
    path: tuple[str, ...]
    kind: Kind

    @classmethod
    def of(cls, product: str, release: str, command: Command) -> Self:
        """That of a command found there."""
        return cls(product, release, command.path, command.kind)


@dataclass(frozen=True, slots=True)
class Life:
    """When an option came and went, as far as the documented releases tell."""

    since: str | None = None
    """The release that brought it; None where the oldest documented one has it already."""
    removed_in: str | None = None

    @property
    def note(self) -> str:
        """The same in words, or nothing."""
        parts = [f"since {self.since}"] if self.since else []
        parts += [f"gone in {self.removed_in}"] if self.removed_in else []
        return ", ".join(parts)


def life(store: SurfaceStore, at: CommandAt, option: Option) -> Life:
    """When ``option`` of a command came and went, seen from that release."""
    labels = [release.label for release in store.releases(at.product)]
    if len(labels) == 1:
        return Life()
    held = {
        label
        for name in option.spellings
        for label in store.releases_with(at.product, at.path, name, at.kind)
    }
    here = labels.index(at.release)
    first = here
    while first > 0 and labels[first - 1] in held:
        first -= 1
    gone = next((label for label in labels[here:] if label not in held), None)
    return Life(labels[first] if first else None, gone)


def _chosen(
    question: str,
    ranking: OptionRanking,
    names: Iterable[str],
    most: int,
    relative: float,
    *,
    required: bool = False,
) -> list[int]:
    """The options that a question spells, those of ``names`` in that order, those that match.

    With ``required``, and before those that match, some without which the command does not run.
    """
    chosen = dict.fromkeys(ranking.named(question, names))
    # No more than half of the room: the synopsis has them all.
    chosen.update(dict.fromkeys(ranking.required[: most // 2] if required else ()))
    ranked = ranking.of(question)
    chosen.update((at, None) for at, score in ranked if score >= relative * ranked[0][1])
    return list(chosen)[:most]


class Usages:
    """Says of the commands that a question is about how they are used."""

    def __init__(self, store: SurfaceStore, defines: Callable[[str, str, str], bool]) -> None:
        """``defines`` tells whether a page (product, release, slug) has passages of its options."""
        self._store = store
        self._defines = lru_cache(PAGES_KEPT)(defines)
        self._note = lru_cache(NOTES_KEPT)(self._read_note)
        self._ranking = lru_cache(RANKINGS_KEPT)(self._read_ranking)
        self._option = lru_cache(OPTIONS_KEPT)(self._read_option)

    def of(
        self,
        question: str,
        spelled: Iterable[str],
        hits: Iterable[Hit],
        product: str,
        release: str,
    ) -> tuple[CommandUsage, ...]:
        """The commands of a question: those that it spells, then those of the passages found.

        Of each, the options that the question spells, that the passages define, or that match it.
        """
        found: dict[tuple[str, ...], Command] = {}
        defined: dict[tuple[str, ...], list[str]] = {}
        for line in sorted(spelled):
            if command := self._store.command(product, release, line.split()):
                found.setdefault(command.path, command)
        documented: dict[str, Command | None] = {}
        for hit in hits:
            line = hit.passage.command
            if line not in documented:
                documented[line] = self._documented(product, release, line)
            if (known := documented[line]) is None:
                continue
            found.setdefault(known.path, known)
            defined.setdefault(known.path, []).extend(hit.passage.names)
        return tuple(
            self._usage(
                question,
                CommandAt.of(product, release, command),
                command,
                defined.get(path, []),
            )
            for path, command in list(found.items())[:MOST_COMMANDS]
        )

    def command(self, hit: Hit) -> Command | None:
        """The command whose page a passage was cut from."""
        return self._documented(hit.passage.product, hit.release, hit.passage.command)

    def _documented(self, product: str, release: str, line: str) -> Command | None:
        """The command or statement that a reference page documents."""
        if not line or product not in self._store.products:
            return None
        at, path = (product, release), tuple(line.split())
        return self._store.command(*at, path) or self._store.command(*at, path, "statement")

    def _read_note(self, product: str, release: str, line: str, names: Sequence[str]) -> str:
        command = self._documented(product, release, line)
        if command is None:
            return ""
        at = CommandAt.of(product, release, command)
        options = (command.option(name) for name in names)
        notes = {life(self._store, at, option).note for option in options if option}
        return notes.pop() if len(notes) == 1 else ""

    def note(self, hit: Hit) -> str:
        """When the option that a passage defines came and went, in words; mostly nothing."""
        passage = hit.passage
        if not passage.names:
            return ""
        return self._note(passage.product, hit.release, passage.command, passage.names)

    def card(self, question: str, hit: Hit) -> str:
        """The options that match, as lines, for a passage that is the card of a whole command.

        Nothing where the documentation has a passage for each option.
        """
        command = self._card(hit)
        if command is None:
            return ""
        at = CommandAt.of(hit.passage.product, hit.release, command)
        found = self._recommended(question, hit, at, MOST_OPTIONS, RELATIVE)
        return "\n".join(_line(self._option(at, number, own=True)) for number in found)

    def names(self, question: str, hit: Hit) -> str:
        """The names of the same options, in one line."""
        command = self._card(hit)
        if command is None:
            return ""
        at = CommandAt.of(hit.passage.product, hit.release, command)
        found = self._recommended(question, hit, at, MOST_NAMES, RELATIVE_NAMES)
        ranking = self._ranking(at, own=True)
        return ", ".join(ranking.options[number].name for number in found)

    def _recommended(
        self, question: str, hit: Hit, at: CommandAt, most: int, relative: float
    ) -> list[int]:
        """The options of a card.

        Not ``--cli-input-json``: it stands in for all others, the synopsis of the card does without
        it, and each command of a cloud has it.
        """
        ranking = self._ranking(at, own=True)
        words = set(question.split())
        return [
            number
            for number in _chosen(question, ranking, (), most, relative, required=True)
            if not (option := ranking.options[number]).waives_required
            or option.name in hit.passage.text
            or not words.isdisjoint(option.spellings)
        ]

    def _card(self, hit: Hit) -> Command | None:
        """The command whose card a passage is; None where its options have passages."""
        passage = hit.passage
        if passage.kind != "synopsis" or self._defines(passage.product, hit.release, passage.page):
            return None
        return self.command(hit)

    def _read_ranking(self, at: CommandAt, *, own: bool) -> OptionRanking:
        """The options of a command that are shown; of its ``own`` without what it inherits."""
        command = self._store.command(*at)
        options = command.options if command else ()
        return OptionRanking(
            one for one in options if not one.hidden and not (own and one.inherited)
        )

    def _usage(
        self, question: str, at: CommandAt, command: Command, names: list[str]
    ) -> CommandUsage:
        ranking = self._ranking(at, own=False)
        found = _chosen(question, ranking, names, MOST_OPTIONS, RELATIVE)
        return CommandUsage(
            path=" ".join(command.path),
            synopsis=command.synopsis[0] if command.synopsis else _synopsis(command),
            summary=command.summary,
            options=tuple(self._option(at, number, own=False) for number in found),
        )

    def _read_option(self, at: CommandAt, number: int, *, own: bool) -> OptionUsage:
        option = self._ranking(at, own=own).options[number]
        lived = life(self._store, at, option)
        return OptionUsage(
            names=option.names,
            value=_value(option),
            choices=option.choices[:20],
            default=option.default,
            required=option.required,
            since=lived.since,
            removed_in=lived.removed_in,
            deprecated=option.deprecated is not None,
            description=option.description,
        )


def _value(option: Option) -> str:
    if option.arity == "none":
        return ""
    value = option.metavar or option.type or "value"
    value += "..." * (option.arity in {"many", "any"})
    return f"[{value}]" if option.arity in {"optional", "any"} else value


def _synopsis(command: Command) -> str:
    required = [f"{one.name} {_value(one)}".strip() for one in command.options if one.required]
    rest = ["[options]"] if len(required) < len(command.options) else []
    places = [one.name if one.required else f"[{one.name}]" for one in command.positionals]
    return " ".join((*command.path, *required, *rest, *places))


def _line(option: OptionUsage) -> str:
    facts = ["required"] if option.required else []
    facts += [f"one of {', '.join(option.choices)}"] if option.choices else []
    facts += [f"default {option.default}"] if option.default else []
    facts += ["deprecated"] if option.deprecated else []
    facts += [note] if (note := Life(option.since, option.removed_in).note) else []
    said = f" ({'; '.join(facts)})" if facts else ""
    brief = first_sentence(option.description, LONGEST_LINE)
    return f"{', '.join(option.names)} {option.value}".rstrip() + f"{said}: {brief}"
