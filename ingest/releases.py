"""One release: had from the shelf where nothing has changed, else fetched, read and put there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from commands import model as surfaces
from commands.model import Surface
from corpora import model
from corpora.catalogue import Product
from corpora.errors import FlagstoneError, Reason, SourceError
from corpora.model import Frozen
from corpora.snapshot import file_sha256
from ingest.extract.families import Family
from ingest.extract.surfaces import PageFacts, surface_of
from ingest.models import MODELS
from ingest.models import reading as models
from ingest.reading import Job, PageRead, Readers
from ingest.release_files import Failure, PageCuts, ReleaseFile, ReleaseFiles
from ingest.sources.base import Found, Source

BROKEN_SHARE = 0.05
"""A release of which more pages than this can't be read is taken for broken, and left out."""

PASSING = frozenset((Reason.TIMED_OUT, Reason.CRASHED))
"""Failures that may be the machine's: the release is read again by the next build."""

OnFailure = Literal["skip", "fail"]
State = Literal["new", "unchanged", "kept", "failed", "withdrawn"]
Progress = Callable[[str, int, int | None], None]
"""Told the stage, how much is done, and of how much (None: not known)."""


class ReleaseOutcome(Frozen):
    """What became of one release in a build."""

    product: str
    release: str
    upstream: str = ""
    origin: str = ""
    state: State
    """kept: it could not be refreshed, and the file of the last build is used. withdrawn: it was
    served, and is declared no more."""
    pages: int = 0
    passages: int = 0
    contents_only: int = 0
    """Documents that hold a table of contents and no other text: no pages, and no failures."""
    failures: tuple[Failure, ...] = ()
    error: str = ""


class Clock:
    """Adds up the seconds that each stage took: ``with clock("merge"): …``."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = 0.0

    def __call__(self, stage: str) -> Clock:
        """The context of one stretch of ``stage``."""
        self._stage = stage
        return self

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        spent = time.monotonic() - self._since
        self.seconds[self._stage] = round(self.seconds.get(self._stage, 0.0) + spent, 3)


class ReleaseReader:
    """Has the files of releases: from the shelf, or from the source."""

    def __init__(
        self,
        shelf: ReleaseFiles,
        readers: Readers,
        on_failure: OnFailure,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._shelf = shelf
        self._readers = readers
        self._on_failure = on_failure
        self._clock = clock
        self._progress = progress

    def read(
        self, product: Product, labels: Sequence[str], source: Callable[[Product], Source]
    ) -> Iterator[tuple[ReleaseOutcome, ReleaseFile | None, FlagstoneError | None]]:
        """What became of each of ``labels``, its file, and why it could not be refreshed."""
        self._progress(f"look for {product.title}", 0, None)
        found: dict[str, Found] = {}
        broken: FlagstoneError | None = None
        try:
            with self._clock("look"):
                supply = source(product.only(labels))
                found = {one.label: one for one in supply.releases(on_progress=self._told)}
        except FlagstoneError as error:
            self._let_through(error)
            broken = error
        for label in product.labels:
            if label not in labels:
                continue
            try:
                if broken is not None:
                    raise broken
                if label not in found:
                    raise SourceError(f"{product.id} {label}", Reason.NOT_FOUND, "no source has it")
                with self._clock("read"):
                    outcome, file = self._release(product, found[label], supply)
                yield outcome, file, None
            except FlagstoneError as error:
                self._let_through(error)
                last = self._shelf.latest(product.id, label)
                state: State = "kept" if last else "failed"
                yield _outcome(product, label, state, last, str(error)), last, error

    def _let_through(self, error: FlagstoneError) -> None:
        if self._on_failure == "fail":
            raise error

    def _told(self, done: int, total: int | None, what: str, /) -> None:
        self._progress(what, done, total)

    def _release(
        self, product: Product, found: Found, supply: Source
    ) -> tuple[ReleaseOutcome, ReleaseFile]:
        label = found.label
        key = _key(found, product, self._readers.tokenizer)
        file = self._find(product, label, key)
        if file is None:
            # Only now is anything fetched; and what can be had may not be what was listed.
            found = supply.prepare(found, on_progress=self._told)
            key = _key(found, product, self._readers.tokenizer)
            file = self._find(product, label, key)
        if file is not None:
            return _outcome(product, label, "unchanged", file), file
        file = self._fetch(product, found, supply, key)
        return _outcome(product, label, "new", file), file

    def _find(self, product: Product, label: str, key: str) -> ReleaseFile | None:
        """The file of that key, unless it lacks a page that may well be readable the next time."""
        file = self._shelf.find(product.id, label, key)
        if file and any(one.reason in PASSING for one in file.header.failures):
            return None
        return file

    def _fetch(self, product: Product, found: Found, supply: Source, key: str) -> ReleaseFile:
        """Fetch and read one release, and put it on the shelf."""
        name = f"{product.id} {found.label}"
        family = Family.of(product.reading(found.label))
        expected: int | None = None
        done = contents_only = 0

        def on_document(_: int, total: int | None, __: str) -> None:
            nonlocal expected
            expected = total

        def on_page() -> None:
            nonlocal done
            done += 1
            self._progress(f"read {product.title} {found.label}", done, expected)

        pages: list[PageCuts] = []
        facts: list[PageFacts] = []
        failures: list[Failure] = []
        documents = supply.fetch(found, on_progress=on_document)
        if found.format in MODELS:
            model = models.Job(product.id, found.label, found.format, self._readers.tokenizer)
            read = models.read(model, documents, on_page)
            _judge(name, read.pages, read.failures, self._on_failure)
            return self._write(product, found, key, read.pages, read.surface, read.failures)
        job = Job(product.id, found.format, family)
        for result in self._readers.read_all(job, documents, on_page):
            if isinstance(result, PageRead):
                pages.append(result.cuts)
                facts.append(result.facts)
                failures += [result.refused] if result.refused else []
            elif result.reason is Reason.CONTENTS_ONLY:
                contents_only += 1
            else:
                failures.append(result)
        _judge(name, pages, failures, self._on_failure)
        surface = surface_of(product.id, found.label, facts, family.dialect)
        return self._write(product, found, key, pages, surface, failures, contents_only)

    def _write(
        self,
        product: Product,
        found: Found,
        key: str,
        pages: Sequence[PageCuts],
        surface: Surface,
        failures: Sequence[Failure],
        contents_only: int = 0,
    ) -> ReleaseFile:
        return self._shelf.write(
            key=key,
            product=product.id,
            label=found.label,
            upstream=found.upstream,
            origin=found.origin,
            trust=found.trust,
            fetched_at=datetime.now(UTC),
            pages=pages,
            surface=surface,
            failures=failures,
            contents_only=contents_only,
        )


def _outcome(
    product: Product, label: str, state: State, file: ReleaseFile | None, error: str = ""
) -> ReleaseOutcome:
    outcome = ReleaseOutcome(product=product.id, release=label, state=state, error=error)
    if file is None:
        return outcome
    names = ("upstream", "origin", "pages", "passages", "contents_only", "failures")
    return outcome.model_copy(update={name: getattr(file.header, name) for name in names})


def _judge(
    release: str, pages: Sequence[PageCuts], failures: Sequence[Failure], on_failure: OnFailure
) -> None:
    """Refuse a release that is broken as a whole, or any failure where none is allowed."""
    # One bad page of a small release is a bad page, not a broken release.
    allowed = max(1.0, BROKEN_SHARE * (len(pages) + len(failures)))
    if failures and (on_failure == "fail" or not pages or len(failures) > allowed):
        worst = failures[0]
        more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
        raise SourceError(
            release, worst.reason, f"{worst.name}{': ' if worst.detail else ''}{worst.detail}{more}"
        )
    if not pages:
        raise SourceError(release, Reason.EMPTY, "no page was found in it")


def _key(found: Found, product: Product, tokenizer: Path) -> str:
    """Changes when the content, its declaration or what reads it changes: 16 hex digits."""
    declared = product.release(found.label).sources.model_dump_json()
    parts = (
        *(found.fingerprint, found.upstream, found.origin, found.format, found.trust),
        *(product.id, declared, product.options.model_dump_json()),
        *(_reading_code(found.format in MODELS), _checksum(tokenizer)),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=2)
def _reading_code(of_models: bool) -> str:
    """A checksum of the code that turns documents, or models, into a release file."""
    here, words = Path(__file__).parent, Path(model.__file__).parent
    commands = Path(surfaces.__file__).parent
    digest = hashlib.sha256()
    for file in (
        *sorted((here / "parse").glob("*.py")),
        *sorted((here / "extract").glob("*.py")),
        *(sorted((here / "models").rglob("*.py")) if of_models else ()),
        *(here / name for name in ("passages.py", "reading.py", "release_files.py")),
        *(words / name for name in ("model.py", "tokens.py")),
        *(commands / name for name in ("model.py", "dialect.py", "merge.py")),
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def _checksum(file: Path) -> str:
    return file_sha256(file)
