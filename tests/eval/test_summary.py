import math

from hypothesis import given
from hypothesis import strategies as st

from eval.retrieval.judge import NAMES, Verdict
from eval.retrieval.summary import cluster_bootstrap, judged, pooled_table, summarise, table


def verdict(number: int, *, recall: float, to_key: float = 100, abstained: bool = False) -> Verdict:
    return Verdict(
        question=f"q{number}",
        cluster=f"page{number // 2}",
        version_specific=False,
        scores=dict.fromkeys(NAMES, recall),
        version_precision=1,
        coverage=recall,
        tokens_to_keys=(to_key,),
        tokens=200,
        seconds=0.002,
        abstained=abstained,
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=40))
def test_the_interval_stays_within_the_values_and_is_reproducible(
    drawn: list[tuple[float, int]],
) -> None:
    values = [value for value, _ in drawn]
    clusters = [str(cluster) for _, cluster in drawn]
    low, high = cluster_bootstrap(values, clusters)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert (low, high) == cluster_bootstrap(values, clusters)


def test_clusters_that_agree_make_the_interval_wider_than_single_questions_do() -> None:
    values = [float(place % 20 < 10) for place in range(40)]
    alone = cluster_bootstrap(values, [str(place) for place in range(40)])
    together = cluster_bootstrap(values, [str(place // 10) for place in range(40)])
    assert together[1] - together[0] > alone[1] - alone[0]


def test_a_key_that_is_never_there_counts_as_a_miss_and_not_as_nothing() -> None:
    found = [verdict(n, recall=1.0) for n in range(2)]
    missed = [verdict(n, recall=0.0, to_key=math.inf) for n in range(2, 6)]
    summary = summarise("ours", 10, [*found, *missed], 0.5)
    assert summary.median_tokens_to_key is None
    assert summary.context_recall[500] == 2 / 6
    assert summary.scores["recall@5"] == 2 / 6
    assert "never" in table([summary])


def test_a_table_has_as_many_cells_in_each_row() -> None:
    rows = [summarise("ours", 10, [verdict(0, recall=1.0)], 1.0)]
    assert len({line.count("|") for line in table(rows).splitlines()}) == 1


def test_the_lead_is_paired_and_has_no_spread_where_it_is_the_same_everywhere() -> None:
    ours = [verdict(n, recall=1.0) for n in range(6)]
    theirs = [verdict(n, recall=0.5, to_key=1_500) for n in range(6)]
    summary = summarise("theirs", 10, theirs, 0.0, size=2_000_000, first=ours)
    assert summary.lead_recall5 is not None
    assert summary.lead_in_1000 is not None
    assert (summary.lead_recall5.mean, summary.lead_recall5.interval) == (0.5, (0.5, 0.5))
    assert summary.lead_in_1000.mean == 1.0
    assert "+0.500 [+0.50, +0.50]" in table([summary])


def test_every_known_answer_has_a_table_of_its_own() -> None:
    ours = [verdict(n, recall=1.0) for n in range(6)]
    theirs = [verdict(n, recall=0.5, to_key=math.inf) for n in range(6)]
    rows = [
        summarise("ours", 10, ours, 1.0, pooled=judged(ours)),
        summarise("theirs", 10, theirs, 0.0, pooled=judged(theirs, ours)),
        summarise("not pooled", 10, theirs, 0.0),
    ]
    head, _, first, second = pooled_table(rows).splitlines()
    assert len({line.count("|") for line in (head, first, second)}) == 1
    assert "| 1.000 [1.00, 1.00] |" in first
    assert "| 100 |" in first
    assert "+0.500 [+0.50, +0.50]" in second
    assert "+1.000 [+1.00, +1.00]" in second
    assert second.endswith("never |")
