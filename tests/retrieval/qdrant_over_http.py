"""Qdrant's REST API over the client's own local mode: a server to lose, to slow and to restart.

What is stored outlives the server, as a volume does: ``with Qdrant() as server`` starts it,
``server.stop()`` and ``server.start()`` are an outage. Only the calls that Flagstone makes are
there; anything else is a 404.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from qdrant_client import QdrantClient, models

KEY = "a-key-of-the-test"


class Qdrant:
    """The server. ``fail`` may answer a call (method, path) with a status instead."""

    def __init__(self, *, api_key: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.client = QdrantClient(":memory:")
        self.lock = threading.Lock()
        self.api_key = api_key
        self.tls = tls
        self.fail: Callable[[str, str], int | None] = lambda method, path: None
        self.calls: Counter[str] = Counter()
        self.most_at_once = 0
        self.now = 0
        self.pause = 0.0
        self._http: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"qdrant": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._port = self._http.server_address[1]
        if self.tls:
            self._http.socket = self.tls.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def __enter__(self) -> Qdrant:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, method: str, path: str, body: Any) -> Any:
        """What the API answers, as Python's JSON; None for an unknown call."""
        for expression, call in _CALLS.items():
            if found := re.fullmatch(expression, f"{method} {path}"):
                with self.lock:
                    return call(self.client, body, *found.groups())
        return None


def _create(client: QdrantClient, body: Any, name: str) -> bool:
    return client.create_collection(
        name,
        vectors_config={
            key: models.VectorParams.model_validate(one) for key, one in body["vectors"].items()
        },
        sparse_vectors_config={
            key: models.SparseVectorParams.model_validate(one)
            for key, one in body["sparse_vectors"].items()
        },
        metadata=body["metadata"],
    )


def _query(client: QdrantClient, body: Any, name: str) -> Any:
    asked = models.QueryRequest.model_validate(body)
    query = asked.query.nearest if isinstance(asked.query, models.NearestQuery) else asked.query
    return client.query_points(
        name, query=query, using=asked.using, query_filter=asked.filter, limit=asked.limit or 10,
        with_payload=False,
    )  # fmt: skip


def _scroll(client: QdrantClient, body: Any, name: str) -> Any:
    records, following = client.scroll(
        name, limit=body["limit"], offset=body.get("offset"), with_payload=False
    )
    points = [one.model_dump(mode="json") for one in records]
    return {"points": points, "next_page_offset": following}


def _aliases(client: QdrantClient, body: Any) -> bool:
    steps = models.ChangeAliasesOperation.model_validate(body).actions
    return client.update_collection_aliases(steps)


def _filter(body: Any) -> models.Filter | None:
    return models.Filter.model_validate(body["filter"]) if body.get("filter") else None


def _updated(_: object) -> dict[str, object]:
    return {"operation_id": 1, "status": "completed"}


_NAME = "/collections/([^/]+)"
_CALLS: dict[str, Callable[..., Any]] = {
    "GET /collections": lambda c, b: c.get_collections(),
    "GET /aliases": lambda c, b: c.get_aliases(),
    "POST /collections/aliases": _aliases,
    f"GET {_NAME}/exists": lambda c, b, n: {"exists": c.collection_exists(n)},
    f"GET {_NAME}": lambda c, b, n: c.get_collection(n),
    f"PUT {_NAME}": _create,
    f"PATCH {_NAME}": lambda c, b, n: c.update_collection(n, metadata=b["metadata"]),
    f"DELETE {_NAME}": lambda c, b, n: c.delete_collection(n),
    f"PUT {_NAME}/index": lambda c, b, n: _updated(None),
    f"PUT {_NAME}/points": lambda c, b, n: _updated(
        c.upsert(n, [models.PointStruct.model_validate(one) for one in b["points"]])
    ),
    f"POST {_NAME}/points": lambda c, b, n: c.retrieve(
        n, b["ids"], with_payload=False, with_vectors=b.get("with_vector", False)
    ),
    f"POST {_NAME}/points/count": lambda c, b, n: c.count(n, count_filter=_filter(b)),
    f"POST {_NAME}/points/scroll": _scroll,
    f"POST {_NAME}/points/query": _query,
}


class _Handler(BaseHTTPRequestHandler):
    qdrant: ClassVar[Qdrant]
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        path, qdrant = self.path.partition("?")[0], self.qdrant
        qdrant.calls[f"{self.command} {path}"] += 1
        if path == "/":
            return self._send(200, {"title": "qdrant - vector search engine", "version": "1.20.0"})
        if qdrant.api_key and self.headers.get("api-key") != qdrant.api_key:
            return self._send(401, {"status": {"error": "Must provide an API key"}})
        if status := qdrant.fail(self.command, path):
            return self._send(status, {"status": {"error": "as the test wants it"}})
        qdrant.now += 1
        qdrant.most_at_once = max(qdrant.most_at_once, qdrant.now)
        time.sleep(qdrant.pause)
        try:
            found = qdrant.answer(self.command, path, json.loads(raw) if raw else None)
        except (ValueError, KeyError) as error:
            return self._send(400, {"status": {"error": str(error)}})
        finally:
            qdrant.now -= 1
        if found is None:
            return self._send(404, {"status": {"error": f"no such call: {path}"}})
        return self._send(200, {"result": _plain(found), "status": "ok", "time": 0.0})

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


def _plain(found: Any) -> Any:
    if isinstance(found, list):
        return [_plain(one) for one in found]
    return found.model_dump(mode="json") if hasattr(found, "model_dump") else found


# --- a real one -----------------------------------------------------------------------------------


@contextmanager
def real_server(folder: Path) -> Iterator[tuple[str, str | None] | None]:
    """Address and key of the server that ``QDRANT_URL`` names, or of one started from the program
    that ``QDRANT_BINARY`` names; None where neither is set."""
    if url := os.environ.get("QDRANT_URL"):
        yield url, os.environ.get("QDRANT_API_KEY")
        return
    program = shutil.which(os.environ.get("QDRANT_BINARY", ""))
    if program is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("", 0)) as other:
        ports = free.getsockname()[1], other.getsockname()[1]
    environment = {
        **os.environ,
        "QDRANT__SERVICE__HOST": "127.0.0.1",
        "QDRANT__SERVICE__HTTP_PORT": str(ports[0]),
        "QDRANT__SERVICE__GRPC_PORT": str(ports[1]),
        "QDRANT__SERVICE__API_KEY": KEY,
        "QDRANT__STORAGE__STORAGE_PATH": str(folder / "storage"),
        "QDRANT__STORAGE__SNAPSHOTS_PATH": str(folder / "snapshots"),
        "QDRANT__TELEMETRY_DISABLED": "true",
    }
    url = f"http://127.0.0.1:{ports[0]}"
    with subprocess.Popen([program], cwd=folder, env=environment) as process:
        try:
            for _ in range(300):
                try:
                    socket.create_connection(("127.0.0.1", ports[0]), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url, KEY
        finally:
            process.terminate()
