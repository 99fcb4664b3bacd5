"""Examples of every call and of every error, in the OpenAPI document; the reference has the calls.

Tests run each call, and compare each error with what the service answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fastapi import FastAPI

from api.problems import HTTP_CODES, PROBLEM, problem, problem_of
from corpora.errors import (
    FlagstoneError,
    Forbidden,
    InvalidRequest,
    NoSnapshot,
    RateLimited,
    Unauthorized,
    UnknownCommand,
    UnknownPassage,
    UnknownProduct,
    UnknownVersion,
    WrongHost,
)

ID = "PASSAGE"
"""Stands in an example for the id of a passage, which depends on the corpus."""

Call = tuple[str, Mapping[str, object] | None]
"""The address to call, and the body to send."""

EXAMPLES: Mapping[tuple[str, str], Call] = {
    ("POST", "/context"): (
        "/context",
        {
            "query": "skip the data of one table when dumping",
            "product": "postgresql",
            "version": "13",
            "token_budget": 500,
        },
    ),
    ("GET", "/context"): (
        "/context?query=git+2.39+commit+with+a+message+from+a+file&format=markdown",
        None,
    ),
    ("POST", "/resolve"): ("/resolve", {"fingerprint": "psql (PostgreSQL) 15.4"}),
    ("POST", "/search"): (
        "/search",
        {
            "query": "leave a table out of the dump",
            "product": "pg",
            "version": "12",
            "version_policy": "nearest",
            "limit": 3,
        },
    ),
    ("POST", "/validate"): (
        "/validate",
        {"command": "git commit --all --mesage=done", "product": "git", "version": "2.39"},
    ),
    ("GET", "/commands/{product}/{release}/{path}/schema"): (
        "/commands/git/2.39/git%20commit/schema",
        None,
    ),
    ("GET", "/commands/{product}/{release}/{path}"): ("/commands/git/2.39/git%20commit", None),
    ("GET", "/diff"): ("/diff?product=git&old=2.30&new=2.47&path=git+commit&format=text", None),
    ("GET", "/products"): ("/products", None),
    ("GET", "/products/{product}/releases"): ("/products/git/releases", None),
    ("GET", "/passages/{passage}"): (f"/passages/{ID}", None),
    ("GET", "/healthz"): ("/healthz", None),
    ("GET", "/readyz"): ("/readyz", None),
}
"""Method and path of each route → its call."""

UNKNOWN_VERSION = UnknownVersion(
    "postgresql",
    "14",
    available=("13", "15", "17", "18"),
    nearest="15",
    policy="compatible",
)
UNKNOWN_PRODUCT = UnknownProduct("postgre", available=["git"], suggestions=["postgresql"])

NOT_FOUND: Mapping[str, tuple[FlagstoneError, ...]] = {
    "/passages/{passage}": (
        UnknownPassage("No passage has the id 'x' in snapshot 0123456789abcdef."),
    ),
    "/products/{product}/releases": (UNKNOWN_PRODUCT,),
    "/commands/{product}/{release}/{path}": (
        UnknownCommand("git", "2.39", "git comit", suggestions=["git commit"]),
        UNKNOWN_VERSION,
    ),
}
"""What each route may not find; the others a version, or a product."""

ERRORS: Mapping[int, tuple[FlagstoneError, ...]] = {
    401: (Unauthorized("This call needs an API key.", hint="Send Authorization: Bearer KEY."),),
    403: (Forbidden("The key 'ci' may not ask for /metrics."),),
    421: (WrongHost("This service does not go by the name 'docs.example'."),),
    422: (InvalidRequest("query: Field required", hint="See /docs for the form of each request."),),
    429: (RateLimited("This key may ask 600 times a minute.", retry_after=1),),
    503: (NoSnapshot("Nothing has been published in /data.", hint="Run: flagstone build"),),
}
"""Status → errors of ours that have it; other statuses are those of `HTTP_CODES`."""


def show_examples(app: FastAPI) -> None:
    """Put the examples into the OpenAPI document of ``app``."""
    describe: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        new = app.openapi_schema is None
        schema = describe()
        if new:
            for path, operations in schema["paths"].items():
                for method, operation in operations.items():
                    _show_call(operation, path, EXAMPLES.get((method.upper(), path)))
                    _show_errors(operation, path)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # how FastAPI wants it extended


def _show_call(operation: dict[str, Any], path: str, call: Call | None) -> None:
    if call is None:
        return  # a test sees to it that there is one
    address, body = call
    if body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = dict(body)
    split = urlsplit(address)
    given = dict(parse_qsl(split.query))
    form = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(path))
    if found := re.fullmatch(form, split.path):
        given |= {name: unquote(value) for name, value in found.groupdict().items()}
    for one in operation.get("parameters", ()):
        if one["name"] in given:
            one["example"] = given[one["name"]]


def _show_errors(operation: dict[str, Any], path: str) -> None:
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get(PROBLEM)
        if content is not None:
            shown = _errors(int(status), path.removesuffix("/schema"))
            content["examples"] = {body["code"]: {"value": body} for body in shown}


def _errors(status: int, path: str) -> list[dict[str, Any]]:
    """The bodies that a status may come with."""
    ours = ERRORS.get(status, ())
    if status == 404:
        ours = NOT_FOUND.get(path, (UNKNOWN_VERSION, UNKNOWN_PRODUCT))
    if ours:
        return [json.loads(bytes(problem_of(error).body)) for error in ours]
    code, meaning = HTTP_CODES[status]
    return [json.loads(bytes(problem(status, code, meaning).body))]
