"""Publishing under load: no request fails, and no answer mixes two snapshots."""

import os
import re
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import QUESTIONS
from corpus import SmallCorpus, edit
from service import Load, report, serving

from ingest.installation import held, roll_back

CYCLES = int(os.environ.get("RELIABILITY_CYCLES", "10"))
BUILDS = int(os.environ.get("RELIABILITY_BUILDS", "2"))
"""So many of the publications are whole builds, which delete old snapshots as well; the others let
one of those that are kept serve, as a rollback does."""

TEXTS = {
    "git-2.30/git-commit.1": "Tell the command to automatically stage files",
    "git-2.39/git-commit.1": "Tell the command to automatically stage files",
    "docker-20.10/docker-run.1": "Attach to STDIN, STDOUT or STDERR.",
}
PAUSE = 1.2
"""Seconds from one publication to the next: a replica looks once a second, and is to meet each."""

PATIENT = {"FLAGSTONE_ANSWER_SECONDS": "240", "FLAGSTONE_BODY_SECONDS": "240"}
"""This is no test of speed: on a machine that is busy enough any question takes half a minute."""

MARK = r"Variant (\d+)\. "

pytestmark = pytest.mark.slow


def change(corpus: SmallCorpus, variant: int) -> None:
    for page, text in TEXTS.items():
        before = f"Variant {variant - 1}. {text}" if variant > 1 else text
        edit(corpus.page(page), before, f"Variant {variant}. {text}")


class Published:
    """Which variant each snapshot is of, and which snapshots were answered from."""

    def __init__(self) -> None:
        self.variants: dict[str, int] = {}
        self.answers: list[tuple[str, set[int]]] = []
        self.lock = threading.Lock()

    def check(self, answer: Any) -> None:
        """Note an answer; it is judged at the end, when all snapshots are known."""
        marks = {int(one) for one in re.findall(MARK, answer["context"])}
        assert answer["passages"]
        with self.lock:
            self.answers.append((answer["snapshot"], marks))

    def mixed(self) -> list[tuple[str, set[int]]]:
        # The pages as they were recorded, variant 0, have no mark.
        return [one for one in self.answers if (one[1] or {0}) != {self.variants[one[0]]}]


def test_publishing_under_load_fails_no_request_and_mixes_no_answer(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    published = Published()
    published.variants[small.snapshot.id] = 0
    other = log.with_name("other.log")
    other.touch()
    started = time.monotonic()
    with (
        serving(small.data, model_folder, log, environment=PATIENT) as one,
        serving(small.data, model_folder, other, environment=PATIENT) as two,
        Load(one.port, QUESTIONS, clients=2, check=published.check) as first,
        Load(two.port, QUESTIONS, clients=2, check=published.check) as second,
    ):
        variant = 0
        for cycle in range(CYCLES):
            if cycle * BUILDS // CYCLES != (cycle - 1) * BUILDS // CYCLES:
                variant += 1
                change(small, variant)
                published.variants[small.build().snapshot] = variant
            else:
                others = [one.id for one in held(small.data) if not one.serves]
                roll_back(small.data, others[cycle % len(others)])
            time.sleep(PAUSE)
        last = small.snapshot.id
        deadline = time.monotonic() + 30
        while {s.get("/readyz")[1]["snapshot"] for s in (one, two)} != {last}:
            assert time.monotonic() < deadline, "the last snapshot is not taken up"
            time.sleep(0.2)
    statuses = first.statuses + second.statuses
    seen = {snapshot for snapshot, _ in published.answers}
    report(
        "publish",
        publications=CYCLES,
        builds=BUILDS,
        replicas=2,
        requests=sum(statuses.values()),
        failed=sum(statuses.values()) - statuses[200],
        mixed=len(published.mixed()),
        snapshots_seen=len(seen),
        switches_seen=switches(published),
        p50_ms=round(1000 * first.quantile(0.5), 1),
        p99_ms=round(1000 * first.quantile(0.99), 1),
        seconds=round(time.monotonic() - started),
    )
    assert set(statuses) == {200}, first.refusals + second.refusals
    assert not first.wrong + second.wrong
    assert not published.mixed()
    assert switches(published) > CYCLES / 2, "the load met too few of the publications"


def switches(published: Published) -> int:
    """How often the snapshot of the answers was another one than before, both replicas together."""
    ids = [snapshot for snapshot, _ in published.answers]
    return sum(one != other for one, other in pairwise(ids))
