"""Fusion of two rankings by their scores.

A candidate's scores are standardised within each channel (z-score over that channel's candidates;
one that a channel didn't return counts as the worst that it returned) and added with fixed weights.
Fusing scores rather than ranks keeps how *clearly* a channel preferred something. docs/retrieval.md
has the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from retrieval.store import Scored, rounding

WORST = -4.0
"""No standardised score is lower. Where the candidates of a channel are much alike, what it thinks
of others, far behind them, would decide the fused order alone: asked for `--output`, the fiftieth
passage may differ from the first by a thousandth, and the hundredth by a half. Of the development
questions none comes near it."""


def fuse(
    dense: Sequence[Scored], lexical: Sequence[Scored], dense_weight: float, most: int
) -> dict[str, float]:
    """The fused score of each candidate, by id; in no order.

    Of each ranking, best first, the first ``most`` are candidates, and the scale of its scores is
    theirs. What comes after them tells the scores of candidates that only the other one has.

    With one channel empty, the other alone decides.
    """
    fused = {one.id: 0.0 for ranking in (dense, lexical) for one in ranking[:most]}
    weights = (dense_weight if lexical else 1.0, 1 - dense_weight if dense else 1.0)
    for ranking, weight in zip((dense, lexical), weights, strict=True):
        if ranking:
            _add(fused, ranking, weight, most)
    return fused


def _add(fused: dict[str, float], ranking: Sequence[Scored], weight: float, most: int) -> None:
    # Some hundred numbers: arrays would take longer to make than their sums.
    scores = [one.score for one in ranking[:most]]
    mean = fmean(scores)
    spread = math.sqrt(fmean([(score - mean) ** 2 for score in scores]))
    known = dict(ranking)
    alike = rounding(mean)
    if spread <= alike:
        # One candidate, or all alike: the channel says who is as good as they are, and no more.
        least = scores[-1] - alike
        for one in fused:
            fused[one] += weight * (known.get(one, -math.inf) >= least)
        return
    lowest = ranking[-1].score
    for one in fused:
        fused[one] += weight * max(WORST, (known.get(one, lowest) - mean) / spread)
