"""Builds beside a service: it takes up each snapshot, and nobody who asks notices."""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from corpus import SmallCorpus, edit, open_engine

from api.serving import Serving
from corpora.errors import NoSnapshot
from ingest.snapshot import KEPT_SNAPSHOTS
from retrieval.request import ContextRequest

COMMIT = "git-2.30/git-commit.1"
TEXT = "Tell the command to automatically stage files"
QUESTION = ContextRequest(query="--all automatically stage files", product="git", version="2.30")


@pytest.fixture
def serving(corpus: SmallCorpus) -> Serving:
    return Serving(corpus.data, lambda path: open_engine(path, corpus.embedder))


def variant(corpus: SmallCorpus, number: int) -> str:
    """Publish another text of one option; give the snapshot's id."""
    page = corpus.page(COMMIT)
    page.write_text(
        re.sub(rf"(Variant \d+: )?{TEXT}", f"Variant {number}: {TEXT}", page.read_text())
    )
    return corpus.build().snapshot


def test_questions_are_answered_while_snapshots_come_and_go(
    corpus: SmallCorpus, serving: Serving
) -> None:
    with pytest.raises(NoSnapshot):
        serving.engine()
    published = [variant(corpus, 0)]
    answers: list[tuple[str, str]] = []
    errors: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answer = serving.look().context(QUESTION)
                answers.append((answer.snapshot, answer.passages[0].text))
            except BaseException as error:  # noqa: BLE001  whatever it is, it is told below
                errors.append(error)
                return
            stop.wait(0.01)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        # More than are kept on disk: the first is deleted while it may still be served.
        published += [variant(corpus, number) for number in range(1, 1 + KEPT_SNAPSHOTS)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert {snapshot for snapshot, _ in answers} <= set(published)
    for snapshot, text in answers:
        assert f"Variant {published.index(snapshot)}: {TEXT}" in text
    assert serving.look().snapshot.id == published[-1]


def test_a_service_that_sleeps_through_many_builds_goes_on_and_catches_up(
    corpus: SmallCorpus,
) -> None:
    """The folder of the snapshot that it holds open has been deleted; its threads come and go."""
    sleeping = Serving(corpus.data, lambda path: open_engine(path, corpus.embedder))
    first = variant(corpus, 0)
    assert sleeping.engine().context(QUESTION).snapshot == first
    last = [variant(corpus, number) for number in range(1, 1 + KEPT_SNAPSHOTS)][-1]
    assert not (corpus.data / "snapshots" / first).exists()
    with ThreadPoolExecutor(1) as another:
        answer = another.submit(sleeping.engine().context, QUESTION).result()
    assert answer.snapshot == first
    assert "Variant 0: " in answer.passages[0].text
    assert Serving(corpus.data, sleeping._open).engine().snapshot.id == last


@pytest.mark.parametrize("file", ["corpus.sqlite", "index/store"])
def test_a_new_snapshot_with_one_wrong_byte_is_refused_and_the_old_one_serves_on(
    file: str, corpus: SmallCorpus, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    first = variant(corpus, 0)
    assert serving.look().snapshot.id == first
    second = corpus.data / "snapshots" / variant(corpus, 1)
    target = second / file
    if target.is_dir():
        target = max(target.rglob("matrix.dat"), key=lambda one: one.stat().st_size)
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            answer = serving.look().context(QUESTION)
            assert answer.snapshot == first
            assert "Variant 0: " in answer.passages[0].text
    (told,) = caplog.records
    assert target.name in told.getMessage()
    report = corpus.build()
    assert report.published, "the same content is built again, because what stands there is damaged"
    assert report.snapshot == second.name
    assert serving.look().snapshot.id == second.name
    assert "Variant 1: " in serving.engine().context(QUESTION).passages[0].text


def test_content_that_comes_back_is_served_again(corpus: SmallCorpus, serving: Serving) -> None:
    first = variant(corpus, 0)
    edit(corpus.page(COMMIT), "Variant 0", "Variant 1")
    second = corpus.build().snapshot
    assert serving.look().snapshot.id == second
    assert variant(corpus, 0) == first
    assert serving.look().snapshot.id == first
