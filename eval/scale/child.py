"""One size, measured by a process of its own: ``python -m eval.scale.child``.

The parent gives its clock at the start; a JSON object is printed, and nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from corpora.catalogue import Catalogue
from corpora.errors import FlagstoneError
from corpora.files import disk_usage
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from eval.scale.choice import Asked
from eval.scale.copies import declared
from eval.scale.measured import STAGES, Measured, Spread, memory
from eval.serving.measure import again, timed
from retrieval.engine import Engine
from retrieval.index import Index, embedder_of, open_index
from retrieval.request import ContextRequest
from retrieval.search import Searcher
from retrieval.store import Scope


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the result."""
    parser = argparse.ArgumentParser(prog="python -m eval.scale.child", description=__doc__)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--asked", type=Path, required=True, help="JSON file of the questions")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--started", type=float, required=True, help="time.monotonic() of then")
    given = parser.parse_args(arguments)
    asked = Asked.model_validate_json(given.asked.read_bytes())
    try:
        found = measure(given.snapshot, given.models, asked, given.rounds, given.started)
    except FlagstoneError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(found.model_dump_json())
    return 0


def measure(path: Path, models: Path, asked: Asked, rounds: int, started: float) -> Measured:
    """Open a snapshot, ask everything ``rounds`` times, and see what it took."""
    opening = time.monotonic()
    engine, index = _open(path, models)
    opened = time.monotonic() - opening
    engine.context(asked.named[0])
    first = time.monotonic() - started
    rows = {"named": asked.named, "everywhere": asked.everywhere}
    spaces = count(1)
    latency = {row: latencies(engine, some, rounds, spaces) for row, some in rows.items() if some}
    products = engine.snapshot.products.values()
    return Measured(
        points=engine.snapshot.manifest.distinct_passages,
        products=len(products),
        releases=sum(len(one.releases) for one in products),
        scope={row: _scope(engine, index, some) for row, some in rows.items() if some},
        latency=latency,
        opened=opened,
        first_answer=first,
        memory=memory(),
        disk=disk_usage(path),
    )


def latencies(
    engine: Engine, requests: Sequence[ContextRequest], rounds: int, spaces: Iterator[int]
) -> dict[str, Spread]:
    """Milliseconds of each step, over all questions and rounds but the first, which warms up."""
    spent: dict[str, list[float]] = defaultdict(list)
    for number, behind in zip(range(rounds + 1), spaces, strict=False):
        for request in requests:
            one = again(request, behind)
            whole, answer = timed(lambda one=one: engine.context(one))  # type: ignore[misc]
            fast = one.model_copy(update={"mode": "fast"})
            words, _ = timed(lambda one=fast: engine.context(one))  # type: ignore[misc]
            if number == 0:
                continue
            for stage in STAGES:
                if stage in answer.timings_ms:  # a question without a word has no lexical stage
                    spent[stage].append(answer.timings_ms[stage])
            spent["context"].append(whole)
            spent["fast"].append(words)
    return {step: Spread.of(some) for step, some in spent.items()}


def _open(path: Path, models: Path) -> tuple[Engine, Index]:
    snapshot = Snapshot.open(path)
    embedder = embedder_of(snapshot, models)
    index = open_index(snapshot, embedder)
    products = declared(Catalogue.load(), list(snapshot.products))
    return Engine(snapshot, Searcher(snapshot, index, embedder), products, default_counter()), index


def _scope(engine: Engine, index: Index, requests: Sequence[ContextRequest]) -> int:
    """The points that the filter leaves of the index, for the median question."""
    sizes: dict[tuple[tuple[str, str], ...], int] = {}
    found = []
    for request in requests:
        names = [request.product] if request.product else list(engine.products)
        resolved = (engine.resolved(name, request.version, request, "") for name in names)
        pairs = tuple((one.product, one.resolved) for one in resolved)
        if pairs not in sizes:
            sizes[pairs] = index.store.count(Scope(pairs=pairs))
        found.append(sizes[pairs])
    return round(statistics.median(found))


if __name__ == "__main__":
    sys.exit(main())
