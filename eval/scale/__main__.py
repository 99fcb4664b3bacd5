"""How latency and memory grow with the size of the index: ``python -m eval.scale --data DIR``.

Of the serving snapshot, snapshots of other sizes are made (README.md beside this says how), and
each is asked the same development questions by a process of its own. With ``--clients``, a service
over DIR itself is asked by so many at once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from corpora.errors import FlagstoneError
from eval.opening import open_engine
from eval.scale.chart import chart
from eval.scale.choice import Asked, Shares, chosen, ordered, questions
from eval.scale.load import embedding, load
from eval.scale.making import make
from eval.scale.measured import Load, Measured, Report
from eval.scale.summary import tables
from eval.serving.measure import requests
from retrieval.engine import Engine
from retrieval.index import embedder_of

SIZES = (10_000, 100_000, 1_000_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m eval.scale", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument(
        "--sizes", type=_numbers, default=SIZES, help="passages, comma-separated; empty: none"
    )
    parser.add_argument("--rounds", type=_number, default=3, help="how often each is asked")
    parser.add_argument("--keep", type=Path, help="folder that keeps the snapshots made")
    parser.add_argument(
        "--clients", type=_numbers, default=(), help="load on a service over DIR, such as 1,8,32"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load")
    parser.add_argument("--json", type=Path, help="where to write the report")
    parser.add_argument("--chart", type=Path, help="where to draw latency against size, as SVG")
    given = parser.parse_args(arguments)
    if given.chart and not given.sizes:
        parser.error("--chart needs --sizes")
    if given.seconds <= 0:
        parser.error("--seconds must be more than 0")
    try:
        engine = open_engine(given.data)
        report = Report(
            snapshot=engine.snapshot.id,
            sizes=tuple(_sizes(engine, given)),
            load=tuple(_loads(engine, given)),
        )
        if given.json:
            given.json.write_text(report.model_dump_json(indent=1) + "\n", "utf-8")
        if given.chart:
            given.chart.write_text(chart(report.sizes) + "\n", "utf-8")
    except (FlagstoneError, OSError) as error:
        _say(f"error: {error}")
        return 1
    sys.stdout.write(tables(report))
    return 0


def _sizes(engine: Engine, given: argparse.Namespace) -> list[Measured]:
    sizes: list[int] = sorted(set(given.sizes))
    if not sizes:
        return []
    about = requests(engine)
    shares = Shares(engine.snapshot)
    order = ordered(shares, Counter((one.product or "", one.version or "") for one in about))
    first = chosen(shares, order, sizes[0])
    asked = questions(engine, about, first, sizes[0])
    _say(f"{len(asked.named)} questions, {len(asked.everywhere)} of them without a product too")
    found = []
    with (
        nullcontext(str(given.keep))
        if given.keep
        else tempfile.TemporaryDirectory(prefix="flagstone-scale-")
    ) as folder:
        for points in sizes:
            kept = chosen(shares, order, points, first)
            started = time.monotonic()
            to = Path(folder, str(points))
            path = make(given.data, engine.snapshot, kept, points, to, _say)
            _say(f"{points:,} points: made in {time.monotonic() - started:.0f} s; asking")
            found.append(_measured(path, given.data / "models", asked, given.rounds))
    return found


def _measured(snapshot: Path, models: Path, asked: Asked, rounds: int) -> Measured:
    """What a process of its own measures. Raises FlagstoneError where it fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(asked.model_dump_json())
        file.flush()
        words = [sys.executable, "-m", "eval.scale.child", "--snapshot", str(snapshot)]
        words += ["--models", str(models), "--asked", file.name, "--rounds", str(rounds)]
        words += ["--started", str(time.monotonic())]
        done = subprocess.run(words, stdout=subprocess.PIPE, check=False)  # noqa: S603  our own
    if done.returncode:
        raise FlagstoneError(f"The process that measures {snapshot} ended with {done.returncode}.")
    return Measured.model_validate_json(done.stdout)


def _loads(engine: Engine, given: argparse.Namespace) -> list[Load]:
    if not given.clients:
        return []
    about = requests(engine)
    if not about:
        raise FlagstoneError("No development question is about what the snapshot holds.")
    embed = embedding(embedder_of(engine.snapshot, given.data / "models"), about, given.rounds)
    try:
        return load(given.data, about, given.clients, given.seconds, embed, _say)
    except RuntimeError as error:
        raise FlagstoneError(str(error)) from error


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_number(one) for one in text.split(",") if text.strip())


def _number(text: str) -> int:
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
