"""Recorded pages and small questions about them, for the tests of the readers."""

from pathlib import Path

from corpora.model import Block, Entry, Page, Section, Text
from ingest.parse import parse

FIXTURES = Path(__file__).parent / "fixtures"


def read(path: str) -> Page:
    """The page of a fixture such as ``git-2.47/git-commit.1``."""
    kind = "docbook" if path.endswith(".html") else "man"
    return parse(kind, path, (FIXTURES / path).read_bytes())


def section(page: Page, heading: str) -> Section:
    """The first section with that heading."""
    return next(found for found in page.sections if found.heading == heading)


def entries(blocks: tuple[Block, ...]) -> list[Entry]:
    """The definitions that stand directly in ``blocks``."""
    return [block for block in blocks if isinstance(block, Entry)]


def entry(page: Page, term: str) -> Entry:
    """The definition of ``term``, wherever it is nested."""
    pending = [block for found in page.sections for block in found.blocks]
    while pending:
        block = pending.pop(0)
        if isinstance(block, Entry):
            if term in block.terms:
                return block
            pending.extend(block.body)
    raise KeyError(term)


def texts(blocks: tuple[Block, ...], kind: str = "prose") -> list[str]:
    """The texts of one type directly in ``blocks``."""
    return [block.text for block in blocks if isinstance(block, Text) and block.type == kind]
