"""Context assembly: the passages that answer, within a token budget, as one block for a prompt.

Documentation is data. The block is fenced with a run of tildes longer than any inside it, every
passage is cited, and nothing in it is an instruction of ours. Passages that stand under one heading
are given together, the heading once: on the development questions that saves a sixth of the tokens.
The best few are given in full. Of definitions and commands after them a line is enough to choose
by, so that a budget shows many more of them; of running text a sentence seldom holds the answer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from corpora.model import Citation, Frozen, Hit, Passage, Resolution
from corpora.snapshot import ProductRecord
from retrieval.citations import Citations, Cited, Standing, above

ALIKE = 0.8
"""Share of words that two definitions of the same names have in common if one is enough."""


class Assembled(Frozen):
    """A rendered context and what it cost."""

    passages: tuple[Citation, ...]
    text: str
    tokens: int
    truncated: bool
    next: int | None
    """How many hits were spent, where more are left."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What the command surfaces add to the passages of a context."""

    card: Callable[[Hit], str]
    """Options that match the question, as lines below the passage."""
    names: Callable[[Hit], str]
    """The names of those options, in one line below an excerpt."""


_ALONE: Mapping[str, tuple[str, ...]] = {}
_NOTHING = Extra(lambda _: "", lambda _: "")


def assemble(
    hits: Sequence[Hit],
    resolution: Resolution,
    product: ProductRecord,
    *,
    budget: int,
    citations: Citations,
    most: int,
    full: int,
    prose: int,
    start: int = 0,
    extra: Extra = _NOTHING,
    also: Mapping[str, tuple[str, ...]] = _ALONE,
) -> Assembled:
    """Take up to ``most`` hits in order, from ``start``, as long as they fit ``budget`` tokens.

    ``also`` names, by the id of a passage, the other commands that have what it defines.

    The first ``full`` of all hits are given whole, and running text as far as it is among the first
    ``prose``; those after them, and those that would not fit, as an excerpt. What does not fit even
    so ends the block: the rest can be had from ``next``. Only the very first is given even if it
    alone is over the budget.
    """
    groups: dict[Standing, list[Citation]] = {}
    # The fence is as long as any of the candidates could need, so that its cost is known at first.
    fence = _fence(hits[start : start + most], also)
    tokens = citations.count(_frame(resolution, product, fence, []))
    taken = 0
    for rank, hit in enumerate(hits[start : start + most], start):
        others = also.get(hit.passage.id, ())
        brief = rank >= (prose if hit.passage.is_prose else full)
        for cited in _ways(hit, citations, extra, others, brief=brief):
            cost = cited.tokens if cited.standing in groups else cited.headed
            if not taken or tokens + cost <= budget:
                break
        else:
            break
        scored = cited.citation.model_copy(update={"score": round(hit.score, 4)})
        groups.setdefault(cited.standing, []).append(scored)
        tokens += cost
        taken += 1
    if not taken:
        return Assembled(passages=(), text="", tokens=0, truncated=False, next=None)
    text = _frame(resolution, product, fence, list(groups.values()))
    spent = start + taken
    left = len(hits) > spent
    return Assembled(
        passages=tuple(citation for group in groups.values() for citation in group),
        text=text,
        tokens=tokens,
        truncated=left,
        next=spent if left else None,
    )


class Distinct(NamedTuple):
    """Hits that say something new each."""

    hits: tuple[Hit, ...]
    also: dict[str, tuple[str, ...]]
    """By the id of a passage, the other commands that have what it defines."""


def distinct(hits: Iterable[Hit]) -> Distinct:
    """Leave out what says nothing new: a passage with the words of a better one.

    Commands share options, and documentation repeats them on each of their pages. Definitions of
    the same names are alike if they share most of their words; other passages if they say the same,
    word for word. Which commands share an option is kept: one of them is the one to use.
    """
    kept: list[Hit] = []
    prose: dict[tuple[str, int], list[Passage]] = {}
    defined: dict[tuple[str, ...], list[Passage]] = {}
    also: dict[str, dict[str, None]] = {}
    for hit in hits:
        passage = hit.passage
        if not passage.names:
            # The same words are as many tokens: few texts have to be taken apart.
            before = prose.setdefault((passage.product, passage.tokens), [])
            words = passage.text.split() if before else []
            twin = next((one for one in before if one.text.split() == words), None)
        else:
            before = defined.setdefault((passage.product, *sorted(passage.names)), [])
            twin = next((one for one in before if in_common(passage.text, one.text) >= ALIKE), None)
        if twin is None:
            before.append(passage)
            kept.append(hit)
        elif passage.names and _about(passage) != _about(twin):
            also.setdefault(twin.id, {})[_about(passage)] = None
    return Distinct(tuple(kept), {name: tuple(others) for name, others in also.items()})


def _about(passage: Passage) -> str:
    return passage.command or passage.title


def in_common(text: str, other: str) -> float:
    """The share of their words that two texts have in common; 1 where neither has any."""
    words, others = set(text.split()), set(other.split())
    every = len(words | others)
    return len(words & others) / every if every else 1.0


def _ways(
    hit: Hit, citations: Citations, extra: Extra, also: tuple[str, ...], *, brief: bool
) -> Iterator[Cited]:
    """How a hit can be given, what is preferred first."""
    short = citations.brief(hit)
    if not brief or not short:
        yield citations.whole(hit, extra.card(hit), also)
    if short:
        names = extra.names(hit)
        told = citations.brief(hit, names, also) if names or also else short
        if told:
            yield told


def _block(number: int, citation: Citation, *, headed: bool) -> str:
    before = above(number, citation, headed=headed)
    return f"{before} {citation.text}" if citation.excerpt else f"{before}\n{citation.text}\n"


def _fence(hits: Sequence[Hit], also: Mapping[str, tuple[str, ...]]) -> str:
    """A run of tildes longer than any in these passages, and in what is named with them."""
    texts = (
        text
        for hit in hits
        for text in (*hit.passage.heading, hit.passage.text, *also.get(hit.passage.id, ()))
    )
    runs = (len(run) for text in texts if "~~~" in text for run in re.findall(r"~{3,}", text))
    return "~" * (max(runs, default=2) + 1)


def _frame(
    resolution: Resolution, product: ProductRecord, fence: str, groups: Sequence[Sequence[Citation]]
) -> str:
    numbers = itertools.count(1)
    body = "\n".join(
        _block(next(numbers), one, headed=place == 0)
        for group in groups
        for place, one in enumerate(group)
    )
    if body and not body.endswith("\n"):
        body += "\n"
    title = f"{product.title} {resolution.resolved} documentation ({product.licence})"
    if resolution.match.startswith("nearest"):
        title += f", the nearest to {resolution.requested}, which is not documented"
    return f"{fence} {title}\n{body}{fence}\n"
