"""Load for minutes at 80 % of what is possible, then more than is possible, then none."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import QUESTIONS
from corpus import SmallCorpus
from service import Load, report, serving

pytestmark = pytest.mark.slow

GROWTH = 60_000_000
"""Bytes that a process may grow by after it is warm. Measured below; a leak of 1 KB a request
would be as much after 60,000 requests."""


def test_sustained_load_is_answered_and_memory_does_not_grow(
    small: SmallCorpus, model_folder: Path, log: Path, seconds: float
) -> None:
    with serving(small.data, model_folder, log) as service:
        with Load(service.port, QUESTIONS, clients=4) as full:
            time.sleep(min(10.0, seconds))
        capacity = full.requests / min(10.0, seconds)
        warm = service.rss()
        with Load(service.port, QUESTIONS, clients=8, rate=0.8 * capacity) as load:
            time.sleep(seconds)
        grown = service.rss() - warm
    report(
        "sustained",
        seconds=seconds,
        capacity_per_second=round(capacity, 1),
        requests=load.requests,
        failed=load.requests - load.statuses[200],
        p50_ms=round(1000 * load.quantile(0.5), 1),
        p99_ms=round(1000 * load.quantile(0.99), 1),
        rss_mb=round(warm / 1e6),
        grown_mb=round(grown / 1e6, 1),
    )
    assert set(load.statuses) == {200}
    assert grown < GROWTH


def test_overload_is_refused_at_once_and_passes(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    health: Counter[int] = Counter()
    over = threading.Event()
    environment = {"FLAGSTONE_ACTIVE": "4", "FLAGSTONE_WAITING": "8"}
    with serving(small.data, model_folder, log, environment=environment) as service:

        def watch() -> None:
            while not over.wait(0.2):
                health[service.get("/healthz")[0]] += 1

        watcher = threading.Thread(target=watch)
        watcher.start()
        with Load(service.port, QUESTIONS, clients=64) as load:
            time.sleep(8)
        over.set()
        watcher.join()
        with Load(service.port, QUESTIONS, clients=2) as after:
            time.sleep(2)
    report(
        "overload",
        clients=64,
        answered=load.statuses[200],
        refused=load.statuses[503],
        other={str(k): v for k, v in load.statuses.items() if k not in (200, 503)},
        p99_answered_ms=round(1000 * load.quantile(0.99), 1),
        health_checks=health.total(),
        after={str(k): v for k, v in after.statuses.items()},
    )
    assert set(load.statuses) == {200, 503}
    assert set(health) == {200}
    assert set(after.statuses) == {200}
