"""A reader of the Python that declares commands: it follows the source, and runs none of it.

The AWS CLI declares what its models don't have in Python: tables of arguments, and functions that
rename, add or hide them. This module walks the syntax tree of those files and works out the values.
There is no file, no network, no clock and no import in it: what a source asks of a library is
:class:`~ingest.models.aws.values.Unknown`, and so is everything made of that. A condition that is
unknown counts as false and is kept in ``guesses``. Steps, depth and sizes are limited.
"""

from __future__ import annotations

import ast
import builtins as python
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from ingest.models.aws.attributes import Attributes
from ingest.models.aws.builtins import builtins
from ingest.models.aws.calls import Calls
from ingest.models.aws.errors import exception
from ingest.models.aws.operators import binary, compare, contains, size_checked, subscript
from ingest.models.aws.statements import Statements
from ingest.models.aws.values import (
    Exhausted,
    Frame,
    Import,
    Module,
    Raised,
    Super,
    Unknown,
    Unsupported,
    Value,
    describe,
)

STEPS = 60_000_000
"""Nodes of syntax trees that are followed for one release. Measured: 7.3 million for 2.38.1."""


class Reader(Attributes, Calls, Statements):
    """Reads the modules that ``source`` gives the text of, each once and when it is needed.

    ``natives`` are modules known to the reader itself: each gives what a name in it is, None for
    what it doesn't know. ``overrides`` replace functions by their full name, such as
    ``awscli.clidriver.ServiceOperation._create_argument_table``.
    """

    def __init__(
        self,
        source: Callable[[str], str | None],
        natives: Mapping[str, Callable[[str], Value | None]],
        overrides: Mapping[str, Value],
        *,
        steps: int = STEPS,
    ) -> None:
        self._source = source
        self.natives = natives
        self.overrides = overrides
        self.modules: dict[str, Module] = {}
        self.guesses: set[str] = set()
        self.steps = steps
        self._depth = 0
        self._builtins = builtins(self)
        self._expressions: dict[type[ast.expr], Callable[..., Value]] = {
            ast.Constant: lambda node, _: node.value,
            ast.Name: lambda node, frame: self.look_up(node.id, frame),
            ast.Attribute: lambda node, frame: self.attribute(
                self.value(node.value, frame), node.attr
            ),
            ast.Call: self._call_node,
            ast.List: lambda node, frame: list(self._elements(node.elts, frame)),
            ast.Tuple: lambda node, frame: tuple(self._elements(node.elts, frame)),
            ast.Set: lambda node, frame: set(self._elements(node.elts, frame)),
            ast.Dict: self._dict,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.IfExp: self._choice,
            ast.Lambda: lambda node, frame: self.function(node, frame, "<lambda>"),
            ast.JoinedStr: self._joined,
            ast.FormattedValue: self._formatted,
            ast.Subscript: self._subscript,
            ast.Slice: self._slice,
            ast.ListComp: lambda node, frame: self._comprehension(node, frame),
            ast.SetComp: lambda node, frame: set(self._comprehension(node, frame)),
            ast.GeneratorExp: lambda node, frame: self._comprehension(node, frame),
            ast.DictComp: self._dict_comprehension,
            ast.NamedExpr: self._named,
            ast.Await: lambda *_: Unknown("what comes later"),
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
        }

    # --- modules and names ---------------------------------------------------------------------

    def source(self, name: str, /) -> str | None:
        """Text of a module, None where there is none."""
        return self._source(name)

    def module(self, name: str) -> Value:
        """Give a module by its full name, reading it where it is the first time."""
        known = self.modules.get(name)
        if known is not None:
            return known
        if name in self.natives:
            return self.modules.setdefault(name, Module(name))
        text = self.source(name)
        if text is None:
            return Unknown(name)
        package = self.source(f"{name}.__init__") is not None
        path = name.replace(".", "/") + ("/__init__.py" if package else ".py")
        module = Module(name, {"__name__": name, "__file__": path})
        self.modules[name] = module
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Unsupported(f"{name} is no Python that can be read: {error}") from error
        self.run(tree.body, Frame(module, module.names))
        return module

    def member(self, module: str, name: str) -> Value:
        """What ``from module import name`` binds."""
        found = self.module(module)
        if isinstance(found, Module):
            if name in found.names:
                return self.resolved(found.names, name)
            if module in self.natives and (native := self.natives[module](name)) is not None:
                found.names[name] = native
                return native
            if self.source(f"{module}.{name}") is not None or f"{module}.{name}" in self.natives:
                return self.module(f"{module}.{name}")
        return Unknown(f"{module}.{name}")

    def resolved(self, names: dict[str, Value], name: str) -> Value:
        """Look a name up, and replace an import by what it stands for."""
        value = names[name]
        if isinstance(value, Import):
            value = (
                self.member(value.module, value.name) if value.name else self.module(value.module)
            )
            names[name] = value
        return value

    def look_up(self, name: str, frame: Frame) -> Value:
        """Give the value of a name as ``frame`` sees it."""
        seen: Frame | None = frame
        while seen is not None:
            if name in seen.names:
                return self.resolved(seen.names, name)
            seen = seen.parent
        if name in frame.module.names:
            return self.resolved(frame.module.names, name)
        if name in self._builtins:
            return self._builtins[name]
        if hasattr(python, name):
            return Unknown(name)  # of Python, and nothing that a declaration needs
        raise Raised(exception("NameError", name))

    # --- expressions -----------------------------------------------------------------------------

    def value(self, node: ast.expr, frame: Frame) -> Value:
        """Work out an expression."""
        self.step()
        read = self._expressions.get(type(node))
        if read is None:
            raise Unsupported(f"{type(node).__name__} in {frame.module.name}:{node.lineno}")
        return read(node, frame)

    def step(self) -> None:
        """Count one step. Raises Exhausted behind the last."""
        self.steps -= 1
        if self.steps < 0:
            raise Exhausted("too many steps")

    def true(self, value: Value, where: str = "") -> bool:
        """Whether a value counts as true. An unknown one doesn't, and is noted."""
        if isinstance(value, Unknown):
            self.guesses.add(f"{value.name} {where}".strip())
            return False
        return bool(value)

    def each(self, value: Value) -> list[Value]:
        """List the elements of a value; of an unknown one there are none."""
        if isinstance(value, Unknown):
            self.guesses.add(f"elements of {value.name}")
            return []
        if isinstance(value, list | tuple | set | frozenset | dict | str | range):
            return list(value)
        if hasattr(value, "__next__"):  # an iterator that the reader made itself
            return list(cast("Iterator[Value]", value))
        raise Raised(exception("TypeError", f"{describe(value)} has no elements"))

    def _call_node(self, node: ast.Call, frame: Frame) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            owner = frame.function.owner if frame.function else None
            if owner is None:
                raise Unsupported(f"super() outside of a class in {frame.module.name}")
            return Super(owner, frame.first, self.class_of(frame.first, owner))
        target = self.value(node.func, frame)
        arguments = list(self._elements(node.args, frame))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, frame)
            if keyword.arg:
                keywords[keyword.arg] = value
            elif isinstance(value, dict):
                keywords |= {str(name): one for name, one in value.items()}
        return self.call(target, arguments, keywords)

    def _elements(self, nodes: list[ast.expr], frame: Frame) -> Iterator[Value]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.each(self.value(node.value, frame))
            else:
                yield self.value(node, frame)

    def _dict(self, node: ast.Dict, frame: Frame) -> Value:
        made: dict[Value, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                made[self.value(key, frame)] = self.value(value, frame)
            elif isinstance(inner := self.value(value, frame), dict):
                made |= inner
        return made

    def _binary(self, node: ast.BinOp, frame: Frame) -> Value:
        return binary(node.op, self.value(node.left, frame), self.value(node.right, frame))

    def _unary(self, node: ast.UnaryOp, frame: Frame) -> Value:
        value = self.value(node.operand, frame)
        if isinstance(node.op, ast.Not):
            return value if isinstance(value, Unknown) else not self.true(value)
        if isinstance(node.op, ast.USub) and isinstance(value, int | float):
            return -value
        return Unknown("a number")

    def _boolean(self, node: ast.BoolOp, frame: Frame) -> Value:
        stop_at = isinstance(node.op, ast.Or)
        value: Value = None
        for part in node.values:
            value = self.value(part, frame)
            if self.true(value, f"{frame.module.name}:{part.lineno}") is stop_at:
                break
        return value

    def _compare(self, node: ast.Compare, frame: Frame) -> Value:
        left = self.value(node.left, frame)
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node, frame)
            if isinstance(operator, ast.In | ast.NotIn):
                held = contains(left, right)
                result = held if isinstance(operator, ast.In) or held is None else not held
            else:
                result = compare(operator, left, right)
            if result is None:
                return Unknown(f"comparison at {frame.module.name}:{node.lineno}")
            if not result:
                return False
            left = right
        return True

    def _choice(self, node: ast.IfExp, frame: Frame) -> Value:
        held = self.true(self.value(node.test, frame), f"{frame.module.name}:{node.lineno}")
        return self.value(node.body if held else node.orelse, frame)

    def _joined(self, node: ast.JoinedStr, frame: Frame) -> Value:
        parts = [self.value(part, frame) for part in node.values]
        if any(isinstance(part, Unknown) for part in parts):
            return Unknown("a text")
        return size_checked("".join(str(part) for part in parts))

    def _formatted(self, node: ast.FormattedValue, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        if isinstance(value, str | int | float) and node.format_spec is None:
            return repr(value) if node.conversion == ord("r") else str(value)
        return Unknown("a text")

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        return subscript(self.value(node.value, frame), self.value(node.slice, frame))

    def _slice(self, node: ast.Slice, frame: Frame) -> Value:
        parts = (node.lower, node.upper, node.step)
        return slice(*(self.value(part, frame) if part else None for part in parts))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame
    ) -> list[Value]:
        return [self.value(node.elt, inner) for inner in self._rounds(node.generators, frame)]

    def _dict_comprehension(self, node: ast.DictComp, frame: Frame) -> Value:
        return {
            self.value(node.key, inner): self.value(node.value, inner)
            for inner in self._rounds(node.generators, frame)
        }

    def _rounds(self, loops: list[ast.comprehension], frame: Frame) -> Iterator[Frame]:
        if not loops:
            yield frame
            return
        loop, *others = loops
        for element in self.each(self.value(loop.iter, frame)):
            inner = Frame(
                frame.module, {}, parent=frame, function=frame.function, first=frame.first
            )
            self.assign(loop.target, element, inner)
            if all(self.true(self.value(test, inner)) for test in loop.ifs):
                yield from self._rounds(others, inner)

    def _named(self, node: ast.NamedExpr, frame: Frame) -> Value:
        value = self.value(node.value, frame)
        self.assign(node.target, value, frame)
        return value

    def _yield(self, node: ast.Yield, frame: Frame) -> Value:
        if frame.yields is not None:
            frame.yields.append(self.value(node.value, frame) if node.value else None)
        return None

    def _yield_from(self, node: ast.YieldFrom, frame: Frame) -> Value:
        if frame.yields is not None:
            frame.yields.extend(self.each(self.value(node.value, frame)))
        return None
