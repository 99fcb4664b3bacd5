"""API keys: made once, kept as checksums, and asked for on every path alike."""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import BaseRoute
from typer.testing import CliRunner

from api.cli import app as command_line
from api.cli.common import FAILED, WRONG_USAGE
from api.http import create_app
from api.middleware.stack import Policy
from api.security.access import ADMIN
from api.security.keys import KeyStore
from api.security.rates import Bucket
from api.serving import Serving
from api.settings import load_settings
from corpora.errors import ConfigurationError, InvalidRequest, RateLimited, UnknownKey

RUNNER = CliRunner()

SAMPLE = {"product": "git", "passage": "x", "release": "2.39", "path": "commit"}


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path)


@pytest.fixture
def app(serving: Serving, store: KeyStore) -> FastAPI:
    return create_app(serving, Policy(keys=store))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- the store ---------------------------------------------------------------------------------


def test_a_key_is_known_until_it_is_revoked(store: KeyStore) -> None:
    assert not store.is_on
    key, token = store.create("ci", "read")
    other, second = store.create("ops", "admin", per_minute=5)
    assert store.is_on
    assert store.identify(token) == key
    assert store.identify(second) == other
    assert store.keys() == (key, other)
    assert store.revoke(key.id) == key
    assert store.identify(token) is None
    assert store.identify(second) == other
    store.revoke(other.id)
    assert store.is_on, "without a key left nobody gets in, rather than everybody"
    with pytest.raises(UnknownKey, match=key.id):
        store.revoke(key.id)


def test_what_is_kept_is_no_key(store: KeyStore, tmp_path: Path) -> None:
    _, token = store.create("ci")
    kept = (tmp_path / "keys.json").read_text()
    secret = token.split("_", 2)[2]
    assert len(secret) >= 43, "256 random bits"
    assert secret not in kept
    assert token not in kept
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_what_another_process_changes_is_seen_at_once(store: KeyStore, tmp_path: Path) -> None:
    other = KeyStore(tmp_path)
    key, token = other.create("ci")
    assert store.identify(token) == key
    other.revoke(key.id)
    assert store.identify(token) is None


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "<script>", "\x1b[31m"])
def test_a_name_is_plain(store: KeyStore, name: str) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        store.create(name)
    assert not store.is_on


def test_a_damaged_file_lets_nobody_in(store: KeyStore, tmp_path: Path, client: TestClient) -> None:
    _, token = store.create("ci")
    (tmp_path / "keys.json").write_text("[]]")
    with pytest.raises(ConfigurationError, match=r"keys\.json"):
        store.identify(token)
    assert client.get("/products", headers=bearer(token)).status_code == 500


@given(sent=st.text(max_size=200) | st.from_regex(r"fs_[0-9a-f]{8}_[\w-]{43}"))
def test_nothing_made_up_is_a_key(tmp_path_factory: pytest.TempPathFactory, sent: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "guessed"
    store = KeyStore(folder)
    if not store.is_on:
        store.create("ci")
    assert store.identify(sent) is None


def test_parts_of_a_key_are_none(store: KeyStore) -> None:
    _, token = store.create("ci")
    prefix, name, secret = token.split("_", 2)
    for part in (token[:-1], token + "x", f"{prefix}_{name}_", secret, f"xx_{name}_{secret}",
                 f"{prefix}_{'0' * 8}_{secret}", token.upper(), ""):  # fmt: skip
        assert store.identify(part) is None, part


# --- every path --------------------------------------------------------------------------------


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and a path to call, of everything that the service answers."""
    for route in flat(app.routes):
        path = getattr(route, "path", "")
        for method in getattr(route, "methods", None) or {"GET"}:
            yield method, re.sub(r"\{(\w+)(?::\w+)?\}", lambda one: SAMPLE[one[1]], path)


def flat(found: list[BaseRoute]) -> Iterator[BaseRoute]:
    for route in found:
        inner = getattr(route, "routes", None)
        original = getattr(route, "original_router", None)
        if inner or original:
            yield from flat(list(inner or original.routes))
        else:
            yield route


def test_no_route_answers_without_a_key(app: FastAPI, store: KeyStore) -> None:
    client = TestClient(app)
    key, token = store.create("ci")
    known = set(routes(app))
    assert {("POST", "/context"), ("GET", "/healthz"), ("GET", "/openapi.json"),
            ("GET", "/llms.txt"), ("GET", "/docs")} <= known  # fmt: skip
    documented = app.openapi()["paths"]
    assert {path for _, path in known} >= {path for path in documented if "{" not in path}, (
        "the test sees every documented route"
    )
    asked = known | {(method, f"/v1{path}") for method, path in known}
    asked |= {("GET", "/"), ("GET", "/nothing"), ("GET", "/metrics"), ("POST", "/mcp")}
    for headers in ({}, bearer("nonsense"), bearer(""), {"Authorization": f"Basic {token}"}):
        for method, path in asked:
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            if method != "HEAD":
                assert answer.json()["code"] == "unauthorized"
    for method, path in known:
        assert client.request(method, path, headers=bearer(token)).status_code != 401
    store.revoke(key.id)
    assert client.get("/products", headers=bearer(token)).status_code == 401


def test_without_keys_nobody_is_asked_for_one(client: TestClient, store: KeyStore) -> None:
    assert client.get("/products").status_code == 200
    store.create("ci")
    assert client.get("/products").status_code == 401, "from the first key on, without a restart"


def test_a_file_of_keys_that_vanishes_does_not_open_the_door(
    client: TestClient, store: KeyStore, tmp_path: Path
) -> None:
    store.create("ci")
    assert client.get("/products").status_code == 401
    (tmp_path / "keys.json").unlink()
    assert client.get("/products").status_code == 401


def test_probes_may_be_left_open(serving: Serving, store: KeyStore) -> None:
    client = TestClient(create_app(serving, Policy(keys=store, open_probes=True)))
    store.create("ci")
    for path in ("/healthz", "/readyz", "/v1/healthz"):
        assert client.get(path).status_code == 200
    for path in ("/products", "/healthz/", "/metrics", "/docs"):
        assert client.get(path, follow_redirects=False).status_code == 401, path


def test_what_tells_of_the_service_needs_another_scope(client: TestClient, store: KeyStore) -> None:
    _, reader = store.create("ci", "read")
    _, admin = store.create("ops", "admin")
    for path in ADMIN:
        refused = client.get(path, headers=bearer(reader))
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert client.get(path, headers=bearer(admin)).status_code != 403
    assert client.get("/products", headers=bearer(admin)).status_code == 200


# --- how often ---------------------------------------------------------------------------------


def test_a_key_may_ask_so_often_and_is_told(serving: Serving, store: KeyStore) -> None:
    client = TestClient(create_app(serving, Policy(keys=store, per_minute=3)))
    _, token = store.create("ci")
    _, other = store.create("other", per_minute=100)
    answers = [client.get("/healthz", headers=bearer(token)) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert [one.headers["ratelimit-remaining"] for one in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit-limit"] == "3"
    assert int(refused.headers["ratelimit-reset"]) <= 60
    assert client.get("/healthz", headers=bearer(other)).headers["ratelimit-limit"] == "100"
    for _ in range(5):
        assert client.get("/healthz").status_code == 401, "a stranger spends nobody's calls"


def test_a_bucket_fills_up_evenly() -> None:
    now = [0.0]
    bucket = Bucket(60, clock=lambda: now[0])
    for _ in range(60):
        bucket.take()
    with pytest.raises(RateLimited) as caught:
        bucket.take()
    assert caught.value.retry_after == 1
    now[0] = 2.5
    bucket.take()
    bucket.take()
    with pytest.raises(RateLimited):
        bucket.take()
    now[0] = 1_000
    assert bucket.headers()["RateLimit-Remaining"] == "60", "it never holds more"


# --- where to listen ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "flagstone.internal", ""])  # noqa: S104
def test_it_does_not_listen_beyond_this_machine_without_keys(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError, match="other machines") as caught:
        Policy.of(load_settings(data=tmp_path, host=host))
    assert "--allow-anonymous" in caught.value.hint
    anonymous = Policy.of(load_settings(data=tmp_path, host=host, allow_anonymous=True))
    assert not anonymous.keys_required
    KeyStore(tmp_path).create("ci")
    assert Policy.of(load_settings(data=tmp_path, host=host)).keys_required


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_on_this_machine_it_listens_without(tmp_path: Path, host: str) -> None:
    assert not Policy.of(load_settings(data=tmp_path, host=host)).keys_required


def test_serve_says_so_before_it_does_anything(tmp_path: Path) -> None:
    ran = RUNNER.invoke(command_line, ["serve", "--data", str(tmp_path), "--host", "0.0.0.0"])  # noqa: S104
    assert ran.exit_code == FAILED
    assert "flagstone keys create" in ran.stderr


# --- the command line --------------------------------------------------------------------------


def run(data: Path, *arguments: str) -> Any:
    return RUNNER.invoke(command_line, ["keys", *arguments, "--data", str(data)])


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    made = run(tmp_path, "create", "ci", "--scope", "admin")
    assert made.exit_code == 0
    token = made.stdout.strip()
    key = KeyStore(tmp_path).identify(token)
    assert key is not None
    assert (key.name, key.scope) == ("ci", "admin")
    assert "not shown again" in made.stderr
    listed = run(tmp_path, "list")
    assert key.id in listed.stdout
    assert token.split("_", 2)[2] not in listed.stdout
    assert run(tmp_path, "revoke", key.id).exit_code == 0
    assert KeyStore(tmp_path).identify(token) is None
    again = run(tmp_path, "revoke", key.id, "--json")
    assert again.exit_code == FAILED
    assert json.loads(again.stdout)["error"]["code"] == "unknown_key"


def test_keys_can_be_read_by_machines(tmp_path: Path) -> None:
    made = json.loads(run(tmp_path, "create", "ci", "--per-minute", "7", "--json").stdout)
    assert KeyStore(tmp_path).identify(made["key"])
    [listed] = json.loads(run(tmp_path, "list", "--json").stdout)
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert "sha256" not in listed
    assert listed["per_minute"] == 7


def test_a_scope_that_there_is_not_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "create", "ci", "--scope", "root").exit_code == WRONG_USAGE
    assert not os.listdir(tmp_path)  # noqa: PTH208
