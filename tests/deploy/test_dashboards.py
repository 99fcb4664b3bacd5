"""The dashboard and the alerts ask for metrics that the service has, and for no others."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from declared import DEPLOY, expressions

from api.metrics import Metrics, SnapshotState
from api.refreshes import noted


def counted(data: Path) -> dict[str, set[str]]:
    """Every metric of the service, as Prometheus names it, and its labels."""
    metrics = Metrics()
    with noted(data):
        pass  # a build that ended, so that the metrics of refreshes have their labels
    metrics.registry.register(SnapshotState(None, data))
    metrics.request("/context", "POST", 200, 0.01)
    metrics.stage("embed", 0.01)
    metrics.resolution("exact")
    metrics.invalid("unknown_flag")
    found: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = {label for sample in family.samples for label in sample.labels}
    return found


def test_every_query_asks_for_metrics_and_labels_that_there_are(tmp_path: Path) -> None:
    known = counted(tmp_path)
    shown = set()
    for expression in expressions():
        for name in re.findall(r"flagstone_\w+", expression):
            shown.add(name.removesuffix("_bucket"))
        labels = set(re.findall(r"(\w+)=~?\"", expression)) - {"job"}
        for group in re.findall(r"by \(([^)]*)\)", expression):
            labels |= {one.strip() for one in group.split(",")} - {"le", "instance"}
        asked = {one.removesuffix("_bucket") for one in re.findall(r"flagstone_\w+", expression)}
        assert asked <= known.keys(), expression
        for one in asked:
            assert labels <= known[one], expression
    assert known.keys() <= shown


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_has_nothing_to_say(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "prometheus", tmp_path, dirs_exist_ok=True)
    key = tmp_path / "key"
    key.write_text("k")
    config = tmp_path / "prometheus.yml"
    config.write_text(re.sub(r"/run/secrets/\w+", str(key), config.read_text()))
    subprocess.run(["promtool", "check", "config", config], check=True, capture_output=True)
