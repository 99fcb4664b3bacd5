"""npm packages as a source: a program in npm's place, which answers as npm does."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from corpora.catalogue import Catalogue, Product
from corpora.errors import Reason, SourceError
from ingest.sources import npm_program
from ingest.sources.npm import NpmSource
from ingest.sources.npm_program import Npm

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
[source.npm]
package = "@acme/tool"
format = "markdown"
include = ["docs/*.md"]
url = "https://example.com/{upstream}/{slug}"
[releases."1.9"]
[releases."2.0"]
[releases."9.9"]
"""
VERSIONS = ["1.9.9", "1.9.10", "2.0.0-beta.1", "2.0.0", "2.1.0"]


def tarball(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the stand-in answers; ``asked`` notes the words it was given."""
    folder = tmp_path / "registry"
    folder.mkdir()
    data = tarball({"package/docs/run.md": b"# run", "package/index.js": b"x"})
    (folder / "pack.tgz").write_bytes(data)
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    (folder / "versions").write_text(json.dumps(VERSIONS))
    (folder / "integrity").write_text(json.dumps(f"sha512-{digest}"))
    program = tmp_path / "npm"
    program.write_text(
        f"""#!/bin/sh
echo "$@" >> {folder}/asked
case "$1 $3" in
  "view versions") cat {folder}/versions;;
  "view dist.integrity") cat {folder}/integrity;;
  pack*) cp {folder}/pack.tgz "$5/acme-tool.tgz"; echo '[]';;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setattr(npm_program, "tool", lambda name, hint: str(program))
    return folder


def product(folder: Path) -> Product:
    (folder / "tool.toml").write_text(DECLARATION)
    return Catalogue.load(folder)["tool"]


def test_the_newest_final_version_of_each_line_is_verified_and_read(
    registry: Path, tmp_path: Path
) -> None:
    source = NpmSource(product(tmp_path), Npm(tmp_path / "state"))
    old, new = source.releases()
    assert [(one.label, one.upstream, one.origin) for one in (old, new)] == [
        ("1.9", "1.9.10", "@acme/tool 1.9.10"), ("2.0", "2.0.0", "@acme/tool 2.0.0"),
    ]  # fmt: skip
    (document,) = source.fetch(source.prepare(old))
    assert (document.name, document.slug, document.data) == ("docs/run.md", "run", b"# run")
    assert document.url == "https://example.com/1.9.10/run"
    list(source.fetch(old))
    asked = (registry / "asked").read_text().splitlines()
    assert sum(line.startswith("pack") for line in asked) == 1
    assert all("--ignore-scripts" in line for line in asked if line.startswith("pack"))
    assert source.versions() == ("2.1.0", "2.0.0", "1.9.10", "1.9.9")


def test_a_tarball_that_is_not_what_the_registry_lists_is_refused(
    registry: Path, tmp_path: Path
) -> None:
    (registry / "pack.tgz").write_bytes(tarball({"package/docs/run.md": b"# evil"}))
    source = NpmSource(product(tmp_path), Npm(tmp_path / "state"))
    with pytest.raises(SourceError) as caught:
        list(source.fetch(source.releases()[0]))
    assert caught.value.reason is Reason.CHECKSUM_MISMATCH


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("integrity", '"sha1-abc"', Reason.REFUSED),
        ("versions", "not json", Reason.MALFORMED),
        ("versions", '{"a": 1}', Reason.MALFORMED),
    ],
)
def test_strange_answers_are_named(
    registry: Path, tmp_path: Path, file: str, text: str, reason: Reason
) -> None:
    (registry / file).write_text(text)
    with pytest.raises(SourceError) as caught:
        NpmSource(product(tmp_path), Npm(tmp_path / "state")).releases()
    assert caught.value.reason is reason
