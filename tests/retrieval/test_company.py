"""What a passage gains by others of its page."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.company import BEST, in_company

SCORES = st.lists(
    st.tuples(st.floats(-5, 5, allow_subnormal=False), st.sampled_from("abc")), max_size=30
)


@given(SCORES, st.floats(0, 2))
def test_each_gains_by_the_best_others_of_its_page(
    scored: list[tuple[float, str]], weight: float
) -> None:
    scores = {str(number): score for number, (score, _) in enumerate(scored)}
    pages = {str(number): page for number, (_, page) in enumerate(scored)}
    found = in_company(scores, pages, weight)
    assert found.keys() == scores.keys()
    for number, (score, page) in enumerate(scored):
        mean = fmean(one for one, _ in scored)
        others = [s for at, (s, p) in enumerate(scored) if p == page and at != number]
        best = sorted(others, reverse=True)[:BEST]
        best += [mean] * (BEST - len(best))
        gained = score + weight * (fmean(best) - mean)
        assert found[str(number)] == pytest.approx(gained, abs=1e-9)


def test_one_of_several_passes_one_that_comes_up_alone() -> None:
    scores = {"alone": 1.0, "one": 0.97, "two": 0.95, "three": 0.9, "x": -1.0}
    pages = dict(zip(scores, ["log", "stash", "stash", "stash", "add"], strict=True))
    found = in_company(scores, pages, 0.4)
    assert max(found, key=found.__getitem__) == "one"
    assert (found["alone"], found["x"]) == (1.0, -1.0)
