"""Intervals and tests for rates: Wilson, paired bootstrap by cluster, McNemar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from corpora.model import Frozen

Z95 = 1.959964
"""The normal quantile of a two-sided 95 % interval."""
DRAWS = 2000
"""Of a bootstrap: its quantiles then move by about 0.1 of the interval's own half-width."""
SEED = 20_260


class Rate(Frozen):
    """A share with its 95 % interval. ``rate`` is None where there was nothing to count."""

    count: float
    of: float
    rate: float | None
    low: float | None
    high: float | None


class Difference(Frozen):
    """What a second arm has more (positive) or less than a first on the same tasks."""

    pairs: int
    difference: float | None
    low: float | None
    high: float | None
    only_first: int = 0
    """Tasks that fail in the first arm alone."""
    only_second: int = 0
    p: float | None = None
    """McNemar's exact two-sided p of these two counts."""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves nought out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def wilson(count: float, of: float) -> Rate:
    """Wilson's interval, which for no event at all gives about the rule of three: 3.8/n."""
    if of == 0:
        return Rate(count=0, of=0, rate=None, low=None, high=None)
    p = count / of
    centre = (p + Z95**2 / (2 * of)) / (1 + Z95**2 / of)
    half = Z95 * math.sqrt(p * (1 - p) / of + Z95**2 / (4 * of**2)) / (1 + Z95**2 / of)
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == of else min(1.0, centre + half)
    return Rate(count=count, of=of, rate=p, low=low, high=high)


def mcnemar(only_first: int, only_second: int) -> float | None:
    """The exact two-sided p that as many or more disagreements fall on one side by chance."""
    total = only_first + only_second
    if total == 0:
        return None
    tail = sum(math.comb(total, k) for k in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**total))


def paired(
    first: Mapping[str, float],
    second: Mapping[str, float],
    clusters: Mapping[str, str],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Difference:
    """Difference of means over the tasks that both arms answered, bootstrapped by cluster.

    ``clusters`` says which command each task is about: tasks about one command stand or fall
    together, and are drawn together.
    """
    shared = sorted(first.keys() & second.keys())
    if not shared:
        return Difference(pairs=0, difference=None, low=None, high=None)
    names = sorted({clusters[one] for one in shared})
    place = {name: at for at, name in enumerate(names)}
    sums, sizes = np.zeros(len(names)), np.zeros(len(names))
    for one in shared:
        at = place[clusters[one]]
        sums[at] += second[one] - first[one]
        sizes[at] += 1
    drawn = np.random.default_rng(seed).integers(0, len(names), size=(draws, len(names)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = (float(one) for one in np.quantile(means, (0.025, 0.975)))
    worse = sum(second[one] > 0 >= first[one] for one in shared)
    better = sum(first[one] > 0 >= second[one] for one in shared)
    return Difference(
        pairs=len(shared),
        difference=float(sums.sum() / sizes.sum()),
        low=low,
        high=high,
        only_first=better,
        only_second=worse,
        p=mcnemar(better, worse),
    )


def mean(values: Sequence[float]) -> float | None:
    """The mean, or None where there is nothing: unknown is not nought."""
    return sum(values) / len(values) if values else None
