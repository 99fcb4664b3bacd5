"""The command surface: what a product accepts at one release, as frozen facts.

A command, a configuration file and a statement have one shape, so that one store, one diff and one
validator serve them all:

=============  ===============================  =========================================
kind           path                             options
=============  ===============================  =========================================
command        ``("kubectl", "get")``           ``--output``, ``-o`` …
configuration  ``("postgresql.conf",)``,        parameters: ``max_wal_size``
               ``("systemd.service", "Service")``   directives: ``Restart``
statement      ``("CREATE", "INDEX")``,         keywords and storage parameters
               ``("ACL", "CAT")``
=============  ===============================  =========================================

Silence is not a statement: a page that doesn't call an option required has not said that it is
optional. ``Surface.exhaustive`` names the facts on which a source's silence does mean no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from commands.dialect import GNU, Dialect

Source = Literal["binary", "model", "help", "documentation", "declaration"]
"""Who says a fact.

binary: the program's own parser, dumped. model: what the vendor generates the program from, or
dumps of it (AWS service models, oclif manifests, ``COMMAND DOCS``). help: the text the program
prints. documentation: published pages. declaration: the product's file in the catalogue, where no
page says it.
"""

TRUST: tuple[Source, ...] = ("binary", "model", "help", "documentation", "declaration")
"""Most trusted first: where two disagree, the nearer to the running program is right.

docker 29 calls ``--kernel-memory`` removed in its pages and accepts it still.
"""

Kind = Literal["command", "configuration", "statement"]

Arity = Literal["none", "one", "optional", "many", "any"]
"""How many values one use takes. optional: none or one, mostly attached.

many: one or more words. any: one or more, or none: the ``nargs="*"`` of argparse.
"""

ValueType = Literal[
    "",
    "string",
    "integer",
    "number",
    "boolean",
    "duration",
    "size",
    "path",
    "url",
    "timestamp",
    "list",
    "map",
    "object",
]
"""What a value is. Empty: not said. list, map and object are written as the tool writes them."""

Facet = Literal[
    "commands", "options", "arity", "choices", "default", "required", "repeatable", "hidden"
]
"""What a source can be exhaustive about."""

GroupKind = Literal["at_most_one", "exactly_one", "at_least_one", "all_or_none"]

# Untrusted input ends here. The longest names and texts seen: an Azure option of 63 characters,
# 1,160 choices of an EC2 instance type, a curl synopsis below 100; limits stand well above them.
# U+FDD0–U+FDEF are noncharacters that no text carries: the store marks what it factors out by them.
_CONTROLS = r"\x00-\x1f\x7f\ufdd0-\ufdef"
_BARRED = r"\x00-\x08\x0b-\x1f\x7f\x{FDD0}-\x{FDEF}"
Name = Annotated[str, StringConstraints(pattern=rf"^[^\s{_BARRED}]+$", max_length=200)]
Line = Annotated[str, StringConstraints(pattern=rf"^[^\n{_BARRED}]*$", max_length=1000)]
Quote = Annotated[str, StringConstraints(pattern=rf"^[^{_BARRED}]*$", max_length=4000)]
Url = Annotated[str, StringConstraints(pattern=rf"^[^\s{_BARRED}]*$", max_length=2000)]
Path = Annotated[tuple[Name, ...], Field(min_length=1, max_length=16)]
Names = Annotated[tuple[Name, ...], Field(min_length=1, max_length=64)]
Choices = Annotated[tuple[Line, ...], Field(max_length=5000)]

CONFIG = ConfigDict(extra="forbid")


def one_line(text: str) -> str:
    """Fold a text of any source into what a one-line field takes, cut after 1,000 characters."""
    return re.sub(rf"[\s{_CONTROLS}]+", " ", text).strip()[:1000]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Evidence:
    """Where a fact was read. ``quote`` is cut from the source as it stands there."""

    source: Source
    url: Url = ""
    quote: Quote = ""
    passage: Line = ""
    """Id of the passage in the snapshot, where there is one."""


@dataclass(frozen=True, slots=True, config=CONFIG)
class Deprecation:
    """Still accepted, to be given up. ``replacement`` is a name, ``since`` a release if said."""

    note: Line = ""
    replacement: Line = ""
    since: Line = ""


@dataclass(frozen=True, slots=True, config=CONFIG)
class Claim:
    """Who said one fact, where that is not everyone who knows of the option."""

    fact: str
    """Name of the field."""
    sources: tuple[Source, ...]
    against: tuple[Source, ...] = ()
    """Who said otherwise, and was less trusted."""


@dataclass(frozen=True, slots=True, config=CONFIG)
class Option:
    """One option, parameter or keyword with all its spellings.

    ``names`` are as typed, dashes and all, the order of the source kept (``-n``, ``--namespace``).
    One that is itself a number (``head -5``) is named ``-NUM``; operands of dd are named without
    their ``=``.
    """

    names: Names
    arity: Arity
    metavar: Line = ""
    type: ValueType = ""
    choices: Choices = ()
    open_choices: bool = False
    """Other values are accepted too: AWS lists its enums and doesn't enforce them."""
    default: Line | None = None
    required: bool = False
    repeatable: bool = False
    waives_required: bool = False
    """Where it is given, no other option is required: ``--cli-input-json``, ``--ids`` of az."""
    negations: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """The spellings that switch it off: ``--no-verify``."""
    deprecated: Deprecation | None = None
    hidden: bool = False
    """Accepted, and left out of help on purpose."""
    inheritable: bool = False
    """Declared here, and accepted by every command below as well."""
    inherited: bool = False
    """Declared by a command above. Stores fill it in; a surface may state it."""
    description: Line = ""
    sources: tuple[Source, ...] = ()
    """Who says that it exists. Empty in a surface: all of the surface's sources."""
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=16)] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def negatable(self) -> bool:
        """Whether a spelling switches it off."""
        return bool(self.negations)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names and negations."""
        return self.names + self.negations

    @property
    def name(self) -> str:
        """The name to speak of it by: the first long one, else the first."""
        return max(self.names, key=lambda name: (len(name.lstrip("-+")) > 1, name[:2] == "--"))

    @property
    def documented(self) -> bool:
        """Whether a text for people says so, rather than the program alone."""
        return not self.sources or "documentation" in self.sources or "help" in self.sources


@dataclass(frozen=True, slots=True, config=CONFIG)
class Positional:
    """An argument known by its place."""

    name: Line
    required: bool = True
    repeatable: bool = False
    type: ValueType = ""
    choices: Choices = ()
    default: Line | None = None
    description: Line = ""
    remainder: bool = False
    """A command line of its own begins here, and options are no longer read from the positional
    before it on: ``docker run IMAGE [COMMAND [ARG...]]``. One behind ``--`` is no such case."""


@dataclass(frozen=True, slots=True, config=CONFIG)
class Group:
    """Options that bind each other, each by one of its names."""

    kind: GroupKind
    members: Names


@dataclass(frozen=True, slots=True, config=CONFIG)
class Command:
    """One command, configuration file or statement. ``path`` begins with the executable.

    ``children`` are the words that may follow the path; stores fill them in.
    """

    path: Path
    kind: Kind = "command"
    aliases: Annotated[tuple[Path, ...], Field(max_length=64)] = ()
    """Other paths to it, in full: ``("docker", "container", "run")``."""
    summary: Line = ""
    synopsis: Annotated[tuple[Quote, ...], Field(max_length=100)] = ()
    options: Annotated[tuple[Option, ...], Field(max_length=5000)] = ()
    positionals: Annotated[tuple[Positional, ...], Field(max_length=100)] = ()
    groups: Annotated[tuple[Group, ...], Field(max_length=500)] = ()
    children: tuple[Name, ...] = ()
    dialect: Dialect | None = None
    """None in a surface: the surface's."""
    deprecated: Deprecation | None = None
    hidden: bool = False
    partial: bool = False
    """Known by name only: that it lists no options doesn't mean that it has none."""
    sources: tuple[Source, ...] = ()
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=16)] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def place(self) -> tuple[Kind, tuple[str, ...]]:
        """What tells it from every other of its release."""
        return self.kind, self.path

    def option(self, spelling: str) -> Option | None:
        """Give the option so spelled (exactly), or None."""
        for option in self.options:
            if spelling in option.names or spelling in option.negations:
                return option
        return None


@dataclass(frozen=True, slots=True, config=CONFIG)
class Scope:
    """The facts on which silence of a source means no.

    With ``options``: an option that it doesn't list doesn't exist.
    """

    source: Source
    facets: tuple[Facet, ...]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Surface:
    """Everything one product accepts at one release, as some sources tell it."""

    product: str
    release: str
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    commands: tuple[Command, ...]
    dialect: Dialect = GNU
    exhaustive: tuple[Scope, ...] = ()


def exhaustive(scopes: Iterable[Scope], facet: Facet, sources: Iterable[Source]) -> bool:
    """Tell whether silence on ``facet`` means no, where these sources have spoken."""
    known = frozenset(sources)
    return any(scope.source in known and facet in scope.facets for scope in scopes)
