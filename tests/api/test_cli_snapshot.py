"""``flagstone snapshot``: as an operator works with it, between machines without a network."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commandline import RUNNER, error, flagstone
from corpus import SmallCorpus, edit
from typer.testing import Result

from api.cli import app
from corpora.snapshot import current_id
from ingest.snapshot import build_lock

PAGE = "git-2.30/git-commit.1"
QUESTION = ("automatically stage files", "-p", "git", "-v", "2.30")


@pytest.fixture
def two(
    make_corpus: Callable[..., SmallCorpus], model_folder: Path
) -> tuple[SmallCorpus, str, str]:
    """A corpus that was built twice; the ids, oldest first."""
    corpus = make_corpus("git-2.30", "git-2.39", "docker-20.10")
    first = corpus.build().snapshot
    edit(corpus.page(PAGE), "Tell the command to", "Have the command")
    second = corpus.build().snapshot
    (corpus.data / "models").symlink_to(model_folder)
    return corpus, first, second


def run(data: Path, *words: object) -> Result:
    return RUNNER.invoke(app, ["snapshot", *map(str, words), "--data", str(data), "--json"])


def told(data: Path, *words: object) -> Any:
    result = run(data, *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_operator_rolls_back_and_forth(two: tuple[SmallCorpus, str, str]) -> None:
    corpus, first, second = two
    listed = told(corpus.data, "list")
    assert [(one["id"], one["serves"]) for one in listed] == [(second, True), (first, False)]
    assert sorted(told(corpus.data, "verify")["intact"]) == sorted([first, second])
    assert told(corpus.data, "rollback") == {"snapshot": first, "before": second}
    assert current_id(corpus.data) == first
    assert error(run(corpus.data, "rollback"))["code"] == "no_snapshot"
    assert told(corpus.data, "rollback", second[:6])["snapshot"] == second
    assert error(run(corpus.data, "rollback", "ffff"))["hint"].count(first) == 1
    assert current_id(corpus.data) == second


def test_nobody_rolls_back_to_a_damaged_snapshot_or_under_a_build(
    two: tuple[SmallCorpus, str, str],
) -> None:
    corpus, first, second = two
    with build_lock(corpus.data):
        assert error(run(corpus.data, "rollback"))["code"] == "build_locked"
    os.truncate(corpus.data / "snapshots" / first / "corpus.sqlite", 4_000)
    for words in (("rollback",), ("rollback", first), ("verify",)):
        failed = run(corpus.data, *words)
        assert failed.exit_code == 1
        if words != ("rollback",):  # which looks for one that can be read
            assert error(failed)["code"] == "corrupt_snapshot"
            assert "corpus.sqlite" in error(failed)["detail"]
    assert current_id(corpus.data) == second


def test_an_answer_is_given_again_by_the_snapshot_that_it_names(
    two: tuple[SmallCorpus, str, str],
) -> None:
    corpus, first, second = two
    then = told(corpus.data, "replay", first, *QUESTION)
    now = told(corpus.data, "replay", second, *QUESTION)
    assert (then["snapshot"], now["snapshot"]) == (first, second)
    assert "Tell the command to" in then["context"]
    assert "Have the command" in now["context"]
    again = told(corpus.data, "replay", first[:8], *QUESTION)
    assert {**again, "timings_ms": {}} == {**then, "timings_ms": {}}


def test_a_machine_without_a_network_is_given_a_corpus(
    two: tuple[SmallCorpus, str, str], model_folder: Path, tmp_path: Path
) -> None:
    """As docs/deployment.md has it: export, carry, import, ask; the network taken away."""
    corpus, first, second = two
    file = tmp_path / "corpus.tar.gz"
    assert told(corpus.data, "export", file)["snapshot"] == second
    there = tmp_path / "there"
    ran = flagstone(
        "snapshot", "import", str(file), "--data", str(there), FLAGSTONE_MODELS=str(model_folder)
    )
    assert ran.stdout == f"Snapshot {second} is serving.\n", ran.stderr
    words = [sys.executable, "-c", "from api.cli import main; main()", "context", *QUESTION]
    if shutil.which("unshare"):
        # In a network of its own, without even the loopback.
        alone = ["unshare", "--net", "--map-root-user"]
        works = subprocess.run([*alone, "true"], capture_output=True, check=False)
        words = [*alone, *words] if works.returncode == 0 else words
    ran = subprocess.run(
        [*words, "--data", str(there), "--json"],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "FLAGSTONE_MODELS": str(model_folder)},
    )  # fmt: skip
    answer = json.loads(ran.stdout)
    assert answer["snapshot"] == second
    assert "Have the command" in answer["context"]
    assert told(corpus.data, "export", file, "--snapshot", first)["snapshot"] == first
    assert told(there, "import", file, "--hold")["new"] is True
    assert current_id(there) == second
    assert told(there, "rollback")["snapshot"] == first


def test_a_table_for_people(two: tuple[SmallCorpus, str, str]) -> None:
    corpus, first, second = two
    printed = RUNNER.invoke(app, ["snapshot", "list", "--data", str(corpus.data)]).stdout
    lines = printed.splitlines()
    assert second in lines[1]
    assert "yes" in lines[1]
    assert first in lines[2]
