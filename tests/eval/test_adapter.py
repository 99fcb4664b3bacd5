"""Learning the adapter: on a tiny model with random weights, and on the recorded corpus."""

from pathlib import Path

import numpy as np
import pytest

from corpora.snapshot import Snapshot
from eval.adapter.examples import Release, releases
from eval.adapter.lora import Learner, Training
from eval.retrieval.items import Training as Item
from retrieval.embed import Embedder, open_embedder, open_questions
from retrieval.embed.models import weights_of

QUESTIONS = (
    "write less to the screen", "say more of what happens", "work on another folder",
    "leave some files out", "ask before anything is lost", "do nothing but show the plan",
)  # fmt: skip


@pytest.fixture
def release() -> Release:
    """Six questions, each with an answer at random, and as many passages that answer none."""
    chance = np.random.default_rng(1)
    vectors = chance.normal(size=(12, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Release(vectors, QUESTIONS, np.arange(6), np.ones((6, 12), np.bool_))


def ranks(learner: Learner, release: Release) -> list[int]:
    scores = learner.embed(release.questions) @ release.vectors.T
    best = scores[np.arange(6), release.answers]
    return [int((row > one).sum()) for row, one in zip(scores, best, strict=True)]


def test_it_learns_what_is_exported(tiny_model: Path, tmp_path: Path, release: Release) -> None:
    """The questions find their answers, and the export gives what was learned."""
    learner = Learner(tiny_model, Training(rank=8, epochs=60, batch=6, learning_rate=0.02))
    before = ranks(learner, release)
    said: list[str] = []
    learner.learn([release], said.append)
    assert sum(ranks(learner, release)) < sum(before) / 3
    assert len(said) == 60

    file = tmp_path / "learned.safetensors"
    learner.save(file, weights_of(tiny_model), {"questions": "6"})
    passages = open_embedder(tmp_path / "models", model=tiny_model)
    questions = open_questions(tmp_path / "models", passages.key, adapter=file)
    assert questions
    assert questions.space == passages.key != questions.key
    same = (questions.embed(QUESTIONS) * learner.embed(QUESTIONS)).sum(axis=1)
    assert same.min() > 0.999  # the file has 16 bits a number
    moved = (questions.embed(QUESTIONS) * passages.embed(QUESTIONS)).sum(axis=1)
    assert moved.max() < 0.99


def test_the_passages_that_answer_are_found(built: Path, embedder: Embedder) -> None:
    snapshot = Snapshot.current(built)
    asked = [
        Item(question=question, product="git", release="2.39", page=page, key=key)
        for question, page, key in (
            ("put it on top of the last one", "git-commit", "--amend"),
            ("nothing is to be written", "git-commit", "--dry-run"),
            ("of a page that is not there", "git-none", "--none"),
        )
    ]
    said: list[str] = []
    (found,) = releases(snapshot, embedder, asked, most=20, seed=0, say=said.append)
    assert found.questions == (asked[0].question, asked[1].question)
    assert len(found.vectors) == 22
    assert found.rivals[[0, 1], found.answers].all()
    assert said[-1].startswith("1 questions are about passages")
