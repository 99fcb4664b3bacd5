"""Calling what a source defines: see :mod:`ingest.models.aws.python`."""

from __future__ import annotations

import ast

from ingest.models.aws.errors import exception
from ingest.models.aws.interpreter import Interpreter
from ingest.models.aws.values import (
    Bound,
    Builtin,
    Class,
    Exhausted,
    Frame,
    Function,
    Instance,
    Native,
    Partial,
    Raised,
    Unknown,
    Value,
    Wrapped,
    describe,
)

DEPTH = 40
"""Calls inside calls. Each takes about twelve frames of this program's own, of a thousand."""


class Calls(Interpreter):
    """The part of the reader that follows calls."""

    _depth: int

    def call(
        self, target: Value, arguments: list[Value], keywords: dict[str, Value] | None = None
    ) -> Value:
        """Call ``target``, whatever it is."""
        keywords = keywords or {}
        self._depth += 1
        try:
            if self._depth > DEPTH:
                raise Exhausted(f"more than {DEPTH} calls inside each other")
            match target:
                case Function():
                    return self._run_function(target, arguments, keywords)
                case Bound():
                    return self.call(target.function, [target.self, *arguments], keywords)
                case Native() | Builtin():
                    return target.call(arguments, keywords)
                case Class():
                    return self._instance(target, arguments, keywords)
                case Partial():
                    together = {**target.keywords, **keywords}
                    return self.call(target.function, [*target.arguments, *arguments], together)
                case Wrapped():
                    return self.call(target.function, arguments, keywords)
                case Unknown():
                    return Unknown(f"{target.name}()")
                case Instance():
                    return self.call(self.attribute(target, "__call__"), arguments, keywords)
            raise Raised(exception("TypeError", f"{describe(target)} can't be called"))
        finally:
            self._depth -= 1

    def _instance(self, cls: Class, arguments: list[Value], keywords: dict[str, Value]) -> Instance:
        made = Instance(cls, {"args": tuple(arguments)} if cls.find("__exception__") else {})
        initialize = cls.find("__init__")
        if initialize is not None:
            self.call(initialize, [made, *arguments], keywords)
        return made

    def _run_function(
        self, function: Function, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        names = self.bound(function, arguments, keywords)
        frame = Frame(
            function.frame.module,
            names,
            parent=function.frame,
            function=function,
            first=arguments[0] if arguments else None,
            yields=[] if function.generator else None,
        )
        if isinstance(function.body, ast.expr):
            return self.value(function.body, frame)
        returned = self.run(function.body, frame)
        if frame.yields is not None:
            return frame.yields
        return returned.value if returned else None

    def bound(
        self, function: Function, given: list[Value], keywords: dict[str, Value]
    ) -> dict[str, Value]:
        """Bind what a call gives to the names that the function takes."""
        takes = function.arguments
        positional = [one.arg for one in (*takes.posonlyargs, *takes.args)]
        names: dict[str, Value] = dict(zip(positional, given, strict=False))
        if len(given) > len(positional):
            if not takes.vararg:
                raise Raised(exception("TypeError", f"{function.name} takes fewer arguments"))
            names[takes.vararg.arg] = tuple(given[len(positional) :])
        elif takes.vararg:
            names[takes.vararg.arg] = ()
        allowed = {*positional, *(one.arg for one in takes.kwonlyargs)}
        rest: dict[str, Value] = {}
        for name, value in keywords.items():
            (names if name in allowed else rest)[name] = value
        if takes.kwarg:
            names[takes.kwarg.arg] = rest
        elif rest:
            raise Raised(exception("TypeError", f"{function.name} takes no {min(rest)!r}"))
        if function.defaults:
            for name, value in zip(
                positional[-len(function.defaults) :], function.defaults, strict=True
            ):
                names.setdefault(name, value)
        for one, value in zip(takes.kwonlyargs, function.keyword_defaults, strict=True):
            if value is not Ellipsis:
                names.setdefault(one.arg, value)
        missing = [name for name in sorted(allowed) if name not in names]
        if missing:
            raise Raised(exception("TypeError", f"{function.name} lacks {missing[0]!r}"))
        return names
