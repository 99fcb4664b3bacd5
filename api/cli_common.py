"""What the commands have in common: exit statuses, options, and how an error ends one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.printing import err, print_error
from corpora.errors import ConfigurationError, FlagstoneError, InvalidRequest

FAILED, WRONG_USAGE, LEFT_OUT, ABSTAINED, INTERRUPTED = 1, 2, 3, 4, 130
EXIT_STATUS: Mapping[int, str] = {
    0: "done",
    FAILED: "failed",
    WRONG_USAGE: "wrong usage",
    LEFT_OUT: "published, but something was left out",
    ABSTAINED: "nothing in the corpus answers",
    INTERRUPTED: "interrupted",
}
EPILOG = f"Exit status: {' · '.join(f'{number} {what}' for number, what in EXIT_STATUS.items())}."

Data = Annotated[
    Path | None, typer.Option("--data", help="Data directory (FLAGSTONE_DATA).", metavar="DIR")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


@contextmanager
def errors(as_json: bool) -> Iterator[None]:
    """Turn our errors into one clear message and a status that scripts can trust."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read our output has read enough
    except (FlagstoneError, OSError) as error:
        told = error if isinstance(error, FlagstoneError) else _told(error)
        print_error(told, as_json=as_json)
        status = WRONG_USAGE if isinstance(told, InvalidRequest) else FAILED
        raise typer.Exit(status) from None
    except KeyboardInterrupt:
        err.print("flagstone: interrupted; the last published snapshot is untouched.")
        raise typer.Exit(INTERRUPTED) from None


def _told(error: OSError) -> FlagstoneError:
    return ConfigurationError(
        f"{error.filename or 'A file'}: {error.strerror or error}.",
        hint="Check the data directory: --data, or FLAGSTONE_DATA.",
    )
