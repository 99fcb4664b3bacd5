"""How a context cites a passage: whole, or as an excerpt, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

from corpora.model import Citation, Hit
from corpora.snapshot import ProductRecord
from corpora.suspicion import flags_of
from retrieval.excerpt import excerpt

KEPT = 8_192
"""Citations that are kept of each form: 2 kB each, a whole passage's text not counted, of which a
context has two to five."""

NAMED = 3
"""Other commands that are named before a passage: some commands share options with hundreds."""

WIDEST = 50
"""The number that what stands above a citation is counted with, and the highest that there is. Up
to it, all are as many tokens, so that a context has as many as its parts."""

Standing = tuple[tuple[str, ...], str]
"""What passages are given together by: the heading path, and the page's address."""


_Key = tuple[str, str]
"""Of a citation that is kept: the passage's id, and the release."""

Made = TypeVar("Made")


class Cited(NamedTuple):
    """A citation without its score, and what it costs."""

    citation: Citation
    standing: Standing
    tokens: int
    """Below others that stand under the same heading."""
    headed: int
    """Where it is the first of them, so that their heading is given."""


class Citations:
    """Makes citations, and keeps them: a passage of a snapshot never changes.

    ``count`` counts the tokens of a text: as many as of its parts, where it is cut at white space.
    ``note`` says when what a passage defines came and went. Safe to use from several threads.
    """

    def __init__(
        self,
        count: Callable[[str], int],
        products: Mapping[str, ProductRecord],
        note: Callable[[Hit], str] = lambda _: "",
    ) -> None:
        self.count = count
        self._products = products
        self._note = note
        self._wholes: dict[_Key, Cited] = {}
        self._briefs: dict[_Key, Cited | None] = {}

    def whole(self, hit: Hit, more: str = "", also: tuple[str, ...] = ()) -> Cited:
        """All of a passage, and lines to go below it; ``also`` are others that have it."""
        make = partial(self._cited, hit, hit.passage.text, more, also, brief=False)
        return make() if more or also else _kept(self._wholes, hit, make)

    def brief(self, hit: Hit, more: str = "", also: tuple[str, ...] = ()) -> Cited | None:
        """A line of it, and another one to go below; None where no such line can be cut."""
        make = partial(self._line, hit, more, also)
        return make() if more or also else _kept(self._briefs, hit, make)

    def _line(self, hit: Hit, more: str, also: tuple[str, ...]) -> Cited | None:
        text = excerpt(hit.passage)
        return self._cited(hit, text, more, also, brief=True) if text else None

    def _cited(
        self, hit: Hit, text: str, more: str, also: tuple[str, ...], *, brief: bool
    ) -> Cited:
        passage, product = hit.passage, self._products[hit.passage.product]
        location = passage.at(hit.release)
        said = passage.tokens if text == passage.text else self.count(text)
        if more:
            text, said = f"{text}\n{more}", said + self.count(more)
        citation = Citation.model_validate(
            {
                "id": passage.id,
                "text": text,
                "note": self._note(hit),
                "also": also,
                "excerpt": brief,
                "kind": passage.kind,
                "heading": passage.heading,
                "url": location.url,
                "product": passage.product,
                "releases": passage.releases,
                "tokens": said,
                "score": 0,
                "sha256": location.page_sha256,
                "fetched_at": location.fetched_at,
                "licence": product.licence,
                "trust": next(one.trust for one in product.releases if one.label == hit.release),
                "flags": flags_of("\n".join((*passage.heading, *also, text))),
            }
        )
        standing = passage.heading, location.url.partition("#")[0]
        costs = (said + self.count(above(WIDEST, citation, headed=one)) for one in (False, True))
        return Cited(citation, standing, *costs)


def _kept(held: dict[_Key, Made], hit: Hit, make: Callable[[], Made]) -> Made:
    key = hit.passage.id, hit.release
    with suppress(KeyError):
        return held[key]
    made = make()
    if len(held) >= KEPT:
        held.clear()
    held[key] = made
    return made


def also_in(others: tuple[str, ...]) -> str:
    """Other commands that have it, in words behind a space; nothing where there is none."""
    more = ", …" * (len(others) > NAMED)
    return f" (also in {', '.join(others[:NAMED])}{more})" if others else ""


def above(number: int, citation: Citation, *, headed: bool) -> str:
    """What stands before the text of a citation, up to the white space between them."""
    note = f" ({citation.note})" if citation.note else ""
    note += also_in(citation.also)
    if citation.flags:
        note += f" (suspicious text: {', '.join(citation.flags)})"
    heading = " › ".join(citation.heading)
    if citation.excerpt:
        # The address is in the citation: here it would cost as much as the excerpt itself.
        return f"{heading}\n" * headed + f"[{number}]{note}"
    return f"[{number}]" + f" {heading} <{citation.url}>" * headed + note
