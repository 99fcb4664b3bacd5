"""The service and its data directory over the recorded corpus, as the wiring puts them together."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from commandline import SWAYING
from fastapi.testclient import TestClient

from api.http import create_app
from api.serving import Serving
from api.settings import load_settings
from api.wiring import open_serving


@pytest.fixture(scope="session")
def data(built: Path, model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory to serve from: the recorded corpus and the model. Read it only."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "models").symlink_to(model_folder)
    link_snapshot(folder, built)
    return folder


@pytest.fixture(scope="session")
def serving(data: Path) -> Serving:
    return open_serving(load_settings(data=data))


@pytest.fixture(scope="session")
def client(serving: Serving) -> TestClient:
    """The whole service, but for the socket. What it raises comes back as it would to a caller."""
    return TestClient(create_app(serving), raise_server_exceptions=False)


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable that changes what the command line does or how it prints."""
    for name in [one for one in os.environ if one.startswith("FLAGSTONE_") or one in SWAYING]:
        monkeypatch.delenv(name)


@pytest.fixture
def empty_data(model_folder: Path, tmp_path: Path) -> Path:
    """A data directory in which nothing has been published."""
    (tmp_path / "models").symlink_to(model_folder)
    return tmp_path


@pytest.fixture
def publish(built: Path) -> Callable[[Path], None]:
    """Publishes the recorded corpus in an empty data directory."""

    return partial(link_snapshot, built=built)


def link_snapshot(folder: Path, built: Path) -> None:
    (folder / "snapshots").symlink_to(built / "snapshots")
    (folder / "current").write_text((built / "current").read_text())
