"""The calls of the service: what each sends, and what its answer is read as."""

from __future__ import annotations

from typing import Any, TypedDict, TypeVar, Unpack
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from api.client.flow import Send, Steps
from api.paging import LONGEST, NEXT_CURSOR
from corpora.errors import InvalidRequest, ServiceError
from corpora.model import Context, Frozen, Passage, Resolution, VersionPolicy
from corpora.snapshot import ProductRecord
from retrieval.answers import (
    CommandAnswer,
    DiffAnswer,
    SchemaAnswer,
    SearchAnswer,
    ValidationAnswer,
)
from retrieval.request import Ask, ContextRequest, Mode, SearchRequest, ValidateRequest, Where


class WhereOptions(TypedDict, total=False):
    """Which product and version; see `retrieval.request.Where`."""

    product: str | None
    version: str | None
    fingerprint: str | None
    version_policy: VersionPolicy


class ContextOptions(WhereOptions, total=False):
    """What a context may be asked besides its question."""

    mode: Mode
    token_budget: int
    cursor: str | None


class SearchOptions(WhereOptions, total=False):
    """What a search may be asked besides its question."""

    mode: Mode
    limit: int


class ValidateOptions(WhereOptions, total=False):
    """What may be said beside a text to validate."""

    versions: dict[str, str]


class ResolveOptions(WhereOptions, total=False):
    """What a version to resolve may be named by."""

    query: str


_CONTEXT = TypeAdapter(Context)
_SEARCH = TypeAdapter(SearchAnswer)
_VALIDATION = TypeAdapter(ValidationAnswer)
_RESOLUTION = TypeAdapter(Resolution)
_COMMAND = TypeAdapter(CommandAnswer)
_SCHEMA = TypeAdapter(SchemaAnswer)
_DIFF = TypeAdapter(DiffAnswer)
_PASSAGE = TypeAdapter(Passage)
_PRODUCTS = TypeAdapter(tuple[ProductRecord, ...])

Answer = TypeVar("Answer")
Asked = TypeVar("Asked", bound=Ask)


class _ResolveRequest(Where):
    query: str = ""


def context(query: str | ContextRequest, options: ContextOptions) -> Steps[Context]:
    """``POST /context``."""
    return _post("/context", _asked(ContextRequest, query, options), _CONTEXT)


def search(query: str | SearchRequest, options: SearchOptions) -> Steps[SearchAnswer]:
    """``POST /search``."""
    return _post("/search", _asked(SearchRequest, query, options), _SEARCH)


def validate(command: str | ValidateRequest, options: ValidateOptions) -> Steps[ValidationAnswer]:
    """``POST /validate``."""
    if not isinstance(command, ValidateRequest):
        command = _made(ValidateRequest, command=command, **options)
    return _post("/validate", command, _VALIDATION)


def resolve(**options: Unpack[ResolveOptions]) -> Steps[Resolution]:
    """``POST /resolve``."""
    return _post("/resolve", _made(_ResolveRequest, **options), _RESOLUTION)


def describe(product: str, version: str, command: str) -> Steps[CommandAnswer]:
    """``GET /commands/…``."""
    return _get(_at("commands", product, version, command), _COMMAND)


def schema(product: str, version: str, command: str) -> Steps[SchemaAnswer]:
    """``GET /commands/…/schema``."""
    return _get(_at("commands", product, version, command, "schema"), _SCHEMA)


def diff(product: str, old: str, new: str, command: str) -> Steps[DiffAnswer]:
    """``GET /diff``."""
    return _get("/diff", _DIFF, product=product, old=old, new=new, path=command)


def passage(id: str) -> Steps[Passage]:
    """``GET /passages/…``."""
    return _get(_at("passages", id), _PASSAGE)


def products() -> Steps[tuple[ProductRecord, ...]]:
    """``GET /products``, all pages of it."""
    found: list[ProductRecord] = []
    params = {"limit": str(LONGEST)}
    while True:
        response = yield Send("GET", "/products", params)
        page: tuple[ProductRecord, ...] = _read(response.content, _PRODUCTS)
        found += page
        if not (cursor := response.headers.get(NEXT_CURSOR)):
            return tuple(found)
        params["cursor"] = cursor


def _post(path: str, request: Frozen, reads: TypeAdapter[Answer]) -> Steps[Answer]:
    response = yield Send("POST", path, body=request.model_dump(mode="json", exclude_unset=True))
    return _read(response.content, reads)


def _get(path: str, reads: TypeAdapter[Answer], /, **params: str) -> Steps[Answer]:
    response = yield Send("GET", path, params)
    return _read(response.content, reads)


def _read(content: bytes, reads: TypeAdapter[Answer]) -> Answer:
    try:
        # What a newer service says besides is no fault.
        return reads.validate_json(content, extra="ignore")
    except ValidationError as error:
        raise ServiceError(
            f"The answer can't be read: {error.errors()[0]['msg']}.",
            hint="Is the service of another version than this client?",
            reported="unreadable_answer",
            http_status=200,
        ) from error


def _asked(model: type[Asked], query: str | Asked, options: Any) -> Asked:
    return query if isinstance(query, Ask) else _made(model, query=query, **options)


Made = TypeVar("Made", bound=Frozen)


def _made(model: type[Made], **fields: object) -> Made:
    """A request. What would be refused there is refused here. Raises InvalidRequest."""
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InvalidRequest(
            f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg']}.",
            hint="See the docstring of the call.",
        ) from error


def _at(*parts: str) -> str:
    # Spaces between words of a command and slashes are the same to the service.
    return "".join(f"/{quote(part, safe='')}" for part in parts)
