"""How each family of programs is asked for its options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from eval.truth.facts import Flags
from eval.truth.getopt_tables import tables
from eval.truth.help_text import commands_of, flags_of
from eval.truth.sandbox import Tree

@dataclass(frozen=True)
class Asked:
    """What some programs said."""

    listed: dict[str, Flags]
    open: tuple[str, ...] = ()
    unlisted: dict[str, Flags] = field(default_factory=dict)

MAX_DEPTH = 4
"""Of subcommands. The deepest of docker, ``docker trust key generate``, is at 3."""

_COMPLETION = re.compile(r"--?[\w-]+=?")


def by_help(tree: Tree, programs: Iterable[str]) -> Asked:
    """``program --help``, once each.

    Help says loosely what takes a value; the table that getopt_long(3) reads says it exactly, and
    holds what the help doesn't list.
    """
    found: dict[str, Flags] = {}
    unlisted: dict[str, Flags] = {}
    for name in programs:
        if path := tree.program(name):
            flags = flags_of(tree.output(path, ["--help"]))
            table = tables(path)
            if flags:
                found[name] = {one: table.get(one, taking) for one, taking in flags.items()}
            if flags and table.keys() - flags.keys():
                unlisted[name] = {one: table[one] for one in table.keys() - flags.keys()}
    return Asked(found, unlisted=unlisted)


def by_help_all(tree: Tree, programs: Iterable[str]) -> Asked:
    """``program --help all``: curl prints a selection without the second word."""
    found: dict[str, Flags] = {}
    for name in programs:
        if path := tree.program(name):
            if flags := flags_of(tree.output(path, ["--help", "all"])):
                found[name] = flags
    return Asked(found)


def by_cobra(tree: Tree, programs: Iterable[str]) -> Asked:
    """``program … --help``, down through the subcommands that each help text lists.

    What ``program options`` lists (kubectl) is accepted everywhere and stands with the program.
    """
    found: dict[str, Flags] = {}

    def ask(words: list[str]) -> None:
        text = tree.output(path, [*words[1:], "--help"])
        found[" ".join(words)] = flags_of(text)
        if len(words) <= MAX_DEPTH:
            for name in commands_of(text):
                if name != "help" and " ".join([*words, name]) not in found:
                    ask([*words, name])

    for program in programs:
        if path := tree.program(program):
            ask([program])
            if "options" in tree.output(path, ["--help"]).split():
                found[program] = {**found[program], **flags_of(tree.output(path, ["options"]))}
    return Asked(found)


def by_git(tree: Tree, programs: Iterable[str]) -> Asked:
    """``git X -h`` for short options, and the list that git gives to shells' completion.

    Commands that don't use git's option parser, or pass options on, are open.
    """
    found: dict[str, Flags] = {}
    unsaid: list[str] = []
    git = tree.program("git")
    if "git" not in programs or git is None:
        return Asked(found)
    for name in tree.output(git, ["--list-cmds=builtins"], git=True).split():
        flags = flags_of(tree.output(git, [name, "-h"], git=True))
        listed = tree.output(git, [name, "--git-completion-helper-all"], git=True)
        first = listed.strip().splitlines()[-1] if listed.strip() else ""
        words = first.split()
        if words and all(_COMPLETION.fullmatch(word) for word in words):
            for word in words:
                if word != "--":
                    taking = flags.get(word.rstrip("="), "one" if word[-1] == "=" else "unknown")
                    flags[word.rstrip("=")] = taking
        else:
            unsaid.append(f"git {name}")
        if flags:
            found[f"git {name}"] = flags
    return Asked(found, open=tuple(name for name in unsaid if name in found))


METHODS: Mapping[str, Callable[[Tree, Iterable[str]], Asked]] = MappingProxyType(
    {"help": by_help, "help all": by_help_all, "cobra": by_cobra, "git": by_git}
)
