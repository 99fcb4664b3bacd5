"""What a surface adds to the engine's own call: ``python -m eval.serving --data DIR``.

The engine is asked in this process, and ``flagstone serve`` as a process of its own over loopback,
turn by turn with the same questions. README.md beside this says how to read what comes of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from corpora.errors import FlagstoneError
from eval.opening import open_engine
from eval.serving.chart import chart
from eval.serving.measure import measure, requests
from eval.serving.service import served
from eval.serving.summary import Report, summarise, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, and print its table."""
    parser = argparse.ArgumentParser(prog="python -m eval.serving", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--rounds", type=int, default=10, help="how often each question is asked")
    parser.add_argument("--json", type=Path, help="where to write the report")
    parser.add_argument("--chart", type=Path, help="where to draw the rows, as SVG")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    try:
        report = run(options.data, options.rounds)
        sys.stdout.write(table(report.rows) + "\n")
        if options.json:
            options.json.write_text(report.model_dump_json(indent=1) + "\n", "utf-8")
        if options.chart:
            options.chart.write_text(chart(report.rows) + "\n", "utf-8")
    except (FlagstoneError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def run(data: Path, rounds: int) -> Report:
    """Start a service over ``data``, ask it and the engine here, and end it again."""
    engine = open_engine(data)
    asked = requests(engine)
    if not asked:
        raise FlagstoneError("No development question is about what the snapshot holds.")
    with (
        served(data) as (address, process),
        httpx.Client(base_url=address, trust_env=False) as http,
    ):
        spent = measure(engine, http, asked, rounds, process)
    return Report(
        snapshot=engine.snapshot.id,
        questions=len(asked),
        rounds=rounds,
        rows=summarise(spent),
    )


if __name__ == "__main__":
    sys.exit(main())
