"""Pages to passages: one per option, parameter, definition, synopsis, example, stretch of prose.

Text is cut from the page and never made up; each block of a page lands in exactly one passage.
Sizes are tokens of the embedding model, counted by the caller's own tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from corpora.model import Entry, Page, Passage, PassageKind, Section, Text, passage_id
from ingest.parse.markdown import join, render, term_line
from ingest.parse.names import describe, heads_definition, names_of
from ingest.parse.sizing import PROSE, TINY, Count, Unit, examples, pack, units

ENTRY = 400
"""Largest definition that stays whole, with what is nested in it. Readers want all of an option: of
PostgreSQL 15's 2,702 options and parameters, 99.3 % have no more tokens (95 % have 220)."""

_SYNOPSIS = re.compile(r"synopsis\b", re.IGNORECASE)
_EXAMPLE = re.compile(r"examples?\b", re.IGNORECASE)
_LONGEST_PARENT = 80
"""Characters of a term in a heading path, beyond which only its first spelling is given."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage before it is known where it stands: no locations, but its place in the page."""

    passage: Passage
    anchor: str
    """The fragment that leads to it; empty where the page has none."""
    position: int
    """Place in reading order, from 0."""


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: PassageKind
    heading: tuple[str, ...]
    text: str
    anchor: str
    names: tuple[str, ...] = ()


def cut(product: str, page: Page, count: Count) -> list[Cut]:
    """Cut ``page`` into passages, in reading order.

    ``count`` gives the tokens of a text. A text that stands twice under one heading is one passage.
    """
    out: dict[str, Cut] = {}
    sized = cache(count)  # a text is weighed when it is cut, when it is joined, and here
    for draft in _without_tiny(_Cutter(page, count, sized).drafts(), sized):
        identity = passage_id(product, page.slug, draft.kind, draft.heading, draft.text)
        if identity in out:
            continue
        passage = Passage(
            id=identity,
            product=product,
            kind=draft.kind,
            page=page.slug,
            title=page.title,
            summary=page.summary,
            command=page.command,
            heading=draft.heading,
            names=draft.names,
            text=draft.text,
            tokens=sized(draft.text),
        )
        out[identity] = Cut(passage=passage, anchor=draft.anchor, position=len(out))
    return list(out.values())


def _without_tiny(drafts: Iterable[_Draft], count: Count) -> list[_Draft]:
    """Put prose sections of a few words ("See Also"), with their heading, below the prose before.

    As passages of their own they would be found for their brevity and answer nothing.
    """
    out: list[_Draft] = []
    last = -1  # where in `out` the last prose is, and its size
    size = 0
    for draft in drafts:
        if draft.kind != "section":
            out.append(draft)
            continue
        tokens = count(draft.text)
        if last >= 0 and min(tokens, size) < TINY and size + tokens <= PROSE:
            before = out[last]
            same = before.heading == draft.heading
            text = draft.text if same else f"{draft.heading[-1]}: {draft.text}"
            out[last] = replace(before, text=f"{before.text}\n\n{text}")
            size = count(out[last].text)
        else:
            out.append(draft)
            last, size = len(out) - 1, tokens
    return out


class _Cutter:
    def __init__(self, page: Page, count: Count, sized: Count) -> None:
        self._page = page
        self._count = count
        self._sized = sized

    def drafts(self) -> Iterator[_Draft]:
        """Every passage of the page."""
        above: list[tuple[int, str]] = []
        for section in self._page.sections:
            while above and above[-1][0] >= section.level:
                above.pop()
            if section.heading:
                above.append((section.level, section.heading))
            yield from self._section(section, tuple(heading for _, heading in above))

    def _section(self, section: Section, headings: tuple[str, ...]) -> Iterator[_Draft]:
        path = (self._page.title, *headings)
        illustrates = any(_EXAMPLE.match(heading) for heading in headings)
        if section.blocks and not illustrates and heads_definition(section.heading, path[:-1]):
            # Some pages give each option or setting a heading of its own instead of a list.
            entry = Entry(terms=(section.heading,), body=section.blocks, anchor=section.anchor)
            yield from self._entry(entry, path[:-1], headings[:-1], section.anchor, ())
            return
        kind: PassageKind = "section"
        if _SYNOPSIS.match(section.heading):
            kind = "synopsis"
        elif illustrates:
            kind = "example"
        groups = self._prose(kind, section)
        for number, block in enumerate(section.blocks):
            for text in groups.get(number, ()):
                yield _Draft(kind, path, text, section.anchor)
            if isinstance(block, Entry):
                yield from self._entry(block, path, headings, block.anchor or section.anchor, ())

    def _prose(self, kind: PassageKind, section: Section) -> dict[int, list[str]]:
        """The passages of running text, under the number of the block that each begins with.

        Entries may stand between two of its paragraphs: a line that only introduces a list is too
        little for a passage, and goes with the other text of its section.
        """
        found: list[Unit] = []
        for number, block in enumerate(section.blocks):
            if isinstance(block, Text):
                limit = ENTRY if kind == "synopsis" else PROSE
                found.extend(units(block, limit, self._count, number))
        if kind == "synopsis":
            parts = pack(found, ENTRY)
        elif kind == "example":
            parts = examples(found, ENTRY)
        else:
            parts = pack(found, PROSE)
        out: dict[int, list[str]] = {}
        for part in parts:
            out.setdefault(part[0].number, []).append(join(unit.text for unit in part))
        return out

    def _entry(
        self,
        entry: Entry,
        path: tuple[str, ...],
        headings: tuple[str, ...],
        anchor: str,
        parents: tuple[str, ...],
    ) -> Iterator[_Draft]:
        kind, names = describe(entry, headings, parents)
        head = term_line(entry)
        whole = join((head, *(render(block) for block in entry.body)))
        if self._sized(whole) <= ENTRY:
            yield _Draft(kind, path, whole, anchor, names_of(entry, headings, parents))
            return
        own = [block for block in entry.body if isinstance(block, Text)]
        nested = [block for block in entry.body if isinstance(block, Entry)]
        parent = head if len(head) <= _LONGEST_PARENT else entry.terms[0][:_LONGEST_PARENT]
        below = (*path, parent) if parent else path
        for number, text in enumerate(self._long_entry(head, own)):
            # The term is the first line of the first part; the others have it in their heading.
            yield _Draft(kind, below if number else path, text, anchor, names)
        for inner in nested:
            yield from self._entry(inner, below, headings, inner.anchor or anchor, names)

    def _long_entry(self, head: str, own: list[Text]) -> list[str]:
        """The text of a definition without what is nested in it: whole, or in parts."""
        whole = join((head, *(render(block) for block in own)))
        if self._sized(whole) <= ENTRY:
            return [whole]
        blocks = [Text(text=head), *own]
        found = [unit for block in blocks for unit in units(block, PROSE, self._count, 0)]
        return [join(unit.text for unit in part) for part in pack(found, PROSE)]
