"""How each product's pages are written and its programs read their options, ready for use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from commands.dialect import GNU, Dialect, dialect
from commands.model import Arity
from corpora.catalogue import Reading
from corpora.model import Entry, Page
from ingest.extract.terms import Notation


@dataclass(frozen=True, slots=True)
class Family:
    """What a product's declaration says of it beforehand."""

    dialect: Dialect = GNU
    notation: Notation = field(default_factory=Notation)
    commands: Mapping[str, str] = field(default_factory=dict)
    """Programs that read their options otherwise, each with its dialect."""
    phantoms: frozenset[str] = frozenset()
    """Options that the pages list and no program accepts."""
    takes: Mapping[str, Arity] = field(default_factory=dict)
    """Options that the pages print without their value, and how they take it."""
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other names that programs take for an option, and their pages don't have."""
    unwritten: Mapping[str, Arity] = field(default_factory=dict)
    """Options that no page has, of a program or of all, and how they take a value."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of commands that no page has, and the command."""
    optional: frozenset[str] = frozenset()
    """Options that a usage prints as required, and are not."""
    shares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Programs that take the options of others without saying so."""
    parameters: tuple[str, ...] = ()
    """Pages that describe a configuration file, as globs of their slugs."""
    program: str = ""
    """What pages leave out of the commands they document."""

    @classmethod
    def of(cls, declared: Reading) -> Family:
        """Take a declaration. Raises ConfigurationError for a dialect that there isn't."""
        for name in declared.programs.values():
            dialect(name)
        return cls(
            dialect(declared.dialect),
            Notation.model_validate(declared.notation.model_dump()),
            dict(declared.programs),
            frozenset(declared.phantoms),
            dict(declared.takes),
            dict(declared.spellings),
            dict(declared.unwritten),
            dict(declared.aliases),
            frozenset(declared.optional),
            dict(declared.shares),
            declared.parameters,
            declared.program,
        )

    def arity(self, path: tuple[str, ...], names: Iterable[str]) -> Arity | None:
        """How an option takes its value, where that was declared."""
        declared = (self.takes[one] for one in _scoped(path, names) if one in self.takes)
        return next(declared, None)

    def other_names(self, path: tuple[str, ...], names: Iterable[str]) -> tuple[str, ...]:
        """The names of an option that its page doesn't have."""
        declared = (self.spellings.get(one, ()) for one in _scoped(path, names))
        return tuple(name for spelled in declared for name in spelled)

    def may_be_left_out(self, path: tuple[str, ...], names: Iterable[str]) -> bool:
        """Whether an option that a usage prints as required was declared not to be."""
        return not self.optional.isdisjoint(_scoped(path, names))

    def named(self, page: Page) -> Page:
        """``page`` with its whole command, where it leaves out the program."""
        words = page.command.split()
        if not self.program or words[:1] in ([], [self.program]):
            return page
        command = " ".join((self.program, *words))
        return page.model_copy(update={"command": command, "title": command})


def _scoped(path: tuple[str, ...], names: Iterable[str]) -> list[str]:
    """How a declaration may speak of an option: alone, or behind its command or one above it."""
    return [
        " ".join((*path[:length], name)) for name in names for length in range(len(path), -1, -1)
    ]


COBRA = Notation(defaults=True, several_words="many")

_COBRA = re.compile(r"(?:=\"\"|=\[\]|=map\[\]|\[=(?:true|false)\])\Z")


def notation(known: Family, page: Page) -> Notation:
    """How ``page`` is written. Pages made by cobra show it, whatever the product."""
    if known.notation.defaults or not _looks_like_cobra(page):
        return known.notation
    return COBRA


def _looks_like_cobra(page: Page) -> bool:
    return any(
        isinstance(block, Entry) and any(_COBRA.search(term) for term in block.terms)
        for section in page.sections
        for block in section.blocks
    )
