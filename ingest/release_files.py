"""One file per release built: its passages and its surface, kept so that nothing is read twice.

A release file is found again by its ``key``: the fingerprint of what was fetched, the declaration
it was read by, and the code that read it. If none of them changed, the file still holds.

Form: gzip of JSON lines, a :class:`ReleaseHeader` first, then one :class:`PageCuts` per page, then
one command of the surface per line. The header has the checksum of the lines that follow it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from pydantic import TypeAdapter

from commands.dialect import Dialect
from commands.model import Command, Scope, Source, Surface
from corpora.errors import Reason
from corpora.model import Frozen, Passage, Trust

_COMMAND = TypeAdapter(Command)
_NAME = re.compile(r"(?P<label>.+)-[0-9a-f]{16}\.jsonl\.gz")


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


class SurfaceHead(Frozen):
    """What a surface says of itself besides its commands."""

    sources: tuple[Source, ...]
    dialect: Dialect
    exhaustive: tuple[Scope, ...] = ()


class ReleaseHeader(Frozen):
    """What a release file says of itself. ``digest`` covers its lines, not when they were had."""

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
    commands: int = 0
    surface: SurfaceHead | None = None
    failures: tuple[Failure, ...] = ()
    contents_only: int = 0
    """Documents that hold a table of contents and no other text: no pages, and no failures."""


class ReleaseFile:
    """A release file on disk; its pages and commands are read only when asked for.

    Opening it reads it through once, so that a damaged one is never found out halfway through a
    build. Where it is, raises BadGzipFile, zlib.error, EOFError, ValueError or StopIteration.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        digest = hashlib.sha256()
        with gzip.open(path, "rb") as lines:
            self.header = ReleaseHeader.model_validate_json(next(lines))
            if self.header.surface:
                digest.update(self.header.surface.model_dump_json().encode())
            for line in lines:
                digest.update(line)
        if digest.hexdigest() != self.header.digest:
            raise ValueError(f"{path} is not what its header says")

    def pages(self) -> Iterator[PageCuts]:
        """Every page, in the order of its slug."""
        for line in self._lines(1, 1 + self.header.pages):
            yield PageCuts.model_validate_json(line)

    def surface(self) -> Surface | None:
        """What the release's commands accept, where its documents say."""
        head, start = self.header.surface, 1 + self.header.pages
        if head is None:
            return None
        return Surface(
            product=self.header.product,
            release=self.header.label,
            sources=head.sources,
            commands=tuple(_COMMAND.validate_json(line) for line in self._lines(start, None)),
            dialect=head.dialect,
            exhaustive=head.exhaustive,
        )

    def _lines(self, start: int, end: int | None) -> Iterator[bytes]:
        with gzip.open(self.path, "rb") as lines:
            yield from islice(lines, start, end)


class ReleaseFiles:
    """The folder of release files: ``<folder>/<product>/<label>-<key>.jsonl.gz``.

    ``key`` is 16 hexadecimal digits.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, product: str, label: str, key: str) -> Path:
        return self.folder / product / f"{label}-{key}.jsonl.gz"

    def find(self, product: str, label: str, key: str) -> ReleaseFile | None:
        """The file of that key, or None if there is none; a damaged one is deleted."""
        return self._open(self._path(product, label, key))

    def latest(self, product: str, label: str) -> ReleaseFile | None:
        """The intact file of that release that was written last, or None."""
        files = [path for path, at in self._files(product) if at == label]
        for path in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True):
            if (file := self._open(path)) is not None:
                return file
        return None

    def labels(self) -> dict[str, list[str]]:
        """The releases that have a file, by product."""
        folders = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        found = {one.name: sorted({at for _, at in self._files(one.name)}) for one in folders}
        return {product: labels for product, labels in found.items() if labels}

    def _files(self, product: str) -> list[tuple[Path, str]]:
        """The release files of a product, each with its label."""
        folder = self.folder / product
        named = [(path, _NAME.fullmatch(path.name)) for path in folder.glob("*.jsonl.gz")]
        return [(path, name["label"]) for path, name in named if name]

    def _open(self, path: Path) -> ReleaseFile | None:
        try:
            return ReleaseFile(path)
        except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, StopIteration):
            path.unlink(missing_ok=True)
        except OSError:
            pass  # absent, or out of reach for now: that is no proof of damage
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
        surface: Surface | None = None,
        failures: Iterable[Failure],
        contents_only: int = 0,
    ) -> ReleaseFile:
        """Write one release whole, or not at all: the last step is a rename."""
        ordered = sorted(pages, key=lambda page: page.slug)
        commands = sorted(surface.commands, key=lambda one: one.place) if surface else []
        lines = [page.model_dump_json().encode() for page in ordered]
        lines += [_COMMAND.dump_json(one, exclude_defaults=True) for one in commands]
        digest = hashlib.sha256()
        head: SurfaceHead | None = None
        if surface:
            head = SurfaceHead(
                sources=surface.sources, dialect=surface.dialect, exhaustive=surface.exhaustive
            )
            digest.update(head.model_dump_json().encode())
        for line in lines:
            digest.update(line + b"\n")
        header = ReleaseHeader(
            key=key,
            product=product,
            label=label,
            upstream=upstream,
            origin=origin,
            trust=trust,
            fetched_at=fetched_at,
            digest=digest.hexdigest(),
            pages=len(ordered),
            passages=sum(len(page.cuts) for page in ordered),
            commands=len(commands),
            surface=head,
            failures=tuple(sorted(failures, key=lambda failure: failure.name)),
            contents_only=contents_only,
        )
        path = self._path(product, label, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as raw:
                # Level 3: a third of the time of the default, for a tenth more bytes.
                with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0) as packed:
                    for line in (header.model_dump_json().encode(), *lines):
                        packed.write(line + b"\n")
                raw.flush()
                os.fsync(raw.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return ReleaseFile(path)

    def prune(self, keep: Iterable[tuple[str, str, str]]) -> None:
        """Delete older files of the releases in ``keep``, and what a killed build left behind.

        ``keep`` has product, label and key. A release that it doesn't name keeps its files.
        """
        kept: dict[tuple[str, str], set[Path]] = {}
        for product, label, key in keep:
            kept.setdefault((product, label), set()).add(self._path(product, label, key))
        for product in {product for product, _ in kept}:
            for path, label in self._files(product):
                if path not in kept.get((product, label), {path}):
                    path.unlink(missing_ok=True)
            for path in (self.folder / product).glob("*.partial"):
                path.unlink(missing_ok=True)
