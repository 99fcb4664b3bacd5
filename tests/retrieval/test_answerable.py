"""The signals by which the engine tells whether anything answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answerable import TYPICAL_COSINE, Asked, asked, signals
from retrieval.frequencies import TermCounts
from retrieval.lexical import Bm25, idf
from retrieval.store import SparseVector

WORDS = ("exclude", "table", "dump", "role", "index", "vacuum")
INDICES = {word: int(Bm25().query(word).indices[0]) for word in WORDS}


def corpus(counts: dict[str, int]) -> TermCounts:
    held = sorted((INDICES[word], count) for word, count in counts.items())
    terms, numbers = zip(*held, strict=True)
    return TermCounts(np.array(terms, np.uint32), np.array(numbers, np.uint32), 100_000)


def asked_for(question: str, known: TermCounts) -> Asked | None:
    return asked(question, Bm25().query(question), known)


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True),
    st.lists(st.sets(st.sampled_from(WORDS)), max_size=6),
)
def test_covered_is_what_the_one_passage_has_that_has_most(
    words: list[str], passages: list[set[str]]
) -> None:
    counts = {word: 100 * (number + 1) for number, word in enumerate(WORDS)}
    question = " ".join(words)
    best = [np.array(sorted(INDICES[one] for one in some), np.uint32) for some in passages]
    weighed = asked_for(question, corpus(counts))
    assert weighed is not None
    told = signals(weighed, 0.7, best)
    weight = {
        word: float(idf(np.array([count], np.uint32), 100_000)[0]) for word, count in counts.items()
    }
    held = [sum(weight[one] for one in set(words) & some) for some in passages]
    wanted = max(held, default=0) / sum(weight[one] for one in words)
    assert told.covered == pytest.approx(wanted)
    assert (told.nearest, told.unknown) == (0.7, 0)


def test_a_word_that_no_documentation_knows_counts_and_a_made_up_value_does_not() -> None:
    known = corpus({"table": 500})
    weighed = asked_for("table kubernetes", known)
    assert weighed is not None
    assert weighed.unknown > 0.5
    assert signals(weighed, None, []) == (TYPICAL_COSINE, 0, weighed.unknown)
    weighed = asked_for("table 'shop'", known)
    assert weighed is not None
    assert weighed.unknown == 0


def test_a_question_without_words_tells_nothing() -> None:
    nothing = SparseVector(np.zeros(0, np.uint32), np.zeros(0, np.float32))
    assert asked("", nothing, corpus({"table": 500})) is None
