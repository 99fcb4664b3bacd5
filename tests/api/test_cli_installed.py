"""gcloud from an SDK that is installed here: declared by a setting, built, asked and withdrawn."""

import json
from pathlib import Path

import pytest
from commandline import RUNNER
from typer.testing import Result

from api.cli import app
from tests.ingest.google_sdk import install

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path) -> Path:
    """A data directory, and two SDKs beside it that the setting names."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "models").symlink_to(model_folder)
    older = install(tmp_path / "sdk-502", "502.0.0", tree=False)
    newer = install(tmp_path / "sdk-528")
    monkeypatch.setenv("FLAGSTONE_INSTALLED", f"gcloud={older},gcloud={newer}")
    monkeypatch.setenv("FLAGSTONE_SOURCES", "installed")
    monkeypatch.setenv("FLAGSTONE_PROCESSES", "0")
    return folder


def run(*words: str, data: Path) -> Result:
    return RUNNER.invoke(app, [*words, "--data", str(data), "--json"])


def test_an_installed_sdk_is_built_validated_against_and_withdrawn_when_it_is_gone(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = run("build", "gcloud@502.0.0", "gcloud@528.0.0", data=data)
    assert built.exit_code == 0, built.output
    told = json.loads(built.stdout)["releases"]
    assert [(one["release"], one["upstream"], one["state"]) for one in told] == [
        ("502.0.0", "502.0.0", "new"),
        ("528.0.0", "528.0.0", "new"),
    ]
    assert str(data.parent) not in built.stdout

    line = "gcloud compute instances create vm --zone=us-central1-a --machine-type=e2-small"
    right = json.loads(run("validate", line, data=data).stdout)
    assert right["valid"] is True
    assert right["commands"][0]["release"] == "528.0.0"
    wrong = run("validate", line.replace("--zone", "--zona"), "--version", "502.0.0", data=data)
    answer = json.loads(wrong.stdout)
    assert [one["code"] for one in answer["commands"][0]["issues"]] == ["unknown_flag"]
    assert answer["repaired"]["text"] == line

    asked = ("context", "which flag protects an instance from deletion?")
    printed = "Google Cloud SDK 502.0.0\nbq 2.1.9\ncore 2024.11.15"
    found = json.loads(run(*asked, "--fingerprint", printed, data=data).stdout)
    assert found["resolution"]["resolved"] == "502.0.0"
    assert "--deletion-protection" in found["context"]

    monkeypatch.setenv("FLAGSTONE_INSTALLED", f"gcloud={data.parent / 'sdk-528'}")
    again = json.loads(run("build", "gcloud@528.0.0", data=data).stdout)
    assert [(one["release"], one["state"]) for one in again["releases"]] == [
        ("502.0.0", "withdrawn"),
        ("528.0.0", "unchanged"),
    ]
