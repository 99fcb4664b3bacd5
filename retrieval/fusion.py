"""Fusion of two rankings by their scores.

A candidate's scores are standardised within each channel (z-score over that channel's candidates;
one that a channel didn't return counts as its worst) and added with fixed weights. Fusing scores
rather than ranks keeps how *clearly* a channel preferred something. docs/retrieval.md has the
numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from retrieval.store import Scored


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
    if spread <= 1e-9:
        # One candidate, or all alike: the channel says who is in, and no more.
        for one in ranking[:most]:
            fused[one.id] += weight
        return
    known = dict(ranking)
    lowest = ranking[-1].score
    factor = weight / spread
    for name in fused:
        fused[name] += factor * (known.get(name, lowest) - mean)
