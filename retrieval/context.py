"""Context assembly: the passages that answer, within a token budget, as one block for a prompt.

Documentation is data. The block is fenced with a run of tildes longer than any inside it, every
passage is cited, and nothing in it is an instruction of ours. Passages that stand under one heading
are given together, the heading once: on the development questions that saves a sixth of the tokens.
The best few are given in full. Of those after them what they are about and a sentence are enough to
choose by, so that a budget shows many more of them.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpora.errors import InvalidRequest
from corpora.model import Citation, Frozen, Hit, Resolution
from corpora.snapshot import ProductRecord
from retrieval.forms import Form, Forms

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

    note: Callable[[Hit], str]
    """When what the passage defines came and went, in words."""
    card: Callable[[Hit], str]
    """Options that match the question, as lines below the passage."""
    names: Callable[[Hit], str]
    """The names of those options, in one line below an excerpt."""


_NOTHING = Extra(lambda _: "", lambda _: "", lambda _: "")


def assemble(
    hits: Sequence[Hit],
    resolution: Resolution,
    product: ProductRecord,
    *,
    budget: int,
    forms: Forms,
    most: int,
    full: int,
    start: int = 0,
    extra: Extra = _NOTHING,
) -> Assembled:
    """Take up to ``most`` hits in order, from ``start``, as long as they fit ``budget`` tokens.

    The first ``full`` of all hits are given whole; those after them, and those that would not fit,
    as an excerpt. What does not fit even so ends the block: the rest can be had from ``next``. Only
    the very first is given even if it alone is over the budget.
    """
    count = forms.count
    trust = {record.label: record.trust for record in product.releases}
    groups: dict[_Place, list[Citation]] = {}
    # The fence is as long as any of the candidates could need, so that its cost is known at first.
    fence = _fence(hits[start : start + most])
    tokens = count(_frame(resolution, product, fence, []))
    taken = 0
    for rank, hit in enumerate(hits[start : start + most], start):
        for form, brief in _ways(hit, forms, extra, brief=rank >= full):
            citation = _cite(hit, form, product, trust, extra.note(hit), brief=brief)
            place = _place(citation)
            cost = count(_above(most, citation, headed=place not in groups)) + citation.tokens
            if not taken or tokens + cost <= budget:
                break
        else:
            break
        groups.setdefault(place, []).append(citation)
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
        tokens=count(text),
        truncated=left,
        next=spent if left else None,
    )


def distinct(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Leave out what says nothing new: a passage with the words of a better one.

    Commands share options, and documentation repeats them on each of their pages. Definitions of
    the same names are alike if they share most of their words; other passages if they share all.
    """
    kept: list[Hit] = []
    prose: set[tuple[str, frozenset[str]]] = set()
    defined: dict[tuple[str, ...], list[str]] = {}
    for hit in hits:
        passage = hit.passage
        if not passage.names:
            said = passage.product, frozenset(passage.text.split())
            if said in prose:
                continue
            prose.add(said)
        else:
            before = defined.setdefault((passage.product, *sorted(passage.names)), [])
            if any(in_common(passage.text, other) >= ALIKE for other in before):
                continue
            before.append(passage.text)
        kept.append(hit)
    return tuple(kept)


def in_common(text: str, other: str) -> float:
    """The share of their words that two texts have in common; 1 where neither has any."""
    words, others = set(text.split()), set(other.split())
    every = len(words | others)
    return len(words & others) / every if every else 1.0


def _ways(hit: Hit, forms: Forms, extra: Extra, *, brief: bool) -> Iterator[tuple[Form, bool]]:
    """How a hit can be given, the form that is preferred first, and whether it is an excerpt."""
    passage = hit.passage
    cut = forms.brief(passage) is not None
    if not brief or not cut:
        yield forms.whole(passage, extra.card(hit)), False
    if cut and (short := forms.brief(passage, extra.names(hit))):
        yield short, True


def _cite(
    hit: Hit,
    form: Form,
    product: ProductRecord,
    trust: Mapping[str, str],
    note: str,
    *,
    brief: bool,
) -> Citation:
    passage = hit.passage
    location = passage.at(hit.release)
    return Citation.model_validate(
        {
            "id": passage.id,
            "text": form.text,
            "note": note,
            "excerpt": brief,
            "kind": passage.kind,
            "heading": passage.heading,
            "url": location.url,
            "product": passage.product,
            "releases": passage.releases,
            "tokens": form.tokens,
            "score": round(hit.score, 4),
            "sha256": location.page_sha256,
            "fetched_at": location.fetched_at,
            "licence": product.licence,
            "trust": trust[hit.release],
            "flags": form.flags,
        }
    )


_Place = tuple[tuple[str, ...], str]
"""What passages are given together by: the heading path, and the page's address."""


def _place(citation: Citation) -> _Place:
    return citation.heading, citation.url.partition("#")[0]


def _block(number: int, citation: Citation, *, headed: bool) -> str:
    above = _above(number, citation, headed=headed)
    return f"{above} {citation.text}" if citation.excerpt else f"{above}\n{citation.text}\n"


def _above(number: int, citation: Citation, *, headed: bool) -> str:
    """What stands before the text of a citation, up to the white space between them."""
    note = f" ({citation.note})" if citation.note else ""
    if citation.flags:
        note += f" (suspicious text: {', '.join(citation.flags)})"
    heading = " › ".join(citation.heading)
    if citation.excerpt:
        # The address is in the citation: here it would cost as much as the excerpt itself.
        return f"{heading}\n" * headed + f"[{number}]{note}"
    return f"[{number}]" + f" {heading} <{citation.url}>" * headed + note


def _fence(hits: Sequence[Hit]) -> str:
    """A run of tildes longer than any in these passages."""
    texts = (text for hit in hits for text in (*hit.passage.heading, hit.passage.text))
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


def encode_cursor(listing: str, position: int) -> str:
    """An opaque cursor: which listing of hits it belongs to, and how many of them were spent."""
    return base64.urlsafe_b64encode(f"{listing}:{position}".encode()).decode()


def decode_cursor(cursor: str, listing: str, length: int) -> int:
    """The position in a cursor of ``listing``, which has ``length`` hits.

    Raises InvalidRequest for a cursor that is not ours, or of another question or snapshot.
    """
    try:
        made_for, position = base64.urlsafe_b64decode(cursor).decode("ascii").rsplit(":", 1)
        spent = int(position)
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            "The cursor is not one of ours.", hint="Send next_cursor exactly as it was given."
        ) from None
    if made_for != listing or not 0 <= spent < length:
        raise InvalidRequest(
            "The cursor belongs to another question, or to another snapshot.",
            hint="Ask the same question again without a cursor.",
        )
    return spent
