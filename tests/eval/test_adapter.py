"""Learning the adapter: on a tiny model with random weights, and on the recorded corpus."""

from pathlib import Path

import pytest

from corpora.model import Passage, passage_id
from eval.adapter.examples import Example, examples
from eval.adapter.lora import Learner, Training
from eval.retrieval.items import Training as Item
from retrieval.embed import open_embedder
from retrieval.embed.models import weights_of
from retrieval.engine import Engine

QUESTIONS = (
    "write less to the screen", "say more of what happens", "work on another folder",
    "leave some files out", "ask before anything is lost", "do nothing but show the plan",
)  # fmt: skip
OPTIONS = ("--quiet", "--verbose", "--chdir", "--exclude", "--interactive", "--dry-run")


def passage(name: str) -> Passage:
    text = f"{name}\n{name[2:]} " * 3
    return Passage(
        id=passage_id("git", "git-thing", "option", ("git-thing",), text),
        product="git",
        kind="option",
        page="git-thing",
        title="git-thing",
        heading=("git-thing",),
        names=(name,),
        text=text,
        tokens=12,
        locations=(),
    )


@pytest.fixture
def learned_from() -> list[Example]:
    """Six questions, each with an answer, and the other answers as wrong ones."""
    answers = [passage(name) for name in OPTIONS]
    return [
        Example("git", "2.39", (question,), answer, tuple(one for one in answers if one != answer))
        for question, answer in zip(QUESTIONS, answers, strict=True)
    ]


def ranks(learner: Learner, found: list[Example]) -> list[int]:
    vectors = learner.embed([learner.parts(one.answer)[0].text for one in found])
    scores = learner.embed(QUESTIONS) @ vectors.T
    return [int((row > row[place]).sum()) for place, row in enumerate(scores)]


def test_it_learns_what_is_exported(
    tiny_model: Path, tmp_path: Path, learned_from: list[Example]
) -> None:
    """The questions find their answers, and the export gives what was learned."""
    learner = Learner(tiny_model, Training(rank=8, epochs=60, learning_rate=0.02))
    before = ranks(learner, learned_from)
    said: list[str] = []
    learner.learn(learned_from, said.append)
    assert sum(ranks(learner, learned_from)) < sum(before) / 3
    assert len([one for one in said if one.startswith("epoch")]) == 60

    file = tmp_path / "learned.safetensors"
    learner.save(file, weights_of(tiny_model), {"questions": "6"})
    plain = open_embedder(tmp_path / "models", model=tiny_model, adapter=None)
    adapted = open_embedder(tmp_path / "models", model=tiny_model, adapter=file)
    assert adapted.key != plain.key
    same = (adapted.embed(QUESTIONS) * learner.embed(QUESTIONS)).sum(axis=1)
    assert same.min() > 0.999  # the file has 16 bits a number
    moved = (adapted.embed(QUESTIONS) * plain.embed(QUESTIONS)).sum(axis=1)
    assert moved.max() < 0.99


def test_the_passages_that_answer_are_found_and_wrong_ones(engine: Engine) -> None:
    asked = [
        Item(question=question, product="git", release="2.39", page=page, key=key)
        for question, page, key in (
            ("put it on top of the last one", "git-commit", "--amend"),
            ("change what was committed last", "git-commit", "--amend"),
            ("nothing is to be written", "git-commit", "--dry-run"),
            ("of a page that is not there", "git-none", "--none"),
        )
    ]
    said: list[str] = []
    amend, dry = examples(engine, asked, say=said.append)
    assert amend.questions == (asked[0].question, asked[1].question)
    assert (amend.answer.names, dry.answer.names) == (("--amend",), ("--dry-run",))
    for one in (amend, dry):
        assert 20 < len(one.wrong) <= 80
        assert one.answer not in one.wrong
        assert {wrong.product for wrong in one.wrong} == {"git"}
    assert said[-1].startswith("1 questions are about passages")
