"""The store on a server: what it is asked, and what happens when it does not answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from corpora.errors import StoreError
from retrieval.store import Location, Point, Scope, SparseVector, create_store, open_store

D = 8
SCOPE = Scope(pairs=(("git", "2.39"), ("postgresql", "13")))
VECTOR = np.ones(D, np.float32)
TERMS = SparseVector(np.array([1], np.uint32), np.array([1], np.float32))


def point(number: int) -> Point:
    return Point(f"{number:032x}", "git", ("2.39",), "option", "git-commit", VECTOR, TERMS)


class Recorded(BaseHTTPRequestHandler):
    """A Qdrant server reduced to its answers; fails the first ``failures`` upserts."""

    url = ""
    version = "1.19.0"
    failures = 0
    status = 503
    requests: list[tuple[str, str]]
    queries: list[dict[str, dict[str, object]]]

    def _answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        cls = type(self)
        cls.requests.append((self.command, self.path.partition("?")[0]))
        result: object = True
        if self.path == "/":
            return self._send(
                200, {"title": "qdrant - vector search engine", "version": cls.version}
            )
        if self.path.endswith("/exists"):
            result = {"exists": False}
        elif self.command == "PUT" and "/points" in self.path:
            if cls.failures > 0:
                cls.failures -= 1
                return self._send(cls.status, {"status": {"error": "overloaded"}})
            result = {"operation_id": 1, "status": "completed"}
        elif self.path.partition("?")[0].endswith("/points/query"):
            cls.queries.append(json.loads(body))
            result = {"points": []}
        elif "/index" in self.path:
            result = {"operation_id": 0, "status": "completed"}
        return self._send(200, {"result": result, "status": "ok", "time": 0.0})

    def _send(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Recorded]]:
    monkeypatch.setattr("retrieval.store.client.time.sleep", lambda _: None)

    class Handler(Recorded):
        requests: list[tuple[str, str]] = []  # noqa: RUF012
        queries: list[dict[str, dict[str, object]]] = []  # noqa: RUF012

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    Handler.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield Handler
    http.shutdown()
    http.server_close()
    thread.join()


def test_the_collection_of_a_server_has_an_index_on_releases(server: type[Recorded]) -> None:
    create_store(Location(url=server.url), D, collection="gen1").close()
    assert ("PUT", "/collections/gen1") in server.requests
    assert ("PUT", "/collections/gen1/index") in server.requests


def test_a_server_is_asked_for_exact_search_within_the_scope(server: type[Recorded]) -> None:
    with create_store(Location(url=server.url), D, collection="gen1") as store:
        store.dense(VECTOR, SCOPE, 5)
        store.sparse(TERMS, SCOPE, 5)
    dense, words = server.queries
    within = {"key": "releases", "match": {"any": ["git@2.39", "postgresql@13"]}}
    for query in (dense, words):
        assert query["filter"]["must"] == [within]
        assert query["params"]["exact"] is True


def test_an_upsert_is_tried_again_where_the_server_may_come_back(server: type[Recorded]) -> None:
    with create_store(Location(url=server.url), D, collection="gen1") as store:
        server.failures = 3
        store.upsert([point(i) for i in range(450)])
    assert server.requests.count(("PUT", "/collections/gen1/points")) == 3 + 3


@pytest.mark.parametrize(("failures", "status", "attempts"), [(9, 503, 4), (1, 400, 1)])
def test_a_server_that_stays_away_or_refuses_is_an_error(
    server: type[Recorded], failures: int, status: int, attempts: int
) -> None:
    with create_store(Location(url=server.url), D, collection="gen1") as store:
        server.failures, server.status = failures, status
        with pytest.raises(StoreError, match=r"gen1.*did not answer"):
            store.upsert([point(1)])
    assert server.requests.count(("PUT", "/collections/gen1/points")) == attempts


def test_an_old_server_is_refused(server: type[Recorded]) -> None:
    server.version = "1.15.5"
    with pytest.raises(StoreError, match=r"1\.15\.5; 1\.16 or newer"):
        open_store(Location(url=server.url))


def test_a_collection_that_is_not_there_is_named(server: type[Recorded]) -> None:
    with pytest.raises(StoreError, match=r"'gen7'.*does not exist"):
        open_store(Location(url=server.url), collection="gen7")


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(StoreError, match="not the address"):
        open_store(Location(url="localhost:6333"))
