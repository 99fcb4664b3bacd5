"""What the commands of the command line share: options, exit statuses, and how errors are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from api import wiring
from api.cli.printing import err, print_error
from api.settings import Settings
from corpora.catalogue import Catalogue
from corpora.errors import ConfigurationError, FlagstoneError, InvalidRequest, UnknownVersion
from corpora.suggest import closest
from retrieval.engine import Engine

FAILED, INVALID, WRONG_USAGE, LEFT_OUT, ABSTAINED, INTERRUPTED = 1, 1, 2, 3, 4, 130
KEPT, LOCKED = 5, 75
EXIT_STATUS: Mapping[int, str] = {
    0: "done",
    FAILED: "failed; of validate: the text has an error",
    WRONG_USAGE: "wrong usage; of validate: it could not be done",
    LEFT_OUT: "published, but something was left out",
    ABSTAINED: "nothing in the corpus answers; of validate: nothing could be checked",
    KEPT: "the audit refused what was built; what served before serves on",
    LOCKED: "another build is running; try again later",
    INTERRUPTED: "interrupted",
}
EPILOG = f"Exit status: {' · '.join(f'{number} {what}' for number, what in EXIT_STATUS.items())}."

Request = TypeVar("Request", bound=BaseModel)

Data = Annotated[
    Path | None, typer.Option("--data", help="Data directory (FLAGSTONE_DATA).", metavar="DIR")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
ProductName = Annotated[
    str | None, typer.Option("--product", "-p", help="Product id or alias, e.g. postgresql.")
]
Version = Annotated[str | None, typer.Option("--version", "-v", help="The version you run.")]
Fingerprint = Annotated[
    str | None, typer.Option(help="Output of the tool's version command, instead of a version.")
]
Policy = Annotated[
    str, typer.Option("--policy", help="exact, compatible or nearest.", metavar="POLICY")
]
Mode = Annotated[
    str,
    typer.Option(help="hybrid: by words and by meaning; fast: by words alone.", metavar="MODE"),
]
Budget = Annotated[int, typer.Option(help="Most tokens the answer may have.")]
Question = Annotated[str, typer.Argument(help="What you want to know.")]


def engine(settings: Settings) -> Engine:
    """The engine of the snapshot that serves. Raises NoSnapshot, CorruptSnapshot."""
    return wiring.open_serving(settings).engine()


def request(form: type[Request], **fields: object) -> Request:
    """A request of the contract. Raises InvalidRequest naming what is wrong with it."""
    try:
        return form.model_validate(fields)
    except ValidationError as error:
        wrong = "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())
        raise InvalidRequest(f"{wrong}.", hint="See --help of the command.") from None


@contextmanager
def errors(as_json: bool, *, failed: int = FAILED) -> Iterator[None]:
    """Turn our errors into one clear message and a status that scripts can trust.

    ``failed`` is the status where it was not the usage that was wrong.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read our output has read enough
    except (FlagstoneError, OSError) as error:
        told = error if isinstance(error, FlagstoneError) else _told(error)
        print_error(told, as_json=as_json)
        status = WRONG_USAGE if isinstance(told, InvalidRequest) else failed
        raise typer.Exit(status) from None
    except KeyboardInterrupt:
        err.print("flagstone: interrupted; the last published snapshot is untouched.")
        raise typer.Exit(INTERRUPTED) from None


def _told(error: OSError) -> FlagstoneError:
    return ConfigurationError(
        f"{error.filename or 'A file'}: {error.strerror or error}.",
        hint="Check the data directory: --data, or FLAGSTONE_DATA.",
    )


def targets(catalogue: Catalogue, names: Sequence[str]) -> dict[str, list[str]]:
    """``["git@2.39", "docker"]`` → the releases to build of each product."""
    wanted: dict[str, list[str]] = {}
    for name in names or list(catalogue):
        product_id, at, label = name.partition("@")
        product = catalogue[product_id]
        if at and not label:
            raise InvalidRequest(
                f"{name!r} names no release.",
                hint=f"Say {product_id}, or {product_id}@ and one of: {', '.join(product.labels)}.",
            )
        if at and label not in product.labels:
            raise UnknownVersion(
                product_id,
                label,
                available=product.labels,
                suggestions=closest(label, product.labels),
                policy="exact",
            )
        labels = wanted.setdefault(product_id, [])
        labels += [one for one in ([label] if at else product.labels) if one not in labels]
    return wanted
