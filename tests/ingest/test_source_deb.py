"""The Debian source: declared releases out of real packages in repositories made here."""

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from source_debs import Repository, build_deb, needs_apt, page

from corpora.catalogue import Catalogue, Product
from corpora.errors import ConfigurationError, Reason, SourceError
from ingest.sources.apt import AptArchive
from ingest.sources.base import Document, Source
from ingest.sources.deb import DebSource
from ingest.sources.debian_versions import belongs_to

MAN = "usr/share/man"


def product(folder: Path, releases: str, source: str = "") -> Product:
    """A product as its file would declare it."""
    folder.mkdir(exist_ok=True)
    (folder / "tool.toml").write_text(
        'id = "tool"\ntitle = "Tool"\ndomain = "security"\nvendor = "Nobody"\n'
        'homepage = "https://example.org"\nlicence = "MIT"\nattribution = "Nobody"\n'
        '[versions]\nscheme = "two_part"\n[source.deb]\n'
        + (
            source
            or 'packages = ["tool"]\nformat = "man"\ninclude = ["usr/share/man/man[1-8]/*"]\n'
            'url = "https://example.org/{suite}/{package}/{slug}.{section}.html"\n'
        )
        + releases
    )
    return Catalogue.load(folder)["tool"]


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    made = Repository(tmp_path / "mirror")
    yield made
    made.end_agent()


def tool(folder: Path, version: str, name: str = "tool", **pages: bytes) -> Path:
    files = {f"{MAN}/man1/{stem}.1.gz": data for stem, data in pages.items()}
    return build_deb(folder, name, version, files or {f"{MAN}/man1/tool.1.gz": page(version)})


def read(source: DebSource, label: str) -> dict[str, Document]:
    found = next(one for one in source.releases() if one.label == label)
    return {one.slug: one for one in source.fetch(found)}


# --- which releases there are -----------------------------------------------------------------


@needs_apt
def test_each_release_is_the_newest_final_version_of_its_line(
    tmp_path: Path, repository: Repository
) -> None:
    versions = ["2.3.9-1", "2.30.1-1", "2.30.2+dfsg-1", "1:2.29.1-1", "2.31.0~rc1-1", "2.32.1-1"]
    repository.publish("bookworm", [tool(tmp_path, version) for version in versions[:3]])
    later = [*versions[3:], "2.32.2~rc1-1"]
    repository.publish("sid", [tool(tmp_path, version) for version in later])
    archive = repository.archive(tmp_path / "state", "bookworm", "sid")
    labels = ("2.3", "2.29", "2.30", "2.31", "2.32", "2.33")
    source = DebSource(
        product(tmp_path / "p", "".join(f'[releases."{label}"]\n' for label in labels)), archive
    )
    assert [(one.label, one.upstream, one.origin) for one in source.releases()] == [
        ("2.3", "2.3.9", "tool 2.3.9-1"),
        ("2.29", "2.29.1", "tool 1:2.29.1-1"),
        ("2.30", "2.30.2", "tool 2.30.2+dfsg-1"),
        ("2.31", "2.31.0~rc1", "tool 2.31.0~rc1-1"),  # a pre-release where there is nothing else
        ("2.32", "2.32.1", "tool 2.32.1-1"),
    ]
    assert source.missing() == {"2.33": "no version of tool in the archive is of release 2.33"}
    typed: Source = source
    assert typed.releases() == source.releases()


@needs_apt
def test_a_release_may_come_in_another_package_than_the_others(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("sid", [tool(tmp_path, "1.0-1", "tool.io"), tool(tmp_path, "2.0-1")])
    source = DebSource(
        product(tmp_path / "p", '[releases."1.0"]\ndeb.packages=["tool.io"]\n[releases."2.0"]\n'),
        repository.archive(tmp_path / "state", "sid"),
    )
    assert [one.origin for one in source.releases()] == ["tool.io 1.0-1", "tool 2.0-1"]
    (document,) = read(source, "1.0").values()
    assert document.url == "https://example.org/sid/tool.io/tool.1.html"


@needs_apt
def test_a_release_of_several_packages_needs_all_of_them(
    tmp_path: Path, repository: Repository
) -> None:
    declared = (
        'packages = ["tool-{release}", "tool-doc"]\nformat = "man"\n'
        'include = ["usr/share/man/man1/*"]\nurl = "https://example.org/{slug}"\n'
    )
    repository.publish(
        "sid",
        [
            tool(tmp_path, "1.0.1-1", "tool-1.0", a=page("a")),
            tool(tmp_path, "1.0.2-1", "tool-doc", b=page("newer")),
            tool(tmp_path, "1.0.1-1", "tool-doc", b=page("same")),
            tool(tmp_path, "2.0-1", "tool-2.0"),
        ],
    )
    source = DebSource(
        product(tmp_path / "p", '[releases."1.0"]\n[releases."2.0"]\n', declared),
        repository.archive(tmp_path / "state", "sid"),
    )
    assert [one.origin for one in source.releases()] == ["tool-1.0 1.0.1-1, tool-doc 1.0.1-1"]
    assert "tool-2.0, tool-doc" in source.missing()["2.0"]
    assert gzip.decompress(read(source, "1.0")["b"].data) == b"same"


@needs_apt
def test_the_fingerprint_changes_exactly_with_the_documents(
    tmp_path: Path, repository: Repository
) -> None:
    releases = '[releases."1.0"]\n'
    declared = product(tmp_path / "p", releases)

    def fingerprint(declaration: Product = declared) -> str:
        archive = repository.archive(tmp_path / "state", "sid")
        return DebSource(declaration, archive).releases()[0].fingerprint

    repository.publish("sid", [tool(tmp_path, "1.0-1")])
    first = fingerprint()
    assert len(first) == 64
    repository.publish("sid", [tool(tmp_path, "1.0-1"), tool(tmp_path, "1.1-1")])
    assert fingerprint() == first, "another release appeared"
    more = product(tmp_path / "q", f'{releases}[releases."1.1"]\n')
    assert fingerprint(more) == first, "another release was declared"
    repository.publish("sid", [tool(tmp_path, "1.0-2", tool=page("changed"))])
    assert fingerprint() != first
    repository.publish("sid", [tool(tmp_path, "1.0-1")])
    assert fingerprint() == first
    narrower = releases + 'deb.include = ["usr/share/man/man1/*"]\n'
    assert fingerprint(product(tmp_path / "r", narrower)) != first


# --- the documents ----------------------------------------------------------------------------

PAGES: Mapping[str, bytes] = {
    f"{MAN}/man1/tool.1.gz": page("the command"),
    f"{MAN}/man5/tool.5.gz": page("its file"),
    f"{MAN}/man1/tool-add.1.gz": page("subcommand"),
    f"{MAN}/man1/[.1": b"odd name, not packed",
    f"{MAN}/man1/old.1.gz": page(".so man1/tool-add.1\n"),
    f"{MAN}/man1/alias.1.gz": b"->tool.1.gz",
    f"{MAN}/man8/tool.conf.8ssl.gz": page("section with a suffix"),
    f"{MAN}/de/man1/tool.1.gz": page("der Befehl"),
    "usr/bin/tool": b"\x7fELF",
}


@needs_apt
def test_manual_pages_get_slugs_addresses_and_their_own_bytes(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("sid", [build_deb(tmp_path, "tool", "1.0-1", PAGES)])
    archive = repository.archive(tmp_path / "state", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n'), archive)
    documents = read(source, "1.0")
    base = "https://example.org/sid/tool"
    assert {slug: (one.name, one.url) for slug, one in documents.items()} == {
        "[": (f"{MAN}/man1/[.1", f"{base}/%5B.1.html"),
        "tool-add": (f"{MAN}/man1/tool-add.1.gz", f"{base}/tool-add.1.html"),
        "tool": (f"{MAN}/man1/tool.1.gz", f"{base}/tool.1.html"),
        "tool.5": (f"{MAN}/man5/tool.5.gz", f"{base}/tool.5.html"),
        "tool.conf": (f"{MAN}/man8/tool.conf.8ssl.gz", f"{base}/tool.conf.8ssl.html"),
    }
    assert all(one.data == PAGES[one.name] for one in documents.values())
    (found,) = source.releases()
    assert [one.slug for one in source.fetch(found)] == list(documents)
    assert {slug: one.synonyms for slug, one in documents.items() if one.synonyms} == {
        "tool": (f"{MAN}/man1/alias.1.gz",),
        "tool-add": (f"{MAN}/man1/old.1.gz",),
    }


@needs_apt
def test_documents_say_when_their_bytes_were_fetched_not_when_they_were_read(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("sid", [tool(tmp_path, "1.0-1")])
    archive = repository.archive(tmp_path / "state", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n'), archive)
    first = read(source, "1.0")["tool"]
    assert first.fetched_at.tzinfo is not None
    assert read(source, "1.0")["tool"] == first


@needs_apt
def test_pages_of_html_keep_their_stem_and_clashes_are_told_apart(
    tmp_path: Path, repository: Repository
) -> None:
    doc = "usr/share/doc/tool-1.0/html"
    files = {
        f"{doc}/a.html": b"<p>a",
        f"{doc}/index.html": b"<p>left out",
        f"{doc}/more/a.html": b"<p>another a",
        f"{doc}/style.css": b"p {}",
    }
    repository.publish("sid", [build_deb(tmp_path, "tool", "1.0.3-1", files)])
    declared = (
        'packages = ["tool"]\nformat = "docbook"\ninclude = ["usr/share/doc/tool-{release}/html/'
        '*.html"]\nexclude = ["*/index.html"]\nurl = "https://example.org/{upstream}/{slug}.html"\n'
    )
    archive = repository.archive(tmp_path / "state", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n', declared), archive)
    assert {slug: one.url for slug, one in read(source, "1.0").items()} == {
        "a": "https://example.org/1.0.3/a.html",
        "a.more": "https://example.org/1.0.3/more/a.html",
    }


@needs_apt
def test_progress_is_told_from_the_index_to_the_last_page(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("sid", [tool(tmp_path, "1.0-1", a=page("a"), b=page("b"))])
    archive = repository.archive(tmp_path / "state", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n'), archive)
    told: list[tuple[int, int | None, str]] = []

    def tell(done: int, total: int | None, what: str, /) -> None:
        told.append((done, total, what))

    (found,) = source.releases(on_progress=tell)
    assert len(list(source.fetch(found, on_progress=tell))) == 2
    assert told[-1] == (2, 2, "pages of Tool 1.0")
    assert any("bytes of tool 1.0-1" in what for _, _, what in told)
    assert all(total is None or done <= total for done, total, _ in told)


# --- what goes wrong --------------------------------------------------------------------------


@needs_apt
def test_a_package_that_is_gone_gives_way_to_the_next_best_and_says_so(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("bookworm", [tool(tmp_path, "1.0.1-1")])
    repository.publish("sid", [tool(tmp_path, "1.0.2-1")])
    archive = repository.archive(tmp_path / "state", "bookworm", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n'), archive)
    (found,) = source.releases()
    assert found.upstream == "1.0.2"
    (repository.root / "pool/tool_1.0.2-1_all.deb").unlink()

    ready = source.prepare(found)
    assert (ready.label, ready.upstream, ready.origin) == ("1.0", "1.0.1", "tool 1.0.1-1")
    assert ready.fingerprint != found.fingerprint
    assert source.prepare(ready) == ready
    (document,) = source.fetch(ready)
    assert gzip.decompress(document.data) == b"1.0.1-1"
    assert document.url.startswith("https://example.org/bookworm/")

    with pytest.raises(SourceError, match=r"tool 1\.0\.1-1 can be had") as caught:
        list(source.fetch(found))
    assert caught.value.reason is Reason.NOT_FOUND

    (repository.root / "pool/tool_1.0.1-1_all.deb").unlink()
    for kept in (tmp_path / "state/debs").iterdir():
        kept.unlink()
    with pytest.raises(SourceError, match=r"tool 1\.0\.2-1: not_found"):
        source.prepare(found)


@needs_apt
def test_a_package_that_was_tampered_with_gives_way_to_none(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("sid", [tool(tmp_path, "1.0.1-1"), tool(tmp_path, "1.0.2-1")])
    archive = repository.archive(tmp_path / "state", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n'), archive)
    (found,) = source.releases()
    file = repository.root / "pool/tool_1.0.2-1_all.deb"
    file.write_bytes(file.read_bytes()[:-1] + b"X")
    with pytest.raises(SourceError) as caught:
        source.prepare(found)
    assert caught.value.reason is Reason.CHECKSUM_MISMATCH


@needs_apt
def test_of_a_damaged_package_no_document_comes(tmp_path: Path, repository: Repository) -> None:
    deb = tool(tmp_path, "1.0-1", a=page("a"), b=page("b" * 40_000))
    deb.write_bytes(deb.read_bytes()[:-1500])  # signed and listed as it is: cut at its origin
    repository.publish("sid", [deb])
    archive = repository.archive(tmp_path / "state", "sid")
    source = DebSource(product(tmp_path / "p", '[releases."1.0"]\n'), archive)
    (found,) = source.releases()
    documents = source.fetch(found)
    with pytest.raises(SourceError, match=r"tool 1\.0-1: damaged_archive"):
        next(documents)


@needs_apt
def test_an_address_that_can_not_be_filled_is_a_wrong_declaration(
    tmp_path: Path, repository: Repository
) -> None:
    repository.publish("sid", [tool(tmp_path, "1.0-1")])
    declared = product(tmp_path / "p", '[releases."1.0"]\ndeb.url = "https://example.org/{page}"\n')
    source = DebSource(declared, repository.archive(tmp_path / "state", "sid"))
    with pytest.raises(ConfigurationError, match=r"uses \{page\}"):
        read(source, "1.0")


# --- the real mirror --------------------------------------------------------------------------


@needs_apt
@pytest.mark.network
def test_git_is_had_from_the_machines_own_mirror_at_five_releases(tmp_path: Path) -> None:
    source = DebSource(Catalogue.load()["git"], AptArchive(tmp_path / "state"))
    found = {one.label: one for one in source.releases()}
    assert list(found) == ["2.30", "2.39", "2.47", "2.53", "2.55"]
    assert all(belongs_to(one.upstream, label) for label, one in found.items())
    documents = {one.slug: one for one in source.fetch(found["2.39"])}
    assert len(documents) > 150
    assert b"git-commit" in gzip.decompress(documents["git-commit"].data)
    assert documents["git-commit"].url == (
        f"https://git-scm.com/docs/git-commit/{found['2.39'].upstream}"
    )
