"""The benchmark of what a surface adds runs, against a service of its own."""

from pathlib import Path

import pytest

from eval.serving.__main__ import main


@pytest.mark.slow
def test_it_asks_both_and_prints_what_was_added(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(data), "--rounds", "1"]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    figures = {row[0].strip("| "): float(row[3]) for row in rows[2:]}
    assert {"in process", "HTTP", "added by HTTP", "MCP over HTTP"} <= set(figures)
    assert 0 < figures["added by HTTP"] < figures["HTTP"]


def test_without_a_corpus_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 1
    assert "flagstone build" in capsys.readouterr().err
