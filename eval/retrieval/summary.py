"""From verdicts to a table: means, percentiles, and intervals that respect clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from corpora.model import Frozen
from eval.retrieval.judge import NAMES, Verdict

RESAMPLES = 2_000
WITHIN = (500, 1_000, 2_000)


class Summary(Frozen):
    """One contender's row."""

    name: str
    points: int
    questions: int
    scores: dict[str, float]
    interval_recall5: tuple[float, float]
    """95 % bootstrap interval of recall@5, resampled by gold page."""
    version_precision: float
    key_within: dict[int, float]
    """Share of questions whose key stands within the first N tokens of the context."""
    median_tokens_to_key: float | None
    """None: for more than half of the questions the key is never there."""
    median_tokens: float
    p50_ms: float
    p99_ms: float
    false_abstentions: float
    """Share of answerable questions it abstained from."""
    right_abstentions: float
    """Share of unanswerable questions it abstained from."""


def summarise(
    name: str, points: int, verdicts: Sequence[Verdict], right_abstentions: float
) -> Summary:
    """Aggregate the verdicts of one contender."""
    to_key = np.array([one.tokens_to_key for one in verdicts])
    latency = np.array([one.seconds for one in verdicts]) * 1000
    median = float(np.median(to_key))
    return Summary(
        name=name,
        points=points,
        questions=len(verdicts),
        scores={key: float(np.mean([one.scores[key] for one in verdicts])) for key in NAMES},
        interval_recall5=cluster_bootstrap(
            [one.scores["recall@5"] for one in verdicts], [one.cluster for one in verdicts]
        ),
        version_precision=float(np.mean([one.version_precision for one in verdicts])),
        key_within={limit: float(np.mean(to_key <= limit)) for limit in WITHIN},
        median_tokens_to_key=None if math.isinf(median) else median,
        median_tokens=float(np.median([one.tokens for one in verdicts])),
        p50_ms=float(np.percentile(latency, 50)),
        p99_ms=float(np.percentile(latency, 99)),
        false_abstentions=float(np.mean([one.abstained for one in verdicts])),
        right_abstentions=right_abstentions,
    )


def cluster_bootstrap(
    values: Sequence[float], clusters: Sequence[str], *, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of the mean, whole clusters resampled with replacement.

    ``values`` and ``clusters`` have one entry per question. For a paired comparison, give the
    differences. (Field and Welsh 2007, the cluster bootstrap.)
    """
    groups: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    sums = np.array([sum(group) for group in groups.values()])
    sizes = np.array([len(group) for group in groups.values()])
    picks = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def table(rows: Sequence[Summary]) -> str:
    """The rows as a Markdown table."""
    head = ["contender", "points", "R@1", "R@5 [95 %]", "R@10", "MRR", "nDCG@10", "version"]
    head += [f"in {limit}" for limit in WITHIN]
    head += ["tokens to key", "tokens", "p50 ms", "p99 ms", "abstains wrongly", "rightly"]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for one in rows:
        low, high = one.interval_recall5
        recall = [f"{one.scores[key]:.3f}" for key in ("recall@1", "recall@5", "recall@10")]
        recall[1] += f" [{low:.2f}, {high:.2f}]"
        to_key = one.median_tokens_to_key
        cells = [one.name, str(one.points), *recall]
        cells += [f"{one.scores['MRR@10']:.3f}", f"{one.scores['nDCG@10']:.3f}"]
        cells += [f"{one.version_precision:.3f}"]
        cells += [f"{one.key_within[limit]:.3f}" for limit in WITHIN]
        cells += ["never" if to_key is None else f"{to_key:.0f}", f"{one.median_tokens:.0f}"]
        cells += [f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}"]
        cells += [f"{one.false_abstentions:.3f}", f"{one.right_abstentions:.3f}"]
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)
