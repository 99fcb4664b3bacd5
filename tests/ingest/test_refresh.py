"""Refreshes that nobody watches: what is published, what is kept back, and what is said of it."""

from collections.abc import Callable, Mapping

import pytest
from corpus import CATALOGUE, SmallCorpus, edit, open_engine

from corpora.catalogue import Canary, Product
from corpora.errors import BuildLocked
from corpora.snapshot import Snapshot, current_id
from ingest.audit import Ask, Audit, Thresholds
from ingest.crawl.report import CrawlReport, Why
from ingest.installation import roll_back
from ingest.refresh import RefreshReport, refresh
from ingest.snapshot import build_lock, rolled_back
from retrieval.request import ContextRequest

COMMIT = "git-2.30/git-commit.1"
QUESTION = "commit --all automatically stage modified files"


def crawl(**counts: int) -> CrawlReport:
    return CrawlReport(
        start="https://x/", release="2.30", pages=100, stale=0, resumed=False, requests=0,
        retries=0, bytes_received=0, revalidated=0, kept=0, seconds=0,
        counts={Why(why): number for why, number in counts.items()},
        problems=(), redirects=(), other_releases=(),
    )  # fmt: skip


@pytest.fixture
def run(corpus: SmallCorpus) -> Callable[..., RefreshReport]:
    """Refresh the small corpus: the real build and the real engine for canaries."""

    def questions(staged: Snapshot) -> Ask:
        engine = open_engine(staged.path, corpus.embedder)

        def ask(product: str, release: str, question: str) -> str:
            request = ContextRequest(query=question, product=product, version=release)
            return engine.context(request).context

        return ask

    def refreshed(
        *,
        canaries: tuple[Canary, ...] = (),
        accept: bool = False,
        crawls: Mapping[str, CrawlReport] | None = None,
        **thresholds: float,
    ) -> RefreshReport:
        products: dict[str, Product] = dict(CATALOGUE)
        products["git"] = products["git"].model_copy(update={"canaries": canaries})
        audit = Audit(
            products=products,
            crawls=lambda product: (crawls or {}) if product == "git" else {},
            ask=questions,
            thresholds=Thresholds(few=0, **thresholds),
            accept=accept,
        )
        return refresh(
            corpus.data,
            lambda gate: corpus.build(
                gate=gate, refused=() if accept else rolled_back(corpus.data)
            ),
            audit,
            lambda: {"git": ("99.1",)},
            keep_downloads_days=0,
        )

    return refreshed


def test_a_first_refresh_publishes_and_one_without_changes_says_so(
    run: Callable[..., RefreshReport], corpus: SmallCorpus
) -> None:
    first = run()
    assert (first.outcome, first.previous) == ("published", "")
    assert first.snapshot == current_id(corpus.data)
    assert first.undeclared == {"git": ("99.1",)}
    again = run()
    assert (again.outcome, again.snapshot, again.findings) == ("unchanged", first.snapshot, ())
    assert again.build is not None
    assert again.build.embedded == 0
    assert RefreshReport.model_validate_json(again.model_dump_json()) == again


def test_a_release_that_lost_much_of_its_text_is_kept_back_until_it_is_accepted(
    run: Callable[..., RefreshReport], corpus: SmallCorpus
) -> None:
    first = run()
    page = corpus.page(COMMIT)
    whole = page.read_text()
    page.write_text(whole[: len(whole) * 6 // 10])
    kept = run()
    assert (kept.outcome, kept.snapshot) == ("kept", first.snapshot)
    assert {one.code for one in kept.findings} == {"fewer_passages"}
    assert "git 2.30" in kept.reason
    assert current_id(corpus.data) == first.snapshot
    assert not (corpus.data / "staging").exists()
    accepted = run(accept=True)
    assert (accepted.outcome, len(accepted.findings)) == ("published", len(kept.findings))
    assert accepted.snapshot != first.snapshot


def test_a_release_that_is_gone_leaves_the_last_one_serving(
    run: Callable[..., RefreshReport], corpus: SmallCorpus
) -> None:
    first = run()
    for file in (corpus.pages / "git-2.30").iterdir():
        file.unlink()
    gone = run()
    # The build keeps the last good file of a release that can't be had: nothing is lost.
    assert gone.outcome == "unchanged"
    assert not gone.complete
    assert gone.snapshot == first.snapshot


def test_a_canary_that_falls_silent_keeps_the_snapshot_back(
    run: Callable[..., RefreshReport], corpus: SmallCorpus
) -> None:
    alive = Canary(question=QUESTION, expects="automatically stage files", releases=("2.30",))
    first = run(canaries=(alive,))
    assert (first.outcome, first.findings) == ("published", ())
    edit(corpus.page(COMMIT), "automatically stage files", "do something else entirely")
    kept = run(canaries=(alive,))
    assert kept.outcome == "kept"
    assert [(one.code, one.product, one.release) for one in kept.findings] == [
        ("canary_failed", "git", "2.30")
    ]
    assert current_id(corpus.data) == first.snapshot


def test_broken_links_are_told_and_keep_nothing_back(run: Callable[..., RefreshReport]) -> None:
    report = run(crawls={"2.30": crawl(gone=12)})
    assert report.outcome == "published"
    assert [(one.code, one.grave) for one in report.findings] == [("broken_links", False)]


def test_what_was_rolled_back_from_serves_again_only_when_it_changed_or_is_accepted(
    run: Callable[..., RefreshReport], corpus: SmallCorpus
) -> None:
    first = run()
    edit(corpus.page(COMMIT), "automatically stage files", "automatically put aside files")
    bad = run()
    assert bad.outcome == "published"
    roll_back(corpus.data)
    for _ in range(2):  # every night
        kept = run()
        assert (kept.outcome, kept.snapshot) == ("kept", first.snapshot)
        assert bad.snapshot in kept.reason
    edit(corpus.page(COMMIT), "automatically put aside files", "automatically add all files")
    mended = run()
    assert mended.outcome == "published"
    edit(corpus.page(COMMIT), "automatically add all files", "automatically put aside files")
    assert run().outcome == "kept"  # the bad content is still the bad content
    accepted = run(accept=True)
    assert (accepted.outcome, accepted.snapshot) == ("published", bad.snapshot)
    assert rolled_back(corpus.data) == ()
    assert run().outcome == "unchanged"


def test_a_second_refresh_at_the_same_time_is_told_to_wait(
    run: Callable[..., RefreshReport], corpus: SmallCorpus
) -> None:
    with build_lock(corpus.data), pytest.raises(BuildLocked):
        run()
