"""Fusion of two rankings by their scores.

A candidate's scores are standardised within each channel (z-score over that channel's candidates;
one that a channel didn't return counts as the worst that it returned) and added with fixed weights.
Fusing scores rather than ranks keeps how *clearly* a channel preferred something. docs/retrieval.md
has the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from retrieval.store import Scored, rounding

WORST = -4.0
"""No standardised score is lower. Where the candidates of a channel are much alike, what it thinks
of others, far behind them, would decide the fused order alone: asked for `--output`, the fiftieth
passage may differ from the first by a thousandth, and the hundredth by a half. Of the development
questions none comes near it."""


class Standardised(NamedTuple):
    """A ranking with standardised scores."""

    candidates: tuple[str, ...]
    scores: Mapping[str, float]
    """Of the candidates and what came after them, by id."""
    others: float
    """What counts for a passage that is not among them."""


def standardise(ranking: Sequence[Scored], most: int) -> Standardised:
    """Of a ranking, best first, the first ``most`` are candidates, and the scale is theirs.

    What comes after them tells the scores of candidates that only another channel has.
    """
    # Some hundred numbers: arrays would take longer to make than their sums.
    scores = [one.score for one in ranking[:most]]
    if not scores:
        return Standardised((), {}, 0.0)
    candidates = tuple(one.id for one in ranking[:most])
    mean = fmean(scores)
    spread = math.sqrt(fmean([(score - mean) ** 2 for score in scores]))
    alike = rounding(mean)
    if spread <= alike:
        # One candidate, or all alike: the channel says who is as good as they are, and no more.
        least = scores[-1] - alike
        return Standardised(candidates, {one: float(score >= least) for one, score in ranking}, 0.0)
    found = {one: max(WORST, (score - mean) / spread) for one, score in ranking}
    return Standardised(candidates, found, found[ranking[-1].id])


def fuse(dense: Standardised, lexical: Standardised, dense_weight: float) -> dict[str, float]:
    """The fused score of each candidate, by id; in no order.

    With one channel empty, the other alone decides.
    """
    weight = dense_weight if lexical.candidates else 1.0
    other = 1 - dense_weight if dense.candidates else 1.0
    near, said = dense.scores, lexical.scores
    return {
        one: weight * near.get(one, dense.others) + other * said.get(one, lexical.others)
        for one in dict.fromkeys((*dense.candidates, *lexical.candidates))
    }
