"""A filled schema → the words of a command line, and back.

What is rendered is read back before it is given out, by the reader that validation uses: words that
a dialect would take otherwise are refused, never handed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from commands.dialect import GNU, Dialect
from commands.model import Command, Option, Positional
from commands.reading import Given, assign, read
from commands.schema import Property, model, properties
from corpora.errors import InvalidRequest

Value = bool | int | float | str | list[bool | int | float | str]
"""What one property may hold."""


def argv(command: Command, filled: Mapping[str, object] | BaseModel) -> list[str]:
    """Render a filled schema as the words of a command line, the path first.

    Options stand in the order in which they were filled. Null means left out, and so does false for
    a switch that nothing switches off. Raises InvalidRequest, naming the property, where the values
    don't fit the schema or can't be written in the command's dialect.
    """
    dialect = command.dialect or GNU
    values = _checked(command, filled)
    known = {one.key: one for one in _all(command)}
    options = [
        word
        for key, value in values.items()
        if isinstance(known[key].source, Option)
        for word in _option(command, dialect, known[key], value)
    ]
    operands = [
        _text(part)
        for key, one in known.items()
        if isinstance(one.source, Positional) and key in values
        for part in _parts(values[key])
    ]
    for words in _orders(dialect, options, operands):
        try:
            back = filling(command, words)
        except InvalidRequest:
            continue
        if back == values:
            return [*command.path, *words]
    raise InvalidRequest(
        f"{' '.join(command.path)}: these arguments can't be told apart on a command line.",
        hint="Give fewer optional arguments, or ones that don't look like options.",
    )


def filling(command: Command, words: Sequence[str]) -> dict[str, Value]:
    """Read the words that follow a command's path into the filled schema they stand for.

    Raises InvalidRequest for words that the command doesn't take, or not so often.
    """
    reading = read(command, words)
    for problem in reading.problems:
        raise InvalidRequest(f"{problem.token}: {problem.code.replace('_', ' ')}.")
    held = _all(command)
    by_option = {id(one.source): one for one in held if isinstance(one.source, Option)}
    filled: dict[str, Value] = {}
    for given in reading.given:
        one = by_option[id(given.option)]
        filled[one.key] = _add(one, filled.get(one.key), given)
    shares, left = assign(command.positionals, reading.operands)
    for operand in left:
        raise InvalidRequest(f"{operand.text}: one argument too many.")
    by_positional = {id(one.source): one for one in held if isinstance(one.source, Positional)}
    for positional, operands in shares:
        one = by_positional[id(positional)]
        texts = [_value(one, operand.text) for operand in operands]
        if texts:
            filled[one.key] = texts if one.many else texts[0]
    return filled


def _all(command: Command) -> tuple[Property, ...]:
    return properties(command, hidden=True, deprecated=True)


def _checked(command: Command, filled: Mapping[str, object] | BaseModel) -> dict[str, Value]:
    """Give what was filled, in its order, checked against the schema and without the left out."""
    given = filled.model_dump(by_alias=True) if isinstance(filled, BaseModel) else dict(filled)
    given = {key: value for key, value in given.items() if value is not None}
    try:
        made = model(command, hidden=True, deprecated=True).model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:2]) or " ".join(command.path)
        raise InvalidRequest(f"{where}: {first['msg']}.") from error
    checked: Mapping[str, Any] = made.model_dump(by_alias=True)
    dialect = command.dialect or GNU
    held = {one.key: one for one in _all(command)}
    values: dict[str, Value] = {}
    for key in given:
        value = checked[key]
        source = held[key].source
        if (
            value is False
            and held[key].switch
            and isinstance(source, Option)
            and not source.negations
            and not dialect.boolean_values
        ):
            continue
        values[key] = list(value) if isinstance(value, tuple) else value
    return values


def _option(command: Command, dialect: Dialect, one: Property, value: Value) -> Iterator[str]:
    option = one.source
    if not isinstance(option, Option):
        return
    if one.counted and isinstance(value, int):
        uses: list[list[str] | None] = [None] * value
    elif one.switch:
        uses = [[] if value is False else None]
    elif option.arity in {"many", "any"} and dialect.many_words:
        uses = [[_text(part) for part in _parts(value)]]
    else:
        uses = [None if part is True and one.bare else [_text(part)] for part in _parts(value)]
    for use in uses:
        words = next(_fitting(command, dialect, option, use), None)
        if words is None:
            raise InvalidRequest(
                f"{one.key}: {use} can't be given to {option.name} on a command line."
            )
        yield from words


def _fitting(
    command: Command, dialect: Dialect, option: Option, use: list[str] | None
) -> Iterator[list[str]]:
    """Give the ways of writing one use that are read as this option with these values, alone.

    ``use`` is None for the option without a value, and empty for it switched off.
    """
    wanted = tuple(use or ())
    off = use is not None and not use
    for words in _forms(dialect, option, use):
        reading = read(command, words, dialect)
        if len(reading.given) == 1 and not reading.problems and not reading.operands:
            given = reading.given[0]
            if given.option is option and (_switched_off(given) if off else given.values == wanted):
                yield words


def _forms(dialect: Dialect, option: Option, use: list[str] | None) -> Iterator[list[str]]:
    names = sorted(option.names, key=lambda name: name != option.name)
    if use is None:
        yield from ([name] for name in names)
    elif not use:
        yield from ([name] for name in option.negations)
        yield from ([f"{name}=false"] for name in names)
    else:
        for name in names:
            word = name.rstrip("=") if dialect.key_values else name
            separate, equals = [name, *use], [f"{word}={use[0]}"]
            attached = [f"{name.removesuffix('NUM')}{use[0]}"]
            if len(use) > 1:
                yield separate
            elif option.arity == "optional" or dialect.key_values:
                yield from (equals, attached, separate)
            else:
                yield from (separate, equals, attached)


def _orders(dialect: Dialect, options: list[str], operands: list[str]) -> Iterator[list[str]]:
    """Give the orders in which a command line may stand, the customary one first."""
    if not dialect.operands_first:
        yield [*options, *operands]
        if dialect.terminator:
            yield [*options, "--", *operands]
    yield [*operands, *options]


def _add(one: Property, before: Value | None, given: Given) -> Value:
    """Give the value of a property after one more use of its option."""
    if one.switch:
        if _switched_off(given):
            return False
        count = before if isinstance(before, int) else 0
        return count + 1 if one.counted else True
    values: list[bool | int | float | str] = [_value(one, text) for text in given.values]
    if one.bare and not values:
        values = [True]
    if one.many:
        return [*before, *values] if isinstance(before, list) else values
    return values[0]


def _switched_off(given: Given) -> bool:
    false = bool(given.values) and given.values[0].lower() in {"false", "f", "0", "no", "off"}
    return given.negated != false


def _value(one: Property, text: str) -> bool | int | float | str:
    """Give the typed value of a word, or the word where it is of another type."""
    try:
        if one.source.type == "integer" and not one.source.choices:
            return int(text)
        if one.source.type == "number" and not one.source.choices:
            return float(text)
    except ValueError:
        return text
    if one.source.type == "boolean" and not one.source.choices and text in {"true", "false"}:
        return text == "true"
    return text


def _parts(value: Value) -> list[bool | int | float | str]:
    return value if isinstance(value, list) else [value]


def _text(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
