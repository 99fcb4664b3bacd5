"""HTTP: thin renderings of the engine's calls. Every route also stands under ``/v1``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, FastAPI, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field

from api.about import about
from api.bodies import BodyRoute
from api.examples import show_examples
from api.mcp.transports import McpOverHttp
from api.metrics import Metrics, metrics_route
from api.middleware.stack import MCP, Policy, protect
from api.paging import NEXT_CURSOR, USUAL, PageCursor, PageLimit, page
from api.problems import install, responses
from api.serving import Serving
from api.web.pages import pages
from corpora.errors import InvalidRequest
from corpora.model import Context, Frozen, Passage, Resolution
from corpora.snapshot import ProductRecord, ReleaseRecord
from retrieval.answers import (
    CommandAnswer,
    DiffAnswer,
    SchemaAnswer,
    SearchAnswer,
    ValidationAnswer,
)
from retrieval.request import MAX_QUERY, ContextRequest, SearchRequest, ValidateRequest, Where

Name = Annotated[str, Path(max_length=64)]
CommandPath = Annotated[str, Path(max_length=500, description="`git commit` or `git/commit`")]

READS_BODY = (400, 408, 413, 415, 422)

MARKDOWN: dict[int | str, dict[str, object]] = {
    200: {
        "content": {"text/markdown": {"schema": {"type": "string"}}},
        "description": "The context; as `text/markdown` where `format` is `markdown`.",
    }
}


PLAIN: dict[int | str, dict[str, object]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "description": "The difference; as `text/plain` where `format` is `text`.",
    }
}


Answer = TypeVar("Answer", bound=Frozen)


class ResolveRequest(Where):
    """A version to resolve; the product may also be read from ``query``."""

    query: str = Field("", max_length=MAX_QUERY)


class Health(Frozen):
    """Whether the service can answer, and from which snapshot."""

    status: str
    snapshot: str | None = None


def create_app(
    serving: Serving, policy: Policy | None = None, metrics: Metrics | None = None
) -> FastAPI:
    """The service over one data directory. Without a ``policy`` it is for this process alone."""
    metrics = metrics or Metrics()
    mcp = McpOverHttp(serving)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with serving.watching():
            async with mcp.lifespan(app):
                yield

    app = FastAPI(
        title="Flagstone",
        version="1",
        description="Version-correct documentation for agents that run commands.",
        lifespan=lifespan,
    )
    router = _routes(serving)
    app.include_router(router)
    app.include_router(router, prefix="/v1", include_in_schema=False)
    app.include_router(about(serving))
    app.include_router(pages(serving))
    app.include_router(metrics_route(metrics, serving))
    app.router.routes += mcp.routes(MCP, f"/v1{MCP}")
    install(app)
    show_examples(app)
    protect(app, serving, policy or Policy(), metrics)
    return app


def _routes(serving: Serving) -> APIRouter:
    # Plain functions, not coroutines: they run on threads, so that one question never holds up
    # another.
    router = APIRouter(route_class=BodyRoute)

    @router.post(
        "/context",
        summary="What an agent needs to know, at exactly its version",
        responses={**MARKDOWN, **responses(404, *READS_BODY, 503)},
    )
    def post_context(request: ContextRequest) -> Context:
        return _render(request)

    @router.get(
        "/context",
        summary="The same, for a browser or curl",
        responses={**MARKDOWN, **responses(404, 422, 503)},
    )
    def get_context(request: Annotated[ContextRequest, Query()]) -> Context:
        return _render(request)

    def _render(request: ContextRequest) -> Context:
        answer = serving.engine().context(request)
        if request.format == "markdown":
            return _markdown(answer)  # type: ignore[return-value]  # a response passes through
        return _written(answer)

    @router.post(
        "/resolve",
        summary="How an asked version becomes a documented one",
        responses=responses(404, *READS_BODY, 503),
    )
    def post_resolve(request: ResolveRequest) -> Resolution:
        resolution = serving.engine().resolve(request, request.query)
        if resolution is None:
            raise InvalidRequest(
                "No product is named.", hint="Send `product`, or name it in `query`."
            )
        return _written(resolution)

    @router.post(
        "/search",
        summary="Passages as a ranked list",
        responses=responses(404, *READS_BODY, 503),
    )
    def post_search(request: SearchRequest) -> SearchAnswer:
        return _written(serving.engine().search(request))

    @router.post(
        "/validate",
        summary="Whether commands and flags are real at that release, and what is right if not",
        responses=responses(404, *READS_BODY, 503),
    )
    def post_validate(request: ValidateRequest) -> ValidationAnswer:
        return _written(serving.engine().validate(request))

    @router.get(
        "/commands/{product}/{release}/{path:path}/schema",
        summary="One command as JSON Schema and tool definitions",
        responses=responses(404, 422, 503),
    )
    def get_schema(product: Name, release: Name, path: CommandPath) -> SchemaAnswer:
        return serving.engine().schema(product, release, path)

    @router.get(
        "/commands/{product}/{release}/{path:path}",
        summary="What one command accepts at one release",
        responses=responses(404, 422, 503),
    )
    def get_command(product: Name, release: Name, path: CommandPath) -> CommandAnswer:
        return serving.engine().describe(product, release, path)

    @router.get(
        "/diff",
        summary="What changed between two releases of a product",
        responses={**PLAIN, **responses(404, 422, 503)},
    )
    def get_diff(
        product: Annotated[str, Query(max_length=64, examples=["git"])],
        old: Annotated[str, Query(max_length=64, examples=["2.30"])],
        new: Annotated[str, Query(max_length=64, examples=["2.47"])],
        path: Annotated[str, Query(max_length=500, examples=["git rebase"])] = "",
        format: Annotated[Literal["json", "text"], Query()] = "json",
    ) -> DiffAnswer:
        answer = serving.engine().diff(product, old, new, path)
        if format == "text":
            return PlainTextResponse(answer.text)  # type: ignore[return-value]
        return answer

    @router.get("/products", summary="What the corpus holds", responses=responses(422, 503))
    def get_products(
        request: Request, response: Response, limit: PageLimit = USUAL, cursor: PageCursor = None
    ) -> tuple[ProductRecord, ...]:
        snapshot = serving.engine().snapshot
        held = tuple(snapshot.products.values())
        return page(held, snapshot.id, request, response, limit, cursor)

    @router.get(
        "/products/{product}/releases",
        summary="The releases of one product",
        responses=responses(404, 422, 503),
    )
    def get_releases(
        product: Name,
        request: Request,
        response: Response,
        limit: PageLimit = USUAL,
        cursor: PageCursor = None,
    ) -> tuple[ReleaseRecord, ...]:
        engine = serving.engine()
        held = engine.record(product).releases
        return page(held, engine.snapshot.id, request, response, limit, cursor)

    @router.get(
        "/passages/{passage}",
        summary="One passage by its id",
        responses=responses(404, 422, 503),
    )
    def get_passage(passage: Name) -> Passage:
        return serving.engine().passage(passage)

    @router.get("/healthz", summary="The process is alive", responses=responses())
    def get_health() -> Health:
        return Health(status="ok")

    @router.get("/readyz", summary="The process can answer questions", responses=responses(503))
    def get_ready() -> Health:
        return Health(status="ready", snapshot=serving.engine().snapshot.id)

    return router


def _written(answer: Answer) -> Answer:
    """An answer as JSON. Left to the framework, it would be validated and taken apart once more."""
    # A response passes through.
    return Response(answer.model_dump_json(), media_type="application/json")  # type: ignore[return-value]


def _markdown(answer: Context) -> Response:
    """The context alone, and in headers what must never be left to guess."""
    headers = {
        "X-Flagstone-Snapshot": answer.snapshot,
        "X-Flagstone-Abstained": str(answer.abstained).lower(),
    }
    if answer.resolution:
        resolution = answer.resolution
        headers["X-Flagstone-Release"] = f"{resolution.product}@{resolution.resolved}"
        headers["X-Flagstone-Match"] = resolution.match
    if answer.next_cursor:
        headers[NEXT_CURSOR] = answer.next_cursor
    return PlainTextResponse(answer.context, media_type="text/markdown", headers=headers)
