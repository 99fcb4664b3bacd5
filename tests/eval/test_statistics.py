"""Intervals and tests, against values computed by other means."""

import math

import numpy as np

from eval.scoring.statistics import mcnemar, paired, wilson


def test_wilson_agrees_with_published_values():
    one = wilson(4, 174)  # 2.3 % [0.9, 5.8]
    assert math.isclose(one.rate, 0.02299, abs_tol=1e-4)
    assert math.isclose(one.low, 0.0090, abs_tol=5e-4)
    assert math.isclose(one.high, 0.0576, abs_tol=5e-4)


def test_no_event_has_an_upper_bound_and_nothing_has_no_rate():
    none = wilson(0, 300)
    assert none.low == 0.0
    assert 3 / 300 < none.high < 4 / 300
    assert wilson(0, 0).rate is None


def test_mcnemar_is_the_sign_test_of_the_disagreements():
    assert mcnemar(0, 0) is None
    assert math.isclose(mcnemar(0, 5), 2 / 32)
    assert mcnemar(5, 5) == 1.0


def test_the_bootstrap_covers_the_true_difference_and_draws_clusters_together():
    rng = np.random.default_rng(3)
    hits = 0
    for trial in range(60):
        first, second, clusters = {}, {}, {}
        for command in range(40):
            easy = rng.random() < 0.5
            for task in range(3):
                name = f"{command}-{task}"
                clusters[name] = str(command)
                first[name] = float(rng.random() < (0.2 if easy else 0.6))
                second[name] = float(rng.random() < (0.1 if easy else 0.3))
        got = paired(first, second, clusters, draws=400, seed=trial)
        hits += got.low <= -0.2 <= got.high
    assert hits >= 51  # 95 % of 60, less three standard deviations


def test_pairs_are_only_what_both_answered():
    got = paired({"a": 1.0, "b": 0.0}, {"a": 0.0, "c": 1.0}, {"a": "x", "b": "x", "c": "y"})
    assert got.pairs == 1
    assert got.difference == -1.0
    assert (got.only_first, got.only_second) == (1, 0)
    assert paired({}, {}, {}).difference is None
