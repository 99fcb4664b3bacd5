"""Reading statements: see :mod:`ingest.models.aws.python`."""

from __future__ import annotations

import ast

from ingest.models.aws.builtins import make_class
from ingest.models.aws.errors import exception
from ingest.models.aws.interpreter import Definition, Interpreter
from ingest.models.aws.operators import binary, delete_item, set_item
from ingest.models.aws.values import (
    Builtin,
    Class,
    Frame,
    Function,
    Import,
    Instance,
    Left,
    Native,
    Property,
    Raised,
    Unknown,
    Unsupported,
    Value,
    Wrapped,
)

_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef)

ROUNDS = 20_000
"""Of one ``while``."""


class Statements(Interpreter):
    """The part of the reader that follows statements."""

    def run(self, body: list[ast.stmt], frame: Frame) -> Left | None:
        """Follow a block; say how it was left, None where by its end."""
        for node in body:
            self.step()
            left = self._statement(node, frame)
            if left is not None:
                return left
        return None

    def _statement(self, node: ast.stmt, frame: Frame) -> Left | None:
        match node:
            case ast.Expr():
                self.value(node.value, frame)
            case ast.Assign():
                value = self.value(node.value, frame)
                for target in node.targets:
                    self.assign(target, value, frame)
            case ast.AnnAssign():
                if node.value is not None:
                    self.assign(node.target, self.value(node.value, frame), frame)
            case ast.AugAssign():
                self._augment(node, frame)
            case ast.Return():
                return Left("return", self.value(node.value, frame) if node.value else None)
            case ast.If():
                held = self.true(self.value(node.test, frame), f"{frame.module.name}:{node.lineno}")
                return self.run(node.body if held else node.orelse, frame)
            case ast.For():
                return self._for(node, frame)
            case ast.While():
                return self._while(node, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, frame)
            case ast.ClassDef():
                self._class(node, frame)
            case ast.Import() | ast.ImportFrom():
                self._import(node, frame)
            case ast.Try():
                return self._try(node, frame)
            case ast.With():
                for item in node.items:
                    opened = self.value(item.context_expr, frame)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, opened, frame)
                return self.run(node.body, frame)
            case ast.Raise():
                raised = self.value(node.exc, frame) if node.exc else exception("Exception", "")
                raise Raised(self.call(raised, []) if isinstance(raised, Class) else raised)
            case ast.Delete():
                for target in node.targets:
                    self._delete(target, frame)
            case ast.Break():
                return Left("break")
            case ast.Continue():
                return Left("continue")
            case ast.Global():
                frame.outer |= dict.fromkeys(node.names, frame.module.names)
            case ast.Nonlocal():
                for name in node.names:
                    self._nonlocal(name, frame)
            case ast.Pass() | ast.Assert():
                pass
            case _:
                raise Unsupported(f"{type(node).__name__} in {frame.module.name}:{node.lineno}")
        return None

    def assign(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """Bind ``value`` to what stands on the left of an assignment."""
        match target:
            case ast.Name():
                frame.outer.get(target.id, frame.names)[target.id] = value
            case ast.Attribute():
                self.set_attribute(self.value(target.value, frame), target.attr, value)
            case ast.Subscript():
                set_item(self.value(target.value, frame), self.value(target.slice, frame), value)
            case ast.Tuple() | ast.List():
                parts = (
                    [value] * len(target.elts) if isinstance(value, Unknown) else self.each(value)
                )
                if len(parts) != len(target.elts):
                    raise Raised(exception("ValueError", "not as many as there are names"))
                for one, part in zip(target.elts, parts, strict=True):
                    self.assign(one, part, frame)
            case _:
                raise Unsupported(f"assignment to {type(target).__name__}")

    def _augment(self, node: ast.AugAssign, frame: Frame) -> None:
        match node.target:
            case ast.Name():
                before = self.look_up(node.target.id, frame)
            case ast.Attribute():
                before = self.attribute(self.value(node.target.value, frame), node.target.attr)
            case _:
                before = self.value(node.target, frame)
        added = self.value(node.value, frame)
        if isinstance(before, list) and isinstance(node.op, ast.Add):
            before += self.each(added)  # in place, as Python does
            return
        self.assign(node.target, binary(node.op, before, added), frame)

    def _delete(self, target: ast.expr, frame: Frame) -> None:
        if isinstance(target, ast.Subscript):
            delete_item(self.value(target.value, frame), self.value(target.slice, frame))
        elif isinstance(target, ast.Name):
            frame.names.pop(target.id, None)
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, frame)
            if isinstance(owner, Instance):
                owner.attributes.pop(target.attr, None)

    def _nonlocal(self, name: str, frame: Frame) -> None:
        seen = frame.parent
        while seen is not None:
            if name in seen.names:
                frame.outer[name] = seen.names
                return
            seen = seen.parent

    def _for(self, node: ast.For, frame: Frame) -> Left | None:
        for element in self.each(self.value(node.iter, frame)):
            self.assign(node.target, element, frame)
            left = self.run(node.body, frame)
            if left is not None and left.how == "return":
                return left
            if left is not None and left.how == "break":
                return None
        return self.run(node.orelse, frame)

    def _while(self, node: ast.While, frame: Frame) -> Left | None:
        for _ in range(ROUNDS):
            if not self.true(self.value(node.test, frame), f"{frame.module.name}:{node.lineno}"):
                return self.run(node.orelse, frame)
            left = self.run(node.body, frame)
            if left is not None and left.how == "return":
                return left
            if left is not None and left.how == "break":
                return None
        raise Unsupported(f"a loop without an end in {frame.module.name}:{node.lineno}")

    def _try(self, node: ast.Try, frame: Frame) -> Left | None:
        left: Left | None = None
        try:
            left = self.run(node.body, frame) or self.run(node.orelse, frame)
        except Raised as raised:
            for handler in node.handlers:
                kinds = self.value(handler.type, frame) if handler.type else None
                if not self._catches(kinds, raised.value):
                    continue
                if handler.name:
                    frame.names[handler.name] = raised.value
                left = self.run(handler.body, frame)
                break
            else:
                raise
        finally:
            last = self.run(node.finalbody, frame)
        return last or left

    def _catches(self, kinds: Value, raised: Value) -> bool:
        if kinds is None:
            return True
        wanted = kinds if isinstance(kinds, tuple) else (kinds,)
        if not isinstance(raised, Instance):
            return any(isinstance(one, Unknown) for one in wanted)
        return any(one in raised.cls.mro for one in wanted)

    # --- definitions -----------------------------------------------------------------------------

    def function(
        self,
        node: Definition,
        frame: Frame,
        name: str,
        owner: Class | None = None,
    ) -> Function:
        """Make a function of its definition. Names of a class are not seen from its methods."""
        body = node.body
        generator = isinstance(body, list) and _yields(body)
        within = f"{owner.qualname}." if owner else f"{frame.module.name}."
        return Function(
            name,
            within + name,
            node.args,
            body,
            frame.parent if owner and frame.parent else frame,
            [self.value(one, frame) for one in node.args.defaults],
            [self.value(one, frame) if one else Ellipsis for one in node.args.kw_defaults],
            owner=owner,
            generator=generator,
        )

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame, owner: Class | None = None
    ) -> None:
        made = self.function(node, frame, node.name, owner)
        value: Value = self.overrides.get(made.qualname, made)
        for decorator in reversed(node.decorator_list):
            value = self._decorated(decorator, value, frame)
        frame.outer.get(node.name, frame.names)[node.name] = value

    def _decorated(self, node: ast.expr, value: Value, frame: Frame) -> Value:
        if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
            before = self.value(node.value, frame)
            if isinstance(before, Property):
                return Property(before.get, value) if node.attr == "setter" else before
            return value
        decorator = self.value(node, frame)
        if isinstance(decorator, Builtin) and decorator.name == "property":
            return Property(value)
        if isinstance(decorator, Builtin) and decorator.name in ("staticmethod", "classmethod"):
            return Wrapped(decorator.name, value)
        if isinstance(decorator, Unknown):
            # Of a library: a cache, a registration. What it wraps is the function all the same.
            return Property(value) if "property" in decorator.name.lower() else value
        return self.call(decorator, [value])

    def _class(self, node: ast.ClassDef, frame: Frame) -> None:
        bases = [
            self.value(base, frame) for base in node.bases if not isinstance(base, ast.Starred)
        ]
        made = make_class(node.name, f"{frame.module.name}.{node.name}", bases)
        inside = Frame(frame.module, made.names, parent=frame)
        for one in node.body:
            self.step()
            if isinstance(one, _DEFINITION):
                self._define(one, inside, made)
            else:
                self._statement(one, inside)
        if any("dataclass" in ast.unparse(one) for one in node.decorator_list):
            self._initialized(node, made, inside)
        frame.outer.get(node.name, frame.names)[node.name] = made

    def _initialized(self, node: ast.ClassDef, made: Class, inside: Frame) -> None:
        """Give a data class the ``__init__`` that its annotations ask for."""
        fields = [
            one.target.id
            for one in node.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        defaults = [made.names[name] for name in fields if name in made.names]

        def fill(args: list[Value], named: dict[str, Value]) -> Value:
            owner = args[0]
            if isinstance(owner, Instance):
                given = dict(
                    zip(fields[-len(defaults) :] if defaults else (), defaults, strict=True)
                )
                given |= dict(zip(fields, args[1:], strict=False)) | named
                owner.attributes.update(given)
            return None

        inside.names["__init__"] = Native("__init__", fill)

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                frame.names[alias.asname or whole] = Import(plain(whole))
            return
        module = plain(node.module or "")
        if node.level:
            package = frame.module.name.split(".")
            inside = self.source(f"{frame.module.name}.__init__") is not None
            kept = package[: len(package) - node.level + (1 if inside else 0)]
            module = ".".join([*kept, *([module] if module else [])])
        for alias in node.names:
            if alias.name != "*":
                frame.names[alias.asname or alias.name] = Import(module, alias.name)


def plain(module: str) -> str:
    """Name a vendored library as if it weren't: ``awscli.botocore`` is ``botocore``."""
    return module.removeprefix("awscli.") if module.startswith("awscli.botocore") else module


def _yields(body: list[ast.stmt]) -> bool:
    """Whether a function is a generator: it yields itself, not a function inside it."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, (*_DEFINITION, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))
    return False
