"""Reads the arguments of a tool call as they were meant.

Models write ``libraryVersion`` where ``version`` was declared, and a number where a string was.
What can be meant in one way only is taken so; what can't is refused with what to send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from corpora.errors import InvalidRequest

ALIASES: Mapping[str, tuple[str, ...]] = {
    "query": (
        "question",
        "q",
        "text",
        "task",
        "prompt",
        "topic",
        "search",
        "input",
        "command",
        "name",
        "filter",
        "product",
    ),
    "product": ("tool", "library", "library_id", "library_name", "package", "cli", "name"),
    "version": ("release", "library_version", "product_version", "tool_version", "tag"),
    "fingerprint": ("version_output", "output"),
    "command": ("cmd", "line", "command_line", "script", "shell", "code", "text", "input", "path"),
    "path": ("command", "cmd", "subcommand"),
    "old": ("from", "from_version", "old_version", "before", "base", "version"),
    "new": ("to", "to_version", "new_version", "after", "head", "target"),
    "id": ("passage", "passage_id", "passage_ids", "ids"),
    "token_budget": ("budget", "tokens", "max_tokens", "limit", "max_length"),
    "cursor": ("next_cursor", "page", "after"),
}
"""Declared name → what it was seen to be called; the first that is given counts."""

Form = TypeVar("Form", bound=BaseModel)

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def read(form: type[Form], sent: Mapping[str, Any] | None) -> tuple[Form, tuple[str, ...]]:
    """The arguments as ``form`` has them, and the names of those that mean nothing here.

    Raises InvalidRequest naming what is wrong or missing.
    """
    given = {_plain(name): value for name, value in (sent or {}).items() if value is not None}
    taken = {name: given.pop(name) for name in form.model_fields if name in given}
    for name in form.model_fields:
        for alias in ALIASES.get(name, ()):
            if name not in taken and alias in given:
                taken[name] = given.pop(alias)
    try:
        read = form.model_validate({name: _meant(name, value) for name, value in taken.items()})
    except ValidationError as error:
        wrong = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors()[:5])
        names = ", ".join(
            name if field.is_required() else f"{name}?" for name, field in form.model_fields.items()
        )
        raise InvalidRequest(f"{wrong}.", hint=f"The arguments are: {names}.") from None
    return read, tuple(sorted(given))


def _plain(name: str) -> str:
    """``libraryVersion``, ``Library-Version`` → ``library_version``."""
    return _HUMP.sub("_", name).replace("-", "_").replace(" ", "_").lower()


def _meant(name: str, value: object) -> object:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if name in ("version", "old", "new"):
        if isinstance(value, float):
            # 1.30 and 1.3 are one number, and two versions.
            raise InvalidRequest(
                f"{name}: {value} is a number.", hint=f'Send it as a string: "{value}".'
            )
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    if name == "token_budget" and isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return value
