"""One file per release built: its pages and passages, kept so that nothing is read twice.

A release file is found again by its ``key``: the fingerprint of what was fetched, the declaration
it was read by, and the code that read it. If none of them changed, the file still holds.

Form: gzip of JSON lines, a :class:`ReleaseHeader` first, then one :class:`PageCuts` per page.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from corpora.errors import Reason
from corpora.model import Frozen, Passage, Trust


class Failure(Frozen):
    """A document that was left out, and why."""

    name: str
    reason: Reason
    detail: str = ""


class PlacedPassage(Frozen):
    """A passage and the anchor in its page."""

    passage: Passage
    anchor: str = ""


class PageCuts(Frozen):
    """One page of a release, cut into passages in reading order."""

    slug: str
    url: str
    sha256: str
    cuts: tuple[PlacedPassage, ...]


class ReleaseHeader(Frozen):
    """What a release file says of itself. ``digest`` covers its pages, not when they were had."""

    key: str
    product: str
    label: str
    upstream: str
    origin: str
    trust: Trust
    fetched_at: datetime
    digest: str
    pages: int
    passages: int
    failures: tuple[Failure, ...] = ()


class ReleaseFile:
    """A release file on disk; the pages are read only when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            self.header = ReleaseHeader.model_validate_json(next(lines))

    def pages(self) -> Iterator[PageCuts]:
        """Every page, in the order of its slug."""
        with gzip.open(self.path, "rt", encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                yield PageCuts.model_validate_json(line)


class ReleaseFiles:
    """The folder of release files: ``<folder>/<product>/<label>-<key>.jsonl.gz``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, product: str, label: str, key: str) -> Path:
        return self.folder / product / f"{label}-{key}.jsonl.gz"

    def find(self, product: str, label: str, key: str) -> ReleaseFile | None:
        """The file of that key, or None if there is none or it is damaged."""
        path = self._path(product, label, key)
        try:
            return ReleaseFile(path)
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, StopIteration):
            path.unlink(missing_ok=True)
            return None

    def write(
        self,
        *,
        key: str,
        product: str,
        label: str,
        upstream: str,
        origin: str,
        trust: Trust,
        fetched_at: datetime,
        pages: Iterable[PageCuts],
        failures: Iterable[Failure],
    ) -> ReleaseFile:
        """Write one release whole, or not at all: the last step is a rename."""
        ordered = sorted(pages, key=lambda page: page.slug)
        lines = [page.model_dump_json() for page in ordered]
        header = ReleaseHeader(
            key=key,
            product=product,
            label=label,
            upstream=upstream,
            origin=origin,
            trust=trust,
            fetched_at=fetched_at,
            digest=hashlib.sha256("\n".join(lines).encode()).hexdigest(),
            pages=len(ordered),
            passages=sum(len(page.cuts) for page in ordered),
            failures=tuple(sorted(failures, key=lambda failure: failure.name)),
        )
        path = self._path(product, label, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as raw:
                # Level 3: a third of the time of the default, for a tenth more bytes.
                with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0) as packed:
                    packed.write("\n".join((header.model_dump_json(), *lines, "")).encode())
                raw.flush()
                os.fsync(raw.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return ReleaseFile(path)

    def prune(self, keep: Iterable[ReleaseFile]) -> None:
        """Delete older files of the releases in ``keep``, and what a killed build left behind."""
        for kept in keep:
            stem = f"{kept.header.label}-"
            for path in kept.path.parent.iterdir():
                stale = path.name.startswith(stem) and path.suffix == ".gz" and path != kept.path
                if stale or path.suffix == ".partial":
                    path.unlink(missing_ok=True)
