"""What an AWS CLI's parser was told (:mod:`eval.extraction.aws_dump`) as a dump like the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def as_dump(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give ``{"tool", "version", "commands": {path: {"flags"}}}``.

    A flag says its ``arity`` there, and of its ``choices`` only those that are insisted on.
    """
    commands = dict(raw["commands"])
    return {
        "tool": "aws",
        "version": raw["version"],
        "global_flags": list(_flags(commands.pop("aws"))),
        "commands": {path: {"flags": list(_flags(held))} for path, held in commands.items()},
    }


def _flags(held: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for name, fact in held.items():
        yield {
            "name": name,
            "arity": fact["arity"],
            "positional": fact["positional"],
            "required": fact["required"],
            "choices": fact["enforced"],
            "hidden": fact["hidden"],
            "type": fact["type"],
            "group": fact["group"],
            "action": "store_false" if fact["off"] else None,
        }
