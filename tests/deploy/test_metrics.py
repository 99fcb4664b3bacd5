"""The dashboard and the alerts ask for metrics that the service has, and for no others."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from declared import DEPLOY, expressions

METRICS = frozenset({
    "flagstone_requests_total",
    "flagstone_request_seconds",
    "flagstone_stage_seconds",
    "flagstone_resolutions_total",
    "flagstone_abstentions_total",
    "flagstone_invalid_flags_total",
    "flagstone_snapshot_age_seconds",
})  # fmt: skip


def asked() -> set[str]:
    found = {name for one in expressions() for name in re.findall(r"flagstone_\w+", one)}
    return {name.removesuffix("_bucket") for name in found}


def test_every_metric_is_shown_and_none_is_made_up() -> None:
    assert asked() == METRICS


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_has_nothing_to_say(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "prometheus", tmp_path, dirs_exist_ok=True)
    key = tmp_path / "key"
    key.write_text("k")
    config = tmp_path / "prometheus.yml"
    config.write_text(config.read_text().replace("/run/secrets/qdrant_api_key", str(key)))
    subprocess.run(["promtool", "check", "config", config], check=True, capture_output=True)
