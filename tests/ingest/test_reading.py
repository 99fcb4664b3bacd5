"""Reading documents in processes: what comes back, and what a bad document can do."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from corpus import PAGES
from deadly_mandoc import KILLS, SLEEPS, deadly_mandoc

from corpora.errors import ConfigurationError, Reason, SourceError, ToolMissing
from corpora.model import Page
from corpora.tokens import default_counter
from ingest import reading
from ingest.reading import BATCH, Job, PageRead, Readers, read
from ingest.release_files import Failure
from ingest.sources.base import Document

COMMIT = (PAGES / "git-2.30/git-commit.1").read_text()
TEXT = "Tell the command to automatically stage files"
TOKENIZER = default_counter().file
IN_PROCESS, POOL = 0, 2


def document(name: str, text: str = COMMIT) -> Document:
    return Document(
        name=name,
        data=text.encode(),
        url=f"https://example.org/{name}",
        slug=name.removesuffix(".1"),
        fetched_at=datetime.now(UTC),
    )


def copies(number: int) -> list[Document]:
    return [document(f"git-{one:03}.1") for one in range(number)]


def everything(
    readers: Readers, documents: list[Document], steps: list[int] | None = None
) -> list[PageRead | Failure]:
    done = steps if steps is not None else []
    return list(readers.read_all(Job("git", "man"), documents, lambda: done.append(1)))


def failed(results: list[PageRead | Failure]) -> list[str]:
    return [one.name for one in results if isinstance(one, Failure)]


def test_a_page_is_cut_with_its_address_its_checksum_and_its_anchors() -> None:
    path = PAGES / "postgresql-15/sql-truncate.html"
    truncate = Document(path.name, path.read_bytes(), "u", "sql-truncate", datetime.now(UTC))
    page = read(Job("postgresql", "docbook"), truncate, default_counter()).cuts
    assert (page.slug, page.url) == ("sql-truncate", "u")
    assert page.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    anchors = {one.anchor for one in page.cuts if one.anchor}
    assert anchors
    assert all(f'id="{anchor}"' in path.read_text() for anchor in anchors)


@pytest.mark.parametrize("processes", [IN_PROCESS, POOL])
def test_pages_and_failures_come_in_the_order_of_the_documents(processes: int) -> None:
    documents = copies(2 * BATCH + 3)
    documents[1] = document("empty.1", "")
    documents[BATCH] = document("packed.1", "\x1f\x8b")
    documents[-1] = document("last.1", '.\\" -*- coding: klingon -*-\n' + COMMIT)
    steps: list[int] = []
    with Readers(TOKENIZER, processes) as readers:
        results = everything(readers, documents, steps)
    names = [one.name if isinstance(one, Failure) else f"{one.cuts.slug}.1" for one in results]
    assert names == [one.name for one in documents]
    reasons = {one.name: one.reason for one in results if isinstance(one, Failure)}
    assert reasons == {
        "empty.1": Reason.EMPTY,
        "last.1": Reason.UNKNOWN_CHARSET,
        "packed.1": reasons.get("packed.1"),
    }
    assert len(steps) == len(documents)


def test_one_process_and_many_read_alike() -> None:
    documents = copies(3)
    with Readers(TOKENIZER, IN_PROCESS) as here, Readers(TOKENIZER, POOL) as there:
        assert everything(here, documents) == everything(there, documents)


def test_nothing_to_read_starts_no_process() -> None:
    with Readers(TOKENIZER, POOL) as readers:
        assert everything(readers, []) == []
        assert readers._pool is None


def test_a_flaw_of_ours_is_told_with_the_document_that_hit_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = reading.parse

    def parse(format: str, name: str, data: bytes) -> Page:
        if name == "git-001.1":
            raise RecursionError("maximum recursion depth exceeded")
        return real(format, name, data)

    monkeypatch.setattr(reading, "parse", parse)
    with Readers(TOKENIZER, IN_PROCESS) as readers:
        one, two, three = everything(readers, copies(3))
    assert isinstance(one, PageRead)
    assert isinstance(three, PageRead)
    assert two == Failure(
        name="git-001.1",
        reason=Reason.MALFORMED,
        detail="RecursionError: maximum recursion depth exceeded",
    )


@pytest.mark.parametrize("processes", [IN_PROCESS, POOL])
def test_what_concerns_every_document_is_an_error(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with Readers(TOKENIZER, processes) as readers:
        with pytest.raises(ToolMissing, match="mandoc") as missing:
            everything(readers, copies(2))
        assert "Install it" in missing.value.hint
        with pytest.raises(ConfigurationError, match="clay"):
            list(readers.read_all(Job("git", "clay"), copies(1), lambda: None))  # type: ignore[arg-type]


@pytest.mark.parametrize("processes", [IN_PROCESS, POOL])
def test_a_source_that_fails_midway_is_an_error(processes: int) -> None:
    def documents() -> Iterator[Document]:
        yield from copies(BATCH + 1)
        raise SourceError("git.deb", Reason.DAMAGED_ARCHIVE)

    with Readers(TOKENIZER, processes) as readers:
        with pytest.raises(SourceError, match=r"git\.deb"):
            list(readers.read_all(Job("git", "man"), documents(), lambda: None))
        assert failed(everything(readers, copies(2))) == [], "and the readers go on"


def test_a_document_that_kills_its_reader_is_named_and_all_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly_mandoc(tmp_path / "bin", monkeypatch)
    documents = copies(3 * BATCH)
    for place in (3, BATCH + 7):
        documents[place] = document(documents[place].name, COMMIT.replace(TEXT, KILLS))
    steps: list[int] = []
    with Readers(TOKENIZER, POOL) as readers:
        results = everything(readers, documents, steps)
        assert failed(results) == [documents[3].name, documents[BATCH + 7].name]
        assert all(one.reason is Reason.CRASHED for one in results if isinstance(one, Failure))
        pages = [one.cuts.slug for one in results if isinstance(one, PageRead)]
        assert pages == [one.slug for n, one in enumerate(documents) if n not in (3, BATCH + 7)]
        assert len(steps) == len(documents)
        assert failed(everything(readers, copies(2))) == [], "and the readers go on"


def test_documents_that_all_kill_their_reader_come_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly_mandoc(tmp_path / "bin", monkeypatch)
    monkeypatch.setattr(reading, "MAX_DEATHS", 1)
    documents = [document(f"{n}.1", COMMIT.replace(TEXT, KILLS)) for n in range(BATCH + 4)]
    with Readers(TOKENIZER, 1) as readers:
        assert failed(everything(readers, documents)) == [one.name for one in documents]


def test_a_document_that_takes_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly_mandoc(tmp_path / "bin", monkeypatch)
    with Readers(TOKENIZER, 1, seconds=1) as readers:
        (slow,) = everything(readers, [document("slow.1", COMMIT.replace(TEXT, SLEEPS))])
    assert isinstance(slow, Failure)
    assert slow.name == "slow.1"
    assert "more than 1 s" in slow.detail


def test_the_main_process_is_never_given_an_alarm() -> None:
    with Readers(TOKENIZER, IN_PROCESS, seconds=1) as readers:
        everything(readers, copies(1))
    assert reading._seconds == 0
