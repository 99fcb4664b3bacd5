"""What the parts of the reader of :mod:`ingest.models.aws.python` ask of each other."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Protocol

from ingest.models.aws.values import Class, Frame, Function, Left, Value

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Interpreter(Protocol):
    """The whole reader, as each part of it sees it."""

    overrides: Mapping[str, Value]
    """Full name of a function → what stands in for it."""
    guesses: set[str]
    """Where something unknown had to be taken for false or empty."""

    def source(self, name: str, /) -> str | None:
        """Text of a module, None where there is none."""

    def module(self, name: str) -> Value:
        """Give a module by its full name."""

    def member(self, module: str, name: str) -> Value:
        """What ``from module import name`` binds."""

    def resolved(self, names: dict[str, Value], name: str) -> Value:
        """Look a name up, and replace an import by what it stands for."""

    def look_up(self, name: str, frame: Frame) -> Value:
        """Give the value of a name as ``frame`` sees it."""

    def run(self, body: list[ast.stmt], frame: Frame) -> Left | None:
        """Follow a block; say how it was left, None where by its end."""

    def value(self, node: ast.expr, frame: Frame) -> Value:
        """Work out an expression."""

    def call(
        self, target: Value, arguments: list[Value], keywords: dict[str, Value] | None = None
    ) -> Value:
        """Call ``target``, whatever it is."""

    def attribute(self, owner: Value, name: str) -> Value:
        """Give ``owner.name``."""

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        """Do ``owner.name = value``."""

    def assign(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """Bind ``value`` to what stands on the left of an assignment."""

    def each(self, value: Value) -> list[Value]:
        """List the elements of a value."""

    def true(self, value: Value, where: str = "") -> bool:
        """Whether a value counts as true."""

    def step(self) -> None:
        """Count one step."""

    def class_of(self, value: Value, default: Class) -> Class:
        """Give the class of an instance, or the class itself."""

    def function(
        self,
        node: Definition,
        frame: Frame,
        name: str,
        owner: Class | None = None,
    ) -> Function:
        """Make a function of its definition."""
