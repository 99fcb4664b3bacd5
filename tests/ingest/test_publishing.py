"""Publishing: the old snapshot or the new one, whatever fails, and one build at a time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from build_process import build_once
from corpus import CATALOGUE, SmallCorpus, edit
from tiny_snapshots import publish, release

from corpora.errors import BuildFailed, BuildLocked
from corpora.snapshot import Snapshot, current_id
from ingest import snapshot as publishing
from ingest.release_files import ReleaseFile, ReleaseFiles
from ingest.snapshot import build_lock, point_to, snapshot_id

Make = Callable[..., SmallCorpus]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    data = tmp_path_factory.mktemp("published")
    return publish(data, [release(ReleaseFiles(data / "releases"), "15", "sql-truncate")])


def test_what_was_left_in_staging_is_thrown_away(tmp_path: Path) -> None:
    left = tmp_path / "staging/0000000000000000/index"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    snapshot = publish(tmp_path, [release(ReleaseFiles(tmp_path / "r"), "15", "sql-truncate")])
    snapshot.verify()
    assert not (tmp_path / "staging").exists()


def test_a_damaged_snapshot_is_replaced_by_the_same_one_intact(tmp_path: Path) -> None:
    files = [release(ReleaseFiles(tmp_path / "r"), "15", "sql-truncate")]
    first = publish(tmp_path, files)
    (first.path / "index/card.json").write_text("damaged")
    second = publish(tmp_path, files)
    assert second.path == first.path
    second.verify()


def syncs(data: Path, files: list[ReleaseFile], monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a publication waits for the disk."""
    calls: list[Path] = []
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_sync", calls.append)
        publish(data, files)
    return len(calls)


def test_a_disk_that_fails_at_any_step_of_publishing_leaves_the_old_snapshot_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = ReleaseFiles(tmp_path / "r")
    one, two = release(shelf, "15", "sql-truncate"), release(shelf, "18", "sql-truncate")
    steps = syncs(tmp_path / "count", [one, two], monkeypatch)
    assert steps >= 9
    real = publishing._sync
    for step in range(steps):
        data = tmp_path / f"data-{step}"
        before = publish(data, [one])
        left = iter(range(step, -1, -1))

        def sync(path: Path, left: Iterator[int] = left) -> None:
            if next(left, 1) == 0:
                raise OSError(28, "No space left on device")
            real(path)

        with monkeypatch.context() as patch:
            patch.setattr(publishing, "_sync", sync)
            with pytest.raises(OSError, match="No space"):
                publish(data, [one, two])
        serving = Snapshot.current(data)
        serving.verify()
        new = snapshot_id(CATALOGUE, [one, two], "index")
        assert serving.id == (new if step == steps - 1 else before.id)
        after = publish(data, [one, two])
        assert Snapshot.current(data).id == after.id == new
        after.verify()


def test_the_pointer_is_replaced_and_never_written_in_place(published: Snapshot) -> None:
    data = published.path.parents[1]
    reader = (data / "current").open()
    point_to(data, "f" * 16)
    assert reader.read().strip() == published.id, "who had it open reads the old one to its end"
    reader.close()
    assert current_id(data) == "f" * 16
    point_to(data, published.id)


def test_a_disk_that_is_full_leaves_the_published_snapshot_serving(
    make_corpus: Make, model_folder: Path
) -> None:
    """Files may not grow beyond a limit: in the release file, the corpus, and the index."""
    corpus = make_corpus("postgresql-15")
    before = corpus.build()
    edit(corpus.page("postgresql-15/sql-truncate.html"), "quickly removes", "swiftly removes")
    for limit in (2_000, 30_000, 200_000):
        with build_once(corpus, model_folder, "--file-size", str(limit)) as process:
            told = json.loads(process.communicate()[0].splitlines()[-1])
        assert told["error"] in ("build_failed", "store_unavailable"), told
        assert corpus.snapshot.id == before.snapshot
        assert not (corpus.data / "staging").exists(), "and takes no room"
    corpus.snapshot.verify()
    after = corpus.build()
    assert after.published
    assert any("swiftly removes" in one.text for one in corpus.snapshot)


# --- One build at a time --------------------------------------------------------------------------


def test_a_second_build_at_once_is_refused(corpus: SmallCorpus) -> None:
    with build_lock(corpus.data), pytest.raises(BuildLocked, match="Another build"):
        corpus.build()
    assert corpus.build().published


def test_the_lock_is_free_when_its_holder_was_killed(make_corpus: Make, model_folder: Path) -> None:
    corpus = make_corpus("git-2.30")
    options = ("--processes", "1", "--pause-at", "read Git 2.30")  # its reader is alive as well
    with build_once(corpus, model_folder, *options) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "read Git 2.30":
                break
        with pytest.raises(BuildLocked):
            corpus.build()
        process.kill()
    assert corpus.build().published


def test_a_data_directory_that_can_not_be_made_is_told(tmp_path: Path, corpus: SmallCorpus) -> None:
    corpus.data = tmp_path / "file" / "data"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BuildFailed, match="data"):
        corpus.build()
