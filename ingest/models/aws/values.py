"""What the reader of Python sources knows values as: see :mod:`ingest.models.aws.python`.

Strings, numbers, lists, tuples, sets and dictionaries are Python's own. Everything else is one of
these, so that nothing read ever gets hold of an object of the running program.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Value = object
Call = Callable[[list[Value], dict[str, Value]], Value]


class Unsupported(Exception):
    """The source says something that the reader doesn't follow."""


class Exhausted(Exception):
    """The source asks for more work than any honest one does."""


class Raised(Exception):
    """The source raises an exception of its own."""

    def __init__(self, value: Value) -> None:
        super().__init__(describe(value))
        self.value = value


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the reader can't tell: the result of a library, of the clock, of the machine."""

    name: str


@dataclass(slots=True, eq=False, repr=False)
class Module:
    """A source file that was read."""

    name: str
    names: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Import:
    """A name that stands for something elsewhere, looked up when it is used."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """How a block was left before its end: ``return``, ``break`` or ``continue``."""

    how: str
    value: Value = None


@dataclass(slots=True, eq=False, repr=False)
class Frame:
    """The names that a stretch of source sees."""

    module: Module
    names: dict[str, Value]
    parent: Frame | None = None
    function: Function | None = None
    first: Value = None
    """The first argument of the function: what ``super()`` is about."""
    outer: dict[str, dict[str, Value]] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal``, and where they are."""
    yields: list[Value] | None = None


@dataclass(slots=True, eq=False, repr=False)
class Function:
    """A function or lambda."""

    name: str
    qualname: str
    """With its module: ``awscli.customizations.paginate.unify_paging_params``."""
    arguments: ast.arguments
    body: list[ast.stmt] | ast.expr
    frame: Frame
    defaults: list[Value]
    keyword_defaults: list[Value]
    owner: Class | None = None
    generator: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Class:
    """A class. ``opaque``: some of its ancestors are not in the source."""

    name: str
    qualname: str
    names: dict[str, Value]
    mro: tuple[Class, ...] = ()
    opaque: bool = False

    def find(self, name: str, default: Value = None) -> Value:
        """Look a name up along the method resolution order."""
        for one in self.mro:
            if name in one.names:
                return one.names[name]
        return default


@dataclass(slots=True, eq=False, repr=False)
class Instance:
    """An object of a class that was read."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bound:
    """A function with its first argument."""

    function: Value
    self: Value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Partial:
    """``functools.partial``."""

    function: Value
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Property:
    """``property``: read by ``get``, set by ``set``."""

    get: Value
    set: Value = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Wrapped:
    """``staticmethod`` or ``classmethod``."""

    kind: str
    function: Value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Super:
    """``super()``: the classes behind ``cls`` in the order of ``of``."""

    cls: Class
    self: Value
    of: Class


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Native:
    """Something that the reader knows by itself."""

    name: str
    call: Call


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Builtin:
    """A type of Python's own, such as ``dict``, that a source may name."""

    name: str
    types: tuple[type, ...]
    call: Call


class Host:
    """An object that the reader lends to the source: only what is ``exposed`` can be reached."""

    exposed: frozenset[str] = frozenset()


def linearize(cls: Class, bases: Sequence[Class]) -> tuple[Class, ...]:
    """Merge the orders of ``bases`` behind ``cls``, as Python does (C3)."""
    rows = [list(base.mro) for base in bases] + [list(bases)]
    order = [cls]
    while rows := [row for row in rows if row]:
        for row in rows:
            if not any(row[0] in other[1:] for other in rows):
                head = row[0]
                break
        else:
            raise Unsupported(f"no order of the bases of {cls.qualname}")
        order.append(head)
        rows = [row[1:] if row[0] is head else row for row in rows]
    return tuple(order)


def describe(value: Value) -> str:
    """Name a value in a message."""
    if isinstance(value, Instance):
        return f"{value.cls.name} {value.attributes.get('args', '')}".strip()
    if isinstance(value, Class | Function | Unknown | Native | Builtin | Module):
        return value.name
    return type(value).__name__
