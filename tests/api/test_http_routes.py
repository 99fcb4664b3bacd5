"""The other routes: what the corpus holds, and whether the service can answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.examples import EXAMPLES, ID, Call
from api.http import create_app
from api.serving import Serving
from api.settings import load_settings
from api.wiring import open_serving
from retrieval.engine import Engine

PAGES = (
    "/", "/ask?query=git+commit", "/check?command=git+commit", "/browse", "/browse/git",
    "/browse/git/2.39", "/browse/git/2.39/git%20commit", "/llms.txt",
    "/compare?product=git&old=2.30&new=2.47",
)  # fmt: skip

ACCEPT = {"Accept": "application/json, text/event-stream"}

TOOL_CALLS: dict[str, dict[str, str]] = {
    "get_context": {"query": "exclude table data", "product": "postgresql"},
    "validate_command": {"command": "git commit --mesage=x"},
    "describe_command": {"command": "git commit"},
    "diff_versions": {"product": "git", "old": "2.30", "new": "2.47"},
    "resolve_version": {"fingerprint": "git version 2.39.5"},
    "list_products": {},
}


def tool_call(name: str, arguments: dict[str, str]) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_every_route_stands_under_v1_too(client: TestClient, engine: Engine, prefix: str) -> None:
    passage = next(iter(engine.snapshot)).id
    for path in (
        "/healthz", "/readyz", "/products", "/products/git/releases", f"/passages/{passage}",
        "/context?query=dump",
    ):  # fmt: skip
        assert client.get(prefix + path).status_code == 200, path
    for path in ("/context", "/search", "/resolve"):
        request = {"query": "dump", "product": "pg"}
        assert client.post(prefix + path, json=request).status_code == 200, path


def test_products_and_releases_are_those_of_the_snapshot(
    client: TestClient, engine: Engine
) -> None:
    products = client.get("/products").json()
    assert [one["id"] for one in products] == ["docker", "git", "postgresql"]
    for product in products:
        releases = client.get(f"/products/{product['id']}/releases").json()
        assert releases == product["releases"]
        assert [one["label"] for one in releases] == [
            one.label for one in engine.record(product["id"]).releases
        ]
        assert product["licence"]
        assert product["attribution"]
        assert all(one["passages"] >= one["pages"] >= 1 for one in releases)


def test_a_passage_is_found_by_the_id_that_an_answer_carries(client: TestClient) -> None:
    answer = client.post("/context", json={"query": "exclude table data", "product": "pg"}).json()
    for cited in answer["passages"]:
        passage = client.get(f"/passages/{cited['id']}").json()
        assert passage["id"] == cited["id"]
        assert passage["text"] == cited["text"] or cited["excerpt"]
        assert [one["release"] for one in passage["locations"]] == cited["releases"]


def test_a_search_is_ranked_and_as_long_as_asked_for(client: TestClient) -> None:
    request = {"query": "exclude a table", "product": "pg", "version": "13"}
    hits = client.post("/search", json={**request, "limit": 7}).json()["hits"]
    assert len(hits) == 7
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert {hit["release"] for hit in hits} == {"13"}
    shorter = client.post("/search", json={**request, "limit": 3}).json()["hits"]
    assert shorter == hits[:3]


def test_resolve_needs_a_product_from_somewhere(client: TestClient) -> None:
    answer = client.post("/resolve", json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    found = client.post("/resolve", json={"query": "what is new in git 2.47?"}).json()
    assert (found["product"], found["resolved"]) == ("git", "2.47")


def test_health_needs_no_snapshot_and_readiness_does(
    empty_data: Path, publish: Callable[[Path], None], engine: Engine
) -> None:
    client = TestClient(create_app(open_serving(load_settings(data=empty_data))))
    assert client.get("/healthz").json() == {"status": "ok", "snapshot": None}
    for path in ("/readyz", "/products", "/context?query=dump"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "no_snapshot")
        assert "flagstone build" in answer.json()["hint"]
    publish(empty_data)
    assert client.get("/readyz").json() == {"status": "ready", "snapshot": engine.snapshot.id}
    assert client.get("/context?query=dump&product=pg").status_code == 200


def test_every_answer_is_from_one_engine_although_another_is_swapped_in(
    data: Path, engine: Engine
) -> None:
    """Whoever asks for the engine twice could answer from two snapshots."""

    class Counting(Serving):
        asked = 0

        def engine(self) -> Engine:
            self.asked += 1
            return engine

        @contextmanager
        def watching(self) -> Iterator[None]:
            yield  # it asks too, for itself

    serving = Counting(data, lambda _: engine)
    passage = next(iter(engine.snapshot)).id
    calls: list[tuple[str, Call]] = [(method, call) for (method, _), call in EXAMPLES.items()]
    calls += [("GET", (path, None)) for path in PAGES]
    calls += [("POST", ("/mcp", tool_call(*one))) for one in TOOL_CALLS.items()]
    counts: dict[str, int] = {}
    with TestClient(create_app(serving)) as client:
        for method, (address, body) in calls:
            serving.asked = 0
            answer = client.request(method, address.replace(ID, passage), json=body, headers=ACCEPT)
            assert answer.status_code == 200, (address, answer.text)
            counts[f"{method} {address} {body}"] = serving.asked
    assert {name: count for name, count in counts.items() if count > 1} == {}
    assert sum(counts.values()) > 20, "nothing was counted"
