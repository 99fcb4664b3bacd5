"""The retrieval benchmark: ours and what users would otherwise build, in one run.

``python -m eval.retrieval --data DIR`` prints the table and writes JSON beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path

from corpora.catalogue import Catalogue
from corpora.errors import FlagstoneError
from corpora.snapshot import Snapshot
from corpora.tokens import TokenCounter, default_counter
from eval.retrieval.contenders import Contender
from eval.retrieval.documents import documents
from eval.retrieval.flagstone import Flagstone
from eval.retrieval.items import Question, Split, Unanswerable, load, load_unanswerable
from eval.retrieval.judge import Verdict, judge
from eval.retrieval.outside import Outside, Service, load_services
from eval.retrieval.summary import Summary, summarise, table
from retrieval.embed import CachedEmbedder, Embedder, open_embedder
from retrieval.engine import Engine
from retrieval.index import embedder_of, open_index
from retrieval.search import Searcher, Tuning

BASELINES = ((1024, 20), (512, 50))
"""Chunk size and overlap in tokens: LlamaIndex's default, and the usual smaller choice."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m eval.retrieval", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--no-baseline", action="store_true", help="ours alone: takes seconds")
    parser.add_argument("--products", nargs="+", default=(), help="questions about these alone")
    parser.add_argument("--outside", type=Path, help="TOML file of other services to measure")
    parser.add_argument("--out", type=Path, help="where to write the JSON report")
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
    except FlagstoneError as error:
        _say(f"error: {error}")
        return 1
    sys.stdout.write(table(rows) + "\n")
    if options.out:
        report = [row.model_dump() for row in rows]
        options.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
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
    unanswerable = load_unanswerable(split)
    snapshot = Snapshot.current(data)
    for question in questions:
        _check(snapshot, question)
    tokens = default_counter()
    say(f"{len(questions)} questions ({split}), snapshot {snapshot.id}")
    rows: list[Summary] = []
    first: list[Verdict] | None = None
    wanted = {(question.product, question.release) for question in questions}
    for contender in _contenders(
        data, snapshot, wanted, baseline=baseline, outside=outside, say=say
    ):
        verdicts, abstained = measure(contender, questions, unanswerable, tokens)
        rows.append(
            summarise(
                contender.name,
                contender.points,
                verdicts,
                abstained,
                size=contender.size,
                first=first,
            )
        )
        first = first or verdicts
        say(f"{contender.name}: done")
    return rows


def measure(
    contender: Contender,
    questions: Sequence[Question],
    unanswerable: Sequence[Unanswerable],
    tokens: TokenCounter,
) -> tuple[list[Verdict], float]:
    """Ask one contender everything: a verdict a question, and the share of right abstentions."""
    # Answers before the clock starts, so that nobody pays for what is opened at first use.
    for question in questions[:3]:
        contender.answer(question)
    verdicts: list[Verdict] = []
    for question in questions:
        started = time.perf_counter()
        answer = contender.answer(question)
        seconds = time.perf_counter() - started
        verdicts.append(
            judge(
                question,
                answer,
                contender.ranked(question),
                contender.pool(question),
                seconds,
                tokens,
            )
        )
    abstained = [contender.answer(question).abstained for question in unanswerable]
    return verdicts, sum(abstained) / max(1, len(abstained))


def _contenders(
    data: Path,
    snapshot: Snapshot,
    wanted: Set[tuple[str, str]],
    *,
    baseline: bool,
    outside: Sequence[Service],
    say: Callable[[str], None],
) -> Iterator[Contender]:
    catalogue = Catalogue.load()
    embedder = embedder_of(snapshot, data / "models")
    index = open_index(snapshot, embedder)
    modes = (
        ("flagstone", Tuning()),
        ("flagstone, BM25 alone", Tuning(mode="lexical")),
        ("flagstone, dense alone", Tuning(mode="dense")),
    )
    for name, tuning in modes:
        searcher = Searcher(snapshot, index, embedder, tuning)
        yield Flagstone(Engine(snapshot, searcher, catalogue, default_counter()), name)
    if baseline:
        read = list(documents(data, snapshot, catalogue, wanted))
        say(f"{len(read)} documents of {len(wanted)} releases for the baselines")
        # Whoever writes such a pipeline has the model as it is.
        plain = open_embedder(data / "models", adapter=None)
        yield from _baselines(read, CachedEmbedder(plain, data / "vectors"), say)
    for service in outside:
        yield Outside(service)


def _baselines(
    read: Sequence[tuple[str, str, str, str]], embedder: Embedder, say: Callable[[str], None]
) -> Iterator[Contender]:
    """LlamaIndex: the same weights, but not adapted, with the same runtime and vector cache."""
    # Imported here: LlamaIndex takes seconds to import, and ours alone doesn't need it.
    from eval.retrieval.llamaindex import LlamaIndexBm25, LlamaIndexDense, build, split
    from retrieval.llama import FlagstoneEmbedding

    for size, overlap in BASELINES:
        nodes = split(read, chunk_size=size, chunk_overlap=overlap)
        say(f"LlamaIndex {size}/{overlap}: {len(nodes)} nodes to embed")
        index = build(nodes, FlagstoneEmbedding(embedder))
        for filtered in (True, False):
            name = f"LlamaIndex {size}/{overlap}{'' if filtered else ', no release filter'}"
            yield LlamaIndexDense(
                nodes, index, name, dimensions=embedder.dimensions, filtered=filtered
            )
            yield LlamaIndexBm25(nodes, name.replace("Index ", "Index BM25 "), filtered=filtered)


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
