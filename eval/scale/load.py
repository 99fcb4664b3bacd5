"""A service under load: so many clients at once, over HTTP."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, islice
from pathlib import Path

from httptools import HttpParserError

from eval.scale.measured import Load, Spread
from eval.serving.measure import again, timed
from eval.serving.service import answer_of, served
from eval.serving.wire import Wire
from retrieval.embed import Embedder
from retrieval.request import ContextRequest, Mode

MODES: tuple[Mode, ...] = ("hybrid", "fast")

PATIENCE = 60
"""Seconds until an answer is given up."""

PAUSE = 0.1
"""Seconds that a client waits after an error, before its next question."""

MOST_SPACES = 1_000
"""After so many rounds the spaces behind a question begin anew: its vector is forgotten by then."""


def embedding(
    embedder: Embedder, requests: Sequence[ContextRequest], rounds: int
) -> tuple[float, float]:
    """Median milliseconds of embedding a question: as a search does it, and as passages are."""
    texts = [one.query for one in requests]
    return (
        _median(embedder.question, texts, rounds),
        _median(lambda text: embedder.embed([text]), texts, rounds),
    )


def _median(embed: Callable[[str], object], texts: Sequence[str], rounds: int) -> float:
    """Median milliseconds of each text, one after the other, once the first ten have warmed up."""
    for text in texts[:10]:
        embed(text)
    return Spread.of([timed(partial(embed, text))[0] for _ in range(rounds) for text in texts]).p50


def load(
    data: Path,
    requests: Sequence[ContextRequest],
    clients: Sequence[int],
    seconds: float,
    embed: tuple[float, float],
    say: Callable[[str], None],
) -> list[Load]:
    """Ask a service over ``data`` for so many seconds, in each mode and with each number of them.

    Before that, one client asks each question once: the first answers of a service that just began.
    Raises RuntimeError where the service does not start.
    """
    found = []
    for mode in MODES:
        with served(data) as (address, _):
            bodies = _bodies(requests)
            first = islice(bodies, len(requests))
            for number, asked in ((1, first), *((each, bodies) for each in clients)):
                until = math.inf if asked is first else seconds
                spent, errors, took = _run(address, asked, mode, number, until)
                one = Load(
                    mode=mode,
                    clients=number,
                    first=asked is first,
                    seconds=took,
                    latency=Spread.of(spent) if spent else None,
                    errors=errors,
                    embed=embed[0],
                    embed_in_full=embed[1],
                )
                when = "for the first time, " if one.first else ""
                say(f"{mode}, {when}{number} clients: {one.rate:.1f} answers a second")
                found.append(one)
    return found


def _bodies(requests: Sequence[ContextRequest]) -> Iterator[ContextRequest]:
    """The questions without end, none twice until the service has forgotten it."""
    for number in count():
        for request in requests:
            yield again(request, number % MOST_SPACES)


def _run(
    address: str, bodies: Iterator[ContextRequest], mode: Mode, clients: int, seconds: float
) -> tuple[list[float], int, float]:
    """Milliseconds of each answer, the number of errors, and the seconds until the last one."""
    lock = threading.Lock()
    start = time.monotonic()

    def ask() -> tuple[list[float], int]:
        spent: list[float] = []
        errors = 0
        wire: Wire | None = None
        while time.monotonic() - start < seconds:
            with lock:
                request = next(bodies, None)
            if request is None:
                break
            body = request.model_copy(update={"mode": mode}).model_dump_json(exclude_none=True)
            try:
                wire = wire or Wire(address, PATIENCE)
                spent.append(timed(partial(answer_of, wire, body.encode()))[0])
            except (RuntimeError, OSError, HttpParserError):
                errors += 1
                if wire:
                    wire.close()
                wire = None
                time.sleep(PAUSE)
        if wire:
            wire.close()
        return spent, errors

    with ThreadPoolExecutor(clients) as pool:
        told = [one.result() for one in [pool.submit(ask) for _ in range(clients)]]
    took = time.monotonic() - start
    return [one for spent, _ in told for one in spent], sum(errors for _, errors in told), took
