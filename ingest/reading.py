"""Documents → pages → passages and what their commands accept, spread over the processor's cores.

Parsing runs in worker processes: it is the slowest stage after embedding, and a parser that a
hostile document brings down takes a worker with it, not the build.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from commands.model import Source
from corpora.errors import FlagstoneError, ParseError, Reason
from corpora.tokens import TokenCounter
from ingest.extract.families import Family
from ingest.extract.surfaces import PageFacts, facts_of, with_synonyms
from ingest.parse import man, parse
from ingest.passages import cut
from ingest.release_files import Failure, PageCuts, PlacedPassage
from ingest.sources.base import Document

BATCH = 16
"""Documents per task: enough to hide the cost of sending, few enough to share the work evenly."""

SECONDS = 60
"""Wall-clock time for one document. The slowest of 6,100 real ones takes 0.4 s."""

MAX_DEATHS = 8
"""Documents of one release that may bring a process down before the others are read no more one by
one: each costs some ten starts of a process, a second each."""

_LONGEST_DETAIL = 200

_CALLED_BY_SOURCE = frozenset(("html", "markdown", "help"))
"""Formats whose pages are called by their place among the others, rather than by their file."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the documents of one release have in common."""

    product: str
    format: str
    family: Family = field(default_factory=Family)


@dataclass(frozen=True, slots=True)
class PageRead:
    """One document, read."""

    cuts: PageCuts
    facts: PageFacts
    refused: Failure | None = None
    """Why its commands are not in the surface, where its passages can be had all the same."""


def read(job: Job, document: Document, tokens: TokenCounter) -> PageRead:
    """Parse one document, cut it into passages, and read what it defines. Raises ParseError."""
    form = document.format or job.format
    page = parse(form, document.name, document.data)
    if form in _CALLED_BY_SOURCE:
        # Of two `index.md` in folders of their own only the source knows how they differ.
        page = job.family.named(page).model_copy(update={"slug": document.slug})
    placed = tuple(
        PlacedPassage(passage=one.passage, anchor=one.anchor)
        for one in cut(job.product, page, tokens)
    )
    if not placed:
        raise ParseError(document.name, Reason.EMPTY, "no text but navigation")
    cuts = PageCuts(
        slug=document.slug,
        url=document.url,
        sha256=hashlib.sha256(document.data).hexdigest(),
        cuts=placed,
    )
    try:
        source: Source = "help" if form == "help" else "documentation"
        facts = facts_of(page, job.family, document.url, source)
        others = (man.renamed(page, name) for name in document.synonyms)
        synonyms = [facts_of(one, job.family, document.url, source) for one in others if one]
        return PageRead(cuts, with_synonyms(facts, synonyms))
    except ParseError as error:
        refused = Failure(name=document.name, reason=error.reason, detail=error.detail)
        return PageRead(cuts, PageFacts(()), refused)


class Readers:
    """A pool of reading processes. Use as a context manager.

    ``processes`` 0 reads in this process: for small work, where starting a pool costs more. A
    document then has no process of its own to bring down, and no time limit (``seconds``).
    """

    def __init__(
        self, tokenizer: Path, processes: int | None = None, *, seconds: int = SECONDS
    ) -> None:
        self.tokenizer = tokenizer
        self._processes = os.cpu_count() or 1 if processes is None else processes
        self._seconds = seconds
        self._pool: ProcessPoolExecutor | None = None
        self._apart: ProcessPoolExecutor | None = None
        """One process, for what was being read when another one died."""
        self._deaths = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in (self._pool, self._apart):
            if pool:
                pool.shutdown(wait=kind is None, cancel_futures=True)

    def read_all(
        self,
        job: Job,
        documents: Iterable[Document],
        on_page: Callable[[], None],
    ) -> Iterator[PageRead | Failure]:
        """Read every document, in order; what fails comes back as a Failure that names it.

        Raises what concerns every page alike (ToolMissing, OSError), and what ``documents`` raises.
        """
        batches = _batched(documents, BATCH)
        if self._processes == 0:
            _start(self.tokenizer, None, 0)
            for batch in batches:
                for result in _read_batch(job, batch):
                    on_page()
                    yield result
            return
        self._deaths = 0
        waiting: deque[_Task] = deque()
        for batch in batches:
            waiting.append(self._submit(job, batch))
            # Bounded, so that a large release is never in memory whole.
            if len(waiting) > 4 * self._processes:
                yield from self._collect(waiting.popleft(), on_page)
        while waiting:
            yield from self._collect(waiting.popleft(), on_page)

    def _submit(self, job: Job, batch: list[Document]) -> _Task:
        pool = self._pool = self._pool or self._start_pool(self._processes)
        try:
            future = pool.submit(_read_batch, job, batch)
        except BrokenProcessPool:  # since the last look; what it had been given is read apart
            pool = self._pool = self._start_pool(self._processes)
            future = pool.submit(_read_batch, job, batch)
        return _Task(job, batch, pool, future)

    def _start_pool(self, processes: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            processes,
            # A forked child of a threaded parent can deadlock; a fresh one can't.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(self.tokenizer, os.getpid(), self._seconds),
        )

    def _collect(self, task: _Task, on_page: Callable[[], None]) -> Iterator[PageRead | Failure]:
        try:
            results = task.future.result()
        except BrokenProcessPool:
            # It takes all that was waiting with it. Which document it was is found out apart.
            if self._pool is task.pool:
                self._pool = None
            results = self._read_apart(task.job, task.batch)
        for result in results:
            on_page()
            yield result

    def _read_apart(self, job: Job, batch: list[Document]) -> list[PageRead | Failure]:
        """Read what a dead process may have been reading, halved until the culprit is alone."""
        if self._deaths < MAX_DEATHS:
            if self._apart is None:
                self._apart = self._start_pool(1)
            try:
                return self._apart.submit(_read_batch, job, batch).result()
            except BrokenProcessPool:
                self._apart = None
        if len(batch) > 1 and self._deaths < MAX_DEATHS:
            half = len(batch) // 2
            return [
                *self._read_apart(job, batch[:half]),
                *self._read_apart(job, batch[half:]),
            ]
        self._deaths += 1
        detail = f"the process that read it died, or took more than {self._seconds} s"
        return [Failure(name=one.name, reason=Reason.CRASHED, detail=detail) for one in batch]


@dataclass(frozen=True, slots=True)
class _Task:
    """A batch that was handed to a pool."""

    job: Job
    batch: list[Document]
    pool: ProcessPoolExecutor
    future: Future[list[PageRead | Failure]]


_tokens: TokenCounter | None = None
_seconds = 0


def _start(tokenizer: Path, parent: int | None, seconds: int) -> None:
    global _tokens, _seconds
    if _tokens is None or _tokens.file != tokenizer:
        _tokens = TokenCounter(tokenizer)
    _seconds = seconds
    if parent is not None:
        # Without a handler of Python's the alarm also ends a process that is deep in C code.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        threading.Thread(target=end_with, args=(parent,), daemon=True).start()


def end_with(parent: int) -> None:
    """End this worker when the build that started it is gone, killed or not."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _read_batch(job: Job, batch: list[Document]) -> list[PageRead | Failure]:
    if _tokens is None:
        raise RuntimeError("the reading process was not started")
    results: list[PageRead | Failure] = []
    for document in batch:
        if _seconds:
            signal.alarm(_seconds)
        try:
            results.append(read(job, document, _tokens))
        except ParseError as error:
            results.append(Failure(name=document.name, reason=error.reason, detail=error.detail))
        except (FlagstoneError, OSError):
            raise  # a missing program, a full disk: it is not this document's fault
        except Exception as error:  # noqa: BLE001  a flaw of ours that this document has hit
            detail = f"{type(error).__name__}: {error}"[:_LONGEST_DETAIL]
            results.append(Failure(name=document.name, reason=Reason.MALFORMED, detail=detail))
        finally:
            if _seconds:
                signal.alarm(0)
    return results


def _batched(documents: Iterable[Document], size: int) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
