"""Starts a build in a process of its own, which a test may kill."""

import os
import subprocess
import sys
from pathlib import Path

from corpus import SmallCorpus

_HERE = Path(__file__).parent
_PATHS = (_HERE.parents[1], _HERE.parent)


def build_once(corpus: SmallCorpus, models: Path, *options: str) -> subprocess.Popen[str]:
    """Start ``build_once.py`` over a corpus, with its options. Use as a context manager."""
    words = (_HERE / "build_once.py", corpus.pages, corpus.data, models, *options)
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, _PATHS))},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def children(process: int) -> set[int]:
    """The processes that ``process`` has started and that are alive (Linux)."""
    found = set()
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        found |= {int(one) for one in task.read_text().split()}
    return found


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
