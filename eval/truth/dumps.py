r"""Dumps of a program's own command table → facts: what clouds' command lines accept.

::

    python -m eval.truth.dumps az-2.89.1.json.gz eval/truth/az-2.89.1.json.gz \
        --origin "azure-cli 2.89.1 (PyPI)"

A dump is what ``eval/truth/az_dump.py`` or ``eval/extraction/aws_dump.py`` write from an installed
release, or a recursive ``--help`` in the form
``{"tool", "version", "commands": {path: {"flags"}}}``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpora.errors import ParseError, Reason
from eval.truth.facts import Facts, Flags, Taking, save
from eval.validator.truth import load as load_table

_PARSER_ONLY = frozenset({"IgnoreAction", "ChangeReferenceAction"})
"""Actions of what Azure's table holds for its own use, and nobody types."""


def facts_of(path: Path, origin: str) -> Facts:
    """Read a dump. Raises ParseError."""
    try:
        data = path.read_bytes()
        raw = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except (OSError, EOFError, ValueError) as error:
        raise ParseError(str(path), Reason.MALFORMED, str(error)) from error
    return _of_table(raw, origin) if "tool" in raw else _of_aws(raw, origin)


def _of_aws(raw: Mapping[str, Any], origin: str) -> Facts:
    """What the parser of an AWS CLI was told."""
    commands: dict[str, Flags] = {}
    unlisted: dict[str, Flags] = {}
    required: dict[str, tuple[str, ...]] = {}
    for path, held in raw["commands"].items():
        flags = {name: one for name, one in held.items() if name.startswith("--")}
        commands[path] = {n: _taking(one) for n, one in flags.items() if not one["hidden"]}
        if hidden := {n: _taking(one) for n, one in flags.items() if one["hidden"]}:
            unlisted[path] = hidden
        if needed := tuple(
            sorted("|".join(_group(n, flags)) for n, one in flags.items() if one["required"])
        ):
            required[path] = needed
    return Facts(
        product="aws",
        release=raw["version"],
        origin=origin,
        method="command table",
        commands=commands,
        unlisted=unlisted,
        required=required,
    )


def _group(name: str, flags: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A switch and what switches it off: one of them is enough (``--egress``, ``--ingress``)."""
    group = flags[name]["group"]
    off = [n for n, one in flags.items() if one["off"] and one["group"] == group and n != name]
    return [name, *off] if group else [name]


def _taking(one: Mapping[str, Any]) -> Taking:
    arity: Taking = one["arity"]
    return arity


def _of_table(raw: Mapping[str, Any], origin: str) -> Facts:
    """Any other dump, by the reader that the validator's benchmark has for them."""
    for one in raw["commands"].values():
        one["flags"] = [f for f in one["flags"] if f.get("action") not in _PARSER_ONLY]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "dump.json.gz"
        plain.write_bytes(gzip.compress(json.dumps(raw).encode(), 1))
        table = load_table(plain)
    commands: dict[str, Flags] = {}
    unlisted: dict[str, Flags] = {}
    choices: dict[str, dict[str, tuple[str, ...]]] = {}
    required: dict[str, tuple[str, ...]] = {}
    deprecated: dict[str, tuple[str, ...]] = {}
    for command in table.surface.commands:
        for path in (command.path, *command.aliases):
            name = " ".join(path)
            commands[name] = {}
            for option in command.options:
                held = unlisted.setdefault(name, {}) if option.hidden else commands[name]
                held.update(dict.fromkeys(option.names, option.arity))
                held.update(dict.fromkeys(option.negations, "none"))
                if option.choices and not option.open_choices:
                    for spelling in option.names:
                        choices.setdefault(name, {})[spelling] = option.choices
            if needed := tuple(
                sorted("|".join(o.spellings) for o in command.options if o.required)
            ):
                required[name] = needed
            if old := [n for o in command.options if o.deprecated for n in o.names]:
                deprecated[name] = tuple(sorted(old))
    return Facts(
        product=str(raw["tool"]),
        release=table.release,
        origin=origin,
        method="command table" if raw["tool"] in {"az", "gcloud"} else "cobra",
        commands=commands,
        unlisted={name: flags for name, flags in unlisted.items() if flags},
        choices=choices,
        required=required,
        deprecated=deprecated,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the facts of one dump."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dump", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--origin", required=True, help="package and exact version")
    given = parser.parse_args(arguments)
    facts = facts_of(given.dump, given.origin)
    save(given.output, facts)
    sys.stdout.write(f"{given.output}: {len(facts.commands)} commands\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
