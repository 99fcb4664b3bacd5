"""What stands between the network and a route: names, origins, ids, time."""

import logging
from pathlib import Path
from threading import Event

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.http import create_app
from api.logs import JsonLines
from api.middleware.observe import HEADER
from api.middleware.stack import Policy, protect
from api.problems import install
from api.serving import Serving
from api.settings import load_settings
from retrieval.engine import Engine

PATIENCE = 10.0
EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.fixture(scope="module")
def local(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The service as it is on a loopback address."""
    policy = Policy.of(load_settings(data=tmp_path_factory.mktemp("local")))
    app = create_app(serving, policy)
    return TestClient(app, base_url="http://127.0.0.1:8600", raise_server_exceptions=False)


# --- hosts and origins -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8600", "localhost", "LOCALHOST:1234", "[::1]:8600", "127.0.0.1"]
)
def test_on_loopback_the_names_of_this_machine_are_answered(local: TestClient, host: str) -> None:
    assert local.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8600", "", "[::1", "[]",
     "127.0.0.1@evil.example", "10.0.0.1", "evil.example#localhost"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/healthz", "/products", "/nothing", "/docs", "/llms.txt"])
def test_on_loopback_no_other_name_is_answered(local: TestClient, host: str, path: str) -> None:
    answer = local.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")
    assert "FLAGSTONE_ALLOWED_HOSTS" in answer.json()["hint"]


def test_names_can_be_listed(serving: Serving) -> None:
    settings = load_settings(
        allowed_hosts="docs.example.org, *.internal", host=EVERYWHERE, allow_anonymous=True
    )
    client = TestClient(create_app(serving, Policy.of(settings)))
    for host, status in (
        ("docs.example.org", 200),
        ("a.internal:80", 200),
        ("internal", 421),
        ("localhost", 421),
        ("ainternal", 421),
    ):
        assert client.get("/healthz", headers={"Host": host}).status_code == status, host


def test_elsewhere_any_name_is_answered_where_none_is_listed(serving: Serving) -> None:
    policy = Policy.of(load_settings(host=EVERYWHERE, allow_anonymous=True))
    client = TestClient(create_app(serving, policy))
    assert client.get("/healthz", headers={"Host": "docs.example.org"}).status_code == 200


def test_pages_of_other_origins_may_not_call(local: TestClient) -> None:
    question = {"query": "dump", "product": "pg"}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9", "file://"):
        answer = local.post("/context", json=question, headers={"Origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_origin"), origin
    own = local.post("/context", json=question, headers={"Origin": "http://127.0.0.1:8600"})
    assert own.status_code == 200


def test_cors_is_off_unless_an_origin_is_listed(local: TestClient, serving: Serving) -> None:
    page = {"Origin": "https://app.example.org"}
    asks = {**page, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in local.get("/products", headers=page).headers
    assert local.options("/context", headers=asks).status_code == 405
    open_to = Policy.of(load_settings(cors_origins="https://app.example.org"))
    client = TestClient(create_app(serving, open_to), base_url="http://localhost")
    assert client.options("/context", headers=asks).status_code == 200
    answer = client.post("/context", json={"query": "dump", "product": "pg"}, headers=page)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == page["Origin"]
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    other = client.post("/context", json={"query": "x"}, headers={"Origin": "https://b.example"})
    assert (other.status_code, other.json()["code"]) == (403, "wrong_origin")


# --- ids and the log ---------------------------------------------------------------------------


def test_every_answer_has_an_id_that_the_caller_may_choose(client: TestClient) -> None:
    ids = {client.get(path).headers[HEADER] for path in ("/healthz", "/nothing", "/products")}
    assert len(ids) == 3
    assert client.get("/nothing", headers={HEADER: "job-1.a_B"}).headers[HEADER] == "job-1.a_B"
    for forged in ("x" * 65, "a b", "a\tb", 'a"b', ""):
        assert client.get("/healthz", headers={HEADER: forged}).headers[HEADER] != forged


def test_the_log_has_the_path_and_not_the_question(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/context?query=hunter2&product=pg", headers={"Authorization": "Bearer s3cret"})
        client.post("/context", json={"query": "hunter2", "product": "pg"})
    # The client is in this process, and logs what it sends itself.
    ours = [one for one in caplog.records if not one.name.startswith("httpx")]
    [got, posted] = [one for one in ours if one.name == "flagstone.access"]
    assert got.getMessage().startswith('"GET /context" 200 ')
    assert posted.getMessage().startswith('"POST /context" 200 ')
    told = "".join(JsonLines().format(one) + one.getMessage() for one in ours)
    assert "hunter2" not in told
    assert "s3cret" not in told
    assert '"status": 200' in told


def test_the_log_may_hold_questions_where_it_is_told_so(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    told = TestClient(create_app(serving, Policy(log_queries=True)))
    with caplog.at_level(logging.INFO):
        told.get("/context?query=hunter2&product=pg", headers={"Authorization": "Bearer s3cret"})
    assert "hunter2" in caplog.text
    assert "s3cret" not in caplog.text


# --- time --------------------------------------------------------------------------------------


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    app, go_on, ended = FastAPI(), Event(), Event()

    @app.get("/slow")
    def get_slow() -> str:
        assert go_on.wait(PATIENCE)
        ended.set()
        return "at last"

    @app.get("/quick")
    def get_quick() -> str:
        return "here"

    def never(path: Path) -> Engine:
        raise NotImplementedError(path)

    install(app)
    protect(app, Serving(Path(), never), Policy(answer_seconds=0.1))
    with TestClient(app) as client:
        answer = client.get("/slow")
        assert (answer.status_code, answer.json()["code"]) == (503, "timed_out")
        assert answer.headers["retry-after"] == "1"
        assert answer.headers[HEADER]
        assert client.get("/quick").json() == "here"
        go_on.set()
        assert ended.wait(PATIENCE), "what a thread has begun it ends"
