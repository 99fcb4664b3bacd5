"""From an argument of the AWS CLI to what its parser is told of it, and to an option."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from commands.model import Arity, Deprecation, Evidence, Option, Positional, ValueType, one_line
from ingest.models.aws.driver import Driver
from ingest.models.aws.models import Shape
from ingest.models.aws.text import first_sentence, opening
from ingest.models.aws.values import (
    Builtin,
    Class,
    Host,
    Native,
    Raised,
    Unknown,
    Unsupported,
    Value,
)

DESCRIPTION = 400
"""Characters of a description. Half of all options are described in fewer."""

WAIVERS = frozenset(("--cli-input-json", "--cli-input-yaml", "--generate-cli-skeleton"))
"""Given any of these, the parser requires nothing: ``OverrideRequiredArgsArgument`` of awscli."""

_TYPES: Mapping[str, ValueType] = {
    "string": "string",
    "blob": "string",
    "integer": "integer",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "timestamp": "timestamp",
    "list": "list",
    "map": "map",
    "structure": "object",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """What the parser is told of one argument, and what else is known of it."""

    spelling: str
    """``--instance-ids``; of a positional its name."""
    type: str = "string"
    nargs: str | int | None = None
    action: str | None = None
    """``store_true``, ``store_false``, ``append`` …; None: it takes a value."""
    choices: tuple[str, ...] = ()
    enforced: bool = False
    """Whether the parser refuses other values than ``choices``."""
    required: bool = False
    default: str | None = None
    hidden: bool = False
    destination: str = ""
    """What it sets: two switches that set the same are opposites."""
    documentation: str = ""
    deprecated: bool = False
    deprecation: str = ""

    @property
    def positional(self) -> bool:
        """Whether it is known by its place."""
        return not self.spelling.startswith("-")

    @property
    def switch(self) -> bool:
        """Whether it takes no value."""
        return self.action in ("store_true", "store_false", "store_const", "version", "count")


class _Parser(Host):
    """Takes down what an argument tells the parser."""

    exposed = frozenset(["add_argument"])

    def __init__(self) -> None:
        self.names: list[str] = []
        self.told: dict[str, Value] = {}
        self.add_argument = Native("add_argument", self._add)

    def _add(self, args: list[Value], named: dict[str, Value]) -> Value:
        self.names = [one for one in args if isinstance(one, str)]
        self.told = dict(named)
        return None


def read_argument(driver: Driver, argument: Value) -> Argument | None:
    """Ask an argument what it tells the parser. None where it can't be told at all.

    Raises Raised, Unsupported and RecursionError where its source can't be followed.
    """
    reader = driver.reader

    def ask(name: str, default: Value = None) -> Value:
        try:
            found = reader.attribute(argument, name)
        except Raised:
            return default
        return default if isinstance(found, Unknown) else found

    parser = _Parser()
    reader.call(reader.attribute(argument, "add_to_parser"), [parser])
    spelling = parser.names[0] if parser.names else ask("cli_name")
    if not isinstance(spelling, str):
        return None
    told = parser.told
    shape = ask("argument_model")
    listed = _texts(told.get("choices"))
    enum = _enum(shape)
    gone, why = deprecation(shape)
    nargs = told.get("nargs")
    action = told.get("action")
    positional = not spelling.startswith("-")
    needed = ask("required") is True
    if positional:
        needed = nargs is None or nargs == "+" or (isinstance(nargs, int) and nargs > 0)
    default = told.get("default")
    said = ask("documentation", "")
    return Argument(
        spelling,
        type=_kind(ask("cli_type_name"), told),
        nargs=nargs if isinstance(nargs, str | int) else None,
        action=action
        if isinstance(action, str)
        else "custom"
        if isinstance(action, Class)
        else None,
        choices=listed or enum or _texts(ask("choices")),
        enforced=bool(listed),
        required=needed,
        default=default if isinstance(default, str) else None,
        hidden=ask("_UNDOCUMENTED", False) is True,
        destination=_destination(told.get("dest"), spelling),
        documentation=said if isinstance(said, str) else "",
        deprecated=gone,
        deprecation=why,
    )


def read_table(driver: Driver, path: tuple[str, ...], command: Value) -> dict[str, Argument]:
    """Read all arguments of a command; what can't be followed is noted and left out."""
    events = driver.events
    try:
        table = driver.table(command, "arg_table")
    except (Raised, Unsupported, RecursionError) as error:
        events.note(" ".join(path), "arg_table", error)
        return {}
    return read_arguments(driver, path, table)


def read_arguments(
    driver: Driver, path: tuple[str, ...], table: Mapping[Value, Value]
) -> dict[str, Argument]:
    """Read the arguments of a table; what can't be followed is noted and left out."""
    found: dict[str, Argument] = {}
    for key, argument in table.items():
        try:
            one = read_argument(driver, argument)
        except (Raised, Unsupported, RecursionError) as error:
            driver.events.note(" ".join(path), f"argument {key}", error)
            continue
        if one is not None:
            found[str(key)] = one
    return found


def model_argument(name: str, shape: Shape, *, required: bool) -> Argument:
    """What the parser is told of a parameter of a model that nothing has changed."""
    kind = shape.type_name
    gone, why = deprecation(shape)
    return Argument(
        f"--{name}",
        type=kind,
        nargs="*" if kind == "list" else None,
        action="store_true" if kind == "boolean" else None,
        choices=_enum(shape),
        required=required,
        destination=name.replace("-", "_"),
        documentation=shape.documentation,
        deprecated=gone,
        deprecation=why,
    )


def _enum(shape: Value) -> tuple[str, ...]:
    """List the values that a model names, of a list those of its elements."""
    if not isinstance(shape, Shape):
        return ()
    return tuple(shape.member.enum if shape.type_name == "list" else shape.enum)


def deprecation(shape: Value) -> tuple[bool, str]:
    """Say whether a model gives a type or parameter up, and what it says of that."""
    if not isinstance(shape, Shape) or shape.data.get("deprecated") is not True:
        return False, ""
    message = shape.data.get("deprecatedMessage")
    return True, message if isinstance(message, str) else ""


def options(
    arguments: Iterable[Argument], url: str
) -> tuple[tuple[Option, ...], tuple[Positional, ...]]:
    """Make the options and positionals of a command. ``url`` is the page that documents them."""
    known = {one.spelling: one for one in arguments}
    negated = dict(_opposites(known))
    off = set(negated.values())
    found: list[Option] = []
    places: list[Positional] = []
    for spelling, one in known.items():
        if one.positional:
            places.extend(_positionals(one))
        elif spelling not in off:
            opposite = known.get(negated.get(spelling, ""))
            found.append(_option(one, opposite, url))
    return tuple(found), tuple(places)


def _opposites(known: Mapping[str, Argument]) -> Iterator[tuple[str, str]]:
    """Pair switches with what switches them off: positive spelling, negative spelling."""
    by_destination: dict[str, list[Argument]] = {}
    for one in known.values():
        if one.switch and not one.positional:
            by_destination.setdefault(one.destination, []).append(one)
    for group in by_destination.values():
        on = [one for one in group if one.action == "store_true" and not one.hidden]
        off = [one for one in group if one.action == "store_false" and not one.hidden]
        if len(on) == 1 and len(off) == 1:
            yield on[0].spelling, off[0].spelling
    for spelling, one in known.items():
        # Two switches of their own: `--auto-terminate` and `--no-auto-terminate` of emr.
        other = known.get(f"--no-{spelling.removeprefix('--')}")
        if other and one.switch and other.switch and one.destination != other.destination:
            yield spelling, other.spelling


def _option(one: Argument, opposite: Argument | None, url: str) -> Option:
    text = first_sentence(one.documentation)
    return Option(
        names=(one.spelling,),
        arity=arity(one),
        metavar="" if one.switch else "value",
        type=_TYPES.get(one.type, ""),
        choices=one.choices,
        open_choices=bool(one.choices) and not one.enforced,
        default=one.default,
        required=one.required or bool(opposite and opposite.required),
        repeatable=one.action in ("append", "custom", "count"),
        waives_required=one.spelling in WAIVERS,
        negations=(opposite.spelling,) if opposite else (),
        deprecated=Deprecation(one_line(one.deprecation)) if one.deprecated else None,
        hidden=one.hidden,
        description=opening(one.documentation, DESCRIPTION),
        evidence=(Evidence("model", url, text.raw),) if text.raw else (),
    )


def arity(one: Argument) -> Arity:
    """How many values one use takes. A list may be empty in the parser; no service takes that."""
    if one.switch:
        return "none"
    if one.nargs == "?":
        return "optional"
    if one.nargs in ("*", "+") or (isinstance(one.nargs, int) and one.nargs > 1):
        return "many"
    return "one"


def _positionals(one: Argument) -> Iterator[Positional]:
    made = Positional(
        one.spelling,
        required=one.required,
        repeatable=one.nargs in ("*", "+"),
        type=_TYPES.get(one.type, ""),
        choices=one.choices if one.enforced else (),
        default=one.default,
        description=opening(one.documentation, DESCRIPTION),
    )
    if isinstance(one.nargs, int) and one.nargs > 1:
        for number in range(1, min(one.nargs, 20) + 1):
            yield replace(made, name=f"{one.spelling}-{number}")
    else:
        yield made


def _kind(stated: Value, told: Mapping[str, Value]) -> str:
    if isinstance(stated, str):
        return stated
    kind = told.get("type")
    return kind.name if isinstance(kind, Builtin) else "string"


def _destination(stated: Value, spelling: str) -> str:
    return stated if isinstance(stated, str) else spelling.lstrip("-").replace("-", "_")


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value if isinstance(one, str | int))
    return ()
