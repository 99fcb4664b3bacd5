"""Fusion of two rankings by their scores.

A candidate's scores are standardised within each channel (z-score over that channel's candidates;
one that a channel didn't return counts as its worst) and added with fixed weights. Fusing scores
rather than ranks keeps how *clearly* a channel preferred something. docs/retrieval.md has the
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.store import Scored


def fuse(dense: Sequence[Scored], lexical: Sequence[Scored], dense_weight: float) -> list[Scored]:
    """Fuse two rankings by weighted z-scores; best first, ties by id.

    With one channel empty, the other alone decides.
    """
    ids = sorted({one.id for one in (*dense, *lexical)})
    if not ids:
        return []
    weights = (dense_weight if lexical else 1.0, 1 - dense_weight if dense else 1.0)
    total = np.zeros(len(ids))
    for ranking, weight in zip((dense, lexical), weights, strict=True):
        if ranking:
            total += weight * _standardised(ids, ranking)
    return [Scored(one, -score) for score, one in sorted(zip((-total).tolist(), ids, strict=True))]


def _standardised(ids: Sequence[str], ranking: Sequence[Scored]) -> NDArray[np.float64]:
    known = {one.id: one.score for one in ranking}
    scores = np.array(list(known.values()))
    lowest, spread = float(scores.min()), float(scores.std())
    values = np.array([known.get(one, lowest) for one in ids])
    if spread <= 1e-9:
        # One candidate, or all alike: the channel says who is in, and no more.
        return np.array([float(one in known) for one in ids])
    return np.asarray((values - scores.mean()) / spread, np.float64)
