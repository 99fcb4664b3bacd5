"""The folder of the embedded store: opened by many, read-only, damaged, and without room."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from points import PG13, D, point, scope, vector

from corpora.errors import StoreError
from retrieval.store import create_store, open_store


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
