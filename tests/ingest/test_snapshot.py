"""Snapshots on disk: published whole or not at all, and never believed when damaged."""

import json
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from corpus import CATALOGUE, PAGES, SmallCorpus
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from tiny_snapshots import publish, release

from corpora.errors import CorruptSnapshot, NoSnapshot
from corpora.files import disk_usage
from corpora.model import Passage
from corpora.snapshot import FORMAT, Manifest, Snapshot, current_id
from corpora.tokens import default_counter
from ingest.reading import Job, read
from ingest.release_files import ReleaseFiles
from ingest.snapshot import snapshot_id
from ingest.sources.base import Document
from retrieval.request import ContextRequest


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    data = tmp_path_factory.mktemp("published")
    shelf = ReleaseFiles(data / "releases")
    files = [release(shelf, label, "sql-truncate") for label in ("15", "18")]
    return publish(data, files)


@pytest.fixture
def copy(published: Snapshot, tmp_path: Path) -> Path:
    """A copy of the snapshot's folder, to be damaged."""
    return Path(shutil.copytree(published.path, tmp_path / published.id))


# --- What is in it --------------------------------------------------------------------------------


def test_a_page_reads_back_in_the_order_it_was_cut_in(published: Snapshot) -> None:
    data = (PAGES / "postgresql-18/sql-truncate.html").read_bytes()
    document = Document("sql-truncate.html", data, "u", "sql-truncate", datetime.now(UTC))
    cuts = read(Job("postgresql", "docbook"), document, default_counter()).cuts.cuts
    page = published.page("postgresql", "18", "sql-truncate")
    assert [one.id for one in page] == [one.passage.id for one in cuts]
    bare = [one.model_copy(update={"locations": ()}) for one in page]
    assert bare == [one.passage for one in cuts]
    anchors = [one.at("18").url.partition("#")[2] for one in page]
    assert anchors == [one.anchor for one in cuts]
    assert published.page("postgresql", "18", "sql-nothing") == []
    assert published.page("postgresql", "17", "sql-truncate") == []


def test_passages_are_found_by_id_and_unknown_ids_are_left_out(published: Snapshot) -> None:
    every = list(published)
    assert [one.id for one in every] == sorted(one.id for one in every)
    wanted = [every[0].id, "0" * 32, every[-1].id]
    assert published.passages(wanted) == {every[0].id: every[0], every[-1].id: every[-1]}
    assert published.passages([]) == {}
    assert published.commands()["postgresql"] == {"TRUNCATE"}
    with pytest.raises(KeyError):
        every[0].at("17")


def test_releases_are_told_oldest_first_with_their_numbers(published: Snapshot) -> None:
    records = published.products["postgresql"].releases
    assert [(one.label, one.upstream, one.pages) for one in records] == [
        ("15", "15.1", 1),
        ("18", "18.1", 1),
    ]
    assert sum(one.passages for one in records) == published.manifest.passages
    assert len(list(published)) == published.manifest.distinct_passages


def test_the_id_is_of_the_content_and_of_how_it_is_indexed(tmp_path: Path) -> None:
    shelf = ReleaseFiles(tmp_path)
    one, two = release(shelf, "15", "sql-truncate"), release(shelf, "18", "sql-truncate")
    more = release(ReleaseFiles(tmp_path / "more"), "15", "sql-truncate", "app-pgdump")
    again = release(ReleaseFiles(tmp_path / "again"), "15", "sql-truncate")
    first = snapshot_id(CATALOGUE, [one, two], "index")
    assert first == snapshot_id(CATALOGUE, [two, one], "index")
    assert first == snapshot_id(CATALOGUE, [two, again], "index"), "fetched at another time"
    relicensed = CATALOGUE["postgresql"].model_copy(update={"licence": "MIT"})
    others = [
        snapshot_id(CATALOGUE, [one, two], "another index"),
        snapshot_id(CATALOGUE, [one], "index"),
        snapshot_id(CATALOGUE, [more, two], "index"),
        snapshot_id({"postgresql": relicensed}, [one, two], "index"),
    ]
    assert len({first, *others}) == 5


def test_answering_from_a_snapshot_changes_nothing_in_it(corpus: SmallCorpus) -> None:
    corpus.build()
    for _ in range(2):
        answer = corpus.engine.context(ContextRequest(query="git commit --reset-author"))
        assert answer.passages
    corpus.snapshot.verify()


def test_what_a_service_drafts_in_a_snapshot_does_not_disturb_who_measures_it(
    copy: Path,
) -> None:
    over, drafts = threading.Event(), 0

    def draft() -> None:  # as the store does each time it is opened
        nonlocal drafts
        while not over.is_set():
            made = copy / ".draft"
            made.mkdir()
            (made / "segment.tmp").write_bytes(b"{}")
            (made / "segment.tmp").replace(copy / "segment.json")
            made.rmdir()
            drafts += 1

    service = threading.Thread(target=draft)
    service.start()
    try:
        used = [disk_usage(copy) for _ in range(3_000)]
    finally:
        over.set()
        service.join()
    assert min(used) > 0
    assert drafts > 10


# --- Damage ---------------------------------------------------------------------------------------


def test_an_intact_snapshot_passes(copy: Path) -> None:
    Snapshot.open(copy).verify()


@pytest.mark.parametrize(
    "file", ["corpus.sqlite", "index/card.json", "index/store/points.bin", "manifest.json"]
)
def test_a_byte_changed_anywhere_is_found_and_the_file_named(
    file: str, published: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = (published.path / file).read_bytes()
    folder = tmp_path_factory.mktemp("damaged") / published.id
    shutil.copytree(published.path, folder)

    @given(st.integers(0, len(whole) - 1), st.integers(1, 255))
    @example(0, 1)
    @example(len(whole) - 1, 255)
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    def damaged(place: int, change: int) -> None:
        (folder / file).write_bytes(
            whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
        )
        if file == "manifest.json":
            # White space between two words of JSON may be another.
            assume(not says_the_same(folder / file, published.manifest))
        with pytest.raises(CorruptSnapshot) as found:
            Snapshot.open(folder).verify()
        assert str(folder) in found.value.message
        assert file == "manifest.json" or Path(file).name in found.value.message
        assert "flagstone build" in found.value.hint
        try:
            snapshot = Snapshot.open(folder)
            consume(snapshot)
        except CorruptSnapshot:
            pass  # and nothing else: what is damaged is never a riddle

    damaged()


def says_the_same(file: Path, manifest: Manifest) -> bool:
    try:
        return Manifest.model_validate_json(file.read_bytes()) == manifest
    except ValueError:
        return False


def consume(snapshot: Snapshot) -> list[Passage]:
    snapshot.commands()
    snapshot.page("postgresql", "18", "sql-truncate")
    return list(snapshot)


@pytest.mark.parametrize("file", ["corpus.sqlite", "index/card.json", "index/store/points.bin"])
def test_a_file_that_is_missing_or_cut_short_is_named(file: str, copy: Path) -> None:
    whole = (copy / file).read_bytes()
    for left in (b"", whole[:-1], None):
        (copy / file).write_bytes(left) if left is not None else (copy / file).unlink()
        with pytest.raises(CorruptSnapshot, match=Path(file).name):
            Snapshot.open(copy).verify()


def test_a_folder_without_a_manifest_holds_no_snapshot(copy: Path) -> None:
    with pytest.raises(NoSnapshot):
        Snapshot.open(copy.with_name("nothing"))
    (copy / "manifest.json").unlink()
    with pytest.raises(NoSnapshot):
        Snapshot.open(copy)


@pytest.mark.parametrize(
    "manifest", [b"", b"{", b"[]", b"null", b'{"format": 2}', b"\xff\xfe", b"\x00"]
)
def test_a_manifest_that_is_none_is_damage(manifest: bytes, copy: Path) -> None:
    (copy / "manifest.json").write_bytes(manifest)
    with pytest.raises(CorruptSnapshot, match=r"manifest\.json"):
        Snapshot.open(copy)


def test_a_manifest_that_can_not_be_read_is_damage(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    (copy / "manifest.json").mkdir()
    with pytest.raises(CorruptSnapshot, match=r"manifest\.json"):
        Snapshot.open(copy)


@pytest.mark.parametrize("form", [0, FORMAT + 1, str(FORMAT), None])
def test_a_snapshot_of_another_format_says_which(form: object, copy: Path) -> None:
    said = json.loads((copy / "manifest.json").read_bytes())
    future = {**said, "format": form, "shards": [1, 2, 3]}
    (copy / "manifest.json").write_text(json.dumps(future))
    with pytest.raises(CorruptSnapshot, match=f"format {form}; this Flagstone reads {FORMAT}"):
        Snapshot.open(copy)


def test_a_snapshot_under_another_name_is_not_taken_for_it(copy: Path) -> None:
    other = copy.rename(copy.with_name("0" * 16))
    with pytest.raises(CorruptSnapshot, match="another snapshot"):
        Snapshot.open(other)


def test_nothing_published_is_said_as_such(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NoSnapshot, match="Nothing has been published") as failure:
            Snapshot.current(folder)
        assert "flagstone build" in failure.value.hint


def test_a_pointer_to_nothing_is_no_snapshot(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("0123456789abcdef\n")
    assert current_id(tmp_path) == "0123456789abcdef"
    with pytest.raises(NoSnapshot):
        Snapshot.current(tmp_path)


@pytest.mark.parametrize(
    "pointer", [b"", b"\n", b"../../etc", b"/etc", b"\xff\xfe", b"0123\x00", b"0" * 15, b"A" * 16]
)
def test_a_pointer_that_names_no_snapshot_is_damage(pointer: bytes, tmp_path: Path) -> None:
    (tmp_path / "current").write_bytes(pointer)
    with pytest.raises(CorruptSnapshot, match="current"):
        Snapshot.current(tmp_path)
