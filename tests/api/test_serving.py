"""Taking up a new snapshot while serving: swaps, refusals, and questions meanwhile."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import SmallCorpus, open_engine

from api.serving import Serving
from corpora.errors import CorruptSnapshot, FlagstoneError, NoSnapshot, StoreError
from corpora.snapshot import Snapshot
from ingest.snapshot import point_to
from retrieval.embed import Embedder
from retrieval.engine import Engine


def eventually(met: Callable[[], bool]) -> bool:
    """Whether something comes true; a minute is long on any machine."""
    deadline = time.monotonic() + 60
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


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
    serving = Serving(corpus.data, opener)
    engines = {id(one()) for _ in range(5) for one in (serving.engine, serving.look)}
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
    serving = Serving(corpus.data, opener)
    before = serving.engine()
    corpus.publish(corpus.second)
    after = serving.look()
    assert serving.engine() is after
    assert after.snapshot.id == corpus.second
    assert list(before.snapshot.products) == ["git"]
    assert list(after.snapshot.products) == ["docker", "git"]
    assert before.passage(next(iter(before.snapshot)).id)


class Held:
    """Lets the opening of an engine wait until it is told to go on."""

    def __init__(self, opener: Opener) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()
        opener.before = self

    def __call__(self) -> None:
        self.began.set()
        assert self.go_on.wait(30)


def test_nobody_waits_while_a_new_snapshot_opens(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener, look_every=0.01)
    before = serving.engine()
    held = Held(opener)
    with serving.watching():
        corpus.publish(corpus.second)
        assert held.began.wait(30)
        for _ in range(3):
            assert serving.engine() is before
        held.go_on.set()
        assert eventually(lambda: serving.engine().snapshot.id == corpus.second)
    assert opener.opened == [corpus.first, corpus.second]


def test_a_question_never_opens_or_checks_a_new_snapshot(
    corpus: Published, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = Serving(corpus.data, opener, look_every=0.01)
    serving.engine()
    by: list[str] = []
    opener.before = lambda: by.append(threading.current_thread().name)
    verify = Snapshot.verify

    def noting(snapshot: Snapshot) -> None:
        by.append(threading.current_thread().name)
        verify(snapshot)

    monkeypatch.setattr(Snapshot, "verify", noting)
    with serving.watching():
        corpus.publish(corpus.second)
        assert eventually(lambda: serving.engine().snapshot.id == corpus.second)
    assert by == ["snapshots", "snapshots"]


def test_watching_opens_the_first_one_and_waits_for_it_to_be_published(
    tmp_path: Path, corpus: Published, opener: Opener
) -> None:
    (corpus.data / "current").unlink()
    serving = Serving(corpus.data, opener, look_every=0.01)
    with serving.watching():
        with pytest.raises(NoSnapshot):
            serving.engine()
        corpus.publish(corpus.first)
        assert eventually(lambda: serving.opened is not None)
        assert opener.opened == [corpus.first]


def test_watching_ends_and_survives_what_it_meets(
    corpus: Published, opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    serving = Serving(corpus.data, opener, look_every=0.01)
    serving.engine()

    def fail() -> None:
        opener.before = lambda: None
        raise RuntimeError("never met before")

    opener.before = fail
    with serving.watching():
        corpus.publish(corpus.second)
        assert eventually(lambda: serving.engine().snapshot.id == corpus.second)
    assert "never met before" in caplog.text
    corpus.publish(corpus.first)
    assert not [one for one in threading.enumerate() if one.name == "snapshots"]
    assert serving.engine().snapshot.id == corpus.second


def test_a_store_that_is_away_is_tried_again_and_told_of_once(
    corpus: Published, opener: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    serving = Serving(corpus.data, opener)
    before = serving.engine()

    def away() -> None:
        raise StoreError("the server did not answer.")

    opener.before = away
    corpus.publish(corpus.second)
    for _ in range(3):
        assert serving.look() is before
    assert len([one for one in caplog.records if "did not answer" in one.getMessage()]) == 1
    opener.before = lambda: None
    assert serving.look().snapshot.id == corpus.second


@pytest.mark.parametrize("pointer", ["0123456789abcdef", "", "../../etc", "\x00", "é"])
def test_a_snapshot_that_does_not_open_is_refused_and_the_old_one_serves_on(
    corpus: Published, opener: Opener, pointer: str, caplog: pytest.LogCaptureFixture
) -> None:
    serving = Serving(corpus.data, opener)
    before = serving.engine()
    (corpus.data / "current").write_text(pointer, "utf-8")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert serving.look() is before
    assert len([one for one in caplog.records if "refused" in one.getMessage()]) == 1


def test_a_pointer_that_is_gone_does_not_end_the_service(corpus: Published, opener: Opener) -> None:
    serving = Serving(corpus.data, opener)
    before = serving.engine()
    (corpus.data / "current").unlink()
    assert serving.look() is before
    corpus.publish(corpus.second)
    assert serving.look().snapshot.id == corpus.second


def test_a_refused_snapshot_is_tried_again_when_it_is_published_again(
    corpus: Published, opener: Opener
) -> None:
    serving = Serving(corpus.data, opener)
    before = serving.engine()
    corpus.publish(corpus.second)
    broken = corpus.to_damage(corpus.second) / "index" / "card.json"
    kept = broken.read_bytes()
    broken.write_text("{")
    assert serving.look() is before
    broken.write_bytes(kept)
    assert serving.look() is before  # nothing was published since
    corpus.publish(corpus.second)
    assert serving.look().snapshot.id == corpus.second


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
