"""A corpus of a few recorded releases to serve, to change and to publish again."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import SmallCorpus

STAGE = "automatically stage files"
ATTACH = "docker run --attach: attach to STDIN, STDOUT or STDERR"
QUESTIONS = [
    {"query": STAGE, "product": "git", "version": "2.30"},
    {"query": STAGE, "product": "git", "version": "2.39"},
    {"query": ATTACH, "product": "docker", "version": "20.10"},
]


@pytest.fixture
def small(make_corpus: Callable[..., SmallCorpus]) -> SmallCorpus:
    """Git 2.30 and 2.39 and docker 20.10, built and published."""
    corpus = make_corpus("git-2.30", "git-2.39", "docker-20.10")
    corpus.build()
    return corpus


@pytest.fixture
def seconds() -> float:
    """How long load is kept up: ``RELIABILITY_SECONDS``, 600 for the figures of the docs."""
    return float(os.environ.get("RELIABILITY_SECONDS", "10"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a service writes what it says."""
    file = tmp_path / "service.log"
    file.touch()
    return file
