"""The names that every source may use: the builtin functions, types and exceptions."""

from __future__ import annotations

from ingest.models.aws.errors import EXCEPTIONS, exception
from ingest.models.aws.interpreter import Interpreter
from ingest.models.aws.values import (
    Bound,
    Builtin,
    Call,
    Class,
    Function,
    Instance,
    Native,
    Partial,
    Property,
    Raised,
    Super,
    Unknown,
    Unsupported,
    Value,
    Wrapped,
    linearize,
)

_RANGE = 100_000
"""Elements of a ``range``."""


def builtins(reader: Interpreter) -> dict[str, Value]:
    """Make the builtin names for ``reader``."""
    own = _Builtins(reader)
    functions: dict[str, Call] = {
        "len": own.length,
        "isinstance": own.is_instance,
        "issubclass": own.is_subclass,
        "getattr": own.get,
        "hasattr": own.has,
        "setattr": own.set,
        "callable": own.callable,
        "zip": lambda args, _: [tuple(row) for row in zip(*map(reader.each, args), strict=False)],
        "enumerate": own.enumerate,
        "range": own.range,
        "sorted": own.sorted,
        "reversed": lambda args, _: reader.each(args[0])[::-1],
        "any": lambda args, _: any(reader.true(one) for one in reader.each(args[0])),
        "all": lambda args, _: all(reader.true(one) for one in reader.each(args[0])),
        "map": lambda args, _: [reader.call(args[0], [one]) for one in reader.each(args[1])],
        "filter": lambda args, _: [
            one for one in reader.each(args[1]) if reader.true(reader.call(args[0], [one]))
        ],
        "iter": lambda args, _: reader.each(args[0]),
        "next": own.next,
        "super": own.super,
        "vars": lambda args, _: reader.attribute(args[0], "__dict__"),
        "min": lambda *_: Unknown("min()"),
        "max": lambda *_: Unknown("max()"),
        "repr": lambda *_: Unknown("repr()"),
        "id": lambda args, _: id(args[0]),
        "print": lambda *_: None,
    }
    types = {
        "object": Builtin("object", (object,), lambda *_: Instance(_OBJECT)),
        "str": Builtin("str", (str,), own.text),
        "int": Builtin("int", (int,), own.number),
        "float": Builtin("float", (float,), own.number),
        "bool": Builtin("bool", (bool,), lambda args, _: bool(args) and reader.true(args[0])),
        "list": Builtin("list", (list,), lambda args, _: reader.each(args[0])[:] if args else []),
        "tuple": Builtin(
            "tuple", (tuple,), lambda args, _: tuple(reader.each(args[0])) if args else ()
        ),
        "set": Builtin("set", (set,), lambda args, _: set(reader.each(args[0])) if args else set()),
        "frozenset": Builtin(
            "frozenset", (frozenset,), lambda args, _: frozenset(reader.each(args[0]))
        ),
        "dict": Builtin("dict", (dict,), own.dictionary),
        "bytes": Builtin("bytes", (bytes,), lambda *_: Unknown("bytes()")),
        "type": Builtin("type", (Class, Builtin), own.type),
        "property": Builtin("property", (Property,), lambda args, _: Property(*args[:2])),
        "staticmethod": Builtin(
            "staticmethod", (Wrapped,), lambda args, _: Wrapped("staticmethod", args[0])
        ),
        "classmethod": Builtin(
            "classmethod", (Wrapped,), lambda args, _: Wrapped("classmethod", args[0])
        ),
    }
    return {
        **{name: Native(name, call) for name, call in functions.items()},
        **types,
        **EXCEPTIONS,
        "NotImplemented": None,
    }


def make_class(name: str, qualname: str, bases: list[Value]) -> Class:
    """Make a class. A base that isn't in the source leaves it opaque."""
    known = [base for base in bases if isinstance(base, Class)]
    made = Class(name, qualname, {})
    made.mro = linearize(made, known)
    made.opaque = any(base.opaque for base in known) or any(
        not isinstance(base, Class) and not (isinstance(base, Builtin) and base.name == "object")
        for base in bases
    )
    return made


_OBJECT = make_class("object", "object", [])


class _Builtins:
    def __init__(self, reader: Interpreter) -> None:
        self.reader = reader

    def length(self, args: list[Value], _: dict[str, Value]) -> Value:
        value = args[0]
        if isinstance(value, Unknown):
            return Unknown(f"len({value.name})")
        return len(value) if isinstance(value, str) else len(self.reader.each(value))

    def is_instance(self, args: list[Value], _: dict[str, Value]) -> Value:
        value, kinds = args
        if isinstance(value, Unknown):
            return Unknown(f"isinstance({value.name})")
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            if isinstance(kind, Class):
                if isinstance(value, Instance) and kind in value.cls.mro:
                    return True
            elif isinstance(kind, Builtin) and isinstance(value, kind.types):
                return True
        return False

    def is_subclass(self, args: list[Value], _: dict[str, Value]) -> Value:
        one, other = args
        return isinstance(one, Class) and other in one.mro

    def get(self, args: list[Value], _: dict[str, Value]) -> Value:
        try:
            return self.reader.attribute(args[0], str(args[1]))
        except Raised:
            if len(args) == 3:
                return args[2]
            raise

    def has(self, args: list[Value], _: dict[str, Value]) -> Value:
        try:
            self.reader.attribute(args[0], str(args[1]))
        except Raised:
            return False
        return True

    def set(self, args: list[Value], _: dict[str, Value]) -> Value:
        self.reader.set_attribute(args[0], str(args[1]), args[2])
        return None

    def callable(self, args: list[Value], _: dict[str, Value]) -> Value:
        return isinstance(args[0], Function | Bound | Native | Class | Partial)

    def enumerate(self, args: list[Value], keywords: dict[str, Value]) -> Value:
        start = args[1] if len(args) > 1 else keywords.get("start", 0)
        first = start if isinstance(start, int) else 0
        return [(number, one) for number, one in enumerate(self.reader.each(args[0]), first)]

    def range(self, args: list[Value], _: dict[str, Value]) -> Value:
        numbers = [one for one in args if isinstance(one, int)]
        if len(numbers) != len(args):
            return Unknown("range()")
        made = range(*numbers)
        if len(made) > _RANGE:
            raise Unsupported("too long a range")
        return made

    def sorted(self, args: list[Value], keywords: dict[str, Value]) -> Value:
        values = self.reader.each(args[0])
        key = keywords.get("key")
        keys = [self.reader.call(key, [one]) if key else one for one in values]
        if not (
            all(isinstance(one, str) for one in keys) or all(isinstance(one, int) for one in keys)
        ):
            return values
        order = sorted(range(len(values)), key=lambda place: keys[place])  # type: ignore[arg-type, return-value]
        ordered = [values[place] for place in order]
        return ordered[::-1] if keywords.get("reverse") is True else ordered

    def next(self, args: list[Value], _: dict[str, Value]) -> Value:
        values = self.reader.each(args[0])
        if values:
            return values[0]
        if len(args) > 1:
            return args[1]
        raise Raised(exception("StopIteration", ""))

    def super(self, args: list[Value], _: dict[str, Value]) -> Value:
        owner, of = args
        if not isinstance(owner, Class):
            return Unknown("super()")
        return Super(owner, of, self.reader.class_of(of, owner))

    def text(self, args: list[Value], _: dict[str, Value]) -> Value:
        value = args[0] if args else ""
        return str(value) if isinstance(value, str | int | float) else Unknown("str()")

    def number(self, args: list[Value], _: dict[str, Value]) -> Value:
        value = args[0] if args else 0
        if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 16):
            raise Raised(exception("ValueError", "no number"))
        return int(value) if isinstance(value, str | int) else value

    def dictionary(self, args: list[Value], keywords: dict[str, Value]) -> Value:
        made: dict[Value, Value] = {}
        for one in args[:1]:
            if isinstance(one, dict):
                made |= one
            else:
                for pair in self.reader.each(one):
                    key, value = self.reader.each(pair)
                    made[key] = value
        return made | dict[Value, Value](keywords)

    def type(self, args: list[Value], _: dict[str, Value]) -> Value:
        if len(args) == 3:
            name, bases, names = args
            made = make_class(str(name), str(name), self.reader.each(bases))
            if isinstance(names, dict):
                made.names.update({str(key): value for key, value in names.items()})
            return made
        return args[0].cls if isinstance(args[0], Instance) else Unknown("type()")
