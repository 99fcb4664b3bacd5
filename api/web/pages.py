"""The pages. What only asks is a GET, so that every answer has an address to send to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ValidationError

from api.refreshes import Refreshes
from api.serving import Serving
from api.web.browse import Find, browsed, found
from api.web.compare import compared
from api.web.marks import marked, repaired
from api.web.render import ASSETS, HEADERS, asset, page
from corpora.errors import InvalidRequest, RequestError
from retrieval.engine import Engine
from retrieval.request import ContextRequest, ValidateRequest

MOST_FIELDS = 20
"""Of a form; ours have up to six."""

LINKED = 2_000
"""Characters of a text to check that still make an address: longer ones are cut by some proxies."""

_KEPT = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
"""An asset has another address as soon as it has other bytes."""

Form = Mapping[str, str]

Read = TypeVar("Read", bound=BaseModel)


def pages(serving: Serving) -> APIRouter:
    """The routes of the web page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def get_home() -> Response:
        engine = serving.engine()
        return page("home.html", engine=engine, form={}, example=_example(engine))

    @router.get("/ask")
    def get_ask(request: Request) -> Response:
        return _ask(serving.engine(), _sent(request))

    @router.get("/check")
    def get_check(request: Request) -> Response:
        return _check(serving.engine(), _sent(request))

    @router.post("/check")
    def post_check(form: Annotated[Form, Depends(_posted)]) -> Response:
        # Scripts are long, and some have secrets in them: they belong into no address and no log.
        return _check(serving.engine(), form)

    @router.get("/compare")
    def get_compare(request: Request) -> Response:
        return compared(serving.engine(), _sent(request))

    @router.get("/browse")
    def get_products() -> Response:
        refreshes = Refreshes.read(serving.data)
        return page("products.html", engine=serving.engine(), refreshes=refreshes)

    @router.get("/browse/{product}")
    def get_product(product: str) -> Response:
        engine = serving.engine()
        return page("product.html", engine=engine, product=engine.record(product))

    @router.get("/browse/{product}/{release}")
    def get_release(request: Request, product: str, release: str) -> Response:
        find = _read(Find, _sent(request))
        return found(serving.engine(), product, release, find)

    @router.get("/browse/{product}/{release}/{path:path}")
    def get_command(product: str, release: str, path: str) -> Response:
        return browsed(serving.engine(), product, release, path)

    for name, media in ASSETS.items():
        _serve(router, name, media)
    return router


def _serve(router: APIRouter, name: str, media: str) -> None:
    content = asset(name)

    @router.get(f"/assets/{name}")
    def get_asset() -> Response:
        return Response(content, media_type=media, headers=_KEPT)


def _ask(engine: Engine, form: Form) -> Response:
    if not form.get("query"):
        return page("ask.html", engine=engine, form=form, answer=None, problem=None)
    try:
        answer = engine.context(_read(ContextRequest, form))
    except RequestError as error:
        # The question stays where it was, to be asked again.
        return page("ask.html", error.status, engine=engine, form=form, answer=None, problem=error)
    return page("ask.html", engine=engine, form=form, answer=answer, problem=None)


def _check(engine: Engine, form: Form) -> Response:
    # Browsers send the lines of a text area with carriage returns, which no shell takes for space.
    form = {**form, "command": form.get("command", "").replace("\r\n", "\n")}
    shown = {"engine": engine, "form": form, "answer": None, "problem": None}
    text = form["command"]
    if not text.strip():
        return page("check.html", **shown)
    try:
        answer = engine.validate(_read(ValidateRequest, form))
    except RequestError as error:
        return page("check.html", error.status, **{**shown, "problem": error})
    issues = [*answer.issues, *(one for each in answer.commands for one in each.issues)]
    issues.sort(key=lambda one: (one.span.start, one.span.end))
    shown |= {
        "answer": answer,
        "issues": issues,
        "marked": list(marked(text, issues)),
        "repaired": list(repaired(text, answer.repaired.changes)) if answer.repaired else [],
        "linked": len(text) <= LINKED,
    }
    return page("check.html", **shown)


def _example(engine: Engine) -> str:
    """A product that is held, to show in the fields what goes there."""
    return next(iter(engine.products), "")


def _sent(request: Request) -> Form:
    """The fields of an address that are filled in."""
    return {name: value for name, value in request.query_params.items() if value.strip()}


async def _posted(request: Request) -> Form:
    """The fields of a form that are filled in. How long it may be, the layers around us say."""
    body = await request.body()
    try:
        fields = parse_qsl(body.decode("utf-8"), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise InvalidRequest(
            "The form can't be read.", hint="Send it as the page at /check does."
        ) from None
    return dict(fields)


def _read(model: type[Read], form: Form) -> Read:
    """A request out of the fields that belong to it. Raises InvalidRequest naming the wrong one."""
    try:
        return model.model_validate(
            {name: form[name] for name in model.model_fields if name in form}
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(str(part) for part in wrong["loc"]) or "form"
        raise InvalidRequest(
            f"{field}: {wrong['msg']}.", hint="Correct that field, and send the form again."
        ) from None
