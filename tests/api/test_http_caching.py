"""What a snapshot fixes is tagged, and neither sent nor found twice; answers are compressed."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http import create_app
from api.serving import Serving
from corpora.snapshot import current_id
from retrieval.engine import Engine

FIXED = [
    "/products",
    "/products/git/releases",
    "/v1/products",
    "/context?query=exclude+table+data&product=pg&version=13",
    "/llms.txt",
]


@pytest.mark.parametrize("path", FIXED)
def test_what_a_snapshot_fixes_is_sent_once(client: TestClient, path: str) -> None:
    client.get("/readyz")  # the engine is opened by the first question, which has no tag yet
    first = client.get(path)
    tag = first.headers["etag"]
    assert first.status_code == 200
    assert tag.startswith('W/"')
    assert "no-cache" in first.headers["cache-control"]
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_answer_that_is_the_same_needs_no_engine(serving: Serving, engine: Engine) -> None:
    class Counting(Serving):
        asked = 0

        @property
        def opened(self) -> Engine | None:
            return engine

        def engine(self) -> Engine:
            self.asked += 1
            return engine

    counting = Counting(Path(), lambda path: engine)
    client = TestClient(create_app(counting))
    tag = client.get("/products").headers["etag"]
    assert counting.asked == 1
    assert client.get("/products", headers={"If-None-Match": tag}).status_code == 304
    assert counting.asked == 1  # no route was asked


def test_tags_differ_by_what_is_asked(client: TestClient) -> None:
    client.get("/readyz")
    asked = [
        "/products", "/v1/products", "/products?limit=1", "/products/git/releases",
        "/context?query=dump&product=pg", "/context?query=dump&product=pg&format=markdown",
    ]  # fmt: skip
    assert len({client.get(path).headers["etag"] for path in asked}) == len(asked)


def test_what_is_not_fixed_or_not_found_has_no_tag(client: TestClient) -> None:
    client.get("/readyz")
    tag = client.get("/products").headers["etag"]
    for path in ("/healthz", "/readyz", "/openapi.json", "/products/nothing/releases", "/nothing"):
        answer = client.get(path, headers={"If-None-Match": tag})
        assert answer.status_code != 304
        assert "etag" not in answer.headers, path
    assert "etag" not in client.post("/context", json={"query": "dump", "product": "pg"}).headers


def test_another_snapshot_is_another_answer(engine: Engine, built: Path) -> None:
    """The tag holds the snapshot's id, and a tag of an older one is not taken for it."""
    client = TestClient(create_app(_over(engine)))
    tag = client.get("/products").headers["etag"]
    assert current_id(built) in tag
    older = tag.replace(current_id(built), "0" * 16)
    assert client.get("/products", headers={"If-None-Match": older}).status_code == 200


def _over(engine: Engine) -> Serving:
    class Opened(Serving):
        @property
        def opened(self) -> Engine | None:
            return engine

        def engine(self) -> Engine:
            return engine

    return Opened(Path(), lambda path: engine)


def test_long_answers_are_compressed_for_those_who_can_read_it(client: TestClient) -> None:
    path = "/context?query=exclude+table+data&product=pg&version=13"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.json()["context"] == plain.json()["context"]
    short = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in short.headers
