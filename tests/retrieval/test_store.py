"""What every store promises, on both engines; and what goes wrong with files."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import StoreError
from retrieval.store import (
    Location,
    Point,
    Scope,
    Scored,
    SparseVector,
    Store,
    create_store,
    open_store,
)
from retrieval.store.base import best

D = 8
MEMORY = Location(url=":memory:")
PG13, PG15, GIT = ("postgresql", "13"), ("postgresql", "15"), ("git", "2.39")


def vector(*values: float) -> np.ndarray:
    return np.array([*values, *[0.0] * (D - len(values))], np.float32)


def sparse(**terms: float) -> SparseVector:
    """``t7=1.5`` is the weight 1.5 of dimension 7."""
    weights = sorted((int(name[1:]), value) for name, value in terms.items())
    return SparseVector(
        np.array([index for index, _ in weights], np.uint32),
        np.array([value for _, value in weights], np.float32),
    )


def point(number: int, *releases: str, product: str = "postgresql", dense: np.ndarray | None = None,
          terms: SparseVector | None = None) -> Point:  # fmt: skip
    return Point(
        id=f"{number:032x}",
        product=product,
        releases=releases or ("13",),
        kind="option",
        page="app-pgdump",
        dense=vector(1) if dense is None else dense,
        sparse=sparse(t1=1.0) if terms is None else terms,
    )


def scope(*pairs: tuple[str, str]) -> Scope:
    return Scope(pairs=pairs)


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


# --- the embedded engine's folder --------------------------------------------------------------


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """A finished store of 50 points."""
    path = tmp_path / "shard"
    with create_store(path, D) as store:
        store.upsert([point(i, dense=vector(1, i)) for i in range(50)])
        store.finish()
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def python(code: str) -> subprocess.Popen[str]:
    """Another process of this Python, running ``code``."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )


def test_a_finished_store_opens_several_times_and_is_not_changed(shard: Path) -> None:
    before = contents(shard)
    code = (
        "from pathlib import Path; from retrieval.store import open_store;"
        f"print(open_store(Path({str(shard)!r})).count())"
    )
    with open_store(shard) as one, open_store(shard) as two:
        assert python(code).communicate() == ("50\n", "")
        assert one.dense(vector(0, 1), scope(PG13), 9) == two.dense(vector(0, 1), scope(PG13), 9)
        with pytest.raises(StoreError, match="reading only"):
            one.upsert([point(1)])
    assert contents(shard) == before


def test_it_opens_while_other_processes_open_it(shard: Path) -> None:
    # The engine renames a draft of its configuration into place each time, beside the other files.
    code = (
        "from pathlib import Path; from retrieval.store import open_store\n"
        f"for _ in range(150): open_store(Path({str(shard)!r})).close()"
    )
    processes = [python(code) for _ in range(3)]
    told = [(process.communicate()[1], process.returncode) for process in processes]
    assert told == [("", 0)] * 3


def test_a_read_only_volume_is_served_from_a_copy(
    shard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shard / ".atomicwriteAbCd").mkdir()  # what another process is about to rename
    times = {file: file.stat().st_mtime_ns for file in shard.rglob("*")}
    monkeypatch.setattr("retrieval.store.edge.os.access", lambda *_: False)
    folder = shard.parent / "copies"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with open_store(shard) as store:
        assert len(store.dense(vector(0, 1), scope(PG13), 99)) == 50
        [copied] = folder.glob("*/shard")
        names = {one.name for one in copied.iterdir()}
        assert names == {one.name for one in shard.iterdir()} - {".atomicwriteAbCd"}
    assert {file: file.stat().st_mtime_ns for file in shard.rglob("*")} == times


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"{tmp_path / 'none'} holds no finished store"):
        open_store(tmp_path / "none")


def test_a_store_that_was_never_finished_does_not_open(tmp_path: Path) -> None:
    with create_store(tmp_path / "s", D) as store:
        store.upsert([point(1)])
    with pytest.raises(StoreError, match="no finished store"):
        open_store(tmp_path / "s")


def test_a_store_is_not_created_over_another(shard: Path) -> None:
    with pytest.raises(StoreError, match="not empty"):
        create_store(shard, D)


def test_the_nearest_are_those_of_the_full_vectors(tmp_path: Path) -> None:
    # The embedded store compares int8 vectors first; 64 dimensions, 3,000 points of one release.
    vectors = np.random.default_rng(7).normal(size=(3_000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with create_store(tmp_path / "s", 64) as store:
        store.upsert([point(i, dense=one) for i, one in enumerate(vectors)])
        store.finish()
        between = vectors[:5] + vectors[5:10] / 2  # five questions, each between two points
        for question in between:
            exact = vectors @ (question / np.linalg.norm(question))
            best = np.argsort(-exact)[:40]
            found = store.dense(question, scope(PG13), 40)
            assert [one.id for one in found] == [point(int(i)).id for i in best]
            assert np.allclose([one.score for one in found], exact[best], atol=1e-5)


@pytest.mark.parametrize("harm", ["truncate", "delete"])
def test_every_damaged_file_is_noticed_and_named(shard: Path, harm: str) -> None:
    for file in [one for one in shard.rglob("*") if one.is_file() and one.stat().st_size]:
        kept = file.read_bytes()
        if harm == "truncate":
            file.write_bytes(kept[:-1])
        else:
            file.unlink()
        with pytest.raises(StoreError) as caught:
            open_store(shard)
        assert str(shard) in caught.value.message
        file.write_bytes(kept)
    open_store(shard).close()


def test_a_disk_without_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.store.edge.shutil.disk_usage", lambda _: _Disk(500_000_000))
    create_store(tmp_path / "fits", 384, points=50_000).close()
    with pytest.raises(StoreError, match=r"500 MB free.* 100,000 passages needs 871 MB") as caught:
        create_store(tmp_path / "new" / "shard", 384, points=100_000)
    assert "FLAGSTONE_DATA" in caught.value.hint
    assert not (tmp_path / "new").exists()


class _Disk(NamedTuple):
    free: int


def test_another_format_asks_for_a_rebuild(shard: Path) -> None:
    card = json.loads((shard / "store.json").read_text())
    (shard / "store.json").write_text(json.dumps({**card, "format": 0}))
    with pytest.raises(StoreError, match="format 0") as caught:
        open_store(shard)
    assert caught.value.hint == "Run: flagstone build"
