"""Operators on the values of :mod:`ingest.models.aws.python`, within limits of size."""

from __future__ import annotations

import ast
import re

from ingest.models.aws.errors import exception
from ingest.models.aws.values import Exhausted, Raised, Unknown, Unsupported, Value, describe

TEXT = 2_000_000
"""Characters of one text. The longest help text seen has 30,000."""
ITEMS = 200_000
"""Elements of one list."""

_WIDTH = re.compile(r"%[^a-zA-Z%]*\d{3,}|%[^a-zA-Z%]*\*")
"""A ``%`` format that asks for hundreds of columns."""


def size_checked(value: str) -> str:
    """Give a text back. Raises Exhausted where it is longer than any honest one."""
    if len(value) > TEXT:
        raise Exhausted("too long a text")
    return value


def binary(operator: ast.operator, left: Value, right: Value) -> Value:
    """Apply a binary operator. Unknown for all that declarations don't need."""
    if isinstance(left, Unknown):
        return left
    if isinstance(operator, ast.Mod) and isinstance(left, str):
        return _formatted(left, right)
    if isinstance(right, Unknown):
        return right
    match operator, left, right:
        case ast.Add(), str(), str():
            return size_checked(left + right)
        case ast.Add(), list(), list():
            return _items(left + right)
        case ast.Add(), tuple(), tuple():
            return left + right
        case ast.Add() | ast.Sub() | ast.Mult(), (int() | float()), (int() | float()):
            return _number(operator, left, right)
        case ast.Mult(), str(), int():
            if len(left) * right > TEXT:
                raise Exhausted("too long a text")
            return left * right
        case ast.Mult(), list(), int():
            if len(left) * right > ITEMS:
                raise Exhausted("too long a list")
            return left * right
        case ast.BitOr(), dict(), dict():
            return {**left, **right}
        case ast.BitOr(), set(), set():
            return left | right
        case ast.Sub(), set(), set():
            return left - right
    return Unknown(f"{describe(left)} {type(operator).__name__} {describe(right)}")


def compare(operator: ast.cmpop, left: Value, right: Value) -> bool | None:
    """Apply a comparison; None where the answer is unknown."""
    match operator:
        case ast.Is() | ast.IsNot():
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                # What a library returns is mostly something: `x is None` is false of it.
                return (
                    None
                    if left is not None and right is not None
                    else isinstance(operator, ast.IsNot)
                )
            same = left is right or (
                isinstance(left, str | int | bool) and type(left) is type(right) and left == right
            )
            return same if isinstance(operator, ast.Is) else not same
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    match operator:
        case ast.Eq():
            return bool(left == right)
        case ast.NotEq():
            return bool(left != right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        match operator:
            case ast.Lt():
                return left < right
            case ast.LtE():
                return left <= right
            case ast.Gt():
                return left > right
            case ast.GtE():
                return left >= right
    return None


def contains(item: Value, inside: Value) -> bool | None:
    """Whether ``item in inside``; None where the answer is unknown."""
    if isinstance(item, Unknown) or isinstance(inside, Unknown):
        return None
    if isinstance(inside, str):
        return isinstance(item, str) and item in inside
    if isinstance(inside, list | tuple):
        return item in inside
    if isinstance(inside, dict | set | frozenset):
        return _hashable(item) and item in inside
    return None


def subscript(inside: Value, key: Value) -> Value:
    """Give ``inside[key]``."""
    if isinstance(inside, Unknown) or isinstance(key, Unknown):
        return Unknown(f"{describe(inside)}[…]")
    try:
        if isinstance(inside, dict):
            return inside[key]
        if isinstance(inside, list | tuple | str) and isinstance(key, int | slice):
            return inside[key]
    except (KeyError, IndexError, TypeError) as error:
        raise Raised(exception(type(error).__name__, str(error))) from None
    raise Unsupported(f"{describe(inside)}[{describe(key)}]")


def set_item(inside: Value, key: Value, value: Value) -> None:
    """Do ``inside[key] = value``."""
    if isinstance(inside, Unknown) or isinstance(key, Unknown):
        return
    if isinstance(inside, dict) and _hashable(key):
        inside[key] = value
        if len(inside) > ITEMS:
            raise Exhausted("too large a table")
    elif isinstance(inside, list) and isinstance(key, int) and abs(key) < len(inside):
        inside[key] = value
    else:
        raise Unsupported(f"assignment to an element of {describe(inside)}")


def delete_item(inside: Value, key: Value) -> None:
    """Do ``del inside[key]``."""
    if isinstance(inside, Unknown) or isinstance(key, Unknown):
        return
    try:
        if isinstance(inside, dict) or (isinstance(inside, list) and isinstance(key, int | slice)):
            del inside[key]  # type: ignore[arg-type]
            return
    except (KeyError, IndexError, TypeError) as error:
        raise Raised(exception(type(error).__name__, str(error))) from None
    raise Unsupported(f"deletion of an element of {describe(inside)}")


def _number(operator: ast.operator, left: float, right: float) -> Value:
    if max(abs(left), abs(right)) > 1e15:
        return Unknown("a large number")
    if isinstance(operator, ast.Add):
        return left + right
    return left - right if isinstance(operator, ast.Sub) else left * right


def _formatted(template: str, value: Value) -> Value:
    parts = value if isinstance(value, tuple) else (value,)
    if isinstance(value, dict):
        parts = tuple(value.values())
    if any(not isinstance(part, str | int | float) for part in parts) or _WIDTH.search(template):
        return Unknown("a text")
    try:
        return size_checked(template % value)
    except (TypeError, ValueError, KeyError):
        return Unknown("a text")


def _items(value: list[Value]) -> list[Value]:
    if len(value) > ITEMS:
        raise Exhausted("too long a list")
    return value


def _hashable(value: Value) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
