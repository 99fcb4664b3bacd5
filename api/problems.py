"""Errors over HTTP: every one is ``application/problem+json`` (RFC 9457) with a stable code.

Errors of ours carry their code and status (``corpora.errors``). What goes wrong before a request
reaches us, or by a fault of ours, has the codes of `HTTP_CODES`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from corpora.errors import FlagstoneError, InvalidRequest, RateLimited, Unauthorized

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"

MAX_BODY = 1_572_864
"""Bytes. The longest request of the contract, every character escaped as ``\\ud83d\\ude00``, has
some 1,410,000: a script of 100,000 characters, a fingerprint, and 100 versions."""

ECHOED = 200
"""Characters of what was sent that an answer repeats at most."""

HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: (InvalidRequest.code, "The body can't be read."),
    404: ("no_such_route", "No route has this path."),
    405: ("method_not_allowed", "The route has another method."),
    408: ("request_timeout", "The body did not arrive in time."),
    413: ("request_too_large", f"The body has more than {MAX_BODY:,} bytes."),
    415: ("unsupported_media_type", "The body is not sent as application/json."),
    500: (FlagstoneError.code, "A fault of ours; the log has it under the incident's number."),
    503: ("overloaded", "The service has more to answer than it can."),
}
"""Status → code and meaning, of what goes wrong outside the engine."""

HELPFUL = frozenset({"available", "suggestions", "nearest"})
"""What of an error's particulars a problem carries."""

_SEE = "See /docs, or /openapi.json, for the form of each request."


class Problem(BaseModel):
    """An error (RFC 9457): what happened, a code that stays, and what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(examples=["unknown_version"])
    hint: str = ""
    available: list[str] | None = None
    suggestions: list[str] | None = None
    nearest: str | None = None


RESPONSES: Mapping[int, str] = {
    400: HTTP_CODES[400][1],
    401: "There are API keys, and the call has none that is known.",
    403: "The key's scope does not cover the call, or a page that may not call sent it.",
    404: "What was asked for is not in the corpus; `available` says what is.",
    408: HTTP_CODES[408][1],
    413: HTTP_CODES[413][1],
    415: HTTP_CODES[415][1],
    421: "The service does not go by the host name that was asked for.",
    422: "The request does not have the form of the contract.",
    429: "The key has asked more often than it may; `Retry-After` says when to ask again.",
    500: HTTP_CODES[500][1],
    503: "Nothing has been published yet, or what was can't be read.",
}
"""Status → what it means on any route, for the OpenAPI document."""


ANYWHERE = (401, 403, 421, 429, 500, 503)
"""Statuses that any route may answer with."""


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The problem responses of a route, as FastAPI takes them."""
    return {
        status: {"model": Problem, "description": RESPONSES[status]}
        for status in sorted({*statuses, *ANYWHERE})
    }


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem, and say so in its OpenAPI document."""
    app.add_exception_handler(FlagstoneError, _flagstone_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(HTTPException, _http_problem)
    describe = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            _as_problems(describe())
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]  # how FastAPI wants it extended


def _as_problems(schema: dict[str, Any]) -> None:
    """FastAPI describes each response in the media type of the route: errors have their own."""
    schema["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "Once there are API keys."}
    }
    schema["security"] = [{}, {"key": []}]
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = {PROBLEM: response["content"]["application/json"]}


def problem(
    status: int,
    code: str,
    detail: str,
    hint: str = "",
    *,
    extra: Mapping[str, object] | None = None,
) -> Response:
    """One error as a response. Of ``extra`` goes in what helps to ask again."""
    shown = Problem.model_validate(
        {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            "hint": hint,
            **{name: value for name, value in (extra or {}).items() if name in HELPFUL},
        }
    )
    return JSONResponse(shown.model_dump(exclude_none=True), status_code=status, media_type=PROBLEM)


def problem_of(error: FlagstoneError) -> Response:
    """An error of ours as a response."""
    answer = problem(error.status, error.code, error.message, error.hint, extra=error.extra)
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


async def _flagstone_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, FlagstoneError):
        raise error
    if error.status >= 500:
        log.warning("%s: %s: %s", _asked(request), error.code, error)
    return problem_of(error)


async def _validation_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = error.errors()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    unread = any(one["loc"] == ("body",) and one["type"] != "missing" for one in errors)
    if unread and media != "application/json" and not media.endswith("+json"):
        return problem(
            415,
            HTTP_CODES[415][0],
            f"{_asked(request)} reads application/json, not {media[:ECHOED] or 'an unnamed type'}.",
            "Send the header Content-Type: application/json.",
        )
    return problem(422, InvalidRequest.code, "; ".join(_wrong(errors[:5])), _SEE)


def _wrong(errors: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for one in errors:
        where = [str(part)[:ECHOED] for part in one["loc"][1:]]
        if one["type"] == "json_invalid":
            yield f"The body is not JSON: {one['ctx']['error']} at character {where[0]}"
        else:
            yield f"{'.'.join(where) or 'body'}: {one['msg']}"


async def _http_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code, meaning = HTTP_CODES.get(error.status_code, (InvalidRequest.code, error.detail))
    answer = problem(error.status_code, code, f"{_asked(request)}: {meaning}", _SEE)
    answer.headers.update(error.headers or {})  # which methods are allowed, for one
    return answer


def _asked(request: Request) -> str:
    return f"{request.method} {request.url.path[:ECHOED]}"
