"""Relevance, and what is counted from it.

A text is relevant if it is of the right product and release, from a gold page, and holds the key
string (white space normalised). Standard measures come from ir-measures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import ir_measures
from ir_measures import RR, Success, nDCG

from corpora.model import Frozen
from eval.retrieval.contenders import Answer, Retrieved
from eval.retrieval.items import Question

MEASURES = (Success @ 1, Success @ 5, Success @ 10, RR @ 10, nDCG @ 10)
NAMES = ("recall@1", "recall@5", "recall@10", "MRR@10", "nDCG@10")
"""With one fact to find, success@k (a relevant text among the first k) is its recall@k."""


class Verdict(Frozen):
    """One contender's result on one question."""

    question: str
    cluster: str
    """The first gold page: questions on one page are not independent."""
    version_specific: bool
    scores: dict[str, float]
    version_precision: float
    """Share of the returned texts that hold at the asked release; 1 where none was returned."""
    tokens_to_key: float
    """Tokens of context until the key is complete; infinity if it never is."""
    tokens: int
    seconds: float
    abstained: bool


def is_relevant(text: Retrieved, question: Question) -> bool:
    """Whether ``text`` answers ``question``."""
    return (
        text.product == question.product
        and question.release in text.releases
        and text.page in question.pages
        and _key_pattern(question).search(text.text) is not None
    )


def judge(
    question: Question,
    answer: Answer,
    ranked: Sequence[Retrieved],
    pool: Sequence[Retrieved],
    seconds: float,
    count: Callable[[str], int],
) -> Verdict:
    """Score one answer. ``pool`` are the contender's own texts of the gold pages."""
    relevant = {text.text for text in pool if is_relevant(text, question)}
    run, qrels, seen = [], [], set()
    for rank, text in enumerate(ranked):
        # A text that comes back twice must not be counted as two finds.
        good = is_relevant(text, question) and text.text not in seen
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
        version_precision=sum(right) / len(right) if right else 1.0,
        tokens_to_key=_tokens_to_key(question, answer, count),
        tokens=count(answer.context),
        seconds=seconds,
        abstained=answer.abstained,
    )


def _tokens_to_key(question: Question, answer: Answer, count: Callable[[str], int]) -> float:
    start = 0
    for text in answer.texts:
        at = answer.context.find(text.text, start)
        if at < 0:
            continue
        if is_relevant(text, question):
            found = _key_pattern(question).search(answer.context, at)
            if found:
                return count(answer.context[: found.end()])
        start = at + len(text.text)
    return math.inf


def _key_pattern(question: Question) -> re.Pattern[str]:
    return re.compile(r"\s+".join(re.escape(word) for word in question.key.split()))
