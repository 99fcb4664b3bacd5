"""HTTP: thin renderings of the engine's calls. Every route also stands under ``/v1``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.serving import Serving
from corpora.errors import FlagstoneError, InvalidRequest
from corpora.model import Context, Frozen, Passage, Resolution
from corpora.snapshot import ProductRecord, ReleaseRecord
from retrieval.request import ContextRequest, SearchAnswer, SearchRequest, Where

PROBLEM = "application/problem+json"


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


class ResolveRequest(Where):
    """A version to resolve; the product may also be read from ``query``."""

    query: str = Field("", max_length=2_000)


class Health(Frozen):
    """Whether the service can answer, and from which snapshot."""

    status: str
    snapshot: str | None = None


ERRORS: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "content": {PROBLEM: {}}, "description": description}
    for status, description in {
        404: "The product or version is not documented here; `available` says what is.",
        422: "The request does not have the form of the contract.",
        503: "Nothing has been published yet, or the store does not answer.",
    }.items()
}


def create_app(serving: Serving) -> FastAPI:
    """The service over one data directory."""
    app = FastAPI(
        title="Flagstone",
        version="1",
        description="Version-correct documentation for agents that run commands.",
    )
    app.state.serving = serving
    router = _routes(serving)
    app.include_router(router)
    app.include_router(router, prefix="/v1", include_in_schema=False)
    app.add_exception_handler(FlagstoneError, _flagstone_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(HTTPException, _http_problem)
    return app


def _routes(serving: Serving) -> APIRouter:
    # Plain functions, not coroutines: the framework runs them on its thread pool, so that one
    # question never holds up another.
    router = APIRouter(responses=ERRORS)

    @router.post("/context", summary="What an agent needs to know, at exactly its version")
    def post_context(request: ContextRequest) -> Context:
        return _render(request)

    @router.get("/context", summary="The same, for a browser or curl")
    def get_context(request: Annotated[ContextRequest, Query()]) -> Context:
        return _render(request)

    def _render(request: ContextRequest) -> Context:
        answer = serving.engine().context(request)
        if request.format == "markdown":
            headers = {"X-Flagstone-Snapshot": answer.snapshot}
            if answer.resolution:
                headers["X-Flagstone-Release"] = (
                    f"{answer.resolution.product}@{answer.resolution.resolved}"
                )
            return PlainTextResponse(  # type: ignore[return-value]  # a response passes through
                answer.context, media_type="text/markdown", headers=headers
            )
        return answer

    @router.post("/resolve", summary="How an asked version becomes a documented one")
    def post_resolve(request: ResolveRequest) -> Resolution:
        resolution = serving.engine().resolve(request, request.query)
        if resolution is None:
            raise InvalidRequest(
                "No product is named.", hint="Send `product`, or name it in `query`."
            )
        return resolution

    @router.post("/search", summary="Passages as a ranked list")
    def post_search(request: SearchRequest) -> SearchAnswer:
        return serving.engine().search(request)

    @router.get("/products", summary="What the corpus holds")
    def get_products() -> tuple[ProductRecord, ...]:
        return tuple(serving.engine().snapshot.products.values())

    @router.get("/products/{product}/releases", summary="The releases of one product")
    def get_releases(product: str) -> tuple[ReleaseRecord, ...]:
        return serving.engine().record(product).releases

    @router.get("/passages/{passage}", summary="One passage by its id")
    def get_passage(passage: str) -> Passage:
        return serving.engine().passage(passage)

    @router.get("/healthz", summary="The process is alive")
    def get_health() -> Health:
        return Health(status="ok")

    @router.get("/readyz", summary="The process can answer questions")
    def get_ready() -> Health:
        return Health(status="ready", snapshot=serving.engine().snapshot.id)

    return router


def _problem(status: int, code: str, detail: str, hint: str = "", **extra: object) -> Response:
    problem = Problem.model_validate(
        {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            "hint": hint,
            **{name: value for name, value in extra.items() if name in Problem.model_fields},
        }
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=status, media_type=PROBLEM
    )


async def _flagstone_problem(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, FlagstoneError):
        raise error
    return _problem(error.status, error.code, error.message, error.hint, **error.extra)


async def _validation_problem(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in one['loc'][1:]) or 'body'}: {one['msg']}"
        for one in error.errors()[:5]
    )
    return _problem(422, "invalid_request", wrong, "See /docs for the form of each request.")


async def _http_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "no_such_route", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return _problem(
        error.status_code,
        code,
        f"{request.method} {request.url.path}: {error.detail}",
        "See /docs.",
    )
