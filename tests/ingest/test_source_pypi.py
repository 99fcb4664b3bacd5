"""Python packages as a source: a real pip against an index in a folder, and hostile archives."""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from corpora.catalogue import Catalogue, Product
from corpora.errors import ConfigurationError, Reason, SourceError, ToolMissing
from ingest.sources.archive import Limits, selector
from ingest.sources.pip import Pip, _failed, _newest_first
from ingest.sources.processes import Finished
from ingest.sources.pypi import PypiSource
from ingest.sources.wheels import read_package

EVERYTHING = selector(["*"])

DECLARATION = """
id = "tool"
title = "Tool"
domain = "cloud"
vendor = "V"
homepage = "https://example.com"
licence = "MIT"
attribution = "V"

[versions]
scheme = "two_part"

[source.pypi]
packages = ["flagstone-test-tool", "flagstone-test-core"]
format = "markdown"
include = ["tool/docs/*.md", "core/*.md"]
exclude = ["*/secret*"]
url = "https://example.com/{upstream}/{package}/{slug}"

[releases."1.9"]
[releases."1.10"]
[releases."2.0"]
"""


class Index:
    """A package index as files, in the form of the simple repository interface."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = folder.as_uri()

    def add(
        self, name: str, version: str, files: Mapping[str, bytes], *, requires: str = ""
    ) -> Path:
        plain = name.replace("-", "_")
        info = f"{plain}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += f"Requires-Dist: {requires}\n" if requires else ""
        content = {
            **files,
            f"{info}/METADATA": metadata.encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        rows = []
        for path, data in content.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{path},sha256={digest},{len(data)}")
        content[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
        page = self.folder / name
        page.mkdir(parents=True, exist_ok=True)
        wheel = page / f"{plain}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, data in content.items():
                archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), data)
        self.list(name)
        return wheel

    def list(self, name: str, *, checksum: str = "") -> None:
        page = self.folder / name
        links = []
        for one in sorted(page.glob("*.whl")):
            digest = checksum or hashlib.sha256(one.read_bytes()).hexdigest()
            links.append(f'<a href="{one.name}#sha256={digest}">{one.name}</a>')
        (page / "index.html").write_text(
            f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
        )


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "simple")


def product(folder: Path) -> Product:
    (folder / "tool.toml").write_text(DECLARATION)
    return Catalogue.load(folder)["tool"]


def reason(path: Path, **limits: int) -> Reason:
    with pytest.raises(SourceError) as caught:
        list(read_package(path, EVERYTHING, limits=replace(Limits(), **limits)))
    return caught.value.reason


def wheel_of(path: Path, members: Mapping[str, bytes | zipfile.ZipInfo]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def source(index: Index, tmp_path: Path) -> PypiSource:
    docs = {"tool/docs/run.md": b"# run", "tool/docs/secret.md": b"-", "tool/code.py": b"x"}
    index.add("flagstone-test-tool", "1.9.8", docs, requires="flagstone-test-core (==3.1)")
    index.add("flagstone-test-tool", "1.9.10", docs, requires="flagstone-test-core==3.1")
    index.add("flagstone-test-tool", "1.10.0", docs | {"core/own.md": b"# own"})
    index.add("flagstone-test-tool", "1.11.0rc1", docs)
    index.add("flagstone-test-core", "3.1", {"core/a/run.md": b"# core", "core/b.md": b"# b"})
    index.add("flagstone-test-core", "3.2", {"core/b.md": b"# newer"})
    return PypiSource(product(tmp_path), Pip(tmp_path / "state", index=index.url))


def test_the_newest_of_each_declared_line_is_found_with_the_companion_it_requires(
    source: PypiSource,
) -> None:
    found = source.releases()
    assert [(one.label, one.upstream, one.origin) for one in found] == [
        ("1.9", "1.9.10", "flagstone-test-tool 1.9.10, flagstone-test-core 3.1"),
        ("1.10", "1.10.0", "flagstone-test-tool 1.10.0"),
    ]
    assert len({one.fingerprint for one in found}) == 2
    documents = list(source.fetch(found[0]))
    assert [(one.slug, one.name, one.data, one.url) for one in documents] == [
        ("run", "tool/docs/run.md", b"# run", "https://example.com/1.9.10/flagstone-test-tool/run"),
        (
            "a.run",
            "core/a/run.md",
            b"# core",
            "https://example.com/1.9.10/flagstone-test-core/a/run",
        ),
        ("b", "core/b.md", b"# b", "https://example.com/1.9.10/flagstone-test-core/b"),
    ]
    assert all(one.fetched_at.tzinfo for one in documents)


def test_what_was_fetched_is_not_fetched_again_and_is_checked_each_time(
    source: PypiSource, index: Index, tmp_path: Path
) -> None:
    found = source.releases()[1]
    source.prepare(found)
    (kept,) = (tmp_path / "state" / "wheels").iterdir()
    for wheel in (index.folder / "flagstone-test-tool").glob("*.whl"):
        wheel.unlink()
    assert [one.slug for one in source.fetch(found)] == ["own", "run"]
    kept.write_bytes(b"changed")
    with pytest.raises(SourceError) as caught:
        list(source.fetch(found))
    assert caught.value.reason in (Reason.NOT_FOUND, Reason.UNREACHABLE)


def test_a_wheel_that_is_not_what_the_index_says_is_refused(index: Index, tmp_path: Path) -> None:
    index.add("flagstone-test-tool", "1.9.0", {"tool/docs/run.md": b"# run"})
    pip = Pip(tmp_path / "state", index=index.url)
    listed = pip.find("flagstone-test-tool", "1.9.0")
    with pytest.raises(SourceError) as caught:
        pip.download(replace(listed, sha256="0" * 64))
    assert caught.value.reason is Reason.CHECKSUM_MISMATCH
    assert list((tmp_path / "state").rglob("*.whl")) == []
    index.list("flagstone-test-tool", checksum="1" * 64)
    with pytest.raises(SourceError):  # pip itself compares, too
        Pip(tmp_path / "other", index=index.url).download(listed)


def test_what_the_index_lacks_is_told_apart_from_an_index_out_of_reach(
    index: Index, tmp_path: Path
) -> None:
    index.add("flagstone-test-tool", "1.9.0", {})
    pip = Pip(tmp_path / "state", index=index.url)
    for ask in (
        lambda: pip.versions("flagstone-test-absent"),
        lambda: pip.find("flagstone-test-tool", "9.9"),
        lambda: Pip(tmp_path / "none", index=index.url, offline=True).versions("anything"),
    ):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.reason is Reason.NOT_FOUND


def test_names_that_pip_would_take_for_options_are_refused(tmp_path: Path) -> None:
    pip = Pip(tmp_path)
    for name in ("--index-url=x", "-r", "a b", "name==1", "../x", ""):
        with pytest.raises(ConfigurationError):
            pip.versions(name)
        with pytest.raises(ConfigurationError):
            pip.find("name", name)


def test_a_python_without_pip_is_told(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(ToolMissing):
        Pip(tmp_path / "state", python=str(python)).versions("anything")


def test_a_disk_that_fills_up_is_told_as_such() -> None:
    said = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    error = _failed("azure-cli 2.89.1", Finished(1, "", said))
    assert (error.reason, error.detail) == (Reason.TOO_LARGE, "the disk is full")


def test_versions_are_put_in_order_as_versions_and_early_ones_are_left_out() -> None:
    assert _newest_first([" 1.9.2", "1.10.0", "1.10.0rc1", "nonsense", "2.0.dev1", "1.9.10"]) == [
        "1.10.0",
        "1.9.10",
        "1.9.2",
    ]


def test_an_sdist_is_read_like_a_wheel_and_links_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "tool-1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        header = tarfile.TarInfo("tool-1/docs/a.md")
        header.size = 3
        archive.addfile(header, io.BytesIO(b"abc"))
        link = tarfile.TarInfo("tool-1/docs/b.md")
        link.type, link.linkname = tarfile.SYMTYPE, "a.md"
        archive.addfile(link)
    assert [(one.path, one.data) for one in read_package(path, EVERYTHING)] == [
        ("tool-1/docs/a.md", b"abc")
    ]


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "a\x00b", "a\nb"])
def test_a_member_outside_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name.replace("\x00", "\x01")))
    assert reason(tmp_path / "x.tar.gz") is Reason.UNSAFE_PATH
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name.replace("\x00", "\x01")
    with zipfile.ZipFile(tmp_path / "y.whl", "w") as wheel:
        wheel.writestr(entry, b"x")
    assert reason(tmp_path / "y.whl") is Reason.UNSAFE_PATH


def test_bombs_lies_and_damage_end_within_the_limits(tmp_path: Path) -> None:
    zeros = wheel_of(tmp_path / "zeros.whl", {"zeros": bytes(80 * 2**20)})
    assert reason(zeros) is Reason.TOO_LARGE
    assert reason(wheel_of(tmp_path / "many.whl", {"a": b"", "b": b""}), members=1) is (
        Reason.TOO_LARGE
    )
    assert reason(wheel_of(tmp_path / "large.whl", {"x": b"12345"}), member_bytes=4) is (
        Reason.TOO_LARGE
    )
    packed = tmp_path / "zeros.tar.gz"
    packed.write_bytes(gzip.compress(bytes(80 * 2**20)))
    assert list(read_package(packed, EVERYTHING)) == []  # zeros are the end of a tar
    header = tarfile.TarInfo("zeros")
    header.size = 80 * 2**20
    packed.write_bytes(gzip.compress(header.tobuf() + bytes(header.size)))
    assert reason(packed, member_bytes=2**30) is Reason.TOO_LARGE
    whole = wheel_of(tmp_path / "whole.whl", {"a": b"abc" * 1000}).read_bytes()
    (tmp_path / "half.whl").write_bytes(whole[: len(whole) // 2])
    assert reason(tmp_path / "half.whl") is Reason.DAMAGED_ARCHIVE
    (tmp_path / "bent.whl").write_bytes(whole[:40] + b"\xff\xff" + whole[42:])
    assert reason(tmp_path / "bent.whl") is Reason.DAMAGED_ARCHIVE
    (tmp_path / "half.tar.gz").write_bytes(gzip.compress(b"x" * 5000)[:-12])
    assert reason(tmp_path / "half.tar.gz") is Reason.DAMAGED_ARCHIVE
    assert reason(tmp_path / "absent.whl") is Reason.NOT_FOUND


def test_a_link_in_a_wheel_is_passed_over(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.writestr(link, b"/etc/passwd")
        wheel.writestr("file", b"y")
    assert [one.path for one in read_package(tmp_path / "x.whl", EVERYTHING)] == ["file"]
