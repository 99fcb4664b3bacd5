"""The benchmark on built surfaces: it counts, it times, and its exit status tells."""

import json

import pytest

from commands.model import Command, Option, Surface
from commands.writer import write
from eval.validator import built, examples

PAGE = "```console\n$ tool run --name x\n$ tool run --nmae x\n```\n"


@pytest.fixture
def store(tmp_path):
    run = Command(("tool", "run"), options=(Option(("--name",), "one"),))
    surface = Surface("tool", "1", ("documentation",), (Command(("tool",)), run))
    write(tmp_path / "surfaces.sqlite", [surface])
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path / "surfaces.sqlite"


def arguments(store, *more):
    return ["--store", str(store), "--examples", f"tool@1={store.parent / 'page.md'}", *more]


def test_a_refused_line_is_counted_and_named(store, tmp_path, capsys):
    out = tmp_path / "refused.json"
    assert built.main(arguments(store, "--rounds", "1", "--out", str(out))) == 1
    said = capsys.readouterr().out
    assert "50.00%" in said
    assert "1 products, 1 releases" in said
    assert "p99" in said
    assert [one["line"] for one in json.loads(out.read_text())] == ["tool run --nmae x"]


def test_a_reviewed_line_is_left_out(store, tmp_path, capsys, monkeypatch):
    # The clock of a busy machine is none of this test's business.
    monkeypatch.setattr(built, "P50_MS", 1e6)
    monkeypatch.setattr(built, "P99_MS", 1e6)
    known = tmp_path / "reviewed.toml"
    known.write_text(f'[wrong]\n"{examples.digest("tool run --nmae x")}" = "misspelt"\n')
    assert built.main(arguments(store, "--reviewed", str(known))) == 0
    assert "0.00%" in capsys.readouterr().out


def test_a_store_that_is_not_there_is_an_error(tmp_path, capsys):
    assert built.main(["--store", str(tmp_path / "no"), "--examples", f"tool@1={tmp_path}"]) == 1
    assert "error" in capsys.readouterr().err
