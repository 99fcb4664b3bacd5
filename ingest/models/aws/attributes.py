"""Reading and writing attributes: see :mod:`ingest.models.aws.python`."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from ingest.models.aws.errors import exception
from ingest.models.aws.interpreter import Interpreter
from ingest.models.aws.operators import set_item, size_checked
from ingest.models.aws.values import (
    Bound,
    Builtin,
    Class,
    Function,
    Host,
    Instance,
    Module,
    Native,
    Partial,
    Property,
    Raised,
    Super,
    Unknown,
    Value,
    Wrapped,
    describe,
)

_MISSING = object()

_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        [
            "capitalize",
            "count",
            "endswith",
            "find",
            "index",
            "isdigit",
            "isupper",
            "islower",
            "lower",
            "lstrip",
            "partition",
            "removeprefix",
            "removesuffix",
            "rpartition",
            "rstrip",
            "rsplit",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "title",
            "upper",
        ]
    ),
    list: frozenset(
        [
            "append",
            "clear",
            "copy",
            "count",
            "extend",
            "index",
            "insert",
            "pop",
            "remove",
            "reverse",
        ]
    ),
    dict: frozenset(
        ["clear", "copy", "get", "items", "keys", "pop", "setdefault", "update", "values"]
    ),
    set: frozenset(
        ["add", "clear", "copy", "difference", "discard", "intersection", "union", "update"]
    ),
    tuple: frozenset(["count", "index"]),
}
"""Methods of Python's own values that do nothing but their work, in time linear in their size."""


class Attributes(Interpreter):
    """The part of the reader that follows ``owner.name``."""

    def attribute(self, owner: Value, name: str) -> Value:
        """Give ``owner.name``. Raises Raised(AttributeError) where there is none."""
        self.step()
        match owner:
            case Unknown():
                return Unknown(f"{owner.name}.{name}")
            case Instance():
                return self._of_instance(owner, name)
            case Class():
                return self._of_class(owner, name)
            case Module():
                if name in owner.names:
                    return self.resolved(owner.names, name)
                return self.member(owner.name, name)
            case Super():
                return self._of_super(owner, name)
            case Host():
                if name in owner.exposed:
                    value: Value = getattr(owner, name)
                    return value
            case Function() if name in ("__name__", "__doc__"):
                return owner.name
            case Partial() if name == "func":
                return owner.function
            case Builtin() | Native() | Function() | Bound():
                return Unknown(f"{describe(owner)}.{name}")
            case str() if name in ("join", "format", "replace"):
                return Native(name, lambda args, keywords: self._text(owner, name, args, keywords))
            case str() if name in ("encode", "decode"):
                return Unknown("bytes")
        for kind, methods in _METHODS.items():
            if isinstance(owner, kind) and name in methods:
                return self._native_method(owner, name)
        if isinstance(owner, dict) and name == "__setitem__":
            return Native(name, lambda args, _: set_item(owner, *args))
        raise Raised(exception("AttributeError", f"{describe(owner)} has no {name}"))

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        """Do ``owner.name = value``. On what is lent or unknown, nothing happens."""
        match owner:
            case Instance():
                held = owner.cls.find(name)
                if isinstance(held, Property):
                    if held.set is None:
                        raise Raised(exception("AttributeError", f"{name} can't be set"))
                    self.call(held.set, [owner, value])
                else:
                    owner.attributes[name] = value
            case Class() | Module():
                owner.names[name] = value

    def class_of(self, value: Value, default: Class) -> Class:
        """Give the class of an instance, or the class itself."""
        if isinstance(value, Instance):
            return value.cls
        return value if isinstance(value, Class) else default

    def _of_instance(self, owner: Instance, name: str) -> Value:
        held = owner.cls.find(name, _MISSING)
        if isinstance(held, Property):
            return self.call(held.get, [owner])
        if name in owner.attributes:
            return owner.attributes[name]
        if held is not _MISSING:
            return self._unwrapped(held, owner, owner.cls)
        if name == "__class__":
            return owner.cls
        if name == "__dict__":
            return owner.attributes
        if owner.cls.opaque:
            return Unknown(f"{owner.cls.name}.{name}")
        if (fallback := owner.cls.find("__getattr__")) is not None:
            return self.call(fallback, [owner, name])
        raise Raised(exception("AttributeError", f"{owner.cls.name} has no {name}"))

    def _of_class(self, owner: Class, name: str) -> Value:
        held = owner.find(name, _MISSING)
        if held is not _MISSING:
            return self._unwrapped(held, None, owner)
        if name in ("__name__", "__qualname__"):
            return owner.name
        if owner.opaque:
            return Unknown(f"{owner.name}.{name}")
        raise Raised(exception("AttributeError", f"{owner.name} has no {name}"))

    def _of_super(self, owner: Super, name: str) -> Value:
        order = owner.of.mro
        behind = order[order.index(owner.cls) + 1 :] if owner.cls in order else ()
        for one in behind:
            if name in one.names:
                held = one.names[name]
                if isinstance(held, Property):
                    return self.call(held.get, [owner.self])
                instance = owner.self if isinstance(owner.self, Instance) else None
                return self._unwrapped(held, instance, owner.of)
        if name == "__init__":
            return Native(name, lambda *_: None)
        return Unknown(f"super().{name}")

    def _unwrapped(self, held: Value, owner: Instance | None, cls: Class) -> Value:
        if isinstance(held, Wrapped):
            return Bound(held.function, cls) if held.kind == "classmethod" else held.function
        if isinstance(held, Function | Native) and owner is not None:
            return Bound(held, owner)
        return held

    def _native_method(self, owner: Value, name: str) -> Native:
        method = getattr(owner, name)

        def call(args: list[Value], keywords: dict[str, Value]) -> Value:
            if isinstance(owner, dict) and name in ("items", "keys", "values"):
                return [tuple(one) if name == "items" else one for one in method()]
            if name in ("extend", "update"):
                # What is added may be one of the reader's own lists, or unknown.
                args = [one if isinstance(one, dict) else self.each(one) for one in args]
            if any(isinstance(one, Unknown) for one in args[:1]) and isinstance(owner, str | dict):
                return Unknown(f"{name}()")
            try:
                value: Value = method(*args, **keywords)
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise Raised(exception(type(error).__name__, str(error))) from None
            return value

        return Native(name, call)

    def _text(
        self, owner: str, name: str, args: Sequence[Value], keywords: dict[str, Value]
    ) -> Value:
        if name == "join":
            parts = self.each(args[0])
            if not all(isinstance(part, str) for part in parts):
                return Unknown("a text")
            return size_checked(owner.join(str(part) for part in parts))
        if not all(isinstance(one, str | int | float) for one in (*args, *keywords.values())):
            return Unknown("a text")
        try:
            if name == "replace":
                old, new, *count = args
                if not isinstance(old, str) or not isinstance(new, str):
                    return Unknown("a text")
                if len(owner) * max(1, len(new)) > 20_000_000:
                    return Unknown("a text")
                return size_checked(owner.replace(old, new, *map(_whole, count)))
            return size_checked(_Plain().vformat(owner, args, keywords))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Raised(exception(type(error).__name__, str(error))) from None


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else -1


class _Plain(string.Formatter):
    """``str.format`` without attributes, elements and widths."""

    def get_field(
        self, field_name: str, args: Sequence[Value], kwargs: Mapping[str, Value]
    ) -> Value:
        if "." in field_name or "[" in field_name:
            raise ValueError("only names and numbers are read")
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Value, format_spec: str) -> str:
        if format_spec:
            raise ValueError("no widths are read")
        return str(value)
