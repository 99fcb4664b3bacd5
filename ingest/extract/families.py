"""How each product's pages are written and its programs read their options, ready for use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from commands.dialect import GNU, Dialect, dialect
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
            declared.parameters,
            declared.program,
        )

    def named(self, page: Page) -> Page:
        """``page`` with its whole command, where it leaves out the program."""
        words = page.command.split()
        if not self.program or words[:1] in ([], [self.program]):
            return page
        command = " ".join((self.program, *words))
        return page.model_copy(update={"command": command, "title": command})


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
