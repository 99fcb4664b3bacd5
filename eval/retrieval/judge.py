"""Relevance, and what is counted from it.

A text is relevant if it is of the right product and release, from a gold page, and defines a gold
option: its key stands where a definition's term does, at the start of a line, after other spellings
at most. Where the key is a phrase of prose it may stand anywhere. White space is normalised.
Standard measures come from ir-measures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import ir_measures
from ir_measures import RR, Success, nDCG

from corpora.model import Frozen
from eval.retrieval.contenders import Answer, Retrieved
from eval.retrieval.items import Other, Question

MEASURES = (Success @ 1, Success @ 5, Success @ 10, RR @ 10, nDCG @ 10)
NAMES = ("recall@1", "recall@5", "recall@10", "MRR@10", "nDCG@10")
"""With one fact to find, success@k (a relevant text among the first k) is its recall@k."""

COVERED_AT = 10
"""Depth of coverage: the share of a question's gold options that the first texts define."""

_TERM = r"(?m)^[ \t]*(?:[-\[+][^\n]{0,300}?|(?:[^\s,|]+(?: [^\s,|]+)?[,|] ?){1,15})?"
"""What may stand before a key in the line of a term: ``-a, ``, ``LimitCPU=, ``."""

_LONGEST = 4_000
"""At most so many characters of a passage stand between its first words and its last ones."""


class Verdict(Frozen):
    """One contender's result on one question."""

    question: str
    cluster: str
    """The first gold page: questions on one page are not independent."""
    version_specific: bool
    scores: dict[str, float]
    coverage: float
    """Share of the gold options that the first COVERED_AT texts define."""
    version_precision: float
    """Share of the returned texts that hold at the asked release; 1 where none was returned."""
    tokens_to_keys: tuple[float, ...]
    """For each key, tokens of context until it is complete; infinity if it never is."""
    tokens: int
    seconds: float
    abstained: bool

    @property
    def tokens_to_all(self) -> float:
        """Tokens of context until all that was asked for is there."""
        return max(self.tokens_to_keys)

    def context_recall(self, limit: int) -> float:
        """Share of the gold options within the first ``limit`` tokens of the context."""
        return sum(one <= limit for one in self.tokens_to_keys) / len(self.tokens_to_keys)


def is_relevant(text: Retrieved, question: Question) -> bool:
    """Whether ``text`` answers ``question``, or a part of it."""
    if any(defines(text, question, key) for key in question.keys):
        return True
    if any(answers_too(text, question, one) for one in question.others):
        return True
    described = bool(question.main and _spaced(question.main).search(text.text))
    return described and _stands(text, question)


def defines(text: Retrieved, question: Question, key: str) -> bool:
    """Whether ``text`` has what one key of the question names."""
    found = _pattern(question, key).search(text.text)
    return found is not None and _stands(text, question)


def answers_too(text: Retrieved, question: Question, other: Other) -> bool:
    """Whether ``text`` is that other answer."""
    if not _stands(text, question, (other.page,)):
        return False
    return _other_pattern(other).search(text.text) is not None


def holds_whole(text: str, other: Other) -> bool:
    """Whether ``text`` has that other answer from its beginning to its end, or its term.

    What a context has to hold; the tests look for it in the corpus.
    """
    return _whole_pattern(other).search(text) is not None


def judge(
    question: Question,
    answer: Answer,
    ranked: Sequence[Retrieved],
    pool: Sequence[Retrieved],
    seconds: float,
    count: Callable[[str], int],
) -> Verdict:
    """Score one answer. ``pool`` are the contender's own texts of the pages that answer."""
    relevant = {text.text for text in pool if is_relevant(text, question)}
    run, qrels, seen = [], [], set()
    for rank, text in enumerate(ranked):
        # A text that comes back twice must not be counted as two finds.
        good = is_relevant(text, question) and text.text not in seen
        # Another page may have the same words: they hide nothing.
        if good:
            seen.add(text.text)
        run.append(ir_measures.ScoredDoc(question.id, str(rank), -float(rank)))
        if good:
            qrels.append(ir_measures.Qrel(question.id, str(rank), 1))
    missing = len(relevant) - len(qrels)
    qrels += [ir_measures.Qrel(question.id, f"missed-{n}", 1) for n in range(missing)]
    scores = ir_measures.calc_aggregate(MEASURES, qrels, run) if qrels and run else {}
    right = [
        text.product == question.product and question.release in text.releases for text in ranked
    ]
    return Verdict(
        question=question.id,
        cluster=f"{question.product}/{question.pages[0]}",
        version_specific=question.version_specific,
        scores={
            name: float(scores.get(measure, 0.0))
            for name, measure in zip(NAMES, MEASURES, strict=True)
        },
        coverage=_coverage(question, ranked[:COVERED_AT]),
        version_precision=sum(right) / len(right) if right else 1.0,
        tokens_to_keys=_tokens_to_keys(question, answer, count),
        tokens=count(answer.context),
        seconds=seconds,
        abstained=answer.abstained,
    )


def _stands(text: Retrieved, question: Question, pages: Sequence[str] = ()) -> bool:
    """Whether a text is of the asked release, and from a gold page as far as its page is known.

    With ``pages``, from one of those. A text of which the context says that the command asked for
    has it as well stands for the gold pages.
    """
    here = not text.page or text.page in (pages or question.pages)
    if not pages and question.command in text.also:
        here = True
    return text.product == question.product and question.release in text.releases and here


def _coverage(question: Question, texts: Sequence[Retrieved]) -> float:
    if question.main:  # its options have no texts: the command's own covers them
        return float(any(is_relevant(text, question) for text in texts))
    found = [any(defines(text, question, key) for text in texts) for key in question.keys]
    return sum(found) / len(found)


def _tokens_to_keys(
    question: Question, answer: Answer, count: Callable[[str], int]
) -> tuple[float, ...]:
    """Where each key is complete, in the part of the context that a relevant text opens.

    Where a single option is asked for, another passage that answers will do, whichever is complete
    first: a definition with its term, prose with its last words, because of its beginning nobody
    can tell whether it holds the answer.
    """
    regions = _regions(answer)
    single = len(question.keys) == 1 and not question.main
    others = [(_whole_pattern(one), (one.page,)) for one in question.others if single]

    def needed(pattern: re.Pattern[str], pages: tuple[str, ...]) -> float:
        for start, end, text in regions:
            if _stands(text, question, pages):
                match = pattern.search(answer.context, start, end)
                if match:
                    return count(answer.context[: match.end()])
        return math.inf

    return tuple(
        min(needed(*one) for one in ((_pattern(question, key), ()), *others))
        for key in question.keys
    )


def _regions(answer: Answer) -> list[tuple[int, int, Retrieved]]:
    """Where each text begins in the context, and where the next one does.

    A text that isn't there as it is counts for nothing.
    """
    places = []
    start = 0
    for text in answer.texts:
        at = answer.context.find(text.text, start)
        if at >= 0:
            # Its number may stand before it in the line.
            places.append((answer.context.rfind("\n", 0, at) + 1, text))
            start = at + len(text.text)
    ends = [at for at, _ in places[1:]]
    return [
        (at, end, text)
        for (at, text), end in zip(places, [*ends, len(answer.context)], strict=False)
    ]


@lru_cache(maxsize=4_096)
def _pattern(question: Question, key: str) -> re.Pattern[str]:
    """A key as a term where it names a gold option, as a phrase otherwise."""
    name = key.rstrip("=")
    if not any(name in gold or gold in key for gold in question.gold):
        return _spaced(key)
    return _term(key)


@lru_cache(maxsize=4_096)
def _other_pattern(other: Other) -> re.Pattern[str]:
    return _term(other.key) if other.term else _spaced(other.key)


@lru_cache(maxsize=4_096)
def _whole_pattern(other: Other) -> re.Pattern[str]:
    begins = _other_pattern(other)
    if other.term or not other.ends:
        return begins
    between = rf"[\s\S]{{0,{_LONGEST}}}?"
    return re.compile(begins.pattern + between + _spaced(other.ends).pattern)


def _term(key: str) -> re.Pattern[str]:
    whole = r"(?!\w|-\w)" if key[-1].isalnum() else ""
    return re.compile(_TERM + _spaced(key).pattern + whole)


def _spaced(key: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(re.escape(word) for word in key.split()))
