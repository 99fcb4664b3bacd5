"""``gcloud.json``: the whole tree of commands, where the operator had the SDK write it.

``gcloud meta cli-trees update --commands=gcloud --directory=SDK/data/cli`` writes it. Every flag
stands once in ``SERIALIZED_FLAG_LIST`` of the root, and commands refer to it by its number; a tree
that was not written so has the flags themselves. It knows what the completions leave out: short
names, hidden flags and commands, positionals, what is required, which flags exclude each other, and
the texts of the help.

Two of its habits matter here. Names are written with dashes throughout, so that ``--active_key``
is ``--active-key`` with its real spelling as an alternative; and ``nargs`` of one value is "0", as
that of a switch is, whose default is always true or false.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from commands.model import (
    Arity,
    Command,
    Deprecation,
    Evidence,
    Group,
    Option,
    Positional,
    ValueType,
    one_line,
)
from corpora.errors import ParseError, Reason
from ingest.models.gcloud.completions import OF_THE_ROOT, address, metavar, nodes_below, refused
from ingest.models.gcloud.text import plain
from ingest.models.tables import Table, line, quote, read_json, table, tables, texts
from ingest.release_files import Failure
from ingest.sources.base import Document

TREE_BYTES = 128 * 2**20
"""One tree. That of 2017, of some 3,000 commands, had 4.3 MB by the SDK's own account; 528.0.0 has
16,631 commands."""

GROUP_DEPTH = 16
"""Groups of flags within groups."""

_REPEATED = "SERIALIZED_FLAG_LIST"
_SEVERAL: dict[str, Arity] = {"?": "optional", "*": "any", "+": "many"}
_TYPES: dict[str, ValueType] = {
    "string": "string",
    "int": "integer",
    "float": "number",
    "dict": "map",
    "list": "list",
}
_DEPRECATED = "(DEPRECATED)"


@dataclass(frozen=True, slots=True)
class Told:
    """A command of the tree, with what its help says."""

    command: Command
    table: Table


@dataclass(slots=True)
class _Flags:
    """The flags of a tree, each read once however many commands refer to it."""

    listed: Sequence[Table]
    document: Document
    made: dict[int, Option] = field(default_factory=dict)

    def table(self, reference: object) -> Table:
        if isinstance(reference, dict):
            return reference
        if isinstance(reference, int) and 0 <= reference < len(self.listed):
            return self.listed[reference]
        return {}

    def option(self, flag: Table) -> Option:
        found = self.made.get(id(flag))
        if found is None:
            found = self.made[id(flag)] = _option(flag, self.document)
        return found


def read(name: str, release: str, document: Document) -> Iterator[Told | Failure]:
    """Every command of the tree. Raises ParseError, also where it is of another release."""
    tree = read_json(document, limit=TREE_BYTES)
    version = line(tree.get("CLI_VERSION"))
    if version != release:
        raise ParseError(document.name, Reason.MALFORMED, f"it is of {version or 'no version'}")
    flags = _Flags(tables(tree.get(_REPEATED)), document)
    waiting: list[tuple[tuple[str, ...], Table]] = [((name,), tree)]
    while waiting:
        path, node = waiting.pop()
        waiting += nodes_below(path, node)
        try:
            yield Told(_command(path, node, flags), node)
        except ValidationError as error:
            yield refused(path, error)


def _command(path: tuple[str, ...], node: Table, flags: _Flags) -> Command:
    root = len(path) == 1
    given: dict[tuple[str, ...], Option] = {}
    hidden: list[Option] = []
    for reference in table(node.get("flags")).values():
        flag = flags.table(reference)
        if not flag or (not root and (flag.get("is_global") or flag.get("name") == "--help")):
            continue
        option = flags.option(flag)
        if option.hidden and option.name.startswith("--no-"):
            hidden.append(option)
        else:
            given.setdefault(tuple(sorted(option.names)), option)
    summary = plain(line(node.get("capsule")))
    required = set[str]()
    groups = tuple(_groups(table(node.get("constraints")), flags, required))
    return Command(
        path,
        summary=_undeprecated(summary),
        options=tuple(_with(one, hidden, required, root=root) for one in given.values()),
        positionals=tuple(_positional(one) for one in tables(node.get("positionals"))),
        groups=tuple(dict.fromkeys(groups)),
        deprecated=_deprecation(summary, {}),
        hidden=node.get("is_hidden") is True,
        evidence=(Evidence("model", address(flags.document, path), quote(node.get("capsule"))),),
    )


def _with(option: Option, hidden: Sequence[Option], required: set[str], *, root: bool) -> Option:
    """The option as this very command has it."""
    off = tuple(
        name
        for one in hidden
        for name in one.names
        if option.arity == "none" and name.removeprefix("--no-") == option.name.removeprefix("--")
    )
    inheritable = root and option.name not in OF_THE_ROOT
    needed = not required.isdisjoint(option.names)
    if not off and not inheritable and not needed:
        return option  # shared by all commands that refer to it
    return replace(option, negations=off, inheritable=inheritable, required=needed)


def _option(flag: Table, document: Document) -> Option:
    arity = _arity(flag)
    kind = line(flag.get("type"))
    default = flag.get("default")
    attributes = table(flag.get("attr"))
    text = plain(line(flag.get("description")))
    choices = flag.get("choices")
    return Option(
        _names(flag),
        arity,
        metavar="" if arity == "none" else line(flag.get("value")) or metavar(_names(flag)[0]),
        type="" if arity == "none" else _type(kind),
        choices=texts(list(choices) if isinstance(choices, dict) else choices),
        default=_default(default) if arity != "none" else None,
        repeatable=line(flag.get("action")) in ("_AppendAction", "_CountAction"),
        deprecated=_deprecation(text, table(attributes.get("deprecation"))),
        hidden=flag.get("is_hidden") is True,
        description=_undeprecated(text),
        evidence=(Evidence("model", document.url, quote(flag.get("description"))),),
    )


def _names(flag: Table) -> tuple[str, ...]:
    name = line(flag.get("name"))
    others = texts(flag.get("alternative_names"))
    dashed = any("_" in one and one.replace("_", "-") == name for one in others)
    return tuple(dict.fromkeys(others if dashed else (name, *others)))


def _arity(flag: Table) -> Arity:
    if line(flag.get("type")) == "bool" and isinstance(flag.get("default"), bool):
        return "none"
    nargs = line(flag.get("nargs"))
    if nargs in _SEVERAL:
        return _SEVERAL[nargs]
    return "many" if nargs.isdigit() and int(nargs) > 1 else "one"


def _type(kind: str) -> ValueType:
    if kind == "bool":
        return "boolean"
    if "Duration" in kind:
        return "duration"
    if "BinarySize" in kind:
        return "size"
    return _TYPES.get(kind, "")


def _default(default: object) -> str | None:
    if isinstance(default, bool):
        return str(default).lower()
    return one_line(str(default)) if isinstance(default, str | int | float) else None


def _positional(place: Table) -> Positional:
    nargs = line(place.get("nargs"))
    return Positional(
        line(place.get("value")) or line(place.get("name")) or "ARGUMENT",
        required=place.get("is_required") is True and nargs not in ("?", "*", "..."),
        # What is handed on to another program ("...") stands behind a "--".
        repeatable=nargs in ("*", "+", "...") or (nargs.isdigit() and int(nargs) > 1),
        description=plain(line(place.get("description"))),
    )


def _groups(
    group: Table, flags: _Flags, required: set[str], *, needed: bool = True, depth: int = 0
) -> Iterator[Group]:
    """What of the flags excludes each other; what must be given is added to ``required``.

    Something is required where all groups around it are, and none of them is a choice.
    """
    choice = group.get("is_mutex") is True
    members: list[str] = []
    alone = True
    arguments = group.get("arguments")
    for one in arguments if isinstance(arguments, list) else ():
        flag = flags.table(one)
        if table(one).get("is_group") is True:
            alone = False
            inner = needed and not choice and table(one).get("is_required") is True
            if depth < GROUP_DEPTH:
                yield from _groups(table(one), flags, required, needed=inner, depth=depth + 1)
        elif not flag or flag.get("is_positional") is True:
            alone = False  # a positional stands there as a number below nought
        elif flag.get("is_hidden") is not True:
            name = _names(flag)[0]
            members.append(name)
            if needed and not choice and flag.get("is_required") is True:
                required.add(name)
    if choice and len(set(members)) > 1:
        one_of_them = needed and alone and depth > 0 and group.get("is_required") is True
        yield Group(
            "exactly_one" if one_of_them else "at_most_one", tuple(dict.fromkeys(members))[:64]
        )


def _deprecation(text: str, told: Table) -> Deprecation | None:
    if note := line(told.get("message")):
        return Deprecation(plain(note))
    if _DEPRECATED in text[:40]:
        return Deprecation(_undeprecated(text).partition(". ")[0][:300])
    return None


def _undeprecated(text: str) -> str:
    return text.replace(_DEPRECATED, "", 1).strip() if _DEPRECATED in text[:40] else text
