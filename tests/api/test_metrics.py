"""What /metrics tells is what happened."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.http import create_app
from api.metrics import Metrics, described
from api.middleware.stack import Policy
from api.refreshes import Refreshes, noted
from api.serving import Serving
from api.settings import load_settings
from api.wiring import open_serving
from corpora.errors import BuildLocked, SourceError
from corpora.errors import Reason as Why

NAMES = {
    "flagstone_requests_total", "flagstone_request_seconds", "flagstone_stage_seconds",
    "flagstone_resolutions_total", "flagstone_abstentions_total", "flagstone_invalid_flags_total",
    "flagstone_snapshot_age_seconds", "flagstone_refreshes_total",
    "flagstone_refresh_timestamp_seconds",
}  # fmt: skip


@pytest.fixture
def client(data: Path) -> TestClient:
    """A service that has counted nothing yet."""
    metrics = Metrics()
    serving = open_serving(load_settings(data=data), metrics)
    return TestClient(create_app(serving, Policy(), metrics))


def value(client: TestClient, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return 0.0


def test_requests_are_counted_by_route_and_not_by_path(client: TestClient) -> None:
    for path in ("/products", "/v1/products", "/passages/a", "/passages/b", "/nothing/x"):
        client.get(path)
    count = "flagstone_requests_total"
    assert value(client, count, route="/products", method="GET", status="200") == 2
    assert value(client, count, route="/passages/{passage}", method="GET", status="404") == 2
    assert value(client, count, route="unmatched", method="GET", status="404") == 1
    assert value(client, "flagstone_request_seconds_count", route="/products") == 2
    client.request("BREW", "/products")
    assert value(client, count, route="/products", method="other", status="405") == 1
    assert "/nothing" not in client.get("/metrics").text


def test_answers_are_counted_by_what_they_say(client: TestClient) -> None:
    asks = [
        {"query": "exclude table data", "product": "pg", "version": "13"},
        {"query": "exclude table data", "product": "pg"},
        {"query": "kafka: increase the partitions of a topic", "product": "pg"},
    ]
    said = [client.post("/context", json=one).json() for one in asks]
    matches = [one["resolution"]["match"] for one in said]
    assert sorted(set(matches)) == ["exact", "latest"]
    for match in set(matches):
        assert value(client, "flagstone_resolutions_total", match=match) == matches.count(match)
    abstained = sum(one["abstained"] for one in said)
    assert abstained >= 1
    assert value(client, "flagstone_abstentions_total") == abstained
    for stage in said[0]["timings_ms"]:
        assert value(client, "flagstone_stage_seconds_count", stage=stage) >= 1
    client.post("/search", json={"query": "x", "product": "pg", "version": "99"})
    client.post("/search", json={"query": "x", "product": "nothing"})
    assert value(client, "flagstone_resolutions_total", match="unknown_version") == 1
    assert value(client, "flagstone_resolutions_total", match="unknown_product") == 1


def test_what_is_wrong_in_commands_is_counted_by_code(client: TestClient) -> None:
    text = "git commit --mesage=x; git commit --nonsense-flag"
    said = client.post("/validate", json={"command": text, "product": "git", "version": "2.39"})
    codes = [issue["code"] for one in said.json()["commands"] for issue in one["issues"]]
    assert codes
    for code in set(codes):
        assert value(client, "flagstone_invalid_flags_total", code=code) == codes.count(code)


def test_the_age_of_the_snapshot_is_told_once_one_serves(client: TestClient) -> None:
    assert "flagstone_snapshot_age_seconds " not in client.get("/metrics").text.split("# TYPE")[-1]
    client.get("/readyz")
    assert 0 <= value(client, "flagstone_snapshot_age_seconds") < 86_400


def test_every_metric_is_described(client: TestClient) -> None:
    names = {name for name, _, _ in described()}
    assert names == NAMES
    assert all(about.endswith(".") for _, _, about in described())
    told = client.get("/metrics").text
    for name, _, about in described():
        assert f"# HELP {name} {about}" in told


# --- the results of refreshes ------------------------------------------------------------------


class Published:
    published = True


class Unchanged:
    published = False


def test_builds_are_noted_by_how_they_end(tmp_path: Path) -> None:
    for report in (Published(), Published(), Unchanged()):
        with noted(tmp_path) as refresh:
            refresh.ended(report)  # type: ignore[arg-type]  # all that is looked at
    with pytest.raises(SourceError), noted(tmp_path):
        raise SourceError("a.deb", Why.NOT_FOUND)
    with pytest.raises(BuildLocked), noted(tmp_path):
        raise BuildLocked("Another build is at work.")
    known = Refreshes.read(tmp_path)
    assert known.counts == {"published": 2, "unchanged": 1, "failed": 1}
    assert set(known.last) == {"published", "unchanged", "failed"}
    client = TestClient(create_app(Serving(tmp_path, lambda path: pytest.fail("nothing is asked"))))
    assert value(client, "flagstone_refreshes_total", result="published") == 2
    assert value(client, "flagstone_refreshes_total", result="failed") == 1
    assert value(client, "flagstone_refresh_timestamp_seconds", result="failed") > 1.7e9
    assert [one.name for one in tmp_path.iterdir()] == ["refreshes.json"]


def test_what_is_noted_of_builds_may_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "refreshes.json").write_text(json.dumps({"counts": {"published": "many"}}))
    assert Refreshes.read(tmp_path) == Refreshes()
