"""The search: fusion, the scope as a hard filter, what is relevant, and when nothing answers."""

import gc
import json
import threading
import time
from collections import Counter
from statistics import fmean, pstdev

import pytest
from corpus import SmallCorpus
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import ConfigurationError, CorruptSnapshot, StoreError
from corpora.snapshot import Snapshot
from retrieval.embed import Embedder
from retrieval.embed.base import Vector
from retrieval.engine import Engine
from retrieval.fusion import WORST, fuse, standardise
from retrieval.index import CARD, open_index
from retrieval.search import LINKED, Found, Mode, Searcher, Tuning
from retrieval.store import Scope, Scored, SparseVector

PG13, PG18 = Scope(pairs=(("postgresql", "13"),)), Scope(pairs=(("postgresql", "18"),))
GIT = Scope(pairs=(("git", "2.47"),))
EVERY = Scope(pairs=(("postgresql", "13"), ("git", "2.30"), ("docker", "20.10")))

RANKING = st.dictionaries(
    st.sampled_from("abcdefghij"), st.floats(0.015625, 8, width=16), max_size=8
).map(lambda scores: [Scored(one, score) for one, score in scores.items()])


@pytest.fixture(scope="module")
def opened(engine: Engine) -> Snapshot:
    return Snapshot.open(engine.snapshot.path)


def searcher(
    opened: Snapshot, embedder: Embedder, mode: Mode = "hybrid", **tuning: float
) -> Searcher:
    tuned = Tuning.model_validate({"mode": mode, **tuning})
    return Searcher(opened, open_index(opened, embedder), embedder, tuned)


def ids(found: Found) -> list[str]:
    return [hit.passage.id for hit in found.hits]


def falling(ranking: list[Scored]) -> list[Scored]:
    return sorted(ranking, key=lambda one: (-one.score, one.id))


# --- fusion ------------------------------------------------------------------------------------


def fused_of(
    dense: list[Scored], lexical: list[Scored], weight: float, most: int
) -> dict[str, float]:
    return fuse(standardise(dense, most), standardise(lexical, most), weight)


@given(dense=RANKING, lexical=RANKING, weight=st.floats(0, 1), most=st.integers(1, 12))
def test_fusion_adds_the_weighted_standard_scores_of_the_candidates_of_both(
    dense: list[Scored], lexical: list[Scored], weight: float, most: int
) -> None:
    dense, lexical = falling(dense), falling(lexical)
    fused = fused_of(dense, lexical, weight, most)
    assert fused.keys() == {one.id for one in (*dense[:most], *lexical[:most])}
    both = bool(dense and lexical)
    for one, score in fused.items():
        parts = ((dense, weight if both else 1), (lexical, 1 - weight if both else 1))
        wanted = sum(share * standard(one, ranking, most) for ranking, share in parts)
        assert score == pytest.approx(wanted, abs=1e-6)


def standard(one: str, ranking: list[Scored], most: int) -> float:
    """The z-score of a candidate, over the first ``most`` of a ranking."""
    if not ranking:
        return 0
    head = [score for _, score in ranking[:most]]
    if max(head) == min(head):
        return float((one, head[0]) in ranking)
    score = dict(ranking).get(one, ranking[-1].score)
    return max(WORST, (score - fmean(head)) / pstdev(head))


def test_a_channel_whose_candidates_are_alike_says_no_more_than_so_of_the_others() -> None:
    head = [Scored(f"{number:02}", 9 - number / 1000) for number in range(50)]
    lexical = [*head, Scored("far", 0.5)]
    dense = [Scored("far", 0.9), Scored("00", 0.5), Scored("none", 0.4)]
    fused = fused_of(dense, lexical, 0.65, 50)
    # Far behind in words, and missing there: as bad as it gets, which does not decide alone.
    assert fused["far"] > fused["none"] > 2 * WORST
    same = [Scored("00", 9.0), Scored("01", 9.0 - 2e-7), Scored("02", 9.0 - 3e-7)]
    words = fused_of([Scored("02", 0.9), Scored("none", 0.4)], same, 0.0, 2)
    # All of one score, the one after the candidates as well; of another one nothing is known.
    assert words == {"02": 1.0, "none": 0.0, "00": 1.0, "01": 1.0}


def test_a_clear_lead_in_one_channel_outweighs_a_slight_one_in_the_other() -> None:
    dense = [Scored("a", 0.61), Scored("b", 0.60), Scored("c", 0.10)]
    lexical = [Scored("b", 20.0), Scored("a", 2.0), Scored("c", 1.0)]
    fused = fused_of(dense, lexical, 0.7, 50)
    assert max(fused, key=fused.__getitem__) == "b"


def test_what_comes_after_the_candidates_tells_their_scores_and_adds_none() -> None:
    dense = [Scored("a", 0.61), Scored("b", 0.61)]
    lexical = [Scored("c", 9.0), Scored("d", 8.0), Scored("b", 7.0), Scored("e", 6.0)]
    fused = fused_of(dense, lexical, 0.7, 2)
    assert fused.keys() == {"a", "b", "c", "d"}
    assert fused["a"] < fused["b"]
    # The scale is that of the candidates, however many come after them.
    assert fused["c"] - fused["d"] == pytest.approx(0.3 * 2)


@pytest.mark.parametrize(("mode", "asked"), [("hybrid", 20), ("lexical", 7), ("dense", None)])
def test_words_are_asked_for_more_where_meaning_is_asked_as_well(
    opened: Snapshot,
    embedder: Embedder,
    mode: Mode,
    asked: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = searcher(opened, embedder, mode, candidates=7, by_words=20)
    limits = []
    sparse = one._index.store.sparse

    def noted(vector: SparseVector, scope: Scope, limit: int) -> list[Scored]:
        limits.append(limit)
        return sparse(vector, scope, limit)

    monkeypatch.setattr(one._index.store, "sparse", noted)
    found = one.search("commit with a message", GIT, depth=50)
    assert limits == ([] if asked is None else [asked])
    assert len(found.hits) <= 2 * 7


# --- the scope ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("scope", [PG13, PG18, GIT, EVERY])
def test_no_hit_stands_outside_the_scope(
    opened: Snapshot, embedder: Embedder, mode: Mode, scope: Scope
) -> None:
    search = searcher(opened, embedder, mode).search
    seen = 0
    for query in ("exclude the data of a table", "--message", "run a container", "uuid"):
        for hit in search(query, scope).hits:
            assert (hit.passage.product, hit.release) in scope.pairs
            assert hit.release in hit.passage.releases
            seen += 1
    assert seen


def test_an_empty_scope_finds_nothing_and_says_so(engine: Engine) -> None:
    for scope in (Scope(pairs=()), Scope(pairs=(("git", "1.0"),)), Scope(pairs=(("svn", "2.47"),))):
        found = engine.searcher.search("commit message", scope)
        assert (found.hits, found.abstain) == ((), True)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_searched_for(engine: Engine, query: str) -> None:
    found = engine.searcher.search(query, PG18)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert found.relevant == found.hits[: len(found.relevant)]
    assert len(set(ids(found))) == len(found.hits)
    if not any(character.isalnum() for character in query):
        assert found.abstain


def test_as_many_hits_as_are_asked_for(engine: Engine) -> None:
    """More than either channel gives."""
    assert len(engine.searcher.search("print the names of files", GIT, depth=100).hits) > 60


class Failing:
    """An embedder that fails, on the thread that it is asked on."""

    def __init__(self, inner: Embedder) -> None:
        self.key, self.dimensions, self.window = inner.key, inner.dimensions, inner.window
        self.tokens, self.count = inner.tokens, inner.count

    def question(self, text: str) -> Vector:
        raise ConfigurationError(f"no vector of {text}")


def test_what_fails_beside_the_search_is_raised(opened: Snapshot, embedder: Embedder) -> None:
    search = searcher(opened, Failing(embedder), "hybrid").search
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="no vector of commit"):
            search("commit message", GIT)
    found = search("commit message", GIT, mode="lexical")
    assert found.hits


def test_words_that_fail_beside_the_embedding_are_raised(
    opened: Snapshot, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("the disk is gone")

    one = searcher(opened, embedder, "hybrid")
    monkeypatch.setattr(type(one._index.store), "sparse", fails)
    with pytest.raises(StoreError, match="the disk is gone"):
        one.search("commit message", GIT)


def test_threads_end_with_their_search(opened: Snapshot, embedder: Embedder) -> None:
    """A service takes up one snapshot after the other."""

    before = set(threading.enumerate())
    one = searcher(opened, embedder, "hybrid")
    one.search("commit message", GIT)
    (begun,) = set(threading.enumerate()) - before
    del one
    deadline = time.monotonic() + 30
    while begun.is_alive():
        assert time.monotonic() < deadline
        gc.collect()
        time.sleep(0.05)


# --- what is found -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "scope", "name"),
    [
        ("skip the data of one table when dumping", PG13, "--exclude-table-data"),
        ("--exclude-table-data", PG18, "--exclude-table-data"),
        ("take the commit message from a file", GIT, "--file"),
        ("what does -F do in git commit", GIT, "-F"),
    ],
)
def test_an_option_is_found_by_what_it_does_and_by_its_name(
    engine: Engine, query: str, scope: Scope, name: str
) -> None:
    found = engine.searcher.search(query, scope)
    assert name in found.hits[0].passage.names
    assert found.hits[0] in found.relevant
    assert not found.abstain


def test_each_channel_finds_what_the_other_may_miss(opened: Snapshot, embedder: Embedder) -> None:
    lexical, dense = searcher(opened, embedder, "lexical"), searcher(opened, embedder, "dense")
    assert "--no-sync" in lexical.search("--no-sync", PG18).hits[0].passage.names
    assert lexical.search("flibbertigibbet", PG18).hits == ()
    assert dense.search("flibbertigibbet", PG18).hits
    meant = dense.search("speed it up by several processes at once", PG18)
    assert "--jobs" in meant.hits[0].passage.names


# --- nothing answers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "kafka: increase the number of partitions of an existing topic",
        "terraform state is locked by a job that died, how do I release it",
        "elasticsearch cluster is yellow, allow the unassigned shards to be placed again",
        "",
        "?!",
    ],
)
def test_a_question_about_something_else_is_not_answered(engine: Engine, query: str) -> None:
    assert engine.searcher.search(query, EVERY).abstain


# --- steadiness --------------------------------------------------------------------------------


def test_the_same_search_has_the_same_result_in_another_process_of_opening_it(
    engine: Engine, opened: Snapshot, embedder: Embedder
) -> None:
    again = searcher(opened, embedder, "hybrid")
    for query in ("dump one schema", "commit without a hook", "memory limit"):
        for scope in (PG18, GIT, EVERY):
            assert engine.searcher.search(query, scope) == again.search(query, scope)


def test_threads_get_the_answers_that_one_thread_gets(engine: Engine) -> None:
    queries = ["dump one schema", "exclude a table", "jobs in parallel", "no owner"] * 3
    alone = {query: engine.searcher.search(query, PG18) for query in queries}
    wrong: list[str] = []

    def search(query: str) -> None:
        if engine.searcher.search(query, PG18) != alone[query]:
            wrong.append(query)

    threads = [threading.Thread(target=search, args=(query,)) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- how much is read ----------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["take the commit message from a file", "-F of git commit"])
def test_reading_less_gives_the_same_hits_first_and_all_that_are_relevant(
    engine: Engine, query: str
) -> None:
    few = engine.searcher.search(query, GIT, depth=1)
    all_of_them = engine.searcher.search(query, GIT, depth=100)
    assert ids(few) == ids(all_of_them)[: len(few.hits)]
    assert few.relevant == all_of_them.relevant
    assert few.abstain == all_of_them.abstain


@pytest.mark.parametrize(("floor", "kept"), [(0.0, 12), (5.0, 8), (99.0, 8), (2.5, 10)])
def test_the_best_belong_into_a_context_whatever_the_floor(
    engine: Engine, floor: float, kept: int
) -> None:
    hit = engine.searcher.search("commit message", GIT).hits[0]
    hits = tuple(hit.model_copy(update={"score": float(12 - rank)}) for rank in range(12))
    assert Found(hits, floor, abstain=False).relevant == hits[:kept]
    assert Found(hits[:3], floor, abstain=False).relevant == hits[:3]


def test_a_passage_gains_by_others_of_its_page(opened: Snapshot, embedder: Embedder) -> None:
    query = "leave files out and print what is done"
    ranked = {}
    for weight in (0.0, 2.0):
        search = searcher(opened, embedder, company=weight).search
        hits = search(query, GIT, depth=100).hits
        ranked[weight] = Counter(one.passage.command or one.passage.page for one in hits[:20])
    assert max(ranked[2.0].values()) > max(ranked[0.0].values())
    assert len(ranked[2.0]) < len(ranked[0.0])


def test_a_spelled_command_raises_its_passages(engine: Engine) -> None:
    query = "take the message from a file"
    plain = engine.searcher.search(query, GIT, depth=100)
    raised = engine.searcher.search(query, GIT, depth=100, commands=frozenset({"git commit"}))
    before = {hit.passage.id: hit.score for hit in plain.hits}
    for hit in raised.hits:
        more = LINKED if hit.passage.command == "git commit" else 0.0
        assert hit.score == pytest.approx(before[hit.passage.id] + more)
    assert any(hit.passage.command == "git commit" for hit in raised.hits)


def test_an_index_of_another_version_says_what_to_do(corpus: SmallCorpus) -> None:
    corpus.build()
    snapshot = Snapshot.current(corpus.data)
    card = snapshot.path / CARD
    said = json.loads(card.read_text())
    # In format 3 terms stand at other dimensions: words would find nothing.
    for written, named in ({**said, "format": 3}, "format 3"), ({}, "unkn"):
        card.write_text(json.dumps(written))
        with pytest.raises(CorruptSnapshot, match=f"another version .*{named}") as refused:
            open_index(snapshot, corpus.embedder)
        assert "flagstone build" in (refused.value.hint or "")
