"""What every store promises, on both engines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import GIT, PG13, PG15, D, point, scope, sparse, vector

from corpora.errors import StoreError
from retrieval.store import (
    Location,
    Point,
    Scope,
    Scored,
    Store,
    create_store,
)
from retrieval.store.base import best

MEMORY = Location(url=":memory:")


def numbers(found: list[Scored]) -> list[int]:
    return [int(one.id, 16) for one in found]


@pytest.fixture(params=["edge", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "s" if request.param == "edge" else MEMORY, D) as store:
        yield store


def test_points_are_found_by_meaning_and_by_words(store: Store) -> None:
    store.upsert([
        point(1, dense=vector(1, 0), terms=sparse(t1=2.0)),
        point(2, dense=vector(0.8, 0.6), terms=sparse(t1=1.0, t2=1.0)),
        point(3, dense=vector(0, 1), terms=sparse(t3=1.0)),
    ])  # fmt: skip
    store.finish()
    found = store.dense(vector(2, 0), scope(PG13), 2)
    assert numbers(found) == [1, 2]
    assert [one.score for one in found] == pytest.approx([1, 0.8])
    assert numbers(store.sparse(sparse(t1=1.0), scope(PG13), 9)) == [1, 2]
    assert numbers(store.sparse(sparse(t2=1.0, t3=5.0), scope(PG13), 9)) == [3, 2]


def test_another_release_or_product_never_comes_back(store: Store) -> None:
    store.upsert([
        point(1, "13"), point(2, "13", "15"), point(3, "15"), point(4, "2.39", product="git"),
    ])  # fmt: skip
    for where, expected in {
        (PG13,): [1, 2],
        (PG15,): [2, 3],
        (PG13, PG15): [1, 2, 3],
        (PG15, GIT): [2, 3, 4],
        (("postgresql", "2.39"),): [],
        (("postgres", "13"),): [],
        (("postgresql", "1"),): [],
        (): [],
    }.items():
        wanted = Scope(pairs=where)
        assert numbers(store.dense(vector(1), wanted, 9)) == expected
        assert numbers(store.sparse(sparse(t1=1.0), wanted, 9)) == expected
        assert store.count(wanted) == len(expected)
    assert store.count() == 4


def test_what_one_release_answers_does_not_depend_on_others(store: Store) -> None:
    store.upsert([point(i, "13", terms=sparse(t1=1.0)) for i in range(1, 4)])
    store.upsert([point(4, "13", terms=sparse(t2=2.0))])
    alone = store.sparse(sparse(t1=1.0, t2=1.0), scope(PG13), 9)
    store.upsert([point(i, "15", terms=sparse(t2=1.0)) for i in range(10, 90)])
    store.finish()
    assert store.sparse(sparse(t1=1.0, t2=1.0), scope(PG13), 9) == alone
    assert numbers(alone) == [4, 1, 2, 3]
    assert [one.score for one in alone] == pytest.approx([2, 1, 1, 1], rel=1e-5)


@given(
    st.lists(st.tuples(st.sampled_from((0.5, 1.0, 40.0, -2.0)), st.integers(0, 40)), max_size=12),
    st.integers(1, 12),
)
def test_scores_that_differ_by_rounding_alone_are_ties(
    steps: list[tuple[float, int]], limit: int
) -> None:
    """Of some bases and tenths of what a tie is at most."""
    given_by_the_engine = [
        Scored(f"{number:02}", base - step * 1e-7 * max(1, abs(base)))
        for number, (base, step) in enumerate(steps)
    ]
    falling = sorted(given_by_the_engine, key=lambda one: (-one.score, one.id))
    groups: list[list[Scored]] = []
    for one in falling:
        first = groups[-1][0].score if groups else 0.0
        if groups and one.score >= first - 1e-6 * max(1.0, abs(first)):
            groups[-1].append(one)
        else:
            groups.append([one])
    wanted = [one for group in groups for one in sorted(group, key=lambda one: one.id)]
    assert best(lambda most: falling[:most], limit) == wanted[:limit]


@pytest.mark.parametrize("limit", [1, 7, 31, 60])
def test_ties_are_broken_by_id(store: Store, limit: int) -> None:
    order = np.random.default_rng(5).permutation(np.arange(1, 61)).tolist()
    store.upsert([point(0xFFF, dense=vector(1, 0.1), terms=sparse(t1=0.5))])
    store.upsert([point(number) for number in order])
    store.finish()
    assert numbers(store.dense(vector(1), scope(PG13), limit)) == list(range(1, limit + 1))
    assert numbers(store.sparse(sparse(t1=1.0), scope(PG13), limit)) == list(range(1, limit + 1))


def test_an_upsert_replaces_the_point_of_the_same_id(store: Store) -> None:
    store.upsert([point(1, "13", terms=sparse(t1=1.0))])
    store.upsert([point(1, "15", dense=vector(0, 1), terms=sparse(t2=1.0))])
    store.finish()
    assert (store.count(), store.count(scope(PG13)), store.count(scope(PG15))) == (1, 0, 1)
    assert not store.sparse(sparse(t1=1.0), scope(PG15), 9)
    assert store.dense(vector(0, 1), scope(PG15), 9)[0].score == pytest.approx(1)


def test_a_point_without_a_vector_is_found_by_the_other_side_only(store: Store) -> None:
    only_words = Point("0" * 32, "postgresql", ("13",), "option", "p", None, sparse(t1=1.0))
    store.upsert([only_words, point(1, terms=sparse())])
    assert numbers(store.dense(vector(1), scope(PG13), 9)) == [1]
    assert numbers(store.sparse(sparse(t1=1.0), scope(PG13), 9)) == [0]


def test_the_terms_of_points_are_told(store: Store) -> None:
    store.upsert([point(1, terms=sparse(t7=2.0, t3=1.0)), point(2, terms=sparse())])
    store.finish()
    ids = [f"{number:032x}" for number in (2, 1, 9)]
    told = {name: terms.tolist() for name, terms in store.terms(ids).items()}
    assert told == {ids[0]: [], ids[1]: [3, 7]}
    assert store.terms([]) == {}


def test_nothing_asked_is_nothing_found(store: Store) -> None:
    assert store.dense(vector(1), scope(PG13), 5) == []
    store.upsert([point(1)])
    assert store.sparse(sparse(), scope(PG13), 5) == []
    assert store.sparse(sparse(t404=1.0), scope(PG13), 5) == []
    assert store.dense(vector(1), scope(PG13), 0) == []


def test_ids_come_in_order(store: Store) -> None:
    many = [int(i) for i in np.random.default_rng(1).permutation(1_500)]
    store.upsert([point(number) for number in many])
    assert [int(one, 16) for one in store.ids()] == list(range(1_500))


def test_a_finished_or_closed_store_takes_no_points(store: Store) -> None:
    store.upsert([point(1)])
    store.finish()
    with pytest.raises(StoreError, match="reading only"):
        store.upsert([point(2)])
    with pytest.raises(StoreError, match="finished already"):
        store.finish()
    assert store.count() == 1
    store.close()
    store.close()
    calls: list[Callable[[], object]] = [
        lambda: store.upsert([point(2)]), store.finish, store.count, lambda: list(store.ids()),
        lambda: store.dense(vector(1), scope(PG13), 1),
        lambda: store.sparse(sparse(t1=1.0), scope(PG13), 1),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(StoreError, match="closed"):
            call()


def test_a_vector_of_another_model_is_refused(store: Store) -> None:
    store.upsert([point(1)])
    with pytest.raises(StoreError, match="8 dimensions, not 3"):
        store.dense(np.ones(3, np.float32), scope(PG13), 1)
    with pytest.raises(StoreError):
        store.upsert([point(2, dense=np.ones(3, np.float32))])


@pytest.mark.parametrize("wrong", ["", "12", "G" * 32, "A" * 32, "0" * 31 + "-"])
def test_an_id_is_32_hex_digits(wrong: str) -> None:
    with pytest.raises(ValueError, match="hex digits"):
        Point(wrong, "p", ("1",), "option", "page", None, sparse())
