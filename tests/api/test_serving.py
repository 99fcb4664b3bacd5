"""Taking up a new snapshot while serving: swaps, refusals, and questions meanwhile."""

import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import SmallCorpus, open_engine

from api.serving import Serving
from corpora.errors import CorruptSnapshot, FlagstoneError, NoSnapshot
from ingest.snapshot import point_to
from retrieval.embed import Embedder
from retrieval.engine import Engine


class Opener:
    """Opens engines, and keeps count."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.opened: list[str] = []
        self.before: Callable[[], None] = lambda: None

    def __call__(self, path: Path) -> Engine:
        self.opened.append(path.name)
        self.before()
        return open_engine(path, self.embedder)


@pytest.fixture
def opener(embedder: Embedder) -> Opener:
    return Opener(embedder)


class Published:
    """A data directory with two snapshots, of which the first serves at the beginning."""

    def __init__(self, data: Path, snapshots: tuple[str, str]) -> None:
        self.data = data
        self.first, self.second = snapshots

    def publish(self, snapshot: str) -> None:
        point_to(self.data, snapshot)

    def to_damage(self, snapshot: str) -> Path:
        """A snapshot's folder, as a copy that no other test sees."""
        linked = self.data / "snapshots"
        if linked.is_symlink():
            shared = linked.resolve()
            linked.unlink()
            shutil.copytree(shared, linked)
        return linked / snapshot


@pytest.fixture(scope="module")
def built_twice(
    embedder: Embedder, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, str]:
    folder = tmp_path_factory.mktemp("twice")
    corpus = SmallCorpus(folder, embedder, "git-2.30", "docker-20.10", known=built)
    first = corpus.build({"git": ["2.30"]}).snapshot
    return corpus.data, first, corpus.build().snapshot


@pytest.fixture
def corpus(built_twice: tuple[Path, str, str], tmp_path: Path) -> Published:
    data, first, second = built_twice
    (tmp_path / "snapshots").symlink_to(data / "snapshots")
    made = Published(tmp_path, (first, second))
    made.publish(first)
    return made


def test_the_engine_is_opened_once(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener, look_every=0)
    engines = {id(serving.engine()) for _ in range(5)}
    assert len(engines) == 1
    assert opener.opened == [corpus.first]


def test_threads_that_ask_at_once_share_one_engine(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener)
    found: list[Engine] = []
    threads = [threading.Thread(target=lambda: found.append(serving.engine())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1
    assert len(opener.opened) == 1


def test_a_new_snapshot_is_taken_up_and_the_old_engine_still_answers(
    corpus: Published, opener: Opener
) -> None:
    serving = Serving(corpus.data, opener, look_every=0)
    before = serving.engine()
    corpus.publish(corpus.second)
    after = serving.engine()
    assert after.snapshot.id == corpus.second
    assert list(before.snapshot.products) == ["git"]
    assert list(after.snapshot.products) == ["docker", "git"]
    assert before.passage(next(iter(before.snapshot)).id)


def test_nobody_waits_while_a_new_snapshot_opens(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener, look_every=0)
    before = serving.engine()
    corpus.publish(corpus.second)
    opening, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        opening.set()
        assert go_on.wait(30)

    opener.before = wait
    swapping = threading.Thread(target=serving.engine)
    swapping.start()
    assert opening.wait(30)
    assert serving.engine() is before
    go_on.set()
    swapping.join()
    assert serving.engine().snapshot.id != before.snapshot.id


def test_between_two_looks_the_pointer_is_not_read(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener, look_every=3_600)
    before = serving.engine()
    corpus.publish(corpus.second)
    assert serving.engine() is before


@pytest.mark.parametrize("pointer", ["0123456789abcdef", "", "../../etc", "\x00", "é"])
def test_a_snapshot_that_does_not_open_is_refused_and_the_old_one_serves_on(
    corpus: Published, opener: Opener, pointer: str, caplog: pytest.LogCaptureFixture
) -> None:
    serving = Serving(corpus.data, opener, look_every=0)
    before = serving.engine()
    (corpus.data / "current").write_text(pointer, "utf-8")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert serving.engine() is before
    assert len([one for one in caplog.records if "refused" in one.getMessage()]) == 1


def test_a_pointer_that_is_gone_does_not_end_the_service(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener, look_every=0)
    before = serving.engine()
    (corpus.data / "current").unlink()
    assert serving.engine() is before
    corpus.publish(corpus.second)
    assert serving.engine().snapshot.id == corpus.second


def test_a_refused_snapshot_is_tried_again_when_it_is_published_again(
    corpus: Published, opener: Opener
) -> None:
    serving = Serving(corpus.data, opener, look_every=0)
    before = serving.engine()
    corpus.publish(corpus.second)
    broken = corpus.to_damage(corpus.second) / "index" / "card.json"
    kept = broken.read_bytes()
    broken.write_text("{")
    assert serving.engine() is before
    broken.write_bytes(kept)
    assert serving.engine() is before  # nothing was published since
    corpus.publish(corpus.second)
    assert serving.engine().snapshot.id == corpus.second


def test_with_nothing_to_serve_the_error_says_what_to_do(tmp_path: Path, opener: Opener) -> None:
    serving = Serving(tmp_path, opener)
    for _ in range(2):
        with pytest.raises(NoSnapshot) as caught:
            serving.engine()
        assert "flagstone build" in caught.value.hint
    assert opener.opened == []


def test_a_damaged_snapshot_is_told_when_it_is_the_only_one(
    corpus: Published, opener: Opener
) -> None:
    (corpus.to_damage(corpus.first) / "manifest.json").write_text("{")
    with pytest.raises(FlagstoneError) as caught:
        Serving(corpus.data, opener).engine()
    assert isinstance(caught.value, CorruptSnapshot)
