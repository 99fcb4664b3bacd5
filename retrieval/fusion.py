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


def fuse(dense: Sequence[Scored], lexical: Sequence[Scored], dense_weight: float) -> list[Scored]:
    """Fuse two rankings by weighted z-scores; best first, ties by id.

    With one channel empty, the other alone decides.
    """
    ids = sorted({one.id for one in (*dense, *lexical)})
    if not ids:
        return []
    weights = (dense_weight if lexical else 1.0, 1 - dense_weight if dense else 1.0)
    total = dict.fromkeys(ids, 0.0)
    for ranking, weight in zip((dense, lexical), weights, strict=True):
        if ranking:
            for one, value in zip(ids, _standardised(ids, ranking), strict=True):
                total[one] += weight * value
    return [Scored(one, total[one]) for one in sorted(ids, key=lambda one: (-total[one], one))]


def _standardised(ids: Sequence[str], ranking: Sequence[Scored]) -> list[float]:
    # Some hundred numbers: arrays would take longer to make than their sums.
    known = {one.id: one.score for one in ranking}
    scores = known.values()
    mean = fmean(scores)
    spread = math.sqrt(fmean((score - mean) ** 2 for score in scores))
    if spread <= 1e-9:
        # One candidate, or all alike: the channel says who is in, and no more.
        return [float(one in known) for one in ids]
    lowest = min(scores)
    return [(known.get(one, lowest) - mean) / spread for one in ids]
