"""How each family of programs is asked for its options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from eval.truth.facts import Flags, Taking
from eval.truth.getopt_tables import tables
from eval.truth.help_text import commands_of, flags_of
from ingest.sources.sandbox import Tree


@dataclass(frozen=True)
class Asked:
    """What some programs said."""

    listed: dict[str, Flags]
    open: tuple[str, ...] = ()
    unlisted: dict[str, Flags] = field(default_factory=dict)


_REPOSITORY = ("init", "-q")
"""git answers only inside a repository."""

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
            table = tables(path, flags)
            if flags:
                found[name] = {one: table.get(one, taking) for one, taking in flags.items()}
            if flags and table.keys() - flags.keys():
                unlisted[name] = {one: table[one] for one in table.keys() - flags.keys()}
    return Asked(found, unlisted=unlisted)


def by_help_all(tree: Tree, programs: Iterable[str]) -> Asked:
    """``program --help all``: curl prints a selection without the second word."""
    found: dict[str, Flags] = {}
    for name in programs:
        path = tree.program(name)
        if path and (flags := flags_of(tree.output(path, ["--help", "all"]))):
            found[name] = flags
    return Asked(found)


REJECTED = re.compile(
    r"unknown (?:shorthand )?(?:flag|option|switch|argument)|unrecognized (?:argument|option)"
    r"|invalid option|ambiguous option|^fatal: bad|invalid upstream",
    re.IGNORECASE | re.MULTILINE,
)
"""How pflag and git say that they don't know an option."""


_NONSENSE = "--no-program-has-this-option"


def probe(
    tree: Tree, asked: Asked, candidates: Iterable[tuple[str, str, Taking]], *, git: bool
) -> Asked:
    """Try spellings that the help doesn't list, and add those that are accepted as unlisted.

    Only for programs that read all options before doing anything, and are asked for help in the
    same breath: ``docker run --cpu-count=1 --help``.
    """
    unlisted = {command: dict(flags) for command, flags in asked.unlisted.items()}
    undecided: dict[str, bool] = {}
    ask = ["-h"] if git else ["--help"]

    def accepts(command: str, given: list[str]) -> bool:
        words = command.split()
        program = tree.program(words[0])
        if program is None:
            return False
        before = _REPOSITORY if git else ()
        said = tree.output(program, [*words[1:], *given, *ask], before=before)
        return bool(said.strip()) and not REJECTED.search(said)

    for command, flag, taking in candidates:
        if flag in asked.listed.get(command, {}):
            continue
        if command not in undecided:  # some print their usage whatever they are given
            undecided[command] = accepts(command, [_NONSENSE])
        given = [f"{flag}=1" if taking != "none" and flag.startswith("--") else flag]
        given += ["1"] if taking == "one" and not flag.startswith("--") else []
        if not undecided[command] and accepts(command, given):
            unlisted.setdefault(command, {})[flag] = taking
    silent = (command for command, unknown in undecided.items() if unknown)
    return replace(asked, unlisted=unlisted, open=tuple(dict.fromkeys((*asked.open, *silent))))


def by_cobra(tree: Tree, programs: Iterable[str]) -> Asked:
    """``program … --help``, down through the subcommands that each help text lists.

    What ``program options`` lists (kubectl) is accepted everywhere and stands with the program.
    """
    found: dict[str, Flags] = {}
    unlisted: dict[str, Flags] = {}

    def ask(path: Path, words: list[str]) -> None:
        text = tree.output(path, [*words[1:], "--help"])
        flags = found[" ".join(words)] = flags_of(text)
        # It answered to --help; to -h it does where it has no other use for the letter.
        helped: Flags = {"--help": "none"}
        if "-h" not in flags and "unknown" not in tree.output(path, [*words[1:], "-h"]):
            helped["-h"] = "none"
        unlisted[" ".join(words)] = {
            one: taking for one, taking in helped.items() if one not in flags
        }
        if len(words) <= MAX_DEPTH:
            for name in commands_of(text):
                if name != "help" and " ".join([*words, name]) not in found:
                    ask(path, [*words, name])

    for program in programs:
        if path := tree.program(program):
            ask(path, [program])
            if "options" in tree.output(path, ["--help"]).split():
                found[program] = {**found[program], **flags_of(tree.output(path, ["options"]))}
    return Asked(found, unlisted=unlisted)


def by_git(tree: Tree, programs: Iterable[str]) -> Asked:
    """``git X -h`` for short options, and the list that git gives to shells' completion.

    Commands that don't use git's option parser, or pass options on, are open.
    """
    found: dict[str, Flags] = {}
    unsaid: list[str] = []
    git = tree.program("git")
    if "git" not in programs or git is None:
        return Asked(found)
    for name in tree.output(git, ["--list-cmds=builtins"], before=_REPOSITORY).split():
        flags = flags_of(tree.output(git, [name, "-h"], before=_REPOSITORY), bracketed=True)
        listed = tree.output(git, [name, "--git-completion-helper-all"], before=_REPOSITORY)
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


def by_openssl(tree: Tree, programs: Iterable[str]) -> Asked:
    """``openssl list -options X``: the table that its option parser reads, with the kind of value.

    A kind of ``-`` is a switch. Where the table has an entry without a name, printed as ``-``,
    every digest or cipher is an option of that name too.
    """
    openssl = tree.program("openssl")
    if "openssl" not in programs or openssl is None:
        return Asked({})
    found: dict[str, Flags] = {}
    unlisted: dict[str, Flags] = {}
    lists = [tree.output(openssl, ["list", "-1", f"-{what}-commands"]) for what in _ALGORITHMS]
    algorithms: Flags = {f"-{name}": "none" for text in lists for name in text.split()}
    for name in tree.output(openssl, ["list", "-1", "-commands"]).split():
        flags: Flags = {}
        for line in tree.output(openssl, ["list", "-options", name]).splitlines():
            word, _, kind = line.strip().partition(" ")
            if word == "-":
                unlisted[f"openssl {name}"] = algorithms
            elif re.fullmatch(r"[A-Za-z0-9][\w-]*", word):
                flags[f"-{word}"] = "none" if kind.strip() == "-" else "one"
        if flags:
            found[f"openssl {name}"] = flags
    return Asked(found, unlisted=unlisted)


_ALGORITHMS = ("digest", "cipher")


METHODS: Mapping[str, Callable[[Tree, Iterable[str]], Asked]] = MappingProxyType(
    {
        "help": by_help,
        "help all": by_help_all,
        "cobra": by_cobra,
        "git": by_git,
        "openssl": by_openssl,
    }
)
