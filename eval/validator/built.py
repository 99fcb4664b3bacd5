r"""The validator on a built corpus: how fast it is warm, what it costs, and what it refuses.

::

    python -m eval.validator.built --data .flagstone --examples kubectl@1.32=docs/argo-cd

`eval.validator` judges the validator alone, on surfaces made of dumps; here the surfaces are those
that extraction made. Every line of the documentation is validated once to warm up and then
``--rounds`` times by the clock, in this process, with the store of the whole corpus open.
Memory is what the process holds in RAM (``VmRSS``), before the store is opened, after it, and at
the end. Times are told by the clock and of the processor: on a busy machine the first measure
the machine. Exit status 1 where the processor's p50 or p99 misses its goal, or too many real lines
are refused.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from commands.store import SurfaceStore
from commands.storefile import SURFACES
from commands.validate import Targets, programs, validate
from corpora.errors import FlagstoneError
from corpora.snapshot import Snapshot
from eval.validator import examples, score

P50_MS = 2.0
P99_MS = 10.0
"""The goals for one warm line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m eval.validator.built", description=__doc__)
    parser.add_argument("--data", type=Path, help="data directory, built")
    parser.add_argument("--store", type=Path, help=f"a {SURFACES} of its own, without a snapshot")
    parser.add_argument(
        "--examples",
        action="append",
        required=True,
        metavar="PRODUCT[:PROGRAM]@RELEASE=PATH",
        help="documentation with command lines of a program (azure-cli:az@2.89=DIR)",
    )
    parser.add_argument("--reviewed", type=Path, help="lines that are wrong in the documentation")
    parser.add_argument("--rounds", type=int, default=5, help="how often each line is timed")
    parser.add_argument("--out", type=Path, help="write every line that is refused, as JSON")
    options = parser.parse_args(arguments)
    if (options.data is None) == (options.store is None):
        parser.error("give --data or --store")
    try:
        path = options.store or Snapshot.current(options.data).path / SURFACES
        return _run(options, path)
    except FlagstoneError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _run(options: argparse.Namespace, path: Path) -> int:
    known = examples.reviewed(options.reviewed)
    lines = {
        key: [line for line in found if examples.digest(line) not in known]
        for key, found in examples.collected(options.examples).items()
    }
    before = resident()
    started = time.perf_counter()
    store = SurfaceStore.open(path)
    names = programs(store)
    opened = 1000 * (time.perf_counter() - started)
    after = resident()
    with store:
        tallies, refused = _refused(lines, store, names)
        spent = _timed(lines, store, names, options.rounds)
        end = resident()
        releases = sum(len(store.releases(product)) for product in store.products)
        write = sys.stdout.write
        write(score.table("real lines, built surfaces", tallies, "false rejects") + "\n\n")
        p50, p99 = _percentiles([wall for wall, _ in spent])
        own50, own99 = _percentiles([own for _, own in spent])
        write(
            f"store: {len(store.products)} products, {releases} releases, "
            f"{path.stat().st_size / 2**20:.1f} MB; opened in {opened:.0f} ms\n"
            f"warm: {len(spent)} validations, by the clock p50 {p50:.2f} ms, p99 {p99:.2f} ms; "
            f"of the processor p50 {own50:.2f} ms, p99 {own99:.2f} ms\n"
            f"resident: {before:.0f} MB before, {after:.0f} MB with the store open, "
            f"{end:.0f} MB at the end\n"
            f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
        )
    if options.out:
        options.out.write_text(json.dumps(refused, indent=1) + "\n", "utf-8")
    judged = sum(one.lines for one in tallies.values())
    wrong = sum(one.wrong for one in tallies.values())
    return int(own50 >= P50_MS or own99 >= P99_MS or wrong > score.MAX_WRONG * judged)


def _refused(
    lines: dict[str, list[str]], store: SurfaceStore, names: dict[str, str]
) -> tuple[dict[str, score.Tally], list[dict[str, object]]]:
    """Judge every line once, which also warms what the clock is held to."""
    tallies: dict[str, score.Tally] = {}
    refused: list[dict[str, object]] = []
    for key, found in lines.items():
        product, release = _named(key)
        tally = tallies.setdefault(key, score.Tally())
        for line in found:
            verdict = score.judge(line, store, Targets({product: release}, names), product)
            tally.lines += 1
            tally.wrong += not verdict.accepted
            tally.partly += verdict.checked == "partly"
            tally.unchecked += verdict.checked == "no"
            if not verdict.accepted:
                refused.append({"of": key, "line": line, "said": verdict.messages})
    return tallies, refused


def _timed(
    lines: dict[str, list[str]], store: SurfaceStore, names: dict[str, str], rounds: int
) -> list[tuple[float, float]]:
    """Milliseconds of each validation, by the clock and of the processor.

    A line is asked again at once: that is warm.
    """
    spent = []
    for key, found in lines.items():
        product, release = _named(key)
        targets = Targets({product: release}, names)
        for line in found:
            validate(line, store, targets)
            for _ in range(rounds):
                started, own = time.perf_counter(), time.thread_time()
                validate(line, store, targets)
                ended, over = time.perf_counter(), time.thread_time()
                spent.append((1000 * (ended - started), 1000 * (over - own)))
    return spent


def _named(key: str) -> tuple[str, str]:
    """``azure-cli:az@2.81`` → its product and release."""
    names, _, release = key.partition("@")
    return names.partition(":")[0], release


def _percentiles(spent: Sequence[float]) -> tuple[float, float]:
    if len(spent) < 2:
        return 0.0, 0.0
    return statistics.median(spent), statistics.quantiles(spent, n=100)[-1]


def resident() -> float:
    """Megabytes that this process holds in RAM now."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
