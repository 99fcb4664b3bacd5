"""From verdicts to a table: means, percentiles, and intervals that respect clusters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from corpora.model import Frozen
from eval.report import markdown
from eval.retrieval.judge import NAMES, Verdict

RESAMPLES = 2_000
WITHIN = (500, 1_000, 2_000)


class Lead(Frozen):
    """How far the first contender is ahead of another, on the same questions."""

    mean: float
    interval: tuple[float, float]
    """95 %, paired, resampled by gold page."""


class Judged(Frozen):
    """How well ranks and contexts do, by one set of judgments."""

    scores: dict[str, float]
    interval_recall5: tuple[float, float]
    """95 % bootstrap interval of recall@5, resampled by gold page."""
    context_recall: dict[int, float]
    """Mean share of the gold options within the first N tokens of the context."""
    median_tokens_to_key: float | None
    """Until all of them are there. None: for more than half of the questions they never are."""
    lead_recall5: Lead | None = None
    """Of the first contender over this one."""
    lead_in_1000: Lead | None = None
    """The same, of the context recall at 1,000 tokens."""


class Summary(Judged):
    """One contender's row, by the gold options as they were written."""

    name: str
    points: int
    size: int | None = None
    """Bytes."""
    questions: int
    coverage: float
    """Mean share of the gold options that the first ten texts define."""
    version_precision: float
    interval_in_1000: tuple[float, float]
    """95 % bootstrap interval of context recall at 1,000 tokens, resampled by gold page."""
    median_tokens: float
    p50_ms: float
    p99_ms: float
    false_abstentions: float
    """Share of answerable questions it abstained from."""
    right_abstentions: float
    """Share of unanswerable questions it abstained from."""
    pooled: Judged | None = None
    """By every answer that is known: those, and what assessors found beside."""


def judged(verdicts: Sequence[Verdict], first: Sequence[Verdict] | None = None) -> Judged:
    """Aggregate verdicts; ``first`` are those of the contender to compare with."""
    median = float(np.median([one.tokens_to_all for one in verdicts]))
    clusters = [one.cluster for one in verdicts]
    return Judged(
        scores={key: float(np.mean([one.scores[key] for one in verdicts])) for key in NAMES},
        interval_recall5=cluster_bootstrap([one.scores["recall@5"] for one in verdicts], clusters),
        context_recall={
            limit: float(np.mean([one.context_recall(limit) for one in verdicts]))
            for limit in WITHIN
        },
        median_tokens_to_key=None if math.isinf(median) else median,
        lead_recall5=_lead(first, verdicts, lambda one: one.scores["recall@5"]),
        lead_in_1000=_lead(first, verdicts, lambda one: one.context_recall(1_000)),
    )


def summarise(
    name: str,
    points: int,
    verdicts: Sequence[Verdict],
    right_abstentions: float,
    *,
    size: int | None = None,
    first: Sequence[Verdict] | None = None,
    pooled: Judged | None = None,
) -> Summary:
    """One contender's row: its verdicts, aggregated, and what is known of it beside."""
    latency = np.array([one.seconds for one in verdicts]) * 1000
    return Summary(
        **dict(judged(verdicts, first)),
        name=name,
        points=points,
        size=size,
        questions=len(verdicts),
        coverage=float(np.mean([one.coverage for one in verdicts])),
        version_precision=float(np.mean([one.version_precision for one in verdicts])),
        interval_in_1000=cluster_bootstrap(
            [one.context_recall(1_000) for one in verdicts], [one.cluster for one in verdicts]
        ),
        median_tokens=float(np.median([one.tokens for one in verdicts])),
        p50_ms=float(np.percentile(latency, 50)),
        p99_ms=float(np.percentile(latency, 99)),
        false_abstentions=float(np.mean([one.abstained for one in verdicts])),
        right_abstentions=right_abstentions,
        pooled=pooled,
    )


def _lead(
    first: Sequence[Verdict] | None, other: Sequence[Verdict], of: Callable[[Verdict], float]
) -> Lead | None:
    """The paired difference; both have the same questions in the same order."""
    if first is None:
        return None
    ahead = [of(one) - of(two) for one, two in zip(first, other, strict=True)]
    return Lead(
        mean=float(np.mean(ahead)),
        interval=cluster_bootstrap(ahead, [one.cluster for one in first]),
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
    head = ["contender", "points", "MB", "R@1", "R@5 [95 %]", "ours ahead by", "R@10", "MRR"]
    head += ["nDCG@10", "coverage@10", "version"]
    head += [f"in {limit}" for limit in WITHIN]
    head += ["ours ahead in 1000", "tokens to key", "tokens", "p50 ms", "p99 ms"]
    head += ["abstains wrongly", "rightly"]
    lines = []
    for one in rows:
        cells = [one.name, str(one.points), "" if one.size is None else f"{one.size / 1e6:.0f}"]
        cells += [*_ranks(one), f"{one.scores['nDCG@10']:.3f}"]
        cells += [f"{one.coverage:.3f}", f"{one.version_precision:.3f}"]
        cells += [*_contexts(one), f"{one.median_tokens:.0f}"]
        cells += [f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}"]
        cells += [f"{one.false_abstentions:.3f}", f"{one.right_abstentions:.3f}"]
        lines.append(cells)
    return "\n".join(markdown.table(head, lines))


def pooled_table(rows: Sequence[Summary]) -> str:
    """What changes if every known answer counts, as a Markdown table."""
    head = ["contender, every known answer", "R@1", "R@5 [95 %]", "ours ahead by", "R@10", "MRR"]
    head += [f"in {limit}" for limit in WITHIN] + ["ours ahead in 1000", "tokens to key"]
    lines = [[one.name, *_ranks(one.pooled), *_contexts(one.pooled)] for one in rows if one.pooled]
    return "\n".join(markdown.table(head, lines))


def _ranks(one: Judged) -> list[str]:
    """R@1, R@5 with its interval and lead, R@10, MRR."""
    low, high = one.interval_recall5
    return [
        f"{one.scores['recall@1']:.3f}",
        f"{one.scores['recall@5']:.3f} [{low:.2f}, {high:.2f}]",
        _ahead(one.lead_recall5),
        *(f"{one.scores[name]:.3f}" for name in ("recall@10", "MRR@10")),
    ]


def _contexts(one: Judged) -> list[str]:
    """Context recall within each limit, the lead, tokens to the key."""
    to_key = one.median_tokens_to_key
    return [
        *(f"{one.context_recall[limit]:.3f}" for limit in WITHIN),
        _ahead(one.lead_in_1000),
        "never" if to_key is None else f"{to_key:.0f}",
    ]


def _ahead(lead: Lead | None) -> str:
    if lead is None:
        return ""
    low, high = lead.interval
    return f"{lead.mean:+.3f} [{low:+.2f}, {high:+.2f}]"
