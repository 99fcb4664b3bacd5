"""``docker-compose.yml`` and the ``Dockerfile``: valid, hardened, and in step with the code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from declared import ROOT, compose

from api.settings import PREFIX, SECRETS, Settings, load_settings

COMPOSE = compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BIN = Path(sys.executable).parent

each = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))


def test_it_follows_the_schema_of_compose() -> None:
    subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec",
         ROOT / "docker-compose.yml"],
        check=True, capture_output=True,
    )  # fmt: skip


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    ran = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "")


@each
def test_every_container_is_hardened_watched_and_limited(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"cpus", "memory", "pids"} <= service["deploy"]["resources"]["limits"].keys()
    unprivileged = service.get("user", "").partition(":")[0] not in ("", "0", "root")
    assert unprivileged or service["image"].endswith("-unprivileged")


@each
def test_no_image_floats(service: dict[str, Any]) -> None:
    name, _, tag = service["image"].partition(":")
    assert tag
    assert tag != "latest" or name == "flagstone"


@each
def test_what_a_service_names_is_declared(service: dict[str, Any]) -> None:
    for kind in ("networks", "secrets", "configs"):
        for one in service.get(kind, ()):
            name = one["source"] if isinstance(one, dict) else one
            assert name in COMPOSE[kind]
    for volume in service.get("volumes", ()):
        source = volume.partition(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists()
    assert service.get("depends_on", {}).keys() <= SERVICES.keys()


def test_only_the_proxy_and_grafana_listen_and_by_default_on_this_machine_alone() -> None:
    assert {name for name, one in SERVICES.items() if "ports" in one} == {"proxy", "grafana"}
    for name in ("proxy", "grafana"):
        assert "127.0.0.1:" in SERVICES[name]["ports"][0]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    inside_only = {name for name, one in SERVICES.items() if one["networks"] == ["inside"]}
    assert inside_only == {"api", "qdrant", "prometheus"}


def test_one_writes_and_the_others_read() -> None:
    mounts = {name: one.get("volumes", []) for name, one in SERVICES.items()}
    assert "data:/data:ro" in mounts["api"]
    assert [name for name, volumes in mounts.items() if "data:/data" in volumes] == ["refresh"]


def test_variables_are_settings_of_ours() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    scripts = {"FLAGSTONE_REFRESH_SECONDS"}  # read by deploy/refresh.sh
    said = {name for one in SERVICES.values() for name in one.get("environment", {})}
    dockerfile = (ROOT / "Dockerfile").read_text()
    said |= set(re.findall(r"FLAGSTONE_\w+(?==)", dockerfile))
    assert {name for name in said if name.startswith(PREFIX)} <= known | scripts


def test_a_secret_mounted_as_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"{SECRETS}/flagstone_qdrant_api_key" in SERVICES["qdrant"]["entrypoint"][2]
    assert "flagstone_qdrant_api_key" in SERVICES["api"]["secrets"]
    monkeypatch.setattr("api.settings.SECRETS", tmp_path)
    monkeypatch.delenv("FLAGSTONE_QDRANT_API_KEY", raising=False)
    (tmp_path / "flagstone_qdrant_api_key").write_text("from a file\n")
    settings = load_settings()
    assert settings.qdrant_api_key is not None
    assert settings.qdrant_api_key.get_secret_value() == "from a file"
    assert "from a file" not in repr(settings)


def test_no_secret_stands_in_a_file_of_the_repository() -> None:
    for one in SERVICES.values():
        for name, value in one.get("environment", {}).items():
            secret = re.search("KEY|PASSWORD|TOKEN", name)
            assert not secret or value.startswith(f"{SECRETS}/"), name
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "deploy/secrets/" in ignored


def test_the_image_is_given_every_room_and_nothing_else() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = {
        source
        for line in dockerfile.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.removeprefix("COPY ").split()[:-1]
        if not source.startswith("--")
    }
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert copied == allowed
    assert all((ROOT / one).exists() for one in copied)
    assert {"corpora", "commands", "ingest", "retrieval", "eval", "api"} <= copied
