"""``flagstone doctor`` says what is wrong, and what to do about it."""

import json
import shutil
import socket
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api import doctor
from api.cli import app
from api.cli.common import FAILED
from api.doctor import Check, examine
from api.security.keys import KeyStore
from api.settings import load_settings
from retrieval.embed import open_embedder

RUNNER = CliRunner()
NAMES = ["python", "mandoc", "apt", "data", "disk", "model", "snapshot", "access", "port"]


def found(data: Path, **settings: object) -> dict[str, Check]:
    return {one.name: one for one in examine(load_settings(data=data, port=0, **settings))}


def test_a_machine_that_can_serve_is_well(data: Path) -> None:
    checks = found(data)
    assert list(checks) == NAMES
    assert [one.name for one in checks.values() if one.state == "failed"] == []
    assert "384 dimensions" in checks["model"].detail
    assert "every checksum right" in checks["snapshot"].detail


def test_without_a_snapshot_it_says_to_build(tmp_path: Path) -> None:
    checks = found(tmp_path)
    assert checks["snapshot"].state == "failed"
    assert "flagstone build" in checks["snapshot"].hint
    assert checks["model"].state == "warning"
    assert found(tmp_path / "nothing")["data"].state == "warning"


def test_programs_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    checks = found(tmp_path)
    for name in ("mandoc", "apt"):
        assert checks[name].state == "warning"
        assert checks[name].hint


def test_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ROOM", 2**80)
    assert found(tmp_path)["disk"].state == "warning"
    monkeypatch.setattr(doctor, "SCARCE", 2**80)
    assert found(tmp_path)["disk"].state == "failed"


def test_a_port_in_use_and_an_open_door_are_told(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        checks = examine(load_settings(data=tmp_path, port=taken.getsockname()[1]))
        assert {one.name: one.state for one in checks}["port"] == "warning"
    everywhere = "0.0.0.0"  # noqa: S104
    assert found(tmp_path, host=everywhere)["access"].state == "failed"
    KeyStore(tmp_path).create("ci")
    assert found(tmp_path, host=everywhere)["access"].state == "ok"


def test_a_snapshot_of_a_model_that_is_not_here_is_told(
    tmp_path: Path, built: Path, tiny_model: Path
) -> None:
    """As after an upgrade to another model, where its export went with the old version."""
    name = (built / "current").read_text().strip()
    shutil.copytree(built / "snapshots" / name, tmp_path / "snapshots" / name)
    (tmp_path / "current").write_text(name)
    check = found(tmp_path, model=str(tiny_model))["snapshot"]
    assert check.state == "failed"
    assert "flagstone build" in check.hint
    open_embedder(tmp_path / "models")
    assert found(tmp_path, model=str(tiny_model))["snapshot"].state == "ok"


def test_a_damaged_snapshot_is_told(tmp_path: Path, built: Path) -> None:
    name = (built / "current").read_text().strip()
    folder = tmp_path / "snapshots" / name
    folder.mkdir(parents=True)
    for file in (built / "snapshots" / name).iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    (tmp_path / "current").write_text(name)
    with (folder / "corpus.sqlite").open("ab") as corpus:
        corpus.write(b"x")
    check = found(tmp_path)["snapshot"]
    assert check.state == "failed"
    assert "corpus.sqlite" in check.detail


def test_the_status_says_whether_anything_failed(data: Path, tmp_path: Path) -> None:
    well = RUNNER.invoke(app, ["doctor", "--data", str(data), "--json"])
    assert well.exit_code == 0, well.stdout
    assert [one["name"] for one in json.loads(well.stdout)] == NAMES
    ill = RUNNER.invoke(app, ["doctor", "--data", str(tmp_path)])
    assert ill.exit_code == FAILED
    assert "flagstone build" in ill.stdout
