"""Folders for one step: gone after it, however it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from ingest.sources.scratch import scratch

KILLED = """
import os, sys
from pathlib import Path
from ingest.sources.scratch import scratch
with scratch(Path(sys.argv[1]), "installed-") as folder:
    (folder / "file").write_text("x")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_step_left_is_removed_by_the_next(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -9
    (left,) = tmp_path.iterdir()
    (tmp_path / "other").mkdir()
    with scratch(tmp_path, "installed-") as one:
        assert not left.exists()
        assert list(one.iterdir()) == []
    assert [one.name for one in tmp_path.iterdir()] == ["other"]


def test_what_another_is_at_work_in_is_left_alone(tmp_path: Path) -> None:
    with scratch(tmp_path, "installed-") as one:
        with scratch(tmp_path, "installed-") as two:
            assert one.exists()
        assert not two.exists()
        assert one.exists()


def test_it_is_gone_after_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch(tmp_path / "new", "installed-") as one:
        raise KeyboardInterrupt
    assert not one.exists()
