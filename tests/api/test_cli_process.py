"""``flagstone`` as a process with pipes: no colours, no wrapping, no crash."""

import json
import subprocess
from pathlib import Path

import pytest
from commandline import DUMP, command, flagstone

from api.cli.common import WRONG_USAGE

pytestmark = pytest.mark.usefixtures("plain_environment")


def test_in_a_pipe_there_is_no_colour_and_no_line_is_wrapped(data: Path) -> None:
    long = "/nowhere/" + "x" * 60 + "[bold]" + "y" * 200
    context = flagstone("context", DUMP, "-p", "pg", "-v", "13", "--data", str(data), COLUMNS="40")
    failed = flagstone("products", "--data", long, COLUMNS="40", TERM="xterm-256color")
    for ran in (context, failed, flagstone("--help", TERM="xterm-256color")):
        assert "\x1b" not in ran.stdout + ran.stderr
        assert "Traceback" not in ran.stderr
    assert context.stderr.count("\n") == 1
    assert failed.stderr.splitlines() == [
        f"flagstone: Nothing has been published in {long}.",
        "Run: flagstone build",
    ]


def test_a_question_that_is_no_text_is_wrong_usage_and_not_a_crash(data: Path) -> None:
    ran = subprocess.run(
        command("context", b"\xff\xfe dump", "--data", str(data), "--json"),
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == WRONG_USAGE, ran.stderr
    assert json.loads(ran.stdout)["error"]["code"] == "invalid_request"


def test_a_terminal_that_knows_no_unicode_loses_signs_and_no_answer(data: Path) -> None:
    asked = ["context", DUMP, "-p", "pg", "-v", "13", "--data", str(data)]
    ran = flagstone(*asked, PYTHONIOENCODING="ascii")
    assert ran.returncode == 0, ran.stderr
    assert "--exclude-table-data" in ran.stdout


def test_a_reader_that_leaves_early_is_no_error_to_shout_about(data: Path) -> None:
    asked = ["context", "dump", "-p", "pg", "--budget", "20000", "--json", "--data", str(data)]
    with subprocess.Popen(
        command(*asked),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        told = process.stderr.read()
    assert "Traceback" not in told
