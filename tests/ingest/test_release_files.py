"""Release files: what is written comes back, and what is damaged is as if it were not there."""

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from corpus import CATALOGUE
from hypothesis import given, settings
from hypothesis import strategies as st

import corpora.model
from corpora.errors import Reason
from corpora.model import Passage, passage_id
from corpora.tokens import default_counter
from ingest import releases
from ingest.release_files import Failure, PageCuts, PlacedPassage, ReleaseFile, ReleaseFiles
from ingest.sources.base import Found

KEY, OTHER = "0123456789abcdef", "fedcba9876543210"
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
"""Everything that a parser can return: also the line separators that are not ``\\n``."""


def passage(text: str, heading: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> Passage:
    return Passage(
        id=passage_id("git", "p", "section", heading, text),
        product="git",
        kind="section",
        page="p",
        title=text[:5],
        heading=heading,
        names=names,
        text=text,
        tokens=len(text),
    )


PASSAGES = st.builds(
    passage,
    TEXTS,
    st.lists(TEXTS, max_size=3).map(tuple),
    st.lists(TEXTS, max_size=3).map(tuple),
)
PAGES = st.builds(
    PageCuts,
    slug=TEXTS,
    url=TEXTS,
    sha256=st.just("0" * 64),
    cuts=st.lists(st.builds(PlacedPassage, passage=PASSAGES, anchor=TEXTS), max_size=3).map(tuple),
)
FAILURES = st.builds(Failure, name=TEXTS, reason=st.sampled_from(Reason), detail=TEXTS)


def write(
    shelf: ReleaseFiles,
    pages: list[PageCuts] | Iterator[PageCuts],
    failures: tuple[Failure, ...] = (),
    *,
    key: str = KEY,
    label: str = "2.30",
    **fields: object,
) -> ReleaseFile:
    given: dict[str, object] = {
        "product": "git",
        "upstream": "2.30.2",
        "origin": "git-man 1:2.30.2-1",
        "trust": "distribution",
        "fetched_at": WHEN,
        **fields,
    }
    return shelf.write(key=key, label=label, pages=pages, failures=failures, **given)  # type: ignore[arg-type]


def page(*texts: str, slug: str = "git-commit") -> PageCuts:
    cuts = tuple(PlacedPassage(passage=passage(text), anchor="a") for text in texts)
    return PageCuts(slug=slug, url="https://example.org/", sha256="0" * 64, cuts=cuts)


@pytest.fixture
def shelf(tmp_path: Path) -> ReleaseFiles:
    return ReleaseFiles(tmp_path / "releases")


@given(st.lists(PAGES, max_size=4), st.lists(FAILURES, max_size=3), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_what_is_written_comes_back(
    pages: list[PageCuts], failures: list[Failure], contents_only: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = ReleaseFiles(Path(folder))
        written = write(shelf, pages, tuple(failures), contents_only=contents_only)
        found = shelf.find("git", "2.30", KEY)
        assert found is not None
        assert found.header == written.header
        assert list(found.pages()) == sorted(pages, key=lambda one: one.slug)
        assert found.header.failures == tuple(sorted(failures, key=lambda one: one.name))
        assert found.header.contents_only == contents_only
        assert found.header.pages == len(pages)
        assert found.header.passages == sum(len(one.cuts) for one in pages)


def test_the_same_pages_make_the_same_digest_whenever_and_in_whichever_order(
    shelf: ReleaseFiles,
) -> None:
    one, two = page("x", slug="a"), page("y", slug="b")
    first = write(shelf, [one, two])
    second = write(shelf, [two, one], key=OTHER, fetched_at=datetime.now(UTC))
    third = write(shelf, [one, page("z", slug="b")], key=OTHER)
    assert first.header.digest == second.header.digest != third.header.digest


def test_a_file_is_found_by_its_key_alone(shelf: ReleaseFiles) -> None:
    assert shelf.find("git", "2.30", KEY) is None
    write(shelf, [page("x")])
    assert shelf.find("git", "2.30", KEY) is not None
    assert shelf.find("git", "2.30", OTHER) is None
    assert shelf.find("git", "2.31", KEY) is None


def test_a_file_cut_short_at_any_byte_is_as_if_it_were_not_there(shelf: ReleaseFiles) -> None:
    path = write(shelf, [page("some text", "more text"), page("x", slug="b")]).path
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert shelf.find("git", "2.30", KEY) is None, length
        assert not path.exists(), "it is deleted"
    path.write_bytes(whole)
    assert shelf.find("git", "2.30", KEY) is not None


def test_a_file_with_any_byte_changed_is_never_taken_for_another_release(
    shelf: ReleaseFiles,
) -> None:
    written = write(shelf, [page("some text", "more text")])
    whole, pages = written.path.read_bytes(), list(written.pages())
    spoilt = 0
    for place in range(len(whole)):
        written.path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        found = shelf.find("git", "2.30", KEY)
        if found is None:
            spoilt += 1
        else:  # the date and the system in gzip's own header mean nothing
            assert (found.header, list(found.pages())) == (written.header, pages)
    assert spoilt >= len(whole) - 10


def test_pages_that_another_program_changed_are_not_believed(shelf: ReleaseFiles) -> None:
    path = write(shelf, [page("drop nothing")]).path
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"drop", b"DROP")))
    assert shelf.find("git", "2.30", KEY) is None


def test_a_file_that_is_out_of_reach_for_now_is_not_deleted(
    shelf: ReleaseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(shelf, [page("x")]).path

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(gzip, "open", refuse)
        assert shelf.find("git", "2.30", KEY) is None
    assert path.exists()
    assert shelf.find("git", "2.30", KEY) is not None


def test_the_latest_intact_file_of_a_release_is_found_without_its_key(shelf: ReleaseFiles) -> None:
    assert shelf.latest("git", "2.30") is None
    old, new = write(shelf, [page("old")]), write(shelf, [page("new")], key=OTHER)
    write(shelf, [page("another")], label="2.30-rc1", key="0" * 16)
    os.utime(old.path, (1, 1))
    found = shelf.latest("git", "2.30")
    assert found is not None
    assert found.path == new.path
    new.path.write_bytes(b"damaged")
    found = shelf.latest("git", "2.30")
    assert found is not None
    assert found.path == old.path
    assert shelf.labels() == {"git": ["2.30", "2.30-rc1"]}


def test_what_can_not_be_written_whole_is_not_written(
    shelf: ReleaseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = write(shelf, [page("old")])

    def pages() -> Iterator[PageCuts]:
        yield page("new")
        raise ValueError("the source ends here")

    with pytest.raises(ValueError, match="ends here"):
        write(shelf, pages())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write(shelf, [page("new")])
    assert [one.name for one in kept.path.parent.iterdir()] == [kept.path.name]
    assert list(kept.pages()) == [page("old")]


def test_old_files_and_what_a_kill_left_behind_are_deleted(shelf: ReleaseFiles) -> None:
    old, new = write(shelf, [page("old")]), write(shelf, [page("new")], key=OTHER)
    other = write(shelf, [page("other")], label="2.39")
    longer = write(shelf, [page("longer")], label="2.30-rc1")
    (new.path.parent / "x.partial").write_bytes(b"half")
    assert shelf.latest("git", "2.30") is not None
    shelf.prune([("git", "2.30", OTHER)])
    assert not old.path.exists()
    kept = {new.path, other.path, longer.path}
    assert set(new.path.parent.iterdir()) == kept, "what is not named is not touched"
    shelf.prune([("git", "2.30", OTHER), ("git", "2.39", KEY), ("docker", "28.5", KEY)])
    assert set(new.path.parent.iterdir()) == kept


# --- The key --------------------------------------------------------------------------------------

FOUND = Found("2.30", "2.30.2", "git-man 1:2.30.2-1", "f" * 64, "man", "distribution")


def key(found: Found = FOUND, product: str = "git", tokenizer: Path | None = None) -> str:
    return releases._key(found, CATALOGUE[product], tokenizer or default_counter().file)


def test_the_key_changes_with_what_is_fetched_and_what_is_said_of_it(tmp_path: Path) -> None:
    other = tmp_path / "tokenizer.json"
    other.write_text("{}")
    keys = [
        key(),
        key(replace(FOUND, fingerprint="e" * 64)),
        key(replace(FOUND, upstream="2.30.3")),
        key(replace(FOUND, origin="git-man 1:2.30.2-2")),
        key(replace(FOUND, label="2.39")),
        key(tokenizer=other),
    ]
    assert key() == keys[0]
    assert len(set(keys)) == len(keys) - 1, "the label alone is in the file's name"
    assert all(len(one) == 16 for one in keys)


def test_the_key_changes_with_the_declaration() -> None:
    git = CATALOGUE["git"]
    before = releases._key(FOUND, git, default_counter().file)
    retitled = git.model_copy(update={"title": "GIT"})
    assert releases._key(FOUND, retitled, default_counter().file) == before
    (first, *rest) = git.releases
    deb = first.sources.deb
    assert deb is not None
    changed = first.sources.model_copy(update={"deb": deb.model_copy(update={"url": "x://y"})})
    declared = (first.model_copy(update={"sources": changed}), *rest)
    other = git.model_copy(update={"releases": declared})
    assert releases._key(FOUND, other, default_counter().file) != before


@pytest.mark.parametrize(
    "file",
    ["parse/docbook.py", "passages.py", "reading.py", "release_files.py", "model.py", "tokens.py"],
)
def test_the_key_changes_with_the_code_that_reads(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(releases.__file__).parents[1]
    for room in ("ingest", "corpora"):
        shutil.copytree(root / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(releases, "__file__", str(tmp_path / "ingest/releases.py"))
    monkeypatch.setattr(corpora.model, "__file__", str(tmp_path / "corpora/model.py"))
    code = releases._reading_code.__wrapped__
    before = code(False)
    room = "corpora" if file in ("model.py", "tokens.py") else "ingest"
    changed = tmp_path / room / file
    changed.write_text(changed.read_text() + "\n# and more\n")
    assert code(False) != before
    (tmp_path / "ingest/sources/deb.py").write_text("# how it is fetched does not matter")
    after = code(False)
    changed.write_text(changed.read_text().removesuffix("\n# and more\n"))
    assert code(False) == before != after
