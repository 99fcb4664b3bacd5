"""How the builds of a data directory ended, kept beside it for the metrics of whoever serves."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from corpora.errors import BuildLocked
from corpora.model import Frozen
from ingest.build import BuildReport

log = logging.getLogger(__name__)

Result = Literal["published", "unchanged", "failed"]

_FILE = "refreshes.json"


class Refreshes(Frozen):
    """How often, and when last, each result was seen."""

    counts: dict[Result, int] = Field(default_factory=dict)
    last: dict[Result, datetime] = Field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> Refreshes:
        """What is known of ``data``; nothing where that can't be read."""
        try:
            return cls.model_validate_json((data / _FILE).read_bytes())
        except (OSError, ValidationError):
            return cls()

    def after(self, result: Result) -> Refreshes:
        """The same with one more."""
        now = datetime.now(UTC).replace(microsecond=0)
        return Refreshes(
            counts={**self.counts, result: self.counts.get(result, 0) + 1},
            last={**self.last, result: now},
        )


class Refresh:
    """One build that is under way."""

    result: Result = "failed"

    def ended(self, report: BuildReport) -> BuildReport:
        """Note how it ended, and pass the report on."""
        self.result = "published" if report.published else "unchanged"
        return report


@contextmanager
def noted(data: Path) -> Iterator[Refresh]:
    """Note how the build inside ends. One that found another at work is none."""
    refresh = Refresh()
    try:
        yield refresh
    except BuildLocked:
        raise
    except BaseException:
        _note(data, "failed")
        raise
    _note(data, refresh.result)


def _note(data: Path, result: Result) -> None:
    draft = data / f"{_FILE}.{os.getpid()}"
    try:
        draft.write_text(Refreshes.read(data).after(result).model_dump_json())
        draft.replace(data / _FILE)
    except OSError as error:
        log.warning("the result of the build can't be noted: %s", error)
