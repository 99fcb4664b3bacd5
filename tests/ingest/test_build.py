"""The build, with the real parsers, the real model and the real store, on recorded pages."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import (
    PAGES,
    RELEASES,
    SmallCorpus,
    build_corpus,
    edit,
    held,
    outcome,
)

from corpora.catalogue import Catalogue
from corpora.errors import UnknownVersion
from corpora.paraphrases import Paraphrases
from corpora.snapshot import Snapshot, current_id
from ingest.release_files import ReleaseFiles
from ingest.snapshot import KEPT_SNAPSHOTS, point_to
from retrieval.embed import Embedder
from retrieval.index import dense_parts
from retrieval.request import ContextRequest

Make = Callable[..., SmallCorpus]
COMMIT = "git-2.30/git-commit.1"
TEXT = "Tell the command to automatically stage files"


def texts(snapshot: Snapshot, release: str) -> set[str]:
    return {one.text for one in snapshot if release in one.releases}


def declared(folder: Path, product: str, change: Callable[[str], str]) -> Catalogue:
    """The catalogue with one declaration changed."""
    shipped = Path(__file__).parents[2] / "corpora" / "products"
    folder.mkdir(exist_ok=True)
    for one in ("git", "docker", "postgresql"):
        text = (shipped / f"{one}.toml").read_text()
        (folder / f"{one}.toml").write_text(change(text) if one == product else text)
    return Catalogue.load(folder)


# --- What is published ----------------------------------------------------------------------------


def test_a_build_publishes_what_it_reports(tmp_path: Path, embedder: Embedder) -> None:
    corpus = SmallCorpus(tmp_path, embedder, "git-2.30", "git-2.39")
    report = corpus.build()
    snapshot = corpus.snapshot
    snapshot.verify()
    assert report.published
    assert report.complete
    assert report.snapshot == snapshot.id == current_id(corpus.data)
    assert held(snapshot) == ["git 2.30", "git 2.39"]
    assert [one.state for one in report.releases] == ["new", "new"]
    passages = list(snapshot)
    assert len(passages) == report.distinct_passages
    asked = Paraphrases.load().of
    texts = {
        text
        for passage in passages
        for text, _ in dense_parts(passage, embedder.tokens, asked(passage))
    }
    assert report.embedded == len(texts)
    assert sum(len(one.locations) for one in passages) == report.passages
    assert sum(one.passages for one in report.releases) == report.passages
    assert not (corpus.data / "staging").exists()


def test_the_index_answers_from_what_was_built(corpus: SmallCorpus) -> None:
    corpus.build()
    answer = corpus.engine.context(ContextRequest(query="git 2.30 commit --reset-author"))
    assert answer.resolution is not None
    assert answer.resolution.resolved == "2.30"
    assert answer.passages[0].text.startswith("--reset-author")
    assert answer.snapshot == current_id(corpus.data)


def test_every_recorded_release_is_built_whole(built: Path) -> None:
    snapshot = Snapshot.current(built)
    snapshot.verify()
    wanted = [f"{product} {label}" for product, labels in RELEASES.items() for label in labels]
    assert held(snapshot) == wanted
    for product in snapshot.products.values():
        for release in product.releases:
            files = {one.name for one in (PAGES / f"{product.id}-{release.label}").iterdir()}
            assert release.pages == len(files - {"brin.html"})


def test_the_same_text_in_several_releases_is_one_passage_with_its_place_in_each(
    built: Path,
) -> None:
    snapshot = Snapshot.current(built)
    (shared,) = [
        one
        for one in snapshot
        if one.page == "sql-truncate" and "RESTART IDENTITY" in one.names
    ]  # fmt: skip
    assert shared.releases == ("13", "15", "17", "18")
    for release in shared.releases:
        location = shared.at(release)
        page = PAGES / f"postgresql-{release}" / "sql-truncate.html"
        address, _, anchor = location.url.partition("#")
        assert address == f"https://www.postgresql.org/docs/{release}/sql-truncate.html"
        assert f'id="{anchor}"' in page.read_text()
        assert location.page_sha256 == hashlib.sha256(page.read_bytes()).hexdigest()
    assert snapshot.manifest.distinct_passages < snapshot.manifest.passages


def test_a_text_that_two_releases_word_differently_is_two_passages(built: Path) -> None:
    fixups = [one for one in Snapshot.current(built) if "--fixup" in one.names]
    by_release = {release: one.text for one in fixups for release in one.releases}
    assert "amend" not in by_release["2.30"]
    assert "amend" in by_release["2.39"]


# --- Nothing is done twice ------------------------------------------------------------------------


def test_a_second_build_reads_embeds_and_publishes_nothing(corpus: SmallCorpus) -> None:
    first = corpus.build()
    pointer = (corpus.data / "current").stat()
    second = corpus.build()
    assert corpus.fetched == []
    assert [one.state for one in second.releases] == ["unchanged", "unchanged"]
    assert (second.embedded, second.published, second.snapshot) == (0, False, first.snapshot)
    assert (corpus.data / "current").stat() == pointer
    assert {one.pages for one in second.releases} == {1}


def test_the_same_content_gets_the_same_id_on_another_machine(
    corpus: SmallCorpus, tmp_path: Path, embedder: Embedder
) -> None:
    there = tmp_path / "elsewhere"
    targets = {"git": ["2.39", "2.30"]}
    one = corpus.build()
    other = build_corpus(there, embedder, targets=targets, processes=1)
    assert one.snapshot == other.snapshot
    ours, theirs = list(corpus.snapshot), list(Snapshot.current(there))
    assert [passage.id for passage in ours] == [passage.id for passage in theirs]
    assert [passage.text for passage in ours] == [passage.text for passage in theirs]


def test_a_changed_page_is_built_anew_and_only_its_new_texts_are_embedded(
    corpus: SmallCorpus,
) -> None:
    first = corpus.build()
    files = set((corpus.data / "releases" / "git").iterdir())
    edit(corpus.page(COMMIT), TEXT, f"{TEXT} and folders, at once,")
    second = corpus.build()
    assert corpus.fetched == ["git 2.30"]
    assert [one.state for one in second.releases] == ["new", "unchanged"]
    assert second.published
    assert second.snapshot != first.snapshot
    # The option with its command, and its text alone.
    assert second.embedded == 2
    assert any("and folders, at once," in one for one in texts(corpus.snapshot, "2.30"))
    assert not any("and folders, at once," in one for one in texts(corpus.snapshot, "2.39"))
    now = set((corpus.data / "releases" / "git").iterdir())
    assert len(now) == 2, "the old file is gone"
    assert len(now - files) == 1


def test_a_page_that_was_deleted_is_served_no_more(make_corpus: Make) -> None:
    corpus = make_corpus("docker-28.5")
    corpus.build()
    assert any(one.page == "docker-container-cp" for one in corpus.snapshot)
    corpus.page("docker-28.5/docker-container-cp.1").unlink()
    report = corpus.build()
    assert report.embedded == 0
    assert {one.page for one in corpus.snapshot} == {"docker-run", "docker-container-run"}


def test_content_that_comes_back_serves_from_the_old_snapshot(corpus: SmallCorpus) -> None:
    page = corpus.page(COMMIT)
    before = page.read_text()
    first = corpus.build()
    edit(page, TEXT, "Order the command to stage files")
    corpus.build()
    page.write_text(before)
    third = corpus.build()
    assert (third.snapshot, third.published, third.embedded) == (first.snapshot, True, 0)
    assert corpus.snapshot.id == first.snapshot


def test_old_snapshots_are_deleted_and_the_serving_one_never(corpus: SmallCorpus) -> None:
    page = corpus.page(COMMIT)
    original = page.read_text()
    ids = []
    for number in range(KEPT_SNAPSHOTS + 1):
        page.write_text(original.replace(TEXT, f"Variant {number}: {TEXT}"))
        ids.append(corpus.build().snapshot)
        folders = {one.name for one in (corpus.data / "snapshots").iterdir()}
        assert folders == set(ids[-KEPT_SNAPSHOTS:])
        assert corpus.snapshot.id == ids[-1]
    point_to(corpus.data, ids[-KEPT_SNAPSHOTS])  # a rollback to the oldest that is left
    page.write_text(original.replace(TEXT, f"Variant {KEPT_SNAPSHOTS}: {TEXT}"))
    assert corpus.build().snapshot == ids[-1]
    assert corpus.snapshot.id == ids[-1]


def test_a_licence_that_was_corrected_is_served(corpus: SmallCorpus, tmp_path: Path) -> None:
    first = corpus.build()
    other = declared(
        tmp_path / "products", "git", lambda text: text.replace("GPL-2.0-only", "GPL-2.0-or-later")
    )
    second = corpus.build(products=other)
    assert second.published
    assert second.snapshot != first.snapshot
    assert corpus.snapshot.products["git"].licence == "GPL-2.0-or-later"
    assert (corpus.fetched, second.embedded) == ([], 0)


def test_a_changed_declaration_reads_the_release_again(corpus: SmallCorpus, tmp_path: Path) -> None:
    corpus.build()
    other = declared(
        tmp_path / "products", "git", lambda text: text.replace("git-scm.com/docs/{", "x.org/{")
    )
    corpus.build(products=other)
    assert corpus.fetched == ["git 2.30", "git 2.39"]
    urls = {location.url for one in corpus.snapshot for location in one.locations}
    assert all(url.startswith("https://x.org/git-commit/2.3") for url in urls)


# --- What is not a target -------------------------------------------------------------------------


def test_what_is_not_a_target_stays(corpus: SmallCorpus) -> None:
    corpus.build({"git": ["2.30"]})
    report = corpus.build({"git": ["2.39"]})
    assert corpus.fetched == ["git 2.39"]
    assert [one.release for one in report.releases] == ["2.39"]
    assert held(corpus.snapshot) == ["git 2.30", "git 2.39"]


def test_what_is_not_a_target_goes_when_only_the_targets_are_wanted(corpus: SmallCorpus) -> None:
    corpus.build()
    corpus.build({"git": ["2.39"]}, only=True)
    assert held(corpus.snapshot) == ["git 2.39"]


def test_a_release_whose_file_is_lost_is_built_again_though_it_is_no_target(
    corpus: SmallCorpus,
) -> None:
    corpus.build()
    for file in (corpus.data / "releases" / "git").glob("2.30-*"):
        file.unlink()
    edit(corpus.page("git-2.39/git-commit.1"), TEXT, f"Now {TEXT}")
    report = corpus.build({"git": ["2.39"]})
    assert outcome(report, "git 2.30").state == "new"
    assert held(corpus.snapshot) == ["git 2.30", "git 2.39"]


def test_a_damaged_serving_snapshot_loses_no_release(make_corpus: Make) -> None:
    corpus = make_corpus("git-2.30", "docker-20.10")
    before = corpus.build()
    (corpus.snapshot.path / "corpus.sqlite").write_bytes(b"gone")
    report = corpus.build({"git": ["2.30"]})
    assert corpus.fetched == []
    assert report.snapshot == before.snapshot
    assert report.published
    corpus.snapshot.verify()
    assert held(corpus.snapshot) == ["docker 20.10", "git 2.30"]


def test_a_release_that_is_declared_no_more_is_withdrawn_and_told(
    corpus: SmallCorpus, tmp_path: Path
) -> None:
    corpus.build()
    other = declared(
        tmp_path / "products", "git", lambda text: text.replace('[releases."2.30"]\n', "")
    )
    report = corpus.build({"git": ["2.39"]}, products=other)
    assert outcome(report, "git 2.30").state == "withdrawn"
    assert held(corpus.snapshot) == ["git 2.39"]
    assert report.complete


def test_a_target_that_is_not_declared_is_refused(corpus: SmallCorpus) -> None:
    with pytest.raises(UnknownVersion, match=r"2\.31"):
        corpus.build({"git": ["2.31"]})
    assert not (corpus.data / "releases").exists()


def test_a_release_declared_and_found_nowhere_is_reported(corpus: SmallCorpus) -> None:
    report = corpus.build({"git": ["2.30", "2.53"]})
    missing = outcome(report, "git 2.53")
    assert missing.state == "failed"
    assert "git 2.53: not_found" in missing.error
    assert not report.complete
    assert held(corpus.snapshot) == ["git 2.30"]


def test_a_file_that_the_serving_snapshot_names_is_kept_though_another_has_the_same_content(
    corpus: SmallCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading code changes, but not what it makes: the snapshot stays, and so does its file."""
    first = corpus.build()
    monkeypatch.setattr("ingest.releases._reading_code", lambda _: "another version of it")
    second = corpus.build()
    assert [one.state for one in second.releases] == ["new", "new"]
    assert (second.snapshot, second.published) == (first.snapshot, False)
    third = corpus.build({"git": ["2.39"]})
    assert [one.release for one in third.releases] == ["2.39"], "2.30 is not even looked for"
    assert corpus.fetched == []
    assert held(corpus.snapshot) == ["git 2.30", "git 2.39"]
    assert third.snapshot == first.snapshot


def test_a_label_that_begins_like_another_keeps_its_file(tmp_path: Path) -> None:
    shelf = ReleaseFiles(tmp_path)
    (tmp_path / "git").mkdir()
    mine, other = (f"{label}-{'0' * 16}.jsonl.gz" for label in ("2.0", "2.0-rc1"))
    for name in (mine, other, f"2.0-{'1' * 16}.jsonl.gz"):
        (tmp_path / "git" / name).touch()
    shelf.prune([("git", "2.0", "0" * 16)])
    assert {one.name for one in (tmp_path / "git").iterdir()} == {mine, other}


def test_progress_tells_of_each_stage(corpus: SmallCorpus) -> None:
    steps: list[tuple[str, int, int | None]] = []
    corpus.build(progress=lambda *step: steps.append(step))
    stages = list(dict.fromkeys(step[0] for step in steps))
    assert stages == [
        "look for Git",
        "read Git 2.30",
        "read Git 2.39",
        "merge releases",
        "embed",
        "finish the index",
    ]
