"""Every error Flagstone raises on purpose.

::

    FlagstoneError
    ├── RequestError                the caller asked for something that can't be had
    │   ├── InvalidRequest          invalid_request      422
    │   ├── UnknownProduct          unknown_product      404
    │   ├── UnknownVersion          unknown_version      404
    │   ├── UnknownCommand          unknown_command      404
    │   ├── UnknownPassage          unknown_passage      404
    │   ├── Unauthorized            unauthorized         401
    │   ├── Forbidden               forbidden            403
    │   ├── WrongOrigin             wrong_origin         403
    │   ├── WrongHost               wrong_host           421
    │   ├── RateLimited             rate_limited         429
    │   └── UnknownKey              unknown_key          404
    ├── TimedOut                    timed_out            503
    ├── NotRunning                  not_running          503
    ├── Unreachable                 unreachable          503
    ├── ServiceError                service_error        502
    ├── SnapshotError               what should be served is not there, or is damaged
    │   ├── NoSnapshot              no_snapshot          503
    │   ├── CorruptSnapshot         corrupt_snapshot     503
    │   └── BadSnapshotFile         bad_snapshot_file    422
    ├── IngestError                 documentation could not be had or read
    │   ├── SourceError             source_failed        502
    │   └── ParseError              unreadable_page      502
    ├── ToolMissing                 tool_missing         500
    ├── StoreError                  store_unavailable    503
    ├── BuildLocked                 build_locked         409
    ├── BuildFailed                build_failed         507
    ├── AuditFailed                audit_failed         500
    └── ConfigurationError          bad_configuration    500

Each carries a stable ``code`` for machines, one sentence of what happened, and the human's next
step in ``hint``. ``status`` is the HTTP status a surface should answer with.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar


class FlagstoneError(Exception):
    """The root: catch this to catch everything that Flagstone raises on purpose."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "", **extra: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.extra: Mapping[str, object] = extra

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class RequestError(FlagstoneError):
    """The caller asked for something that can't be had."""

    status = 400


class InvalidRequest(RequestError):
    """The request does not have the form the contract asks for."""

    code = "invalid_request"
    status = 422


class UnknownProduct(RequestError):
    """No product of that name is in the snapshot."""

    code = "unknown_product"
    status = 404

    def __init__(self, product: str, *, available: Sequence[str], suggestions: Sequence[str] = ()):
        meant = f"Did you mean {' or '.join(suggestions)}? " if suggestions else ""
        super().__init__(
            f"No product named {product!r} is in the corpus.",
            hint=f"{meant}Available: {', '.join(available) or 'none yet'}.",
            product=product,
            available=list(available),
            suggestions=list(suggestions),
        )


class UnknownVersion(RequestError):
    """The product is known; the asked version is not documented and the policy forbids another."""

    code = "unknown_version"
    status = 404

    def __init__(
        self,
        product: str,
        version: str,
        *,
        available: Sequence[str],
        nearest: str | None = None,
        suggestions: Sequence[str] = (),
        policy: str,
    ):
        closest = (
            f"The nearest is {nearest}: ask for it, or set version_policy=nearest. "
            if nearest
            else f"Did you mean {' or '.join(suggestions)}? "
            if suggestions
            else ""
        )
        super().__init__(
            f"{product} {version} is not documented here (version_policy={policy}).",
            hint=f"{closest}Available: {', '.join(available) or 'none'}.",
            product=product,
            version=version,
            available=list(available),
            nearest=nearest,
            suggestions=list(suggestions),
            policy=policy,
        )


class UnknownCommand(RequestError):
    """The product has no such command at that release. ``exists_in`` are the releases that do."""

    code = "unknown_command"
    status = 404

    def __init__(
        self,
        product: str,
        release: str,
        path: str,
        *,
        suggestions: Sequence[str] = (),
        exists_in: Sequence[str] = (),
    ):
        elsewhere = f"It exists in {', '.join(exists_in)}. " if exists_in else ""
        meant = f"Did you mean {' or '.join(suggestions)}? " if suggestions else ""
        super().__init__(
            f"{product} {release} has no command {path!r}.",
            hint=f"{elsewhere}{meant}".strip() or "Ask for a command with its executable's name.",
            product=product,
            release=release,
            suggestions=list(suggestions),
            available=list(exists_in),
        )


class UnknownPassage(RequestError):
    """No passage has that id in the snapshot."""

    code = "unknown_passage"
    status = 404


class Unauthorized(RequestError):
    """The call needs an API key, and has none that is known here."""

    code = "unauthorized"
    status = 401


class Forbidden(RequestError):
    """The API key is known, but its scope does not cover the call."""

    code = "forbidden"
    status = 403


class WrongOrigin(RequestError):
    """A web page of an origin that is not allowed sent the request."""

    code = "wrong_origin"
    status = 403


class WrongHost(RequestError):
    """The request is for a host name that this service does not go by."""

    code = "wrong_host"
    status = 421


class RateLimited(RequestError):
    """The API key has asked more often than it may. ``retry_after`` is in seconds."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.retry_after = retry_after


class UnknownKey(RequestError):
    """No API key has that id."""

    code = "unknown_key"
    status = 404


class TimedOut(FlagstoneError):
    """The answer took longer than the service lets one take."""

    code = "timed_out"
    status = 503


class NotRunning(FlagstoneError):
    """The service has not started yet, or is ending."""

    code = "not_running"
    status = 503


class ServiceError(FlagstoneError):
    """The service, or something before it, answered with an error of another kind.

    ``reported`` is its code, ``http_status`` what it came with.
    """

    code = "service_error"
    status = 502

    def __init__(
        self, message: str, *, hint: str = "", reported: str = "", http_status: int = 502
    ) -> None:
        super().__init__(message, hint=hint)
        self.reported = reported
        self.http_status = http_status


class Unreachable(FlagstoneError):
    """The service did not answer."""

    code = "unreachable"
    status = 503


class SnapshotError(FlagstoneError):
    """What should be served is not there, or is damaged."""

    status = 503


class NoSnapshot(SnapshotError):
    """Nothing has been published yet."""

    code = "no_snapshot"


class CorruptSnapshot(SnapshotError):
    """A file of a snapshot is missing, or is not what its manifest says."""

    code = "corrupt_snapshot"


class BadSnapshotFile(SnapshotError):
    """A snapshot file to be imported is damaged, hostile, or not signed as it must be."""

    code = "bad_snapshot_file"
    status = 422


class Reason(StrEnum):
    """Why a source or a page failed. Set where the failure happens, never guessed from a text."""

    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    CHECKSUM_MISMATCH = "checksum_mismatch"
    DAMAGED_ARCHIVE = "damaged_archive"
    UNSAFE_PATH = "unsafe_path"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    UNKNOWN_CHARSET = "unknown_charset"
    MALFORMED = "malformed"
    CRASHED = "crashed"
    """The process that read it died, or did not come to an end."""
    EMPTY = "empty"
    CONTENTS_ONLY = "contents_only"
    """A page that is only a table of contents: nothing was lost."""


class IngestError(FlagstoneError):
    """Documentation could not be had or read. ``name`` is the file, package or address."""

    status = 502

    def __init__(self, name: str, reason: Reason, detail: str = "", *, hint: str = "") -> None:
        super().__init__(
            f"{name}: {reason.value}{f' ({detail})' if detail else ''}.",
            hint=hint,
            name=name,
            reason=reason.value,
            detail=detail,
        )
        self.name = name
        self.reason = reason
        self.detail = detail


class SourceError(IngestError):
    """A release's documentation could not be fetched or unpacked."""

    code = "source_failed"


class ParseError(IngestError):
    """One document could not be turned into a page."""

    code = "unreadable_page"


class ToolMissing(FlagstoneError):
    """A program of the machine that this work needs is not installed."""

    code = "tool_missing"


class StoreError(FlagstoneError):
    """The vector store can't be opened or did not answer."""

    code = "store_unavailable"
    status = 503


class BuildLocked(FlagstoneError):
    """Another build holds the data directory."""

    code = "build_locked"
    status = 409


class BuildFailed(FlagstoneError):
    """What was built could not be written. The snapshot that served before serves on."""

    code = "build_failed"
    status = 507


class AuditFailed(FlagstoneError):
    """What was built looks wrong beside what serves, and was not published."""

    code = "audit_failed"
    status = 500


class ConfigurationError(FlagstoneError):
    """A setting or a product declaration is wrong."""

    code = "bad_configuration"
