"""The words of Flagstone: frozen types that every room shares.

Data flows one way, one noun per stage: Source → Page → Passage → Hit → Context.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from corpora.suspicion import Flag

Trust = Literal["official", "distribution", "community"]
"""Who published the text we read: the vendor itself, a distribution that packages it, or others."""

PassageKind = Literal["option", "parameter", "definition", "synopsis", "example", "section"]
"""option: ``-x``/``--xyz``. parameter: a configuration name. definition: any other defined term."""

Match = Literal["exact", "compatible", "nearest_older", "nearest_newer", "latest"]
VersionPolicy = Literal["exact", "compatible", "nearest"]


class Frozen(BaseModel):
    """Base of all words: immutable, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- Page: one document after parsing --------------------------------------------------------


class Text(Frozen):
    """A run of text. Prose has its white space folded; code and tables keep their lines."""

    type: Literal["prose", "code", "table"] = "prose"
    text: str


class Entry(Frozen):
    """One entry of a definition list: what is defined, and what is said of it.

    ``terms`` are the spellings as the page prints them (``-F format``, ``--format=format``).
    """

    type: Literal["entry"] = "entry"
    terms: tuple[str, ...]
    body: tuple[Block, ...] = ()
    anchor: str = ""


Block = Annotated[Text | Entry, Field(discriminator="type")]


class Section(Frozen):
    """A heading and what stands directly under it. ``level`` 1 is the outermost below the title."""

    heading: str
    level: int = 1
    anchor: str = ""
    blocks: tuple[Block, ...] = ()


class Page(Frozen):
    """One document after parsing.

    ``slug`` names it in every release alike (``app-pgdump``, ``git-commit``); ``command`` is the
    command line that a reference page documents (``git commit``), empty for other pages.
    """

    slug: str
    title: str
    summary: str = ""
    command: str = ""
    sections: tuple[Section, ...]


# --- Passage: the unit that is searched and returned -------------------------------------------


class Location(Frozen):
    """Where a passage stands in one release: its provenance."""

    release: str
    url: str
    fetched_at: datetime
    page_sha256: str
    """SHA-256 of the bytes of the document it was cut from."""


class Passage(Frozen):
    """The unit that is searched and returned.

    The same text in several releases is one passage with several locations. Its ``id`` is derived
    from the content alone, so that building twice gives the same ids.
    """

    id: str
    product: str
    kind: PassageKind
    page: str
    title: str
    summary: str = ""
    command: str = ""
    heading: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Option or parameter names it defines: ``--exclude-table-data``, ``max_wal_size``."""
    text: str
    tokens: int
    locations: tuple[Location, ...] = ()

    @property
    def is_prose(self) -> bool:
        """Whether it is running text: it defines nothing, and is no command's card."""
        return not self.names and self.kind != "synopsis"

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases in which this very text stands."""
        return tuple(location.release for location in self.locations)

    def at(self, release: str) -> Location:
        """Where it stands in ``release``. Raises KeyError where it does not."""
        for location in self.locations:
            if location.release == release:
                return location
        raise KeyError(release)


def passage_id(
    product: str, page: str, kind: PassageKind, heading: Sequence[str], text: str
) -> str:
    """The content-derived id: 32 hex digits, which a point id (UUID) can be made of."""
    parts = "\x1f".join((product, page, kind, *heading, text))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


# --- Resolution: how a requested version became a documented one --------------------------------


class Resolution(Frozen):
    """Part of every answer, never implied."""

    product: str
    requested: str | None
    resolved: str
    match: Match
    available: tuple[str, ...]
    """All documented releases, oldest first."""
    reason: str


# --- Hit and Context: what a search and an answer are made of -----------------------------------


class Hit(Frozen):
    """A passage found, at the release it was asked for.

    ``score`` orders the hits of one search and means nothing across searches.
    """

    passage: Passage
    release: str
    score: float
    also: tuple[str, ...] = ()
    """Other commands, or pages, that were found to define it as well, in much the same words."""


class Citation(Frozen):
    """A passage as an answer carries it."""

    id: str
    text: str
    kind: PassageKind
    heading: tuple[str, ...]
    url: str
    note: str = ""
    """When what it defines came and went, where the documented releases tell: ``since 15``."""
    also: tuple[str, ...] = ()
    """Other commands, or pages, that were found to have it as well, and say much the same of it."""
    excerpt: bool = False
    """Whether ``text`` is one line of the passage alone; the rest can be had by ``id``."""
    product: str
    releases: tuple[str, ...]
    tokens: int
    score: float
    sha256: str
    fetched_at: datetime
    licence: str
    trust: Trust
    flags: tuple[Flag, ...] = ()
    """What about its text looks as if it were meant for a model; a label, not a verdict."""


class OptionUsage(Frozen):
    """One option of a command that an answer speaks of, at the resolved release."""

    names: tuple[str, ...]
    value: str = ""
    """What it takes, as the documentation calls it; empty: nothing. ``[x]``: may be left out."""
    choices: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    since: str | None = None
    """The documented release that brought it; None where the oldest one has it already."""
    removed_in: str | None = None
    """The documented release that has it no more."""
    deprecated: bool = False
    description: str = ""


class CommandUsage(Frozen):
    """A command that an answer speaks of, with the options that matter to the question."""

    path: str
    synopsis: str
    summary: str = ""
    options: tuple[OptionUsage, ...] = ()


class Context(Frozen):
    """The bundle of passages handed to an agent, within a token budget."""

    resolution: Resolution | None
    passages: tuple[Citation, ...]
    commands: tuple[CommandUsage, ...] = ()
    context: str
    token_budget: int
    budget_clamped: bool = False
    tokens_used: int
    truncated: bool
    next_cursor: str | None = None
    abstained: bool
    snapshot: str
    timings_ms: dict[str, float] = Field(default_factory=dict)
    """Of each stage and in ``total``. ``embed`` and ``lexical`` run side by side."""
