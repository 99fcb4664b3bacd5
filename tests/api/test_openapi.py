"""The OpenAPI document is true: its examples are answered, and so is whatever it allows."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from running import running
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from api.examples import EXAMPLES, ID
from api.http import create_app
from api.middleware.stack import Policy
from api.problems import PROBLEM
from api.serving import Serving
from api.settings import load_settings
from retrieval.engine import Engine

QUIET = list(HealthCheck)


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_call_has_an_example_that_is_answered(
    client: TestClient, document: dict[str, Any], engine: Engine
) -> None:
    for method, path, operation in operations(document):
        address, body = EXAMPLES[method, path]
        passage = next(iter(engine.snapshot)).id
        answer = client.request(method, address.replace(ID, passage), json=body)
        assert answer.status_code == 200, (method, path, answer.text)
        shown = {one["name"]: one.get("example") for one in operation.get("parameters", ())}
        required = {one["name"] for one in operation.get("parameters", ()) if one["required"]}
        assert all(shown[name] for name in required), (method, path, shown)
        if body is not None:
            media = operation["requestBody"]["content"]["application/json"]
            assert media["example"] == body


def test_every_error_has_an_example_of_its_form(document: dict[str, Any]) -> None:
    form = Draft202012Validator(
        {**document["components"]["schemas"]["Problem"], "components": document["components"]}
    )
    seen = set()
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            examples = response["content"][PROBLEM]["examples"]
            assert examples, (method, path, status)
            for code, example in examples.items():
                form.validate(example["value"])
                assert example["value"]["status"] == int(status)
                assert example["value"]["code"] == code
                seen.add(code)
        assert {"401", "403", "421", "429", "500", "503"} <= set(operation["responses"])
    assert {"unknown_version", "unknown_product", "unknown_passage", "unauthorized"} <= seen


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/passages/x", None, 404, "unknown_passage"),
        ("GET", "/products/postgre/releases", None, 404, "unknown_product"),
        ("GET", "/commands/git/2.39/git%20comit", None, 404, "unknown_command"),
        ("POST", "/context", {"query": "x", "product": "pg", "version": "14"}, 404,
         "unknown_version"),
        ("POST", "/context", {}, 422, "invalid_request"),
    ],
)  # fmt: skip
def test_the_service_answers_with_the_errors_that_are_shown(
    client: TestClient,
    document: dict[str, Any],
    method: str,
    path: str,
    body: dict[str, object] | None,
    status: int,
    code: str,
) -> None:
    answer = client.request(method, path, json=body)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    shown = [
        response["content"][PROBLEM]["examples"][code]["value"]
        for _, _, operation in operations(document)
        for number, response in operation["responses"].items()
        if number == str(status) and code in response["content"][PROBLEM]["examples"]
    ]
    assert any(set(one) == set(told) - ({"hint"} - set(one)) for one in shown), (told, shown)


# --- whatever the document allows --------------------------------------------------------------


@pytest.fixture(scope="module")
def contract(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    policy = Policy.of(load_settings(data=tmp_path_factory.mktemp("contract")))
    with running(create_app(serving, policy)) as address:
        found = schemathesis.openapi.from_url(f"{address}/openapi.json")
        checks = found.config.checks
        # No schema can say which text is a version, or which cursor is one of ours.
        accepted, rejected = checks.positive_data_acceptance, checks.negative_data_rejection
        accepted.expected_statuses = [*accepted.expected_statuses, "422"]
        # A command that is too long may make the whole body too long, which is told first.
        rejected.expected_statuses = [*rejected.expected_statuses, "413"]
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(
    contract: Any, mode: GenerationMode
) -> None:
    found: dict[str, str] = {}
    for described in contract.get_all_operations():
        operation = described.ok()

        @settings(max_examples=20, deadline=None, database=None, suppress_health_check=QUIET)
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            case.call_and_validate()

        try:
            check()
        except (FailureGroup, Unsatisfiable) as error:
            if isinstance(error, FailureGroup):
                found[operation.label] = "\n".join(map(str, error.exceptions))
    assert not found, "\n\n".join(f"{name}\n{told}" for name, told in found.items())
