"""Errors of the service, as the errors that they were there."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from api.problems import HELPFUL, Problem
from corpora.errors import FlagstoneError, IngestError, RateLimited

SHOWN = 200
"""Characters shown of an answer that is not ours: of a proxy in between, mostly."""


class ServiceError(FlagstoneError):
    """The service, or something before it, answered with an error of another kind.

    ``reported`` is its code, ``http_status`` what it came with.
    """

    code = "service_error"

    def __init__(self, message: str, *, hint: str = "", reported: str, http_status: int) -> None:
        super().__init__(message, hint=hint)
        self.reported = reported
        self.http_status = http_status


class Unreachable(FlagstoneError):
    """The service did not answer."""

    code = "unreachable"
    status = 503


def unreachable(error: httpx.TransportError) -> Unreachable:
    """What the transport says, as an error of ours."""
    late = isinstance(error, httpx.TimeoutException)
    said = "did not answer in time" if late else "can't be reached"
    return Unreachable(
        f"The service {said} ({error or type(error).__name__}).",
        hint="Is it running, and is the address right? flagstone serve starts it.",
    )


def error_of(response: httpx.Response) -> FlagstoneError:
    """The error that an answer carries."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return ServiceError(
            f"{response.status_code} {response.reason_phrase}: {response.text[:SHOWN]!r}.",
            hint="That is no answer of Flagstone: look at what stands between.",
            reported=f"http_{response.status_code}",
            http_status=response.status_code,
        )
    kind = _KINDS.get(problem.code)
    if kind is None:
        return ServiceError(
            problem.detail,
            hint=problem.hint,
            reported=problem.code,
            http_status=response.status_code,
        )
    if kind is RateLimited:
        wait = retry_after(response)
        return RateLimited(problem.detail, hint=problem.hint, retry_after=wait or 1)
    error = kind.__new__(kind)
    # Not by its own constructor: the sentence was made there already, where all was known.
    FlagstoneError.__init__(
        error, problem.detail, hint=problem.hint, **problem.model_dump(include=set(HELPFUL))
    )
    return error


def retry_after(response: httpx.Response) -> int | None:
    """Seconds that an answer asks to wait; None where it says nothing of the kind."""
    said = response.headers.get("Retry-After", "")
    return int(said) if said.isdecimal() and len(said) < 7 else None


def is_passing(response: httpx.Response) -> bool:
    """Whether the same call may be answered in a moment."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    # Nothing is published by asking again: those come without the header.
    return retry_after(response) is not None


def _all(kind: type[FlagstoneError]) -> Iterator[type[FlagstoneError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _all(one)


_KINDS = {
    kind.code: kind
    for kind in _all(FlagstoneError)
    # Those of a build have particulars that never travel.
    if "code" in vars(kind) and not issubclass(kind, (IngestError, ServiceError, Unreachable))
}
