"""What real programs accept, as they were dumped → surfaces, and a plain table to check against.

The table (`Truth`) is looked up by the mutations: it shares no code with the validator.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from commands.dialect import dialect
from commands.model import (
    Arity,
    Command,
    Deprecation,
    Option,
    Positional,
    Scope,
    Surface,
    ValueType,
    one_line,
)
from corpora.errors import ParseError, Reason
from eval.validator.told import as_dump

_WAIVERS = frozenset(
    ("--cli-input-json", "--cli-input-yaml", "--generate-cli-skeleton", "--ids", "--flags-file")
)
"""Options in whose company no other is required: of awscli, az and gcloud."""
_TYPES: Mapping[str, ValueType] = {
    "string": "string",
    "bool": "boolean",
    "boolean": "boolean",
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "double": "number",
    "float": "number",
    "list": "list",
    "strings": "list",
    "map": "map",
    "structure": "object",
    "timestamp": "timestamp",
    "duration": "duration",
}
_DIALECTS = {"aws": "aws", "az": "argparse", "gcloud": "gcloud", "terraform": "go"}
_OF_TWO_NUMBERS = frozenset({"docker", "kubectl"})
"""Their releases are named by the first two numbers of the version."""


_RUNS = ("create", "exec", "run", "top")
"""Commands of docker behind whose first operand a command of its own begins: the dump has no
synopses."""
_HIDDEN = ("--net", "--net-alias", "--dns-opt", "--kernel-memory")
"""Options that docker's parser takes and its help leaves out (``MarkHidden`` in the source of
docker/cli, cli/command/container/opts.go), of the commands that run containers or update them."""
_ASKED_OF_THE_DAEMON: Mapping[tuple[str, ...], Mapping[str, Arity]] = {
    ("docker", "build"): {
        "--output -o": "one",
        "--progress": "one",
        "--secret": "one",
        "--ssh": "one",
    },
    ("docker", "checkpoint"): {},
    ("docker", "checkpoint", "create"): {"--checkpoint-dir": "one", "--leave-running": "none"},
    ("docker", "checkpoint", "ls"): {"--checkpoint-dir": "one"},
    ("docker", "checkpoint", "rm"): {"--checkpoint-dir": "one"},
    ("docker", "start"): {"--checkpoint": "one", "--checkpoint-dir": "one"},
}
"""What docker's parser takes, and its help shows only where a daemon answers that it builds with
BuildKit or is experimental (``SetAnnotation`` in the source of docker/cli 20.10, cli/command/image/
build.go and cli/command/checkpoint). The dumps were made without a daemon."""
_SYNC = ("--delete", "--exact-timestamps", "--size-only")
"""Options that awscli adds to ``s3 sync`` by an event (customizations/s3/syncstrategy), after the
table of 1.45.11 that was dumped is made."""
_SWITCHES = frozenset({"store_true", "store_false", "store_const"})
_GLOBAL: Mapping[str, Mapping[str, Arity]] = {
    "az": {
        "--debug": "none",
        "--help -h": "none",
        "--only-show-errors": "none",
        "--output -o": "one",
        "--query": "one",
        "--verbose": "none",
    }
}
"""Options of every command that the dump of Azure's command table leaves out."""
_AZURE_OPERANDS = frozenset({"source_location", "chart", "chart_package"})
"""What its table names like options, and its commands take by place (``az acr build .``)."""
_ALIASES = {
    "configmap": "cm",
    "cronjob": "cj",
    "deployment": "deploy",
    "ingress": "ing",
    "namespace": "ns",
    "poddisruptionbudget": "pdb",
    "priorityclass": "pc",
    "quota": "resourcequota",
    "service": "svc",
    "serviceaccount": "sa",
}
"""Other names of ``kubectl create``'s subcommands: the dump leaves the help's "Aliases:" out."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One release. ``options`` is path → spelling → the option; globals are among them."""

    product: str
    release: str
    surface: Surface
    options: Mapping[tuple[str, ...], Mapping[str, Option]]
    children: Mapping[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def path(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the longest path that words begin with, options between them not looked through."""
        length = 0
        while length < len(words) and tuple(words[: length + 1]) in self.options:
            length += 1
        return tuple(words[:length])


def load(path: Path) -> Truth:
    """Read a dump. Raises ParseError."""
    try:
        data = path.read_bytes()
        raw = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        raw = raw if "tool" in raw else as_dump(raw)
        product, version = str(raw["tool"]), str(raw["version"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ParseError(str(path), Reason.MALFORMED, str(error)) from error
    release = ".".join(version.split(".")[:2]) if product in _OF_TWO_NUMBERS else version
    # docker reads its own options before a subcommand only: TraverseChildren in docker/cli.
    inherits = product != "docker"
    shared = tuple(_options((product,), raw.get("global_flags", []), inheritable=inherits))
    shared += tuple(
        Option(tuple(names.split()), arity, inheritable=True)
        for names, arity in _GLOBAL.get(product, {}).items()
    )
    commands: dict[tuple[str, ...], Command] = {}
    for name, one in raw["commands"].items():
        words = tuple(name.split())
        own = tuple(
            _options(words, one["flags"], inheritable=product == "gcloud" and len(words) == 1)
        )
        taken = {spelling for option in own for spelling in option.names}
        if len(words) == 1:
            own += tuple(option for option in shared if taken.isdisjoint(option.names))
        aliases = {tuple(alias.split()) for alias in one.get("aliases", ())} - {words}
        known = {alias for alias in aliases if alias[0] == words[0] and len(alias) > 1}
        if words[:2] == ("kubectl", "create") and words[-1] in _ALIASES:
            known.add((*words[:2], _ALIASES[words[-1]]))
        commands[words] = Command(
            words,
            options=(*own, *_hidden(words, own)),
            aliases=tuple(sorted(known)),
            positionals=_positionals(words, one["flags"]),
        )
    for words in _ASKED_OF_THE_DAEMON if product == "docker" else ():
        commands.setdefault(words, Command(words, options=tuple(_hidden(words, ()))))
    root = (product,)
    if root not in commands:
        commands[root] = Command(root, options=shared)
    tree = dialect(_DIALECTS.get(product, "pflag"))
    scopes = (Scope("binary", ("options", "commands")),)
    surface = Surface(product, release, ("binary",), tuple(_once(commands)), tree, scopes)
    return Truth(product, release, surface, *_table(commands))


def _hidden(words: tuple[str, ...], own: Sequence[Option]) -> Iterator[Option]:
    taken = {name for option in own for name in option.names}
    containers = words[1:-1] in {(), ("container",)}
    short = ("docker", *words[2:]) if words[1:2] in {("image",), ("container",)} else words
    for names, arity in _ASKED_OF_THE_DAEMON.get(short, {}).items():
        if taken.isdisjoint(names.split()):
            yield Option(tuple(names.split()), arity, hidden=True)
    if words[0] == "docker" and words[-1] in {"run", "create", "update"} and containers:
        for name in _HIDDEN:
            if name not in taken:
                yield Option((name,), "one", hidden=True)
    if words == ("aws", "s3", "sync"):
        for name in _SYNC:
            if name not in taken:
                yield Option((name,), "none")


def _positionals(
    words: tuple[str, ...], flags: Sequence[Mapping[str, Any]]
) -> tuple[Positional, ...]:
    if words[0] == "docker" and words[-1] in _RUNS and words[1:-1] in {(), ("container",)}:
        return (Positional("TARGET"), Positional("COMMAND", required=False, remainder=True))
    return tuple(
        Positional(
            str(flag.get("dest") or flag["name"]).lstrip("-"),
            required=bool(flag["required"]) if "arity" in flag else True,
            repeatable=flag.get("arity") == "many",
        )
        for flag in flags
        if _by_place(words, flag)
    )


def _by_place(words: tuple[str, ...], flag: Mapping[str, Any]) -> bool:
    """Tell whether the dump lists as an option what is an operand."""
    if "arity" in flag:
        return bool(flag["positional"])
    if words[0] == "aws":
        named_so = words[-1] == "create-virtual-mfa-device"  # there it really is one
        return bool(flag["name"] == "--outfile" and flag["required"] and not named_so)
    return words[:2] == ("az", "acr") and flag.get("dest") in _AZURE_OPERANDS


def _once(commands: Mapping[tuple[str, ...], Command]) -> Iterator[Command]:
    """Leave out commands that the dump lists under an alias as well."""
    aliases: set[tuple[str, ...]] = set()
    for path in sorted(commands, key=lambda one: (len(one), one)):
        if path not in aliases:
            one = commands[path]
            free = tuple(alias for alias in one.aliases if alias not in commands)
            aliases.update(free)
            yield replace(one, aliases=free)


def _options(
    words: tuple[str, ...], flags: Sequence[Mapping[str, Any]], *, inheritable: bool
) -> Iterator[Option]:
    product = words[0]
    seen: set[str] = set()
    for flag in flags:
        names = tuple(_spelt(flag))
        names = tuple(name for name in names if name.startswith("-") and name not in seen)
        if not names or flag.get("positional") or _by_place(words, flag):
            continue
        seen.update(names)
        kind = _TYPES.get(str(flag.get("type")), "")
        off = _negation(product, flag, flags)
        if off and names[0] in off:
            continue  # told with the name that it negates
        yield Option(
            names,
            _arity(product, flag, kind),
            type=kind,
            choices=tuple(
                one_line(str(one)) for one in flag.get("enum") or flag.get("choices") or ()
            ),
            open_choices=product == "aws" and "arity" not in flag,
            required=bool(flag.get("required")),
            repeatable=bool(flag.get("repeatable")),
            waives_required=names[0] in _WAIVERS,
            hidden=bool(flag.get("hidden")),
            deprecated=Deprecation()
            if flag.get("deprecated")
            and product == "az"
            and flag.get("action") == "DeprecatedArgumentAction"
            else None,
            negations=off,
            inheritable=inheritable,
        )


def _negation(
    product: str, flag: Mapping[str, Any], flags: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Give the spelling that switches a switch of awscli off: they share a group."""
    if product != "aws" or not flag.get("group"):
        return ()
    return tuple(
        other["name"]
        for other in flags
        if other.get("group") == flag["group"] and other["action"] == "store_false"
    )


def _spelt(flag: Mapping[str, Any]) -> Iterator[str]:
    if flag.get("short"):
        yield flag["short"]
    for name in flag.get("names") or [flag["name"]]:
        yield from name.replace(",", " ").split()  # one of Azure's holds two, one a blank


def _arity(product: str, flag: Mapping[str, Any], kind: ValueType) -> Arity:
    if "arity" in flag:
        arity: Arity = flag["arity"]
        return arity
    if "takes_value" in flag:
        return "one" if flag["takes_value"] else "none"
    if product in {"aws", "az"}:
        switched = flag.get("default") is False and flag.get("nargs") is None and product == "az"
        if str(flag.get("action")) in _SWITCHES or flag.get("nargs") == 0 or switched:
            return "none"
        if flag.get("group") and flag.get("type") == "structure":
            # A structure of one boolean, which may be left out: --map-public-ip-on-launch.
            return "none" if flag.get("action") == "store_true" else "optional"
        if flag.get("nargs") == "*" and product == "az":
            return "any"
        if flag.get("nargs") in {"?", "*"}:
            return "optional"
        if flag.get("nargs") == "+" or (product == "aws" and kind == "list"):
            return "many"
        return "one"
    return "none" if kind == "boolean" else "one"


def _table(
    commands: Mapping[tuple[str, ...], Command],
) -> tuple[dict[tuple[str, ...], dict[str, Option]], dict[tuple[str, ...], frozenset[str]]]:
    options: dict[tuple[str, ...], dict[str, Option]] = {}
    children: dict[tuple[str, ...], set[str]] = {}
    for command in commands.values():
        for path in (command.path, *command.aliases):
            held = {name: option for option in command.options for name in option.spellings}
            above = commands.get(path[:1])
            for option in above.options if above else ():
                if option.inheritable:
                    for name in option.spellings:
                        held.setdefault(name, option)
            options[path] = held
            for length in range(1, len(path)):
                children.setdefault(path[:length], set()).add(path[length])
                options.setdefault(path[:length], {})
    return options, {path: frozenset(words) for path, words in children.items()}
