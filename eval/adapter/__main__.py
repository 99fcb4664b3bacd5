"""Learn the adapter for questions anew: ``python -m eval.adapter --data DIR --out FILE``.

Learns from ``eval/retrieval/questions/train.jsonl``, whose products are of no other split, and says
how well questions about every tenth of these releases, which it does not learn from, find their
passage before and after. The vectors of passages come from the cache of the build of DIR, which
should hold the releases. How much it helps elsewhere, ``python -m eval.retrieval`` tells: the row
*questions not adapted* is without it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpora.errors import FlagstoneError
from corpora.snapshot import Snapshot
from corpora.tokens import bundled_model
from eval.adapter.examples import Release, releases
from eval.adapter.lora import Learner, Training
from eval.retrieval.items import load_training
from retrieval.embed import CachedEmbedder, open_embedder
from retrieval.embed.adapter import FILE
from retrieval.embed.models import weights_of

HELD_OUT = 10
"""Every so many of the releases is measured, and not learned from."""

MOST = 2_000
"""Passages of a release beside the answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m eval.adapter", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--out", type=Path, default=FILE, help="where to write it")
    parser.add_argument("--epochs", type=int, default=Training().epochs)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    training = Training(epochs=options.epochs, seed=options.seed)
    try:
        snapshot = Snapshot.current(options.data)
        embedder = CachedEmbedder(open_embedder(options.data / "models"), options.data / "vectors")
        found = releases(
            snapshot, embedder, load_training(), most=MOST, seed=options.seed, say=_say
        )
    except FlagstoneError as error:
        _say(f"error: {error}")
        return 1
    held_out = found[::HELD_OUT]
    learned = [one for place, one in enumerate(found) if place % HELD_OUT]
    if not learned:
        _say("error: the snapshot holds too few of the releases to learn from")
        return 1
    questions = sum(len(one.questions) for one in learned)
    learner = Learner(bundled_model(), training)
    _say(f"before: {_told(learner, held_out)}")
    learner.learn(learned, _say)
    _say(f"after: {_told(learner, held_out)}")
    learner.save(
        options.out,
        weights_of(bundled_model()),
        {"questions": str(questions), "training": training.model_dump_json()},
    )
    _say(f"{options.out}: {options.out.stat().st_size:,} bytes, learned from {questions} questions")
    return 0


def _told(learner: Learner, held_out: Sequence[Release]) -> str:
    """Recall@5 and MRR of the passage that answers, among those of its release, by cosine alone."""
    ranks = []
    for one in held_out:
        scores = learner.embed(one.questions) @ one.vectors.T
        best = np.take_along_axis(scores, one.answers[:, None], axis=1)
        ranks += ((scores > best) & one.rivals).sum(axis=1).tolist()
    places = np.array(ranks) + 1
    return (
        f"R@1 {np.mean(places <= 1):.3f}, R@5 {np.mean(places <= 5):.3f},"
        f" MRR {np.mean(1 / places):.3f} of {len(places)} questions held out"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
