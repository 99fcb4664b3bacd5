"""What a passage gains by others of its page."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.company import BEST, in_company
from retrieval.store import Scored

SCORES = st.lists(
    st.tuples(st.floats(-5, 5, allow_subnormal=False), st.sampled_from("abc")), max_size=30
)


@given(SCORES, st.floats(0, 2))
def test_each_gains_by_the_best_others_of_its_page(
    scored: list[tuple[float, str]], weight: float
) -> None:
    candidates = [Scored(str(number), score) for number, (score, _) in enumerate(scored)]
    found = in_company(candidates, [page for _, page in scored], weight)
    assert [one.id for one in found] == [one.id for one in candidates]
    for number, (score, page) in enumerate(scored):
        mean = fmean(one for one, _ in scored)
        others = [s for at, (s, p) in enumerate(scored) if p == page and at != number]
        best = sorted(others, reverse=True)[:BEST]
        best += [mean] * (BEST - len(best))
        assert found[number].score == pytest.approx(score + weight * (fmean(best) - mean))


def test_one_of_several_passes_one_that_comes_up_alone() -> None:
    scores = {"alone": 1.0, "one": 0.97, "two": 0.95, "three": 0.9, "x": -1.0}
    candidates = [Scored(name, score) for name, score in scores.items()]
    found = in_company(candidates, ["log", "stash", "stash", "stash", "add"], 0.4)
    assert max(found, key=lambda one: one.score).id == "one"
    assert [one.score for one in found if one.id in {"alone", "x"}] == [1.0, -1.0]
