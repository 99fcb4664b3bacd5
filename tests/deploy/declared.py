"""What the files of a deployment say, read once for their tests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"


def compose() -> dict[str, Any]:
    """``docker-compose.yml``, its anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def objects() -> list[dict[str, Any]]:
    """Every object that the kustomization lists."""
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    found = [yaml.safe_load_all((KUBERNETES / name).read_text()) for name in listed]
    return [one for documents in found for one in documents]


def pods() -> dict[str, dict[str, Any]]:
    """The pod specification of each workload, by its name."""
    found = {}
    for one in objects():
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            found[one["metadata"]["name"]] = template
    return found


def expressions() -> Iterator[str]:
    """Every query of the dashboard and of the alerts."""
    board = json.loads((DEPLOY / "grafana/dashboards/flagstone.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    rules = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())
    for group in rules["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
