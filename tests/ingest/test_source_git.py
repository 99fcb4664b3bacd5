"""Repositories as a source: a real git against a repository made here, and plain folders."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from corpora.catalogue import Catalogue, Product
from corpora.errors import ConfigurationError, Reason, SourceError
from ingest.egress import Door, Policy
from ingest.sources.archive import Limits
from ingest.sources.base import Source
from ingest.sources.git import GitSource
from ingest.sources.git_program import Git

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
[source.git]
repository = "https://git.example.com/acme/tool"
tag = "v{release}.*"
include = ["docs/*.md"]
exclude = ["*/secret*"]
url = "https://example.com/{ref}/{upstream}/{path}#{slug}"
[releases."1.9"]
[releases."1.10"]
[releases."2.0"]
git.tag = ""
git.branch = "main"
git.include = ["versions/{release}/*.md"]
"""


def product(folder: Path) -> Product:
    (folder / "tool.toml").write_text(DECLARATION)
    return Catalogue.load(folder)["tool"]


def no_network(url: str) -> Sequence[str]:
    raise AssertionError(f"{url} was asked for")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "upstream"
    marker = tmp_path / "hook-ran"

    def git(*words: str) -> None:
        who = {"NAME": "A", "EMAIL": "a@example.com", "DATE": "2024-01-01T00:00:00Z"}
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        env |= {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()}
        subprocess.run(["git", "-C", str(folder), *words], check=True, env=env, capture_output=True)

    def write(path: str, text: str) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)

    folder.mkdir()
    git("init", "-q", "-b", "main")
    git("config", "uploadpack.allowFilter", "true")
    git("config", "uploadpack.allowAnySHA1InWant", "true")
    for number, tag in enumerate(("v1.9.8", "v1.9.10", "v1.9.11-rc1", "v1.10.0")):
        write("docs/run.md", f"# run\n\nAs of {tag}.\n")
        write("docs/deep/_index.md", "# deep\n")
        write("docs/secret.md", "-")
        write("versions/2.0/new.md", f"# new {number}\n")
        write(".gitattributes", "*.md filter=evil\n")
        git("add", ".")
        git("commit", "-q", "-m", tag)
        git("tag", *(["-a", "-m", tag] if number % 2 else []), tag)
    (folder / "docs/link.md").symlink_to("/etc/passwd")
    git("add", ".")
    git("commit", "-q", "-m", "a link")
    git("tag", "v1.10.1")
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        path = folder / ".git/hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {marker}\n")
        path.chmod(0o755)
    return folder


def source(tmp_path: Path, mirror: Path) -> GitSource:
    return GitSource(
        product(tmp_path), tmp_path / "state", no_network, mirrors={"acme/tool": mirror}
    )


@pytest.mark.slow
def test_tags_and_folders_of_a_branch_go_through_the_seam(repository: Path, tmp_path: Path) -> None:
    seam: Source = source(tmp_path, repository)
    old, new, main = seam.releases()
    assert [(one.label, one.upstream) for one in (old, new, main)] == [
        ("1.9", "1.9.10"), ("1.10", "1.10.1"), ("2.0", "2.0"),
    ]  # fmt: skip
    documents = list(seam.fetch(seam.prepare(old)))
    assert [(one.name, one.slug, one.url) for one in documents] == [
        (
            "docs/deep/_index.md",
            "deep",
            "https://example.com/v1.9.10/1.9.10/docs/deep/_index.md#deep",
        ),
        ("docs/run.md", "run", "https://example.com/v1.9.10/1.9.10/docs/run.md#run"),
    ]
    assert documents[1].data == b"# run\n\nAs of v1.9.10.\n"
    # A link is no document, wherever it leads.
    assert {one.name for one in seam.fetch(new)} == {"docs/deep/_index.md", "docs/run.md"}
    assert [one.data for one in seam.fetch(main)] == [b"# new 3\n"]
    assert not (tmp_path / "hook-ran").exists()
    assert source(tmp_path, repository).releases() == (old, new, main)
    assert "1.10.1" in source_versions(tmp_path, repository)


def source_versions(tmp_path: Path, repository: Path) -> tuple[str, ...]:
    asked = source(tmp_path, repository)
    asked.releases()
    return asked.versions()


@pytest.mark.slow
def test_what_is_too_large_is_refused_before_it_is_in_memory(
    repository: Path, tmp_path: Path
) -> None:
    small = GitSource(
        product(tmp_path),
        tmp_path / "state",
        no_network,
        mirrors={"acme/tool": repository},
        limits=replace(Limits(), member_bytes=4),
    )
    with pytest.raises(SourceError) as caught:
        list(small.fetch(small.releases()[0]))
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_folder_for_each_tag_stands_in_for_a_repository(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    for tag in ("v1.9.2", "v1.9.10", "v1.10.0-rc1", "v2.0.0"):
        (mirror / tag / "docs").mkdir(parents=True)
        (mirror / tag / "docs/run.md").write_text(f"# run {tag}")
    (mirror / "v1.9.10/docs/secret.md").write_text("-")
    (mirror / "v1.9.10/docs/out.md").symlink_to("/etc/passwd")
    (mirror / "versions/2.0").mkdir(parents=True)
    (mirror / "versions/2.0/new.md").write_text("# new")
    asked = source(tmp_path, mirror)
    old, new, main = asked.releases()
    assert (old.upstream, new.upstream, main.label) == ("1.9.10", "1.10.0-rc1", "2.0")
    assert [one.data for one in asked.fetch(old)] == [b"# run v1.9.10"]
    assert [one.slug for one in asked.fetch(main)] == ["new"]
    (mirror / "v1.9.10/docs/run.md").write_text("# run, corrected")
    again = source(tmp_path, mirror).releases()
    assert again[0].fingerprint != old.fingerprint
    assert again[1].fingerprint == new.fingerprint


def test_a_folder_of_one_ref_goes_before_that_of_the_repository(tmp_path: Path) -> None:
    for name in ("all", "head"):
        (tmp_path / name / "versions/2.0").mkdir(parents=True)
        (tmp_path / name / "versions/2.0/new.md").write_text(f"# {name}")
    asked = GitSource(
        product(tmp_path),
        tmp_path / "state",
        no_network,
        mirrors={"acme/tool": tmp_path / "all", "acme/tool@main": tmp_path / "head"},
    )
    (found,) = asked.releases()
    assert [one.data for one in asked.fetch(found)] == [b"# head"]


def test_an_address_that_the_policy_refuses_is_never_given_to_git(tmp_path: Path) -> None:
    with Door(Policy(), resolver=lambda host, port: ("169.254.169.254",)) as door:
        asked = GitSource(product(tmp_path), tmp_path / "state", door.addresses)
        with pytest.raises(SourceError) as caught:
            asked.releases()
    assert caught.value.reason is Reason.REFUSED


def test_git_is_told_to_connect_to_what_was_checked_and_to_allow_one_protocol(
    tmp_path: Path,
) -> None:
    git = Git("https://git.example.com/a/b", tmp_path, lambda url: ("203.0.114.7", "2600::1"))
    words = git._command("ls-remote")
    assert "http.curloptResolve=git.example.com:443:203.0.114.7,[2600::1]" in words
    assert "protocol.allow=never" in words
    assert "protocol.https.allow=always" in words
    assert not any("protocol.file" in word or "protocol.ext" in word for word in words)


@pytest.mark.parametrize(
    "repository", ["http://h/x", "ssh://h/x", "https://u:p@h/x", "file:///etc", "ext::sh -c id"]
)
def test_only_plain_https_addresses_can_be_declared(tmp_path: Path, repository: str) -> None:
    text = DECLARATION.replace("https://git.example.com/acme/tool", repository)
    (tmp_path / "tool.toml").write_text(text)
    with pytest.raises(ConfigurationError):
        Catalogue.load(tmp_path)
