"""A build killed at any moment never damages what is published, and the next one finishes it."""

import json
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from build_process import alive, build_once, children
from corpus import SmallCorpus, edit, held

from corpora.snapshot import Snapshot
from retrieval.embed import Embedder
from retrieval.request import ContextRequest

KILLS = 20
SEED = 20_251_123
ORPHANS = 20.0
"""Seconds within which the reading processes of a dead build must have ended by themselves: they
look once in a second, and this is no test of speed."""

RELEASES = ("docker-20.10", "git-2.30", "git-2.39", "postgresql-15")
VARIED = {
    "docker-20.10/docker-run.1": "Attach to STDIN, STDOUT or STDERR.",
    "git-2.30/git-commit.1": "Tell the command to automatically stage files",
    "postgresql-15/sql-truncate.html": "Automatically restart sequences",
}
STAGES = (
    "ready",
    "read Docker CLI 20.10",
    "read Git 2.30",
    "read PostgreSQL 15",
    "merge releases",
    "embed",
    "finish the index",
)
QUESTION = ContextRequest(query="--all automatically stage files", product="git", version="2.30")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


class Rounds:
    """A corpus whose every variant changes a page of each product."""

    def __init__(self, corpus: SmallCorpus, models: Path) -> None:
        self.corpus = corpus
        self.models = models
        self.variant = 0
        self.served = 0
        """The newest variant seen published."""

    def change(self) -> None:
        self.variant += 1
        for page, text in VARIED.items():
            before = f"Variant {self.variant - 1}. {text}" if self.variant > 1 else text
            edit(self.corpus.page(page), before, f"Variant {self.variant}. {text}")

    def run(
        self, *options: str, stage: str = "ready", delay: float | None = None
    ) -> tuple[bool, list[str], set[int]]:
        """Build, and kill ``delay`` seconds after ``stage`` was told of.

        Gives whether it was killed, the lines that it printed, and the processes it left.
        """
        with build_once(self.corpus, self.models, *options) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip()]
            while lines[-1] not in (stage, ""):
                lines.append(process.stdout.readline().strip())
            orphans: set[int] = set()
            if delay is not None:
                time.sleep(delay)
                orphans = children(process.pid)
                process.kill()
            lines += process.stdout.read().splitlines()
        assert process.returncode in (0, -9)
        return process.returncode != 0, lines, orphans

    def measure(self, *options: str) -> float:
        """Build, and give the seconds from the beginning to the end."""
        with build_once(self.corpus, self.models, *options) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            started = time.monotonic()
            process.stdout.read()
            return time.monotonic() - started

    def check(self) -> None:
        """Check that a whole snapshot of one variant serves, and never an older one than before."""
        snapshot = Snapshot.current(self.corpus.data)
        snapshot.verify()
        assert held(snapshot) == ["docker 20.10", "git 2.30", "git 2.39", "postgresql 15"]
        variants = {int(found[1]) for one in snapshot if (found := re.search(MARK, one.text))}
        (variant,) = variants
        assert self.served <= variant <= self.variant
        self.served = variant
        answer = self.corpus.engine.context(QUESTION)
        assert answer.snapshot == snapshot.id
        assert answer.passages[0].releases == ("2.30",)
        assert f"Variant {variant}. Tell the command" in answer.passages[0].text


MARK = r"Variant (\d+)\. "


@pytest.fixture
def rounds(make_corpus: Callable[..., SmallCorpus], model_folder: Path) -> Rounds:
    rounds = Rounds(make_corpus(*RELEASES), model_folder)
    rounds.change()
    rounds.run()
    rounds.check()
    return rounds


def clean(rounds: Rounds, embedder: Embedder, folder: Path) -> str:
    """The snapshot id of the same pages, built in one go elsewhere."""
    other = SmallCorpus(folder, embedder, known=rounds.corpus.data)
    other.pages = rounds.corpus.pages
    return other.build().snapshot


def test_a_build_killed_at_random_moments_leaves_a_whole_snapshot_and_a_rerun_finishes_it(
    rounds: Rounds, embedder: Embedder, tmp_path: Path
) -> None:
    dice = random.Random(SEED)  # noqa: S311  no secret
    hits: dict[str, int] = {}
    pool = ("--processes", "2")
    rounds.change()
    whole = rounds.measure(*pool)
    while sum(hits.values()) < KILLS:
        rounds.change()
        if sum(hits.values()) % 2:
            # Any moment of a whole build: most of it is the start of the reading processes.
            killed, lines, orphans = rounds.run(*pool, delay=whole * dice.random())
        else:
            # Any stage, however short it is, and a moment in it.
            stage, delay = dice.choice(STAGES), dice.random() * 0.2
            killed, lines, orphans = rounds.run(stage=stage, delay=delay)
        rounds.check()
        if killed:
            hits[lines[-1]] = hits.get(lines[-1], 0) + 1
        else:
            whole *= 0.8  # the machine has got faster since it was measured
        deadline = time.monotonic() + ORPHANS
        while any(map(alive, orphans)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [one for one in orphans if alive(one)]
    print(f"{rounds.variant} builds, kills by the last line told: {hits}")  # noqa: T201
    killed, lines, _ = rounds.run(*pool)
    assert not killed
    rounds.check()
    assert rounds.served == rounds.variant
    assert json.loads(lines[-1])["snapshot"] == clean(rounds, embedder, tmp_path / "clean")
    left = {one.name for one in rounds.corpus.data.iterdir()}
    assert left == {"current", "lock", "releases", "snapshots", "vectors"}
    assert not list(rounds.corpus.data.rglob("*.partial"))


def test_a_build_killed_at_each_step_of_publishing_leaves_a_whole_snapshot(
    rounds: Rounds, embedder: Embedder, tmp_path: Path
) -> None:
    """Steps that hardly any random moment would hit: they take milliseconds."""
    steps = ("manifest.json", "corpus.sqlite", "snapshots", "current.partial", "data")
    for step in steps:
        rounds.change()
        before = rounds.served
        killed, _, _ = rounds.run("--die-at-sync", step)
        assert killed
        rounds.check()
        assert rounds.served == (rounds.variant if step == "data" else before)
        killed, lines, _ = rounds.run()
        assert not killed
        rounds.check()
        assert rounds.served == rounds.variant
    assert json.loads(lines[-1])["snapshot"] == clean(rounds, embedder, tmp_path / "clean")
