"""Learn the adapter anew: ``python -m eval.adapter --data DIR --out FILE``.

Learns from ``eval/retrieval/questions/train.jsonl``, whose products are of no other split, and says
how well questions about every tenth of these releases, which it does not learn from, find their
passage before and after, among those that a search finds. DIR should hold the releases. How much it
helps elsewhere, ``python -m eval.retrieval`` tells, over a catalogue that was built with it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpora.errors import FlagstoneError
from corpora.tokens import bundled_model
from eval.adapter.examples import Example, examples
from eval.adapter.lora import Learner, Training
from eval.opening import open_engine
from eval.retrieval.items import load_training
from retrieval.embed.models import weights_of
from retrieval.index import mean_of

HELD_OUT = 10
"""Every so many of the releases is measured, and not learned from."""

MEASURED = 150
"""Examples of those, drawn at random."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m eval.adapter", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    # Not where the one that is shipped stands: with another, everything is embedded again.
    parser.add_argument("--out", type=Path, required=True, help="where to write it")
    parser.add_argument("--epochs", type=int, default=Training().epochs)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    training = Training(epochs=options.epochs, seed=options.seed)
    try:
        found = examples(open_engine(options.data), load_training(), say=_say)
    except FlagstoneError as error:
        _say(f"error: {error}")
        return 1
    releases = sorted({(one.product, one.release) for one in found})
    aside = set(releases[::HELD_OUT])
    learned = [one for one in found if (one.product, one.release) not in aside]
    held_out = [one for one in found if (one.product, one.release) in aside]
    if not learned:
        _say("error: the snapshot holds too few of the releases to learn from")
        return 1
    chance = random.Random(options.seed)  # noqa: S311  not for secrets
    measured = chance.sample(held_out, min(MEASURED, len(held_out)))
    questions = sum(len(one.questions) for one in learned)
    learner = Learner(bundled_model(), training)
    _say(f"before: {_told(learner, measured)}")
    learner.learn(learned, _say)
    _say(f"after: {_told(learner, measured)}")
    learner.save(
        options.out,
        weights_of(bundled_model()),
        {"questions": str(questions), "training": training.model_dump_json()},
    )
    _say(f"{options.out}: {options.out.stat().st_size:,} bytes, learned from {questions} questions")
    return 0


def _told(learner: Learner, measured: Sequence[Example]) -> str:
    """Recall and MRR of the passage that answers, among it and the wrong ones, by cosine alone."""
    passages = {passage.id: passage for one in measured for passage in (one.answer, *one.wrong)}
    vectors = mean_of([learner.parts(one) for one in passages.values()], learner.embed)
    rows = {name: row for row, name in enumerate(passages)}
    ranks = []
    for one in measured:
        among = [rows[passage.id] for passage in (one.answer, *one.wrong)]
        scores = learner.embed(one.questions) @ vectors[among].T
        ranks += (1 + (scores[:, 1:] > scores[:, :1]).sum(axis=1)).tolist()
    found = np.array(ranks)
    return (
        f"R@1 {np.mean(found <= 1):.3f}, R@5 {np.mean(found <= 5):.3f},"
        f" MRR {np.mean(1 / found):.3f} of {len(found)} questions held out"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
