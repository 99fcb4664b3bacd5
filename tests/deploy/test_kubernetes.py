"""The kustomize base: valid for the releases of Kubernetes in support, and consistent."""

from typing import Any

import kubernetes_validate
import pytest
import yaml
from declared import KUBERNETES, compose, objects, pods

from api.settings import PREFIX, Settings

OBJECTS = objects()
PODS = pods()


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] == kind}


@pytest.mark.parametrize("release", ["1.31", "1.34", "1.37"])
def test_every_object_follows_the_schema_of_kubernetes(release: str) -> None:
    for one in OBJECTS:
        kubernetes_validate.validate(one, release, strict=True)


def test_every_file_is_listed() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    present = {one.name for one in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed) == present


@pytest.mark.parametrize("pod", PODS.values(), ids=list(PODS))
def test_every_pod_keeps_the_restricted_standard(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for one in spec["containers"]:
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert one["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in one["resources"]["limits"]
        mounted = {volume["name"] for volume in one["volumeMounts"]}
        assert mounted <= {volume["name"] for volume in spec["volumes"]} | {"storage"}


def test_selectors_meet_the_pods_they_mean() -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in PODS.items()}
    for name, one in [*named("Service").items(), *named("PodDisruptionBudget").items()]:
        selector = one["spec"]["selector"]
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= its.items() for its in labels.values()), name
    for name, one in named("NetworkPolicy").items():
        wanted = one["spec"]["podSelector"].get("matchLabels", {})
        assert any(wanted.items() <= its.items() for its in labels.values()), name
    (scaled,) = named("HorizontalPodAutoscaler").values()
    assert scaled["spec"]["scaleTargetRef"]["name"] in named("Deployment")
    budget = named("PodDisruptionBudget")["api"]["spec"]["minAvailable"]
    assert scaled["spec"]["minReplicas"] > budget, "a node could never be drained"


def test_the_default_is_that_nothing_speaks_to_anything() -> None:
    nothing = named("NetworkPolicy")["nothing"]["spec"]
    assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_settings_are_ours_and_the_server_s_release_is_that_of_compose() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    assert named("ConfigMap")["flagstone"]["data"].keys() <= known
    (server,) = PODS["qdrant"]["spec"]["containers"]
    assert server["image"] == compose()["services"]["qdrant"]["image"]


def test_one_refresh_at_a_time_and_replicas_only_read() -> None:
    assert named("CronJob")["refresh"]["spec"]["concurrencyPolicy"] == "Forbid"
    (api,) = PODS["api"]["spec"]["containers"]
    (data,) = [one for one in api["volumeMounts"] if one["name"] == "data"]
    assert data["readOnly"] is True
