"""A build over sources and pages that fail: what is told, and what is published all the same."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from corpus import PAGES, FolderSource, SmallCorpus, edit, held, outcome
from deadly_mandoc import KILLS, deadly_mandoc

from corpora.catalogue import Product
from corpora.errors import BuildFailed, NoSnapshot, Reason, SourceError, ToolMissing
from corpora.snapshot import current_id
from ingest.sources.base import Document, Found, Progress, silent

Make = Callable[..., SmallCorpus]
COMMIT = "git-2.30/git-commit.1"
TEXT = "Tell the command to automatically stage files"


# --- A source that is not as it was ---------------------------------------------------------------


class Elsewhere(FolderSource):
    """A source whose mirror has lost what it lists, and has the next best."""

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        on_progress(3, 7, "bytes of the next best")
        return replace(super().prepare(found), upstream="2.30.1", fingerprint="f" * 64)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        if found.upstream != "2.30.1":
            raise SourceError(found.origin, Reason.NOT_FOUND, "prepare it first")
        return super().fetch(found, on_progress=on_progress)


def test_what_the_source_can_really_give_is_what_is_built(
    corpus: SmallCorpus, tmp_path: Path
) -> None:
    steps: list[tuple[str, int, int | None]] = []
    options = {
        "source": lambda product: Elsewhere(product, corpus.pages),
        "progress": lambda *step: steps.append(step),
    }
    first = corpus.build({"git": ["2.30"]}, **options)
    assert first.releases[0].upstream == "2.30.1"
    assert corpus.snapshot.products["git"].releases[0].upstream == "2.30.1"
    assert ("bytes of the next best", 3, 7) in steps
    again = corpus.build({"git": ["2.30"]}, **options)
    assert again.releases[0].state == "unchanged"
    assert again.snapshot == first.snapshot


class Asked(FolderSource):
    """A source that remembers for which releases it was made to fetch something."""

    prepared: list[str] = []  # noqa: RUF012  each test empties it

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        self.prepared.append(found.label)
        return super().prepare(found)


def test_a_release_whose_file_is_there_is_not_even_downloaded(corpus: SmallCorpus) -> None:
    Asked.prepared.clear()
    for expected in (["2.30", "2.39"], ["2.30", "2.39"]):
        corpus.build(source=lambda product: Asked(product, corpus.pages))
        assert Asked.prepared == expected


class Unreachable(FolderSource):
    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        raise SourceError("mirror.example", Reason.UNREACHABLE, "no route")


def test_a_product_whose_source_is_down_leaves_the_others_alone(make_corpus: Make) -> None:
    corpus = make_corpus("git-2.30", "docker-20.10")

    def source(product: Product) -> FolderSource:
        return (Unreachable if product.id == "docker" else FolderSource)(product, corpus.pages)

    first = corpus.build(source=source)
    assert outcome(first, "docker 20.10").state == "failed"
    assert "mirror.example: unreachable" in outcome(first, "docker 20.10").error
    assert held(corpus.snapshot) == ["git 2.30"]
    corpus.build()
    third = corpus.build(source=source)
    assert outcome(third, "docker 20.10").state == "kept"
    assert outcome(third, "docker 20.10").pages == 1
    assert not third.complete
    assert held(corpus.snapshot) == ["docker 20.10", "git 2.30"]
    with pytest.raises(SourceError, match=r"mirror\.example"):
        corpus.build(source=source, on_failure="fail")


class Breaking(FolderSource):
    """A source that gives one document and then fails, as a damaged archive does."""

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        yield next(super().fetch(found))
        raise SourceError(f"{self.product.id}.deb", Reason.DAMAGED_ARCHIVE, "unexpected end")


def test_a_source_that_fails_midway_gives_no_half_release(corpus: SmallCorpus) -> None:
    corpus.build({"git": ["2.39"]})
    before = corpus.snapshot.id

    def source(product: Product) -> FolderSource:
        return Breaking(product, corpus.pages)

    report = corpus.build({"git": ["2.30"]}, source=source)
    assert outcome(report, "git 2.30").state == "failed"
    assert "git.deb: damaged_archive" in outcome(report, "git 2.30").error
    assert corpus.snapshot.id == before
    with pytest.raises(SourceError, match=r"git\.deb: damaged_archive"):
        corpus.build({"git": ["2.30"]}, source=source, on_failure="fail")
    assert corpus.snapshot.id == before
    assert list((corpus.data / "releases" / "git").glob("2.30*")) == []


def test_nothing_at_all_is_an_error_and_not_an_empty_snapshot(make_corpus: Make) -> None:
    corpus = make_corpus("git-2.30", "docker-20.10")
    with pytest.raises(SourceError, match=r"git\.deb.*docker\.deb|docker\.deb.*git\.deb"):
        corpus.build(source=lambda product: Breaking(product, corpus.pages))
    with pytest.raises(NoSnapshot):
        current_id(corpus.data)


def test_a_missing_program_is_named_with_the_next_step(
    corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolMissing, match="mandoc") as failure:
        corpus.build()
    assert "Install it" in failure.value.hint


# --- Pages that can't be read ---------------------------------------------------------------------

NOTHING = b"<html><head><title>Empty</title></head><body></body></html>"
TRUNCATE = (PAGES / "postgresql-15/sql-truncate.html").read_bytes()
BROKEN = {
    "empty.html": (b"", Reason.EMPTY),
    "blank.html": (NOTHING, Reason.EMPTY),
    "klingon.html": (TRUNCATE.replace(b'"UTF-8"', b'"x-klingon"', 1), Reason.UNKNOWN_CHARSET),
    "packed.html": (b"\x1f\x8b\x08 not gzip", Reason.DAMAGED_ARCHIVE),
    "deep.html": (b"<html><body>" + b"<div>" * 5000 + b"words " * 9, None),
}
"""None: whichever; it depends on the limit that is met first."""


@pytest.fixture
def large(make_corpus: Make) -> SmallCorpus:
    """PostgreSQL 15 with forty pages more, so that two broken ones are not the twentieth part."""
    corpus = make_corpus("postgresql-15")
    for number in range(40):
        shutil.copy(PAGES / "postgresql-15/sql-truncate.html", corpus.page(copy(number)))
    return corpus


def copy(number: int) -> str:
    return f"postgresql-15/copy-{number:02}.html"


def test_broken_pages_are_named_and_the_rest_is_published(large: SmallCorpus) -> None:
    for number in range(40, 100):
        shutil.copy(large.page(copy(0)), large.page(copy(number)))
    for name, (data, _) in BROKEN.items():
        large.page(f"postgresql-15/{name}").write_bytes(data)
    report = large.build()
    (release,) = report.releases
    found = {one.name.removeprefix("postgresql-15/"): one.reason for one in release.failures}
    assert found == {name: reason or found.get(name) for name, (_, reason) in BROKEN.items()}
    assert not report.complete
    assert (release.pages, release.state) == (102, "new")
    assert {one.page for one in large.snapshot} >= {"app-pgdump", "copy-99"}
    again = large.build()
    assert again.releases[0].failures == release.failures, "they are not forgotten"
    assert not again.complete


def test_a_broken_page_fails_the_build_where_that_is_the_setting(large: SmallCorpus) -> None:
    first = large.build(on_failure="fail")
    large.page(copy(7)).write_bytes(b"")
    with pytest.raises(SourceError, match=r"postgresql 15: empty \(postgresql-15/copy-07\.html"):
        large.build(on_failure="fail")
    assert large.snapshot.id == first.snapshot
    assert any(one.page == "copy-07" for one in large.snapshot)


def test_a_release_with_too_many_broken_pages_keeps_its_last_good_state(large: SmallCorpus) -> None:
    first = large.build()
    for number in range(3):  # of 42 pages: 7 %
        large.page(copy(number)).write_bytes(b"")
    report = large.build()
    assert report.releases[0].state == "kept"
    assert "copy-00.html" in report.releases[0].error
    assert "and 2 more" in report.releases[0].error
    assert report.releases[0].pages == 42
    assert not report.complete
    assert (report.snapshot, report.published) == (first.snapshot, False)
    for number in range(3):
        large.page(copy(number)).write_bytes(TRUNCATE)
    assert large.build().complete


def test_one_broken_page_of_a_small_release_is_a_broken_page(make_corpus: Make) -> None:
    corpus = make_corpus("docker-28.5")
    corpus.page("docker-28.5/docker-container-cp.1").write_bytes(b"")
    report = corpus.build()
    assert report.releases[0].state == "new"
    assert report.releases[0].pages == 2
    assert [one.name for one in report.releases[0].failures] == [
        "docker-28.5/docker-container-cp.1"
    ]


def test_a_release_of_one_broken_page_names_it(corpus: SmallCorpus) -> None:
    corpus.page(COMMIT).write_bytes(b"")
    report = corpus.build()
    assert outcome(report, "git 2.30").state == "failed"
    assert COMMIT in outcome(report, "git 2.30").error


def test_a_table_of_contents_is_counted_and_is_no_failure(make_corpus: Make) -> None:
    corpus = make_corpus("postgresql-15")
    for report in (corpus.build(on_failure="fail"), corpus.build(on_failure="fail")):
        (release,) = report.releases
        assert (release.contents_only, release.failures, release.pages) == (1, (), 2)
        assert report.complete
    edit(corpus.page("postgresql-15/brin.html"), '<dl class="toc">', "<!-- ")
    (release,) = corpus.build().releases
    assert [one.reason for one in release.failures] == [Reason.EMPTY], "now the page is empty"
    assert release.contents_only == 0


def test_a_release_of_nothing_but_contents_is_empty(make_corpus: Make) -> None:
    corpus = make_corpus("postgresql-15")
    for name in ("app-pgdump", "sql-truncate"):
        corpus.page(f"postgresql-15/{name}.html").unlink()
    with pytest.raises(SourceError, match="no page was found"):
        corpus.build()


def test_a_page_that_kills_its_reader_is_named_and_the_rest_is_published(
    corpus: SmallCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly_mandoc(tmp_path / "bin", monkeypatch)
    for number in range(20):
        shutil.copy(PAGES / COMMIT, corpus.page(f"git-2.30/git-copy{number:02}.1"))
    edit(corpus.page("git-2.30/git-copy04.1"), TEXT, KILLS)
    report = corpus.build(processes=2)
    (failure,) = outcome(report, "git 2.30").failures
    assert failure.name == "git-2.30/git-copy04.1"
    assert failure.reason is Reason.CRASHED
    assert "died" in failure.detail
    assert outcome(report, "git 2.30").pages == 20
    assert outcome(report, "git 2.39").state == "new"
    assert held(corpus.snapshot) == ["git 2.30", "git 2.39"]
    monkeypatch.undo()  # the page is as it was; the program has been mended
    again = corpus.build()
    assert corpus.fetched == ["git 2.30"], "a reader that died may do better the next time"
    assert outcome(again, "git 2.30").pages == 21
    assert again.complete


def test_a_machine_that_fails_is_not_taken_for_broken_pages(
    corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = corpus.build()
    edit(corpus.page(COMMIT), TEXT, f"Now {TEXT}")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ingest.reading.parse", full)
        with pytest.raises(BuildFailed, match="No space left"):
            corpus.build()
    assert corpus.snapshot.id == first.snapshot
    assert corpus.build().complete
