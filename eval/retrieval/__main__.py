"""The retrieval benchmark: ours and what users would otherwise build, in one run.

``python -m eval.retrieval --data DIR`` prints the table and writes JSON beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpora.catalogue import Catalogue
from corpora.errors import FlagstoneError
from corpora.snapshot import Snapshot
from corpora.tokens import TokenCounter, default_counter
from eval.retrieval.contenders import Contender
from eval.retrieval.flagstone import Flagstone
from eval.retrieval.items import Question, Split, Unanswerable, load, load_unanswerable
from eval.retrieval.judge import Verdict, judge
from eval.retrieval.summary import Summary, summarise, table
from ingest.sources.apt import AptArchive
from ingest.sources.base import Document
from ingest.sources.deb import DebSource
from retrieval.embed import CachedEmbedder, open_embedder
from retrieval.engine import Engine
from retrieval.index import open_index
from retrieval.search import Searcher, Tuning

BASELINES = ((1024, 20), (512, 50))
"""Chunk size and overlap in tokens: LlamaIndex's default, and the usual smaller choice."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m eval.retrieval", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--no-baseline", action="store_true", help="ours alone: takes seconds")
    parser.add_argument("--out", type=Path, help="where to write the JSON report")
    options = parser.parse_args(arguments)
    try:
        rows = run(options.data, options.split, baseline=not options.no_baseline, say=_say)
    except FlagstoneError as error:
        _say(f"error: {error}")
        return 1
    sys.stdout.write(table(rows) + "\n")
    if options.out:
        report = [row.model_dump() for row in rows]
        options.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def run(data: Path, split: Split, *, baseline: bool, say: Callable[[str], None]) -> list[Summary]:
    """Measure every contender on one split."""
    questions, unanswerable = load(split), load_unanswerable(split)
    snapshot = Snapshot.current(data)
    for question in questions:
        _check(snapshot, question)
    tokens = default_counter()
    say(f"{len(questions)} questions ({split}), snapshot {snapshot.id}")
    rows = []
    for contender in _contenders(data, snapshot, baseline=baseline, say=say):
        rows.append(measure(contender, questions, unanswerable, tokens))
        say(f"{contender.name}: done")
    return rows


def measure(
    contender: Contender,
    questions: Sequence[Question],
    unanswerable: Sequence[Unanswerable],
    tokens: TokenCounter,
) -> Summary:
    """Ask one contender everything, and sum up."""
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
    return summarise(
        contender.name, contender.points, verdicts, sum(abstained) / max(1, len(abstained))
    )


def _contenders(
    data: Path, snapshot: Snapshot, *, baseline: bool, say: Callable[[str], None]
) -> Iterator[Contender]:
    catalogue = Catalogue.load()
    embedder = open_embedder(data / "models")
    index = open_index(snapshot, embedder)
    modes = (
        ("flagstone", Tuning()),
        ("flagstone, BM25 alone", Tuning(mode="lexical")),
        ("flagstone, dense alone", Tuning(mode="dense")),
    )
    for name, tuning in modes:
        searcher = Searcher(snapshot, index, embedder, tuning)
        yield Flagstone(Engine(snapshot, searcher, catalogue, default_counter()), name)
    if not baseline:
        return
    # Imported here: LlamaIndex takes seconds to import, and ours alone doesn't need it.
    from eval.retrieval.llamaindex import LlamaIndexPipeline, build
    from retrieval.llama import FlagstoneEmbedding

    documents = list(_documents(data, snapshot, catalogue))
    # The same weights, runtime and vector cache as ours: only the pipeline differs.
    embedding = FlagstoneEmbedding(CachedEmbedder(embedder, data / "vectors"))
    for size, overlap in BASELINES:
        nodes, built = build(
            documents,
            embedding,
            chunk_size=size,
            chunk_overlap=overlap,
            on_progress=lambda text, size=size: say(f"LlamaIndex {size}: {text}"),  # type: ignore[misc]
        )
        for filtered in (True, False):
            name = f"LlamaIndex {size}/{overlap}{'' if filtered else ', no release filter'}"
            yield LlamaIndexPipeline(nodes, built, name, filtered=filtered)


def _documents(
    data: Path, snapshot: Snapshot, catalogue: Catalogue
) -> Iterator[tuple[str, str, str, Document]]:
    """The very documents that the snapshot was built from, out of the download cache."""
    archive = AptArchive(data / "downloads")
    for product in snapshot.products.values():
        declared = catalogue[product.id]
        source = DebSource(declared, archive)
        wanted = {record.label for record in product.releases}
        for found in source.releases():
            deb = declared.release(found.label).sources.deb
            if found.label in wanted and deb is not None:
                for document in source.fetch(source.prepare(found)):
                    yield product.id, found.label, deb.format, document


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
