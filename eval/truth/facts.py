"""What real programs accept, as compact facts: command → spelling → how it takes its value.

::

    {"product": "coreutils", "release": "9.7", "origin": "coreutils 9.7-3", "method": "help",
     "commands": {"ls": {"--all": "none", "--color": "optional", "-a": "none", …}, …},
     "unlisted": {"chown": {"--changes": "none"}}, "open": []}

Facts come from the programs themselves, never from documentation.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import field
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from corpora.errors import ParseError, Reason

Taking = Literal["none", "one", "optional", "many", "any", "unknown"]
"""How many values a spelling takes. many: one or more words. any: none, too. unknown: the
program did not say."""

Flags = dict[str, Taking]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Facts:
    """The options of one release's programs."""

    product: str
    release: str
    origin: str
    """The package that the programs were taken from, at its exact version."""
    method: str
    """How they were asked: ``help``, ``getopt`` (the tables in the executable), ``cobra`` …"""
    commands: dict[str, Flags]
    open: tuple[str, ...] = ()
    """Commands that accept more than they say: to be absent here proves nothing for them."""
    unlisted: dict[str, Flags] = field(default_factory=dict)
    """What is accepted though the help doesn't list it."""
    choices: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """The values that the program insists on, where it said so."""
    required: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Options without which the program refuses, each with its spellings: ``--name|-n``."""
    deprecated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Spellings that are accepted with a warning, where the program said so."""


_FACTS = TypeAdapter(Facts)
_ALWAYS = frozenset({"commands", "open", "unlisted"})


def load(path: Path) -> Facts:
    """Read facts from a ``.json.gz`` file. Raises ParseError."""
    try:
        return _FACTS.validate_json(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValidationError) as error:
        raise ParseError(str(path), Reason.MALFORMED, str(error)) from error


def save(path: Path, facts: Facts) -> None:
    """Write ``facts`` so that equal facts are equal bytes."""
    held = {
        name: value for name, value in _FACTS.dump_python(facts).items() if value or name in _ALWAYS
    }
    text = json.dumps(held, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
