"""The scripts of a deployment, run as processes."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from declared import DEPLOY, ROOT

PATIENCE = 20.0


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``flagstone`` notes its words, and ends as ``status`` says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "flagstone"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n'
        f"[ ! -e {tmp_path}/slow ] || exec sleep 600\n"
        f"exit $(cat {tmp_path}/status)\n"
    )
    script.chmod(0o755)
    (tmp_path / "status").write_text("0")
    return {"PATH": f"{folder}:{os.environ['PATH']}", "FLAGSTONE_DATA": "/data"}


def calls(folder: Path, at_least: int) -> list[str]:
    """What ``flagstone`` was called with, as soon as it was called so often."""
    deadline = time.monotonic() + PATIENCE
    while True:
        file = folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) >= at_least:
            return lines
        if time.monotonic() > deadline:
            raise AssertionError(f"only {lines}")
        time.sleep(0.02)


@pytest.mark.parametrize("status", ["0", "1"])
def test_a_refresh_is_repeated_also_after_one_that_failed(
    program: dict[str, str], tmp_path: Path, status: str
) -> None:
    (tmp_path / "status").write_text(status)
    with subprocess.Popen(
        [DEPLOY / "refresh.sh", "git"],
        env={**program, "FLAGSTONE_REFRESH_SECONDS": "0.05"},
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert set(calls(tmp_path, 3)) == {"refresh --data /data --json git"}
        process.terminate()
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert ("status 1; next try in 0.05 s" in told) == (status == "1")


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_while_it_waits_and_while_it_refreshes(
    program: dict[str, str], tmp_path: Path, word: signal.Signals
) -> None:
    for slow in (False, True):
        (tmp_path / "calls").unlink(missing_ok=True)
        if slow:
            (tmp_path / "slow").touch()
        with subprocess.Popen([DEPLOY / "refresh.sh"], env=program) as process:
            calls(tmp_path, 1)
            process.send_signal(word)
            try:
                assert process.wait(PATIENCE) == 0
            finally:
                process.kill()


def test_secrets_are_made_once_each_and_are_not_the_same(tmp_path: Path) -> None:
    script = shutil.copy(ROOT / "deploy/make-secrets.sh", tmp_path)
    subprocess.run([script], check=True, capture_output=True)
    made = {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()}
    assert made.keys() == {"qdrant_api_key", "grafana_password"}
    assert all(len(one) == 64 and one.isalnum() for one in made.values())
    assert len(set(made.values())) == 2
    assert subprocess.run([script], check=True, capture_output=True).stdout == b""
    assert made == {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()}
