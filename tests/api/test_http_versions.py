"""How a version is found, over HTTP: policies, fingerprints, questions, names that are wrong."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from corpus import PAGES, FolderSource, build_corpus
from fastapi.testclient import TestClient

from api.http import create_app
from api.problems import PROBLEM
from api.settings import load_settings
from api.wiring import open_serving
from corpora.catalogue import Catalogue
from retrieval.embed import Embedder

QUERY = "exclude the data of a table from the dump"


def resolution(client: TestClient, **request: object) -> dict[str, Any]:
    """The resolution of a ``/context`` answer; ``/search`` and ``/resolve`` must say the same."""
    request = {"query": QUERY, **request}
    told = []
    for path in ("/context", "/search", "/resolve"):
        answer = client.post(path, json=request)
        assert answer.status_code == 200, answer.text
        told.append(answer.json() if path == "/resolve" else answer.json()["resolution"])
    assert told[0] == told[1] == told[2]
    found: dict[str, Any] = told[0]
    return found


def problem(client: TestClient, status: int, code: str, **request: object) -> dict[str, Any]:
    """The problem that all three calls answer with."""
    request = {"query": QUERY, **request}
    told = []
    for path in ("/context", "/search", "/resolve"):
        answer = client.post(path, json=request)
        assert answer.headers["content-type"] == PROBLEM
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        told.append(answer.json())
    assert told[0] == told[1] == told[2]
    found: dict[str, Any] = told[0]
    return found


# --- policies ----------------------------------------------------------------------------------


def test_a_version_that_is_not_documented_is_said_to_be_absent(client: TestClient) -> None:
    told = problem(
        client, 404, "unknown_version", product="postgresql", version="12", version_policy="exact"
    )
    assert told["available"] == ["13", "15", "17", "18"]
    assert told["nearest"] == "13"
    assert "13" in told["hint"]
    assert "12" in told["detail"]


def test_nearest_takes_another_release_and_says_which_way_it_lies(client: TestClient) -> None:
    for asked, resolved, match in [
        ("12", "13", "nearest_newer"),
        ("16", "15", "nearest_older"),
        ("99", "18", "nearest_older"),
    ]:
        found = resolution(client, product="postgresql", version=asked, version_policy="nearest")
        assert (found["resolved"], found["match"]) == (resolved, match)
        assert asked in found["reason"]
        assert resolved in found["reason"]


def test_compatible_takes_another_patch_and_never_another_line(client: TestClient) -> None:
    found = resolution(client, product="postgresql", version="13.4")
    assert (found["requested"], found["resolved"], found["match"]) == ("13.4", "13", "compatible")
    assert resolution(client, product="git", version="v2.39.1")["resolved"] == "2.39"
    problem(client, 404, "unknown_version", product="postgresql", version="14")
    problem(client, 404, "unknown_version", product="git", version="2.40.0")


def test_exact_takes_the_version_that_was_read_and_no_other_patch(client: TestClient) -> None:
    found = resolution(client, product="git", version="2.39.5", version_policy="exact")
    assert (found["resolved"], found["match"]) == ("2.39", "exact")
    problem(client, 404, "unknown_version", product="git", version="2.39.1", version_policy="exact")


@pytest.mark.parametrize("word", [None, "latest", "stable"])
def test_without_a_version_the_newest_release_answers_and_that_is_said(
    client: TestClient, word: str | None
) -> None:
    found = resolution(client, product="docker", version=word)
    assert (found["resolved"], found["match"]) == ("28.5", "latest")
    assert "newest" in found["reason"]


@pytest.mark.parametrize("version", ["trixie", "1.2.3-what-ever!", "../13", "13; rm"])
def test_what_is_no_version_of_the_product_is_unknown(client: TestClient, version: str) -> None:
    told = problem(client, 404, "unknown_version", product="postgresql", version=version)
    assert told["available"]


@pytest.mark.parametrize("version", ["", "  ", "1\n3", "\x00", "13\x1b[31m"])
def test_what_can_be_no_version_at_all_is_invalid(client: TestClient, version: str) -> None:
    problem(client, 422, "invalid_request", product="postgresql", version=version)


# --- labels without an order -------------------------------------------------------------------

ROLLING = """
id = "rolling"
title = "Rolling"
domain = "system-administration"
vendor = "Nobody"
homepage = "https://rolling.example"
licence = "GPL-2.0-only"
attribution = "Git manual pages, under other labels"
[versions]
scheme = "opaque"
[source.deb]
packages = ["rolling"]
format = "man"
include = ["*"]
url = "https://rolling.example/{release}/{slug}"
[releases.Jammy]
[releases.edge]
"""


@pytest.fixture(scope="module")
def rolling(
    built: Path, embedder: Embedder, model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> TestClient:
    """A service over a product whose labels are names: real pages under two of them."""
    folder = tmp_path_factory.mktemp("rolling")
    for label, recorded in (("Jammy", "git-2.30"), ("edge", "git-2.39")):
        shutil.copytree(PAGES / recorded, folder / "pages" / f"rolling-{label}")
    (folder / "products").mkdir()
    (folder / "products" / "rolling.toml").write_text(ROLLING)
    data = folder / "data"
    data.mkdir()
    (data / "models").symlink_to(model_folder)
    shutil.copytree(built / "vectors", data / "vectors")
    settings = load_settings(data=data, products=folder / "products")
    catalogue = Catalogue.load(settings.products)
    build_corpus(
        data,
        embedder,
        targets={"rolling": catalogue["rolling"].labels},
        products=catalogue,
        source=lambda product: FolderSource(product, folder / "pages"),
    )
    return TestClient(create_app(open_serving(settings)), raise_server_exceptions=False)


@pytest.mark.parametrize("policy", ["exact", "compatible", "nearest"])
@pytest.mark.parametrize(
    ("asked", "resolved"), [("Jammy", "Jammy"), ("jammy", "Jammy"), ("edge", "edge")]
)
def test_a_label_without_an_order_is_found_by_its_name(
    rolling: TestClient, policy: str, asked: str, resolved: str
) -> None:
    found = resolution(rolling, product="rolling", version=asked, version_policy=policy)
    assert (found["resolved"], found["match"]) == (resolved, "exact")


@pytest.mark.parametrize("policy", ["exact", "compatible", "nearest"])
def test_a_label_without_an_order_has_no_nearest(rolling: TestClient, policy: str) -> None:
    told = problem(
        rolling, 404, "unknown_version", product="rolling", version="jamy", version_policy=policy
    )
    assert "nearest" not in told
    assert told["suggestions"] == ["Jammy"]
    assert told["available"] == ["Jammy", "edge"]


def test_of_labels_without_an_order_the_last_declared_is_the_newest(rolling: TestClient) -> None:
    assert resolution(rolling, product="rolling")["resolved"] == "edge"


# --- fingerprints ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fingerprint", "product", "resolved", "match"),
    [
        ("psql (PostgreSQL) 13.16 (Debian 13.16-0+deb11u1)", "postgresql", "13", "exact"),
        ("pg_dump (PostgreSQL) 15.4", "postgresql", "15", "compatible"),
        ("git version 2.39.5", "git", "2.39", "exact"),
        ("git version 2.39.2.windows.1\n", "git", "2.39", "compatible"),
        ("Docker version 28.5.1, build e180ab8", "docker", "28.5", "compatible"),
    ],
)
def test_product_and_version_are_read_from_a_fingerprint(
    client: TestClient, fingerprint: str, product: str, resolved: str, match: str
) -> None:
    found = resolution(client, fingerprint=fingerprint)
    assert (found["product"], found["resolved"], found["match"]) == (product, resolved, match)
    assert "fingerprint" in found["reason"]


def test_a_fingerprint_of_a_release_that_is_not_documented_is_unknown(client: TestClient) -> None:
    told = problem(client, 404, "unknown_version", fingerprint="psql (PostgreSQL) 14.2")
    assert told["nearest"] == "13"
    found = resolution(
        client, fingerprint="psql (PostgreSQL) 14.2", version_policy="nearest", product="pg"
    )
    assert (found["resolved"], found["match"]) == ("13", "nearest_older")


@pytest.mark.parametrize(
    "request_",
    [
        {"fingerprint": "nothing of the kind"},
        {"fingerprint": "git version 2.39.5", "product": "postgresql"},
        {"fingerprint": "git version 2.39.5\npsql (PostgreSQL) 13.16"},
        {"fingerprint": "x" * 4_097},
    ],
)
def test_a_fingerprint_that_says_nothing_is_invalid(
    client: TestClient, request_: dict[str, object]
) -> None:
    problem(client, 422, "invalid_request", **request_)


# --- read from the question --------------------------------------------------------------------


def test_product_and_version_are_read_from_the_question(client: TestClient) -> None:
    found = resolution(client, query="git 2.39: take the commit message from a file")
    assert (found["product"], found["resolved"], found["match"]) == ("git", "2.39", "exact")
    assert "read from the question" in found["reason"]


def test_a_version_in_the_question_obeys_the_policy(client: TestClient) -> None:
    asked = "postgres 14: exclude the data of a table from the dump"
    told = problem(client, 404, "unknown_version", query=asked)
    assert told["available"] == ["13", "15", "17", "18"]
    assert resolution(client, query=asked, version_policy="nearest")["resolved"] == "13"


def test_a_version_that_is_sent_goes_before_one_in_the_question(client: TestClient) -> None:
    found = resolution(client, query="pg_dump 13: exclude a table", version="17")
    assert (found["product"], found["resolved"]) == ("postgresql", "17")


def test_several_versions_in_a_question_are_told(client: TestClient) -> None:
    found = resolution(client, query="dump postgres 13 and restore into postgres 17")
    assert "several versions (13, 17)" in found["reason"]


def test_without_a_product_the_best_answer_decides_and_says_so(client: TestClient) -> None:
    answer = client.post("/context", json={"query": "memory limit of a container"}).json()
    assert answer["resolution"]["product"] == "docker"
    assert "No product was named" in answer["resolution"]["reason"]
    assert {passage["product"] for passage in answer["passages"]} == {"docker"}


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["postgresql", "pg", "postgres", "PGSQL", "PostgreSQL", " pg "])
def test_a_product_is_known_by_its_aliases(client: TestClient, name: str) -> None:
    assert resolution(client, product=name, version="13")["product"] == "postgresql"
    assert client.get(f"/products/{name}/releases").status_code == 200


@pytest.mark.parametrize(
    ("name", "meant"), [("postgre", "postgresql"), ("dokcer", "docker"), ("gti", "git")]
)
def test_an_unknown_product_is_told_what_was_probably_meant(
    client: TestClient, name: str, meant: str
) -> None:
    told = problem(client, 404, "unknown_product", product=name)
    assert meant in told["suggestions"]
    assert meant in told["hint"]
    assert told["available"] == ["docker", "git", "postgresql"]


def test_a_product_unlike_any_other_is_told_no_suggestion(client: TestClient) -> None:
    told = problem(client, 404, "unknown_product", product="zzzzzzzz")
    assert told["suggestions"] == []
    assert told["available"]


def test_a_version_without_a_product_is_invalid(client: TestClient) -> None:
    told = problem(client, 422, "invalid_request", query="skip the data of one table", version="13")
    assert "postgresql" in told["hint"]
