"""docs/reference.md is true: it is what the code says, names everything, and its examples run."""

import inspect
import json
import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api.cli.common import EXIT_STATUS
from api.examples import EXAMPLES, ID
from api.problems import HTTP_CODES
from api.reference import ADDRESS, commands, curl, reference
from api.settings import Settings
from corpora import errors
from corpora.errors import FlagstoneError
from retrieval.engine import Engine

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
TEXT = PAGE.read_text("utf-8")


def test_the_page_is_what_the_code_says_today() -> None:
    assert reference() == TEXT, "Run: python -m api.reference > docs/reference.md"


def test_every_setting_is_named() -> None:
    for name, field in Settings.model_fields.items():
        assert f"`FLAGSTONE_{name.upper()}`" in TEXT
        assert field.description
        assert field.description in TEXT


def test_every_command_and_every_option_is_named_and_explained() -> None:
    named = dict(commands())
    assert {"build", "serve", "context", "keys create", "keys list", "keys revoke"} <= set(named)
    for name, command in named.items():
        part = re.split(rf"### `flagstone {name}[ `]", TEXT)[1].split("### ")[0]
        assert command.help.splitlines()[0] in part
        for one in command.params:
            assert one.help, f"flagstone {name}: {one.name} is not explained"
            for spelled in one.opts:
                shown = spelled if spelled.startswith("-") else spelled.upper().removesuffix("S")
                assert shown in part


def test_every_exit_status_and_every_code_is_named() -> None:
    for status, meaning in EXIT_STATUS.items():
        assert f"| {status} | {meaning} |" in TEXT
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    raised = [kind for kind in kinds if issubclass(kind, FlagstoneError) and "code" in vars(kind)]
    for kind in raised:
        assert f"| `{kind.code}` | {kind.status if kind is not FlagstoneError else 500} |" in TEXT
    for status, (code, meaning) in HTTP_CODES.items():
        assert f"| `{code}` | {status} | {meaning} |" in TEXT


def test_every_route_is_named_and_has_an_example(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    routes = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert set(EXAMPLES) == routes
    for method, path in routes:
        assert f"### `{method} {path}`" in TEXT


def examples() -> list[str]:
    """Every command line in the page's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    command = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
    return [line for block in blocks for line in command.findall(block)]


def run(client: TestClient, line: str) -> httpx.Response:
    """Do what curl would do with these arguments."""
    program, *words = shlex.split(line.replace("\\\n", ""))
    assert program == "curl"
    url, headers, body = "", {}, None
    arguments = iter(words)
    for word in arguments:
        if word == "-H":
            name, _, value = next(arguments).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(arguments)
        elif word != "-s":
            assert not url, f"{word!r} is an argument that this test does not know"
            url = word
    assert url.startswith(ADDRESS)
    method = "GET" if body is None else "POST"
    return client.request(method, url.removeprefix(ADDRESS), headers=headers, content=body)


def test_the_page_holds_one_example_for_each_route() -> None:
    assert examples() == [curl(route) for route in EXAMPLES]


@pytest.mark.parametrize("line", examples())
def test_every_example_answers(client: TestClient, engine: Engine, line: str) -> None:
    answer = run(client, line.replace(ID, next(iter(engine.snapshot)).id))
    assert answer.status_code == 200, answer.text
    assert answer.content


def answered(client: TestClient, method: str, path: str) -> Any:
    return json.loads(run(client, curl((method, path))).text)


def test_the_examples_show_what_they_are_there_to_show(client: TestClient) -> None:
    context = answered(client, "POST", "/context")
    assert "--exclude-table-data" in context["passages"][0]["text"]
    assert context["tokens_used"] <= context["token_budget"] == 500
    assert run(client, curl(("GET", "/context"))).text.startswith("~~~ Git 2.39 documentation")
    assert answered(client, "POST", "/resolve")["resolved"] == "15"
    search = answered(client, "POST", "/search")
    assert search["resolution"]["match"] == "nearest_newer"
    assert len(search["hits"]) == 3
