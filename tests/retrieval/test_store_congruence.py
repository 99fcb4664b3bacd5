"""The same points in the same order from every engine, on generated cases."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_over_http import KEY, Qdrant, real_server

from retrieval.store import Location, Point, Scope, Scored, SparseVector, Store, create_store

DIMENSIONS, POINTS, QUERIES, VOCABULARY = 48, 600, 100, 400
PRODUCTS = {"postgresql": ("13", "15", "17"), "git": ("2.30", "2.39"), "docker": ("20.10", "28.5")}
PAIRS = [(product, release) for product, releases in PRODUCTS.items() for release in releases]


def random_sparse(random: np.random.Generator, most: int) -> SparseVector:
    """Zipf-distributed terms, as texts have them, in the whole range of 32 bits."""
    rank = np.unique(np.minimum(random.zipf(1.3, random.integers(1, most)), VOCABULARY))
    indices = np.sort((rank.astype(np.uint64) * 2_654_435_761 % 2**32).astype(np.uint32))
    return SparseVector(indices, random.uniform(0.1, 2.2, len(indices)).astype(np.float32))


def random_points() -> list[Point]:
    random = np.random.default_rng(20)
    points: list[Point] = []
    for number in range(POINTS):
        product = str(random.choice(list(PRODUCTS)))
        releases = [one for one in PRODUCTS[product] if random.random() < 0.5]
        twin = points[int(random.integers(number))] if number and random.random() < 0.2 else None
        points.append(
            Point(
                id=uuid.UUID(bytes=random.bytes(16)).hex,
                product=product,
                releases=tuple(releases or PRODUCTS[product][:1]),
                kind="option",
                page=f"page-{number % 17}",
                dense=twin.dense if twin else random.normal(size=DIMENSIONS).astype(np.float32),
                sparse=twin.sparse if twin else random_sparse(random, 30),
            )
        )
    return points


class Points(list[Point]):
    """Short to print, so that a failing example shows its scope and not the corpus."""

    def __repr__(self) -> str:
        return f"<{len(self)} points>"


@pytest.fixture(scope="module")
def points() -> Points:
    return Points(random_points())


def filled(store: Store, points: list[Point]) -> Store:
    store.upsert(points[:400])
    store.upsert(points[300:])  # some of them twice
    store.finish()
    return store


@pytest.fixture(scope="module")
def edge(points: list[Point], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("edge") / "shard"
    with filled(create_store(folder, DIMENSIONS), points) as store:
        yield store


@pytest.fixture(scope="module", params=["local", "http", "server"])
def other(
    points: list[Point], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """The local mode, the same behind Qdrant's REST API, and a real server where there is one."""
    name = f"congruence-{uuid.uuid4().hex}"
    with ExitStack() as stack:
        location = Location(url=":memory:")
        if request.param == "http":
            location = Location(url=stack.enter_context(Qdrant(api_key=KEY)).url, api_key=KEY)
        elif request.param == "server":
            found = stack.enter_context(real_server(tmp_path_factory.mktemp("qdrant")))
            if found is None:
                pytest.skip("neither QDRANT_URL nor QDRANT_BINARY names a server")
            location = Location(url=found[0], api_key=found[1])
        store = create_store(location, DIMENSIONS, collection=name)
        yield stack.enter_context(filled(store, points))


def random_scope(random: np.random.Generator) -> Scope:
    chosen = random.permutation(len(PAIRS))[: int(random.integers(1, 4))]
    return Scope(pairs=tuple(PAIRS[int(one)] for one in chosen))


def same(found: list[Scored], expected: list[Scored]) -> None:
    assert [one.id for one in found] == [one.id for one in expected]
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-4)


def test_dense_search_is_the_same_on_every_engine(edge: Store, other: Store) -> None:
    random = np.random.default_rng(1)
    for _ in range(QUERIES):
        vector = random.normal(size=DIMENSIONS).astype(np.float32)
        scope, limit = random_scope(random), int(random.integers(1, 60))
        found = edge.dense(vector, scope, limit)
        assert found
        same(found, other.dense(vector, scope, limit))


def test_sparse_search_is_the_same_on_every_engine(edge: Store, other: Store) -> None:
    random = np.random.default_rng(2)
    found_any = 0
    for _ in range(QUERIES):
        vector = random_sparse(random, 8)
        scope, limit = random_scope(random), int(random.integers(1, 60))
        found = edge.sparse(vector, scope, limit)
        found_any += bool(found)
        same(found, other.sparse(vector, scope, limit))
    assert found_any > QUERIES / 2


def test_counts_and_ids_are_the_same_on_every_engine(
    edge: Store, other: Store, points: list[Point]
) -> None:
    for pair in PAIRS:
        expected = sum(pair[0] == one.product and pair[1] in one.releases for one in points)
        assert edge.count(Scope(pairs=(pair,))) == expected
        assert other.count(Scope(pairs=(pair,))) == expected
    assert list(edge.ids()) == list(other.ids()) == sorted(one.id for one in points)


def test_terms_are_the_same_on_every_engine(edge: Store, other: Store, points: list[Point]) -> None:
    by_id = {one.id: one.sparse.indices.tolist() for one in points[:50]}
    for store in (edge, other):
        told = store.terms(list(by_id))
        assert {name: terms.tolist() for name, terms in told.items()} == by_id


def test_exact_search_agrees_with_arithmetic(edge: Store, points: list[Point]) -> None:
    random = np.random.default_rng(3)
    matrix = np.stack([one.dense for one in points if one.dense is not None])
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    for _ in range(20):
        vector = random.normal(size=DIMENSIONS).astype(np.float32)
        scope = random_scope(random)
        cosine = matrix @ (vector / np.linalg.norm(vector))
        inside = [bool(set(scope.keys) & set(one.keys)) for one in points]
        expected = np.sort(cosine[inside])[::-1][:25]
        found = edge.dense(vector, scope, 25)
        assert [one.score for one in found] == pytest.approx(expected.tolist(), abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*PAIRS, ("git", "13"), ("postgresql", "9")]), max_size=4),
    st.integers(1, 700),
    st.integers(0, 2**32 - 1),
)
def test_a_point_outside_the_scope_never_comes_back(
    edge: Store, points: list[Point], pairs: list[tuple[str, str]], limit: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    scope = Scope(pairs=tuple(pairs))
    inside = {one.id for one in points if set(one.keys) & set(scope.keys)}
    by_meaning = edge.dense(random.normal(size=DIMENSIONS).astype(np.float32), scope, limit)
    by_words = edge.sparse(random_sparse(random, 8), scope, limit)
    assert {one.id for one in by_meaning + by_words} <= inside
    assert len(by_meaning) == min(limit, len(inside))
