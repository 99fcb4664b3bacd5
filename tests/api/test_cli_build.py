"""``flagstone build``: what it says, and what is left out. Recorded pages in place of packages."""

import json
import re
import shutil
from pathlib import Path

import pytest
from commandline import RUNNER, error, flagstone
from corpus import PAGES, FolderSource

from api import supply
from api.cli import app
from api.cli.common import FAILED, LEFT_OUT
from corpora.catalogue import Product
from ingest.sources.apt import AptArchive

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path
) -> tuple[Path, Path]:
    """Lets ``flagstone build`` read recorded pages instead of a package archive.

    Everything else is as always. Gives the folder of pages and the data directory.
    """
    pages, folder = tmp_path / "pages", tmp_path / "data"
    folder.mkdir()
    (folder / "models").symlink_to(model_folder)
    shutil.copytree(PAGES / "git-2.30", pages / "git-2.30")

    def source(product: Product, archive: AptArchive) -> FolderSource:
        assert isinstance(archive, AptArchive)
        return FolderSource(product, pages)

    monkeypatch.setattr(supply, "DebSource", source)
    monkeypatch.setenv("FLAGSTONE_SOURCES", "deb")
    monkeypatch.setenv("FLAGSTONE_PROCESSES", "0")
    return pages, folder


def test_a_build_says_what_it_did_and_a_second_that_nothing_changed(
    recorded: tuple[Path, Path],
) -> None:
    _, folder = recorded
    asked = ["build", "git@2.30", "--data", str(folder)]
    first = RUNNER.invoke(app, asked)
    assert first.exit_code == 0, first.output
    assert re.search(r"git +2\.30 +new +1 ", first.stdout)
    assert "is published" in first.stdout
    assert "embed" in first.stderr
    second = RUNNER.invoke(app, [*asked, "--json"])
    assert second.stderr == ""
    report = json.loads(second.stdout)
    assert (report["published"], report["embedded"]) == (False, 0)
    assert [one["state"] for one in report["releases"]] == ["unchanged"]
    assert "nothing has changed" in RUNNER.invoke(app, asked).stdout
    found = RUNNER.invoke(app, ["search", "message from a file", "--data", str(folder), "--json"])
    assert {hit["release"] for hit in json.loads(found.stdout)["hits"]} == {"2.30"}


def test_what_was_left_out_is_named_and_has_a_status_of_its_own(
    recorded: tuple[Path, Path],
) -> None:
    pages, folder = recorded
    (pages / "git-2.30" / "git-broken.1").write_bytes(b"")
    result = RUNNER.invoke(app, ["build", "git@2.30", "--data", str(folder)])
    assert result.exit_code == LEFT_OUT, result.output
    assert "left out: git-2.30/git-broken.1: empty" in result.stderr
    assert "is published" in result.stdout
    before = (folder / "current").read_text()
    strict = ["build", "git@2.30", "--on-failure", "fail", "--data", str(folder), "--json"]
    (pages / "git-2.30" / "git-another.1").write_bytes(b"")
    failed = RUNNER.invoke(app, strict)
    assert failed.exit_code == FAILED, failed.output
    assert "git-another.1" in error(failed)["detail"]
    assert (folder / "current").read_text() == before


def test_a_release_that_no_source_has_leaves_nothing_to_publish(
    recorded: tuple[Path, Path],
) -> None:
    _, folder = recorded
    result = RUNNER.invoke(app, ["build", "git@2.39", "--data", str(folder), "--json"])
    assert result.exit_code == FAILED
    assert error(result)["code"] == "source_failed"
    assert not (folder / "current").exists()


@pytest.mark.slow  # apt asks for each suite, and again
def test_a_mirror_that_does_not_answer_ends_a_build_with_a_clear_error(
    tmp_path: Path, model_folder: Path
) -> None:
    (tmp_path / "models").symlink_to(model_folder)
    ran = flagstone(
        "build", "git@2.39", "--json", "--data", str(tmp_path),
        FLAGSTONE_DEBIAN_MIRROR="http://127.0.0.1:9/debian", FLAGSTONE_PROCESSES="0",
    )  # fmt: skip
    assert ran.returncode == FAILED, ran.stderr
    told = json.loads(ran.stdout)["error"]
    assert told["code"] in ("source_failed", "tool_missing")
    assert told["detail"]
    assert not (tmp_path / "current").exists()
