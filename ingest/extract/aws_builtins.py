"""The names that every source may use: the builtin functions, types and exceptions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Protocol

from ingest.extract.aws_values import (
    Builtin,
    Class,
    Frame,
    Function,
    Instance,
    Native,
    Raised,
    Unknown,
    Value,
    linearize,
)

_RANGE = 100_000


class Interpreter(Protocol):
    """What the parts of the reader ask of each other."""

    overrides: Mapping[str, Value]
    guesses: set[str]

    def source(self, name: str, /) -> str | None:
        """Text of a module, None where there is none."""

    def run(self, body: list[ast.stmt], frame: Frame) -> Value: ...  # noqa: D102

    def value(self, node: ast.expr, frame: Frame) -> Value: ...  # noqa: D102

    def call(  # noqa: D102
        self, target: Value, arguments: list[Value], keywords: dict[str, Value] | None = None
    ) -> Value: ...

    def attribute(self, owner: Value, name: str) -> Value: ...  # noqa: D102

    def set_attribute(self, owner: Value, name: str, value: Value) -> None: ...  # noqa: D102

    def assign(self, target: ast.expr, value: Value, frame: Frame) -> None: ...  # noqa: D102

    def look_up(self, name: str, frame: Frame) -> Value: ...  # noqa: D102

    def resolved(self, names: dict[str, Value], name: str) -> Value: ...  # noqa: D102

    def each(self, value: Value) -> list[Value]: ...  # noqa: D102

    def true(self, value: Value, where: str = "") -> bool: ...  # noqa: D102

    def step(self) -> None: ...  # noqa: D102

    def member(self, module: str, name: str) -> Value: ...  # noqa: D102

    def module(self, name: str) -> Value: ...  # noqa: D102

    def function(  # noqa: D102
        self,
        node: ast.FunctionDef | ast.Lambda,
        frame: Frame,
        name: str,
        owner: Class | None = None,
    ) -> Function: ...
