"""One command as a schema, so that an agent can be held to what the release really accepts.

A filled schema is an object with one property for each option or positional given::

    {"namespace": "web", "output": "json", "all_namespaces": true, "type_name": ["pods"]}

`commands.argv` renders it as a command line, and reads one back.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model, model_validator

from commands.model import Command, Option, Positional

Schema = dict[str, JsonValue]

KEY_LENGTH = 64
"""Both OpenAI and Anthropic take names of ``[a-zA-Z0-9_-]{1,64}``."""
DESCRIPTION_LENGTH = 1024
"""What OpenAI takes for the description of a function."""

_SCALARS: dict[str, type] = {"integer": int, "number": float, "boolean": bool}
_WRITTEN_OUT = frozenset({"list", "map", "object"})
"""Their choices are of the parts, not of the value as it is typed."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of the schema of a command. ``source`` is what it fills."""

    key: str
    source: Option | Positional

    @property
    def required(self) -> bool:
        """Whether a command line without it is refused."""
        return self.source.required

    @property
    def many(self) -> bool:
        """Whether its value is an array."""
        if isinstance(self.source, Positional):
            return self.source.repeatable or self.source.remainder
        several = self.source.arity in {"many", "any"}
        return several or (self.source.repeatable and not self.switch)

    @property
    def switch(self) -> bool:
        """Whether it takes no value: true, false, or how many times."""
        return isinstance(self.source, Option) and self.source.arity == "none"

    @property
    def counted(self) -> bool:
        """Whether its value says how many times it is given: ``-vvv``."""
        return self.switch and self.source.repeatable

    @property
    def bare(self) -> bool:
        """Whether it may be given with a value or, as ``true``, without."""
        return isinstance(self.source, Option) and self.source.arity == "optional"


def properties(
    command: Command, *, inherited: bool = True, hidden: bool = False, deprecated: bool = False
) -> tuple[Property, ...]:
    """Give the properties that a schema of ``command`` has, options first.

    A key depends on the command alone, never on what is left out. Inherited options are in, hidden
    and deprecated ones are out unless asked for; what is required is always in.
    """
    taken: set[str] = set()
    found: list[Property] = []
    for option in command.options:
        key = _key(option.name.lstrip("-+"), taken)
        if option.required or (
            (inherited or not option.inherited)
            and (hidden or not option.hidden)
            and (deprecated or option.deprecated is None)
        ):
            found.append(Property(key, option))
    for positional in command.positionals:
        key = _key(positional.name.lower(), taken, clash="_argument")
        found.append(Property(key, positional))
    return tuple(found)


def json_schema(
    command: Command, *, inherited: bool = True, hidden: bool = False, deprecated: bool = False
) -> Schema:
    """Give the JSON Schema (2020-12) of a filled command."""
    held = properties(command, inherited=inherited, hidden=hidden, deprecated=deprecated)
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": " ".join(command.path),
        "description": _about(command),
        "type": "object",
        "properties": {one.key: _schema(one) for one in held},
        "required": [one.key for one in held if one.required],
        "additionalProperties": False,
    }
    rules: list[JsonValue] = list(_rules(command, held))
    if rules:
        schema["allOf"] = rules
    return schema


def anthropic_tool(command: Command, **which: bool) -> Schema:
    """Give the tool definition for Anthropic's API. ``which`` as for `json_schema`.

    Rules between options are left to the validator: an input schema may have none at its root.
    """
    schema = json_schema(command, **which)
    return {
        "name": tool_name(command),
        "description": schema["description"],
        "input_schema": {key: schema[key] for key in _PLAIN},
    }


def openai_tool(command: Command, *, strict: bool = True, **which: bool) -> Schema:
    """Give the function definition for OpenAI's API. ``which`` as for `json_schema`.

    Strict mode asks for every property to be required: one that may be left out is then nullable,
    and null means left out.
    """
    schema = json_schema(command, **which)
    parameters: Schema = {key: schema[key] for key in _PLAIN}
    if strict:
        held = properties(command, **which)
        parameters["properties"] = {
            one.key: _schema(one) if one.required else {"anyOf": [_schema(one), {"type": "null"}]}
            for one in held
        }
        parameters["required"] = [one.key for one in held]
    function: Schema = {
        "name": tool_name(command),
        "description": schema["description"],
        "parameters": parameters,
        "strict": strict,
    }
    return {"type": "function", "function": function}


_PLAIN = ("type", "properties", "required", "additionalProperties")


def tool_name(command: Command) -> str:
    """Give the name of a command as a tool: ``kubectl_get``."""
    return _fit(re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(command.path)))


@lru_cache(256)
def model(
    command: Command, inherited: bool = True, hidden: bool = False, deprecated: bool = False
) -> type[BaseModel]:
    """Make a Pydantic model of a filled command. Its fields' aliases are the schema's keys.

    A key that Python or Pydantic can't have as an attribute gets ``_`` at its end.
    """
    held = properties(command, inherited=inherited, hidden=hidden, deprecated=deprecated)
    check: Any = model_validator(mode="after")(_grouped(command, held))
    declared: dict[str, Any] = {}
    for one in held:
        kind: Any = _type(one) if one.required else _type(one) | None
        declared[_attribute(one.key)] = (
            kind,
            Field(... if one.required else None, alias=one.key, description=_describe(one) or None),
        )
    made: type[BaseModel] = create_model(
        "".join(part.title() for part in re.findall("[A-Za-z0-9]+", " ".join(command.path))),
        __config__=ConfigDict(
            extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=()
        ),
        __doc__=_about(command),
        __validators__={"groups": check},
        **declared,
    )
    return made


# --- the schema of one property -------------------------------------------------------------------


def _schema(one: Property) -> Schema:
    schema: Schema
    if one.counted:
        schema = {"type": "integer", "minimum": 1}
    elif one.switch:
        schema = {"type": "boolean"}
    else:
        schema = _value(one)
        if one.bare:
            schema = {"anyOf": [{"type": "boolean", "enum": [True]}, schema]}
        if one.many:
            schema = {"type": "array", "items": schema, "minItems": 1}
    if description := _describe(one):
        schema["description"] = description
    return schema


def _value(one: Property) -> Schema:
    if choices := _choices(one):
        return {"type": "string", "enum": list(choices)}
    name = one.source.type
    return {"type": name if name in _SCALARS else "string"}


def _type(one: Property) -> Any:
    """Give the same as a type, for Pydantic."""
    if one.counted:
        return Annotated[int, Field(ge=1)]
    if one.switch:
        return bool
    choices = _choices(one)
    value: Any = Literal[choices] if choices else _SCALARS.get(one.source.type, str)
    if one.bare:
        value = Literal[True] | value
    return Annotated[tuple[value, ...], Field(min_length=1)] if one.many else value


def _choices(one: Property) -> tuple[str, ...]:
    source = one.source
    if source.type in _WRITTEN_OUT or (isinstance(source, Option) and source.open_choices):
        return ()
    return tuple(dict.fromkeys(source.choices))


def _describe(one: Property) -> str:
    source = one.source
    parts = [source.description]
    if isinstance(source, Option):
        parts.insert(0, ", ".join(source.names) + (f" {source.metavar}" * bool(source.metavar)))
        if source.open_choices and source.choices:
            parts.append(f"For example {', '.join(source.choices[:8])}.")
        if source.deprecated:
            parts.append(f"Deprecated. {source.deprecated.note}".strip())
    if source.type not in {"", "string", *_SCALARS} and not one.switch:
        parts.append(f"Value: {source.type}, as it is typed.")
    if source.default:
        parts.append(f"Default: {source.default}.")
    return " ".join(part for part in parts if part)


def _about(command: Command) -> str:
    lines = [command.summary or " ".join(command.path), *command.synopsis]
    lines += (f"{_WORDING[one.kind]}: {', '.join(one.members)}." for one in command.groups)
    return "\n".join(lines)[:DESCRIPTION_LENGTH]


_WORDING = {
    "at_most_one": "At most one of",
    "exactly_one": "Exactly one of",
    "at_least_one": "At least one of",
    "all_or_none": "All or none of",
}

# --- rules between properties ---------------------------------------------------------------------


def _bound(command: Command, held: Sequence[Property]) -> Iterator[tuple[str, list[str]]]:
    """Give each group with the keys of its members; one with a member left out is left out."""
    keys = {
        name: one.key
        for one in held
        if isinstance(one.source, Option)
        for name in one.source.spellings
    }
    for group in command.groups:
        members = list(dict.fromkeys(keys[name] for name in group.members if name in keys))
        if len(members) > 1 and all(name in keys for name in group.members):
            yield group.kind, members


def _rules(command: Command, held: Sequence[Property]) -> Iterator[Schema]:
    for kind, keys in _bound(command, held):
        each: list[JsonValue] = [{"required": [key]} for key in keys]
        if kind == "exactly_one":
            yield {"oneOf": each}
        elif kind == "at_least_one":
            yield {"anyOf": each}
        elif kind == "all_or_none":
            others: dict[str, JsonValue] = {key: [k for k in keys if k != key] for key in keys}
            yield {"dependentRequired": others}
        else:
            for index, key in enumerate(keys):
                pairs: list[JsonValue] = [{"required": [key, other]} for other in keys[:index]]
                if pairs:
                    yield {"not": {"anyOf": pairs}}


def _grouped(command: Command, held: Sequence[Property]) -> Callable[[BaseModel], BaseModel]:
    bound = list(_bound(command, held))

    def check(filled: BaseModel) -> BaseModel:
        for kind, keys in bound:
            given = [key for key in keys if getattr(filled, _attribute(key)) is not None]
            right = {
                "at_most_one": len(given) <= 1,
                "exactly_one": len(given) == 1,
                "at_least_one": len(given) >= 1,
                "all_or_none": len(given) in {0, len(keys)},
            }[kind]
            if not right:
                raise ValueError(f"{_WORDING[kind].lower()} {', '.join(keys)} may be given")
        return filled

    return check


# --- names ----------------------------------------------------------------------------------------


def _key(name: str, taken: set[str], *, clash: str = "") -> str:
    """Give a key that JSON, Python and the APIs take, unlike those taken."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "option"
    key = _fit(plain)
    if key in taken and clash:
        key = _fit(plain + clash)
    number = 2
    while key in taken:
        key, number = _fit(f"{plain}_{number}"), number + 1
    taken.add(key)
    return key


def _fit(name: str) -> str:
    if len(name) <= KEY_LENGTH:
        return name
    return f"{name[: KEY_LENGTH - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _attribute(key: str) -> str:
    plain = f"option_{key}" if key[0].isdigit() else key
    return f"{plain}_" if keyword.iskeyword(plain) or hasattr(BaseModel, plain) else plain
