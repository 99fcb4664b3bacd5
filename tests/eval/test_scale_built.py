"""The benchmark of scale over a small real corpus: what it makes is a snapshot like any other."""

import json
import shutil

import numpy as np
import pytest

from corpora.catalogue import Catalogue
from corpora.errors import InvalidRequest, NoSnapshot
from corpora.paraphrases import Paraphrases
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from eval.scale.__main__ import main
from eval.scale.child import measure
from eval.scale.choice import Asked, Shares
from eval.scale.copies import declared, made_up
from eval.scale.making import make
from eval.scale.measured import STEPS
from retrieval.engine import Engine
from retrieval.index import dense_vectors, open_index
from retrieval.lexical import indexed
from retrieval.request import ContextRequest
from retrieval.search import Searcher
from retrieval.store import Scope

QUESTION = ContextRequest(
    query="reuse the message of another commit", product="git", version="2.39"
)


@pytest.fixture
def data(corpus, model_folder):
    """Git 2.30 and 2.39, built."""
    assert corpus.build().published
    (corpus.data / "models").symlink_to(model_folder)
    return corpus.data


@pytest.fixture
def made(data, tmp_path):
    """Makes a snapshot of some releases and so many points; gives it, and what was said."""

    def run(kept, points, folder="made"):
        said: list[str] = []
        path = make(data, Snapshot.current(data), kept, points, tmp_path / folder, said.append)
        return Snapshot.open(path), said

    return run


def test_a_larger_snapshot_holds_the_original_and_copies_that_equal_nothing(data, made, embedder):
    base = Snapshot.current(data)
    kept = set(Shares(base).releases())
    points = 2 * base.manifest.distinct_passages + 7
    snapshot, said = made(kept, points)
    snapshot.verify()
    assert snapshot.manifest.distinct_passages == points
    assert not any("were embedded" in line for line in said)
    originals = {one.id: one for one in base}
    held = list(snapshot)
    assert {one.id for one in held if not made_up(one.product)} == set(originals)
    assert set(snapshot.products) == {"git", "git-copy-1", "git-copy-2"}
    assert [one.label for one in snapshot.products["git-copy-1"].releases] == ["2.30", "2.39"]
    # The one that fills the gap is of the newest release, and no release is without a passage.
    assert snapshot.products["git-copy-2"].releases[-1].label == "2.39"
    assert all(one.passages for p in snapshot.products.values() for one in p.releases)

    index = open_index(snapshot, embedder)
    some = next(one for one in base if "2.39" in one.releases and one.names)
    (vector,) = dense_vectors([some], embedder, Paraphrases.load().of)
    own = index.store.dense(vector, Scope(pairs=(("git", "2.39"),)), 1)[0]
    copied = index.store.dense(vector, Scope(pairs=(("git-copy-1", "2.39"),)), 1)[0]
    assert own.score == pytest.approx(1, abs=1e-5)
    assert 0.99 < copied.score < 0.9995
    words = index.bm25.query(some.text)
    scores = [
        index.store.sparse(indexed(words, name), Scope(pairs=((name, "2.39"),)), 1)[0].score
        for name in ("git", "git-copy-1")
    ]
    assert scores[0] != scores[1]
    assert np.isclose(*scores, rtol=0.03)


def test_what_is_named_is_answered_as_before(data, made, embedder):
    base = Snapshot.current(data)
    snapshot, _ = made(set(Shares(base).releases()), 2 * base.manifest.distinct_passages)
    answers = []
    for one in (base, snapshot):
        searcher = Searcher(one, open_index(one, embedder), embedder)
        products = declared(Catalogue.load(), list(one.products))
        answers.append(Engine(one, searcher, products, default_counter()).context(QUESTION))
    before, after = answers
    assert before.passages
    assert [one.id for one in before.passages] == [one.id for one in after.passages]
    assert before.context == after.context
    assert before.commands == after.commands


def test_a_smaller_snapshot_holds_whole_releases(data, made):
    base = Snapshot.current(data)
    kept = {("git", "2.30")}
    points = Shares(base).distinct(kept)
    snapshot, _ = made(kept, points)
    assert {one.id for one in snapshot} == {one.id for one in base if "2.30" in one.releases}


def test_what_was_kept_is_taken_again_and_nothing_else_is_overwritten(data, made, tmp_path):
    first, _ = made({("git", "2.30")}, 200)
    again, said = made({("git", "2.30")}, 200)
    assert again.path == first.path
    assert "already" in said[0]
    with pytest.raises(InvalidRequest, match="is not empty"):
        made({("git", "2.39")}, 200)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(InvalidRequest, match="is not empty"):
        made({("git", "2.39")}, 200, "other")


def test_a_snapshot_without_its_release_files_can_not_be_copied(data, made):
    shutil.rmtree(data / "releases")
    with pytest.raises(NoSnapshot, match="no file of git 2"):
        made({("git", "2.30")}, 200)


def test_a_release_that_is_declared_no_more_is_named(made, monkeypatch):
    monkeypatch.setattr("eval.scale.making.declared", lambda *_: {})
    with pytest.raises(InvalidRequest, match=r"git 2\.30 is served, and declared no more"):
        made({("git", "2.30")}, 50)


def test_every_step_is_timed_and_every_question_embedded(data, model_folder):
    bare = QUESTION.model_copy(update={"product": None, "version": None})
    asked = Asked(named=(QUESTION,), everywhere=(bare,))
    found = measure(Snapshot.current(data).path, model_folder, asked, 2, 0.0)
    assert found.points == Snapshot.current(data).manifest.distinct_passages
    assert found.scope["named"] == found.scope["everywhere"] <= found.points
    for steps in found.latency.values():
        assert set(steps) == set(STEPS)
        assert all(one.answers == 2 for one in steps.values())
        assert steps["context"].p50 > steps["embed"].p50 > 0.1  # a vector remembered takes 0.00
    assert found.disk > 100 * found.points


@pytest.mark.slow
def test_a_run_measures_every_size_and_the_service_under_load(data, tmp_path, capsys):
    report, drawn = tmp_path / "report.json", tmp_path / "chart.svg"
    words = ["--data", data, "--sizes", "100,400", "--rounds", "1", "--json", report]
    words += ["--chart", drawn, "--clients", "2", "--seconds", "1"]
    assert main([str(one) for one in words]) == 0
    said = capsys.readouterr()
    assert "growth of the median" in said.out
    assert "| fast | 2 |" in said.out
    found = json.loads(report.read_text())
    assert [one["points"] for one in found["sizes"]] == [100, 400]
    assert all(one["memory"]["anonymous"] < one["memory"]["resident"] for one in found["sizes"])
    assert all(one["latency"]["answers"] and not one["errors"] for one in found["load"])
    assert drawn.read_text().startswith("<svg")


def test_a_size_that_holds_no_release_asked_about_is_refused(data, capsys):
    assert main(["--data", str(data), "--sizes", "1"]) == 1
    assert "larger size" in capsys.readouterr().err
