"""The promise: every passage of an answer holds for the resolved release. All of them, always.

Questions are made from the passages of all releases, and each is asked at every release of its
product, above all where its passage does *not* stand. What stands where is not asked of the index:
for the recorded corpus the recorded pages are read again; for a whole one, its tables are.

A whole corpus is tested with ``FLAGSTONE_TEST_DATA=<data directory> pytest -m slow``.
"""

import os
import random
import sqlite3
from collections.abc import Container, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from corpus import CATALOGUE, RELEASES, FolderSource, open_engine

from api.settings import load_settings
from api.wiring import open_settings_embedder
from corpora.errors import ParseError
from corpora.model import Context, Hit, Passage
from corpora.snapshot import current_id
from corpora.tokens import default_counter
from ingest.reading import Job, read
from retrieval.engine import Engine
from retrieval.excerpt import excerpt
from retrieval.request import MAX_BUDGET, ContextRequest, SearchRequest

Truth = Mapping[tuple[str, str], Container[tuple[str, str]]]
"""Product and release → the pages and texts that stand in it."""
Recorded = Mapping[tuple[str, str], frozenset[tuple[str, str]]]

AT_LEAST = 500
"""Questions × releases; the promise was made over as many."""

WORDS = 12
"""Of a passage that a question is made of: a question, not a page."""


@dataclass(frozen=True)
class Triple:
    """A question, and the product and release it is asked at."""

    question: str
    product: str
    release: str


def triples(engine: Engine, least: int) -> list[Triple]:
    """At least so many questions × releases, where there are: the same ones each time."""
    passages = list(engine.snapshot)
    random.Random(0).shuffle(passages)  # noqa: S311  # no secret
    asked: dict[Triple, None] = {}
    for passage in passages:
        labels = [one.label for one in engine.snapshot.products[passage.product].releases]
        for question in questions(passage):
            asked |= dict.fromkeys(Triple(question, passage.product, label) for label in labels)
        if len(asked) >= least:
            break
    return list(asked)


def questions(passage: Passage) -> Iterator[str]:
    """What one might ask to be shown this passage."""
    about = f"{passage.command or passage.title} {' '.join(passage.heading[1:])}"
    if passage.names:
        yield f"{about} {passage.names[0]}"
    yield f"{about} {' '.join(passage.text.split()[:WORDS])}"[:1_000]


def ask(engine: Engine, triple: Triple, number: int) -> tuple[Context, tuple[Hit, ...]]:
    """Ask in one of the ways that a version can be told."""
    upstream = {one.label: one.upstream for one in engine.record(triple.product).releases}
    version = (triple.release, upstream[triple.release])[number % 2] or triple.release
    where = {"query": triple.question, "product": triple.product, "version": version}
    context = engine.context(ContextRequest.model_validate({**where, "token_budget": MAX_BUDGET}))
    search = engine.search(SearchRequest.model_validate({**where, "limit": 50}))
    for resolution in (context.resolution, search.resolution):
        assert resolution
        assert (resolution.product, resolution.resolved) == (triple.product, triple.release)
        assert resolution.match == "exact"
    return context, search.hits


def check(engine: Engine, truth: Truth, asked: list[Triple]) -> tuple[int, int]:
    """Ask them all; return how many passages were checked, and how many contexts had some."""
    checked = answered = 0
    for number, triple in enumerate(asked):
        standing = truth[triple.product, triple.release]
        context, hits = ask(engine, triple, number)
        answered += bool(context.passages)
        for hit in hits:
            assert hit.release == triple.release
            assert (hit.passage.page, hit.passage.text) in standing, triple
        for cited in context.passages:
            assert cited.product == triple.product
            assert triple.release in cited.releases
            kept = engine.passage(cited.id)
            assert (kept.page, kept.text) in standing, triple
            # Options of the command may stand below it; they are of the surface at that release.
            assert cited.text.startswith(excerpt(kept) if cited.excerpt else kept.text), triple
            assert cited.url == kept.at(triple.release).url
        checked += len(hits) + len(context.passages)
    return checked, answered


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """What the recorded pages say when they are read once more, one release at a time."""
    tokens = default_counter()
    truth = {}
    for product, labels in RELEASES.items():
        source = FolderSource(CATALOGUE[product])
        for found in source.releases():
            declared = CATALOGUE[product].release(found.label).sources.deb
            assert declared
            standing = set()
            for document in source.fetch(found):
                with suppress(ParseError):  # one recorded page is nothing but a table of contents
                    page = read(Job(product, declared.format), document, tokens).cuts
                    standing |= {(page.slug, placed.passage.text) for placed in page.cuts}
            truth[product, found.label] = frozenset(standing)
        assert {label for name, label in truth if name == product} == set(labels)
    return truth


def test_every_passage_of_an_answer_holds_for_the_resolved_release(
    engine: Engine, recorded: Recorded
) -> None:
    asked = triples(engine, AT_LEAST)
    assert len(asked) >= AT_LEAST
    assert {(one.product, one.release) for one in asked} == set(recorded)
    checked, answered = check(engine, recorded, asked)
    assert checked > 10 * len(asked)
    assert answered > 0.5 * len(asked)


def test_the_truth_can_tell_releases_apart(engine: Engine, recorded: Recorded) -> None:
    # Else the test above could not fail: texts must differ, and the oracle must see it.
    for product, labels in RELEASES.items():
        for one in labels:
            for other in labels:
                assert one == other or recorded[product, one] - recorded[product, other]
    foreign = [passage for passage in engine.snapshot if "13" not in passage.releases]
    standing = recorded["postgresql", "13"]
    of_postgresql = [one for one in foreign if one.product == "postgresql"]
    assert of_postgresql
    assert not any((one.page, one.text) in standing for one in of_postgresql)


class Tables:
    """What stands in one release of a snapshot, asked of its tables and not of its index."""

    def __init__(self, db: sqlite3.Connection, product: str, release: str) -> None:
        self._db = db
        self._place = (product, release)

    def __contains__(self, found: object) -> bool:
        page, text = found  # type: ignore[misc]
        row = self._db.execute(
            "SELECT 1 FROM pages g JOIN locations l ON l.page = g.id"
            " JOIN passages p ON p.number = l.passage"
            " WHERE g.product = ? AND g.release = ? AND substr(g.slug, 1, length(?)) = ?"
            " AND p.page = ? AND p.text = ? LIMIT 1",
            # Of two pages of one name in several sections, the address has the section too.
            (*self._place, page, page, page, text),
        )
        return row.fetchone() is not None


def sampled(engine: Engine, db: sqlite3.Connection, least: int) -> list[Triple]:
    """Questions × releases from passages of every product alike, large or small.

    Ids are made of the content, so that their order is as good as chance, and the same each time.
    """
    asked: dict[Triple, None] = {}
    share = -(-least // len(engine.snapshot.products))
    for product, record in sorted(engine.snapshot.products.items()):
        before = len(asked)
        rows = db.execute("SELECT id FROM passages WHERE product = ? ORDER BY id", (product,))
        for (name,) in rows:
            passage = engine.snapshot.passages([name])[name]
            for question in questions(passage):
                labels = [one.label for one in record.releases]
                asked |= dict.fromkeys(Triple(question, product, label) for label in labels)
            if len(asked) - before >= share:
                break
    return list(asked)


@pytest.mark.slow
def test_every_passage_of_a_whole_corpus_holds_for_the_resolved_release() -> None:
    folder = os.environ.get("FLAGSTONE_TEST_DATA", "")
    if not folder:
        pytest.skip("FLAGSTONE_TEST_DATA names no data directory")
    settings = load_settings(data=Path(folder))
    snapshot = settings.data / "snapshots" / current_id(settings.data)
    engine = open_engine(snapshot, open_settings_embedder(settings))
    with closing(
        sqlite3.connect(f"{(snapshot / 'corpus.sqlite').as_uri()}?mode=ro", uri=True)
    ) as db:
        asked = sampled(engine, db, 2 * AT_LEAST)
        assert len(asked) >= AT_LEAST
        assert {one.product for one in asked} == set(engine.snapshot.products)
        standing = {
            (one.product, one.release): Tables(db, one.product, one.release) for one in asked
        }
        checked, _ = check(engine, standing, asked)
    assert checked > 10 * len(asked)
