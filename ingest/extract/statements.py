"""SQL statements: the keywords and storage parameters that a reference page describes.

Keywords of several words (``IF NOT EXISTS``) can't be names of options and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.dialect import dialect
from commands.model import Arity, Command, Evidence, Option, ValueType
from corpora.model import Block, Entry, Page, Text
from ingest.extract import prose
from ingest.extract.values import choices_in

_STATEMENT = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_KEYWORD = re.compile(r"(?P<name>[A-Z][A-Z_]*[A-Z])(?:\s+(?P<value>.+))?")
_STORAGE = re.compile(
    r"(?P<name>[a-z][\w.]*(?:, [a-z][\w.]*)*) \((?P<type>integer|boolean|enum|string|floating point"
    r"|real)\)"
)
_LISTED = re.compile(
    r"\bwhere \w+ (?:can be(?: one of)?|is(?: one of)?):\s*\n(?P<list>(?:[ \t]*\S.*\n?|\s*\n)+)"
)
_ITEM = re.compile(r"\s+(?P<name>[A-Z][A-Z_]*[A-Z])(?: (?P<value>\S.*?))?\s*")
_TYPES: dict[str, ValueType] = {
    "integer": "integer",
    "boolean": "boolean",
    "floating point": "number",
    "real": "number",
}
_WORD = re.compile(r"[a-z_]+")


def statement_of(page: Page, url: str = "") -> Command | None:
    """The statement that ``page`` documents, or None where it documents none."""
    if not _STATEMENT.fullmatch(page.command):
        return None
    usage = tuple(
        block.text[:4000]
        for section in page.sections
        if section.heading.lower() == "synopsis"
        for block in section.blocks
        if isinstance(block, Text)
    )
    options: dict[str, Option] = {}
    listed = dict(_listed(usage))
    for section in page.sections:
        if section.heading.lower() in {"parameters", "storage parameters", "options"} or listed:
            for entry in _entries(section.blocks):
                for option in _options(entry, listed, url):
                    options.setdefault(option.names[0], option)
    for name, value in listed.items():
        evidence = Evidence("documentation", url=url, quote=f"{name} {value}".strip())
        if name not in options:
            options[name] = _keyword(name, value, "", evidence)
    return Command(
        path=tuple(page.command.split()),
        kind="statement",
        summary=page.summary[: prose.MAX_LINE],
        synopsis=usage[:100],
        options=tuple(options.values()),
        dialect=dialect("sql"),
        evidence=(Evidence("documentation", url=url, quote=(usage or (page.summary,))[0][:4000]),),
    )


def _listed(usage: Sequence[str]) -> Iterator[tuple[str, str]]:
    """``where option can be one of: FULL [ boolean ]`` …: each keyword and its value."""
    for text in usage:
        for found in _LISTED.finditer(text):
            for line in found["list"].split("\n"):
                if match := _ITEM.fullmatch(line):
                    yield match["name"], match["value"] or ""


def _entries(blocks: Sequence[Block]) -> Iterator[Entry]:
    for block in blocks:
        if isinstance(block, Entry):
            yield block
            yield from _entries(block.body)


def _options(entry: Entry, listed: dict[str, str], url: str) -> Iterator[Option]:
    texts = prose.paragraphs(entry.body)
    said = prose.first_sentence(texts[0]) if texts else ""
    anchor = f"#{entry.anchor}" if entry.anchor and url else ""
    for term in entry.terms:
        evidence = Evidence("documentation", url=f"{url}{anchor}", quote=term[:4000])
        if match := _STORAGE.fullmatch(term):
            for name in match["name"].split(", "):
                kind = _TYPES.get(match["type"], "string")
                yield Option(
                    names=(name,),
                    arity="one",
                    metavar=match["type"],
                    type=kind,
                    description=said,
                    evidence=(evidence,),
                )
        elif (match := _KEYWORD.fullmatch(term)) and not _KEYWORD.fullmatch(match["value"] or ""):
            value = match["value"] or listed.get(match["name"], "")
            yield _keyword(match["name"], value, said, evidence)


def _keyword(name: str, value: str, said: str, evidence: Evidence) -> Option:
    inner = value.strip()
    arity: Arity = "none"
    if inner:
        arity = "optional" if inner.startswith("[") and inner.endswith("]") else "one"
    bare = inner.removeprefix("[").removesuffix("]").strip() if arity == "optional" else inner
    choices, is_open = choices_in(bare.replace(" | ", "|")) or ((), False)
    kind: ValueType = "boolean" if bare == "boolean" or arity == "none" else ""
    if bare == "integer":
        kind = "integer"
    return Option(
        names=(name,),
        arity=arity,
        metavar=bare if _WORD.fullmatch(bare) else "",
        type=kind,
        choices=choices,
        open_choices=is_open,
        description=said,
        evidence=(evidence,),
    )
