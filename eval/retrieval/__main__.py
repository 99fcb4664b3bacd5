"""The retrieval benchmark: ours and what users would otherwise build, in one run.

``python -m eval.retrieval --data DIR`` prints the table; README.md beside this says how to read it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from corpora.errors import FlagstoneError
from corpora.snapshot import Snapshot
from corpora.tokens import TokenCounter, default_counter
from eval.retrieval.chart import chart
from eval.retrieval.contenders import Contender
from eval.retrieval.items import Question, Split, Unanswerable, load, load_unanswerable
from eval.retrieval.judge import Verdict, judge
from eval.retrieval.lineup import contenders
from eval.retrieval.outside import Service, load_services
from eval.retrieval.summary import Summary, judged, pooled_table, summarise, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m eval.retrieval", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--split", choices=("dev", "test", "sheets"), default="test")
    parser.add_argument("--no-baseline", action="store_true", help="ours alone: takes seconds")
    parser.add_argument("--products", nargs="+", default=(), help="questions about these alone")
    parser.add_argument("--outside", type=Path, help="TOML file of other services to measure")
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--chart", type=Path, help="where to draw context recall, as SVG")
    options = parser.parse_args(arguments)
    try:
        rows = run(
            options.data,
            options.split,
            baseline=not options.no_baseline,
            outside=load_services(options.outside) if options.outside else (),
            products=options.products,
            say=_say,
        )
        # First of all: what took an hour must not be lost to a folder that isn't there.
        sys.stdout.write(f"{table(rows)}\n\n{pooled_table(rows)}\n")
        if options.json:
            report = [row.model_dump() for row in rows]
            options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
        if options.chart:
            options.chart.write_text(chart(rows) + "\n", "utf-8")
    except (FlagstoneError, OSError) as error:
        _say(f"error: {error}")
        return 1
    return 0


def run(
    data: Path,
    split: Split,
    *,
    baseline: bool,
    outside: Sequence[Service] = (),
    products: Sequence[str] = (),
    say: Callable[[str], None],
) -> list[Summary]:
    """Measure every contender on one split, or on the questions about some products alone."""
    questions = [one for one in load(split) if not products or one.product in products]
    if not questions:
        raise FlagstoneError(f"No {split} question is about {', '.join(products)}.")
    unanswerable = load_unanswerable(split)
    snapshot = Snapshot.current(data)
    for question in questions:
        _check(snapshot, question)
    tokens = default_counter()
    say(f"{len(questions)} questions ({split}), snapshot {snapshot.id}")
    rows: list[Summary] = []
    first: Measured | None = None
    wanted = {(question.product, question.release) for question in questions}
    for contender in contenders(
        data, snapshot, wanted, baseline=baseline, outside=outside, say=say
    ):
        found = measure(contender, questions, unanswerable, tokens)
        rows.append(
            summarise(
                contender.name,
                contender.points,
                found.verdicts,
                found.abstained,
                size=contender.size,
                first=first.verdicts if first else None,
                pooled=judged(found.pooled, first.pooled if first else None),
            )
        )
        first = first or found
        say(f"{contender.name}: done")
    return rows


class Measured(NamedTuple):
    """What came of asking one contender everything."""

    verdicts: list[Verdict]
    """By the gold options as they were written."""
    pooled: list[Verdict]
    """By what assessors found in the pool as well."""
    abstained: float
    """Share of right abstentions."""


def measure(
    contender: Contender,
    questions: Sequence[Question],
    unanswerable: Sequence[Unanswerable],
    tokens: TokenCounter,
) -> Measured:
    """Ask one contender everything."""
    # Answers before the clock starts, so that nobody pays for what is opened at first use.
    for question in questions[:3]:
        contender.answer(question)
    verdicts: list[Verdict] = []
    pooled: list[Verdict] = []
    for question in questions:
        started = time.perf_counter()
        answer = contender.answer(question)
        seconds = time.perf_counter() - started
        ranked, held = contender.ranked(question), contender.pool(question)
        plain = [one.plain for one in ranked]
        verdicts.append(judge(question.as_written, answer.plain, plain, held, seconds, tokens))
        pooled.append(judge(question, answer, ranked, held, seconds, tokens))
    abstained = [contender.answer(question).abstained for question in unanswerable]
    return Measured(verdicts, pooled, sum(abstained) / max(1, len(abstained)))


def _check(snapshot: Snapshot, question: Question) -> None:
    product = snapshot.products.get(question.product)
    if product is None or question.release not in {one.label for one in product.releases}:
        raise FlagstoneError(
            f"Question {question.id} needs {question.product} {question.release}, which the"
            " snapshot doesn't hold.",
            hint="Run `flagstone build` without arguments first.",
        )


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
