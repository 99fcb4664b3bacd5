"""What a synopsis says: positionals, options it demands, options that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from commands.model import Group, Option, Positional
from ingest.extract.terms import Notation, parse_term
from ingest.extract.usage import Choice, Node, Word, parse_usage, words

MAX_POSITIONALS = 20
"""Of one command; the most that a real one has, of git's mailinfo and alike, are five."""

_OPTIONS = re.compile(
    r"[\[<]?(?:[\w-]+-)?(?:options?|flags|opts|switches|global_options)[\]>]?(?:\.\.\.)?",
    re.IGNORECASE,
)
_OPTION = re.compile(r"-{1,2}[\w?#@\[]|\+[\w\[]")
_LITERAL = re.compile(r"[a-z][\w-]*(?:\[[a-z]+\])?")
_COMMAND = re.compile(r"<?(?:sub)?(?:command|program|utility|cmd|executable)>?", re.IGNORECASE)
_ARGUMENTS = re.compile(r"<?arg(?:s|v|ument|uments|ument\(s\))?>?", re.IGNORECASE)
_TOKEN = re.compile(r"\w")
_REMARK = re.compile(r"[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Synopsis:
    """What all usages of a command say together."""

    positionals: tuple[Positional, ...] = ()
    required: frozenset[str] = frozenset()
    """Options that every usage has outside brackets, each by the name it has there."""
    groups: tuple[Group, ...] = ()
    options: tuple[str, ...] = ()
    """Every option that stands in it, as printed: ``--mirror=(fetch|push)``."""
    named: frozenset[str] = frozenset()
    """Their names, those in a cluster (``-va``) one by one."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands alone with an option in brackets: ``{"-s": "syscall"}`` for ``[-s syscall]``."""
    general: bool = False
    """Whether it also says ``[options]``: then it doesn't name them all."""


@dataclass(slots=True)
class _Usage:
    positionals: list[Positional] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    groups: list[Group] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    general: bool = False
    literal: str = ""
    """The subcommand that the usage is of: ``push`` of ``git stash push``."""


def read_synopsis(
    lines: Sequence[str],
    command: str,
    options: Sequence[Option],
    notation: Notation,
) -> Synopsis:
    """Read the usages of one command. ``options`` are those that the page defines."""
    known = {name: option for option in options for name in option.spellings}
    path = command.split()
    read = []
    for line in lines:
        for branches in _alternatives(parse_usage(line)):
            reader = _Reader(path, known, notation, angles="<" in line)
            read.append(reader.read(branches))
    if not read:
        return Synopsis()
    required = set.intersection(*(usage.required for usage in read)) if read else set()
    return Synopsis(
        positionals=_together(read),
        required=frozenset(required),
        groups=tuple(
            dict.fromkeys(
                # What one usage demands, another may do without.
                group if len(read) == 1 else Group("at_most_one", group.members)
                for usage in read
                for group in usage.groups
            )
        ),
        options=tuple(dict.fromkeys(word for usage in read for word in usage.options)),
        named=frozenset(
            name for usage in read for word in usage.options for name in _names(word, notation)
        ),
        values={name: value for usage in read for name, value in usage.values.items()},
        general=any(usage.general for usage in read),
    )


def _names(word: str, notation: Notation) -> Iterator[str]:
    for spelling in parse_term(word, notation):
        yield spelling.name
        if not spelling.name.startswith("--"):
            yield from (f"-{letter}" for letter in spelling.name[1:])


def _alternatives(branches: tuple[tuple[Node, ...], ...]) -> list[tuple[Node, ...]]:
    """A line with top-level alternatives: of words, ``PATH | URL | -``, or of whole usages."""
    if len(branches) < 2:
        return list(branches)
    first, *others = branches
    if all(len(other) == 1 for other in others) and first:
        joined = Choice((first[-1:], *others), optional=False)
        return [(*first[:-1], joined)]
    return list(branches)


class _Reader:
    def __init__(
        self, path: list[str], known: Mapping[str, Option], notation: Notation, *, angles: bool
    ) -> None:
        self._path = list(path)
        self._known = known
        self._notation = notation
        self._angles = angles
        self._usage = _Usage()

    def read(self, nodes: tuple[Node, ...]) -> _Usage:
        self._sequence(self._after_path(nodes), optional=False, top=True)
        return self._usage

    def _after_path(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        rest = list(nodes)
        for word in self._path:
            if rest and isinstance(rest[0], Word) and rest[0].text.strip("'*") == word:
                rest.pop(0)
        return tuple(rest)

    def _sequence(self, nodes: tuple[Node, ...], *, optional: bool, top: bool = False) -> None:
        after: Option | None = None
        for number, node in enumerate(nodes):
            if isinstance(node, Choice):
                following = nodes[number + 1] if number + 1 < len(nodes) else None
                after = self._shared_value(node, following) if len(nodes) == 2 and not top else None
                self._choice(node, optional=optional)
                continue
            if _OPTION.match(node.text) and node.text != "--":
                following = nodes[number + 1] if number + 1 < len(nodes) else None
                after = self._option(node, following, top=top, alone=not top and len(nodes) == 2)
                continue
            takes, after = after is not None and _takes_next(after), None
            if _OPTIONS.fullmatch(node.text):
                self._usage.general = True
                continue
            if takes or node.text in {"--", "-"}:
                continue
            if top and _noted(nodes, number):
                continue
            if number == 0 and top and self._is_literal(node):
                self._usage.literal = node.text
                continue
            self._positional(node, optional=optional)

    def _shared_value(self, choice: Choice, following: Node | None) -> Option | None:
        """``(-m | --message) <text>``: what follows is the value of each."""
        spelled = [
            parse_term(branch[0].text, self._notation)
            for branch in choice.branches
            if len(branch) == 1 and isinstance(branch[0], Word) and _OPTION.match(branch[0].text)
        ]
        bare = [one[0] for one in spelled if one and one[0].value.arity == "none"]
        if len(bare) != len(choice.branches) or not isinstance(following, Word):
            return None
        if _OPTION.match(following.text) or _OPTIONS.fullmatch(following.text):
            return None
        for one in bare:
            self._usage.values.setdefault(one.name, following.text.strip("<>"))
        return _TAKER

    def _is_literal(self, word: Word) -> bool:
        """A word to be typed as it is. Where placeholders stand in angles, all others are."""
        return _LITERAL.fullmatch(word.text) is not None and not word.repeated and self._angles

    def _option(
        self, word: Word, following: Node | None, *, top: bool, alone: bool
    ) -> Option | None:
        spelled = parse_term(word.text, self._notation)
        if not spelled:
            return None
        name = spelled[0].name
        option = self._known.get(name)
        text = word.text
        value = following.text if alone and isinstance(following, Word) else ""
        if spelled[0].value.arity != "none" or _OPTION.match(value) or _OPTIONS.fullmatch(value):
            value = ""
        if value and value != "--":
            self._usage.values.setdefault(name, value.strip("<>"))
            text = f"{text} {value}" if option is None else text
        self._usage.options.append(text)
        if top:
            self._usage.required.add(name)
        if value:
            return _TAKER
        return None if spelled[0].value.arity != "none" else option

    def _choice(self, choice: Choice, *, optional: bool) -> None:
        if not choice.optional and _is_remark(choice):
            return
        inner = optional or choice.optional or len(choice.branches) > 1
        members = self._exclusive(choice)
        if len(members) > 1:
            self._usage.groups.append(
                Group("at_most_one" if optional or choice.optional else "exactly_one", members)
            )
        single = [branch[0] for branch in choice.branches if len(branch) == 1]
        if len(single) == len(choice.branches) > 1 and not any(
            isinstance(node, Choice) or _OPTION.match(node.text) for node in single
        ):
            names = [node.text for node in single if isinstance(node, Word)]
            repeated = choice.repeated or any(isinstance(n, Word) and n.repeated for n in single)
            joined = Word("|".join(names), repeated)
            self._positional(joined, optional=optional or choice.optional)
            return
        before = len(self._usage.positionals)
        for branch in choice.branches:
            self._sequence(branch, optional=inner)
        if choice.repeated:
            self._usage.positionals[before:] = [
                _repeatable(one) for one in self._usage.positionals[before:]
            ]

    def _exclusive(self, choice: Choice) -> tuple[str, ...]:
        """One name each of the options that are the branches; none where a branch is more."""
        found: dict[str, None] = {}
        for branch in choice.branches:
            named = [
                spelled[0].name
                for word in words(branch)
                if _OPTION.match(word.text) and (spelled := parse_term(word.text, self._notation))
            ]
            options = list(dict.fromkeys(self._known[n].name for n in named if n in self._known))
            if len(options) != 1 or any(name not in self._known for name in named):
                return ()
            found[options[0]] = None
        return tuple(found)

    def _positional(self, word: Word, *, optional: bool) -> None:
        name = word.text.strip().strip("'")
        if not _TOKEN.search(name) or len(name) > 200 or "=" in name[:1]:
            return
        bare = name[1:-1] if name[0] == "<" and name[-1] == ">" and "<" not in name[1:] else name
        positionals = self._usage.positionals
        if _ARGUMENTS.fullmatch(name) and positionals and _COMMAND.fullmatch(positionals[-1].name):
            last = positionals[-1]
            positionals[-1] = Positional(last.name, last.required, remainder=True)
            positionals.append(Positional(bare, required=False, repeatable=True))
            return
        if len(positionals) < MAX_POSITIONALS:
            positionals.append(Positional(bare, required=not optional, repeatable=word.repeated))


def _is_remark(choice: Choice) -> bool:
    """``(without -G)``, ``(ignored command line arguments)``."""
    branch = choice.branches[0] if len(choice.branches) == 1 else ()
    plain = [isinstance(node, Word) and _LITERAL.fullmatch(node.text) for node in branch]
    return len(branch) > 1 and bool(plain[0])


_TAKER = Option(names=("-",), arity="one")


def _takes_next(option: Option) -> bool:
    return option.arity in {"one", "many"}


def _noted(nodes: tuple[Node, ...], number: int) -> bool:
    """``[-squash] Experimental [--force-rm]``: a word about the option before it, no operand."""
    node, around = nodes[number], (*nodes[number - 1 : number], *nodes[number + 1 : number + 2])
    return (
        isinstance(node, Word)
        and _REMARK.fullmatch(node.text) is not None
        and len(around) == 2
        and all(isinstance(one, Choice) and one.optional for one in around)
        and all(_OPTION.match(word.text) for one in around for word in words((one,)))
    )


def _repeatable(positional: Positional) -> Positional:
    return Positional(
        positional.name,
        required=positional.required,
        repeatable=True,
        remainder=positional.remainder,
    )


def _together(read: Sequence[_Usage]) -> tuple[Positional, ...]:
    """The positionals of several usages as one list: nothing is required that one goes without."""
    literals = [usage.literal for usage in read]
    lists = [usage.positionals for usage in read]
    if any(literals):
        word = Positional(
            "subcommand",
            required=all(literals),
            choices=tuple(dict.fromkeys(_expanded(literals))) if all(literals) else (),
        )
        lists = [
            [word, *usage.positionals[0 if usage.literal else 1 :]]
            if usage.literal or usage.positionals
            else []
            for usage in read
        ]
    longest = max(lists, key=len)
    return tuple(_merged(at, longest[at], lists) for at in range(len(longest)))


def _merged(at: int, base: Positional, lists: Sequence[list[Positional]]) -> Positional:
    here = [one[at] for one in lists if at < len(one)]
    names = dict.fromkeys(name for one in here for name in one.name.split("|"))
    return Positional(
        name="|".join(names)[:200],
        required=len(here) == len(lists) and all(one.required for one in here),
        repeatable=any(one.repeatable for one in here),
        choices=base.choices if all(one.choices == base.choices for one in here) else (),
        remainder=all(one.remainder for one in here),
    )


def _expanded(literals: Sequence[str]) -> Iterator[str]:
    """``init[db]`` is both ``init`` and ``initdb``."""
    for literal in literals:
        head, bracket, tail = literal.partition("[")
        yield head
        if bracket:
            yield head + tail.removesuffix("]")
