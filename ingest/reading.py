"""Documents → pages → passages, spread over the processor's cores.

Parsing runs in worker processes: it is the slowest stage after embedding, and a parser that a
hostile document brings down takes a worker with it, not the build.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Self

from corpora.errors import ParseError, Reason
from corpora.tokens import TokenCounter
from ingest.parse import Format, parse
from ingest.passages import cut
from ingest.release_files import Failure, PageCuts, PlacedPassage
from ingest.sources.base import Document

BATCH = 16
"""Documents per task: enough to hide the cost of sending, few enough to share the work evenly."""


def read(product: str, format: Format, document: Document, tokens: TokenCounter) -> PageCuts:
    """Parse one document and cut it into passages. Raises ParseError."""
    page = parse(format, document.name, document.data)
    placed = tuple(
        PlacedPassage(passage=one.passage, anchor=one.anchor) for one in cut(product, page, tokens)
    )
    if not placed:
        raise ParseError(document.name, Reason.EMPTY, "no text but navigation")
    return PageCuts(
        slug=document.slug,
        url=document.url,
        sha256=hashlib.sha256(document.data).hexdigest(),
        cuts=placed,
    )


class Readers:
    """A pool of reading processes. Use as a context manager.

    ``processes`` 0 reads in this process: for small work, where starting a pool costs more.
    """

    def __init__(self, tokenizer: Path, processes: int | None = None) -> None:
        self._tokenizer = tokenizer
        self._processes = os.cpu_count() or 1 if processes is None else processes
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def read_all(
        self,
        product: str,
        format: Format,
        documents: Iterable[Document],
        on_page: Callable[[], None],
    ) -> Iterator[PageCuts | Failure]:
        """Read every document; what fails comes back as a Failure that names it."""
        batches = _batched(documents, BATCH)
        if self._processes == 0:
            _start(self._tokenizer, None)
            for batch in batches:
                for result in _read_batch(product, format, batch):
                    on_page()
                    yield result
            return
        waiting: deque[tuple[Future[list[PageCuts | Failure]], list[Document]]] = deque()
        for batch in batches:
            waiting.append((self._submit(product, format, batch), batch))
            # Bounded, so that a large release is never in memory whole.
            if len(waiting) > 4 * self._processes:
                yield from self._collect(*waiting.popleft(), on_page)
        while waiting:
            yield from self._collect(*waiting.popleft(), on_page)

    def _submit(
        self, product: str, format: Format, batch: list[Document]
    ) -> Future[list[PageCuts | Failure]]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                # A forked child of a threaded parent can deadlock; a fresh one can't.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start,
                initargs=(self._tokenizer, os.getpid()),
            )
        return self._pool.submit(_read_batch, product, format, batch)

    def _collect(
        self,
        future: Future[list[PageCuts | Failure]],
        batch: list[Document],
        on_page: Callable[[], None],
    ) -> Iterator[PageCuts | Failure]:
        try:
            results = future.result()
        except BrokenProcessPool:
            self._pool = None
            results = [
                Failure(name=one.name, reason=Reason.MALFORMED, detail="a reading process died")
                for one in batch
            ]
        for result in results:
            on_page()
            yield result


_tokens: TokenCounter | None = None


def _start(tokenizer: Path, parent: int | None) -> None:
    global _tokens
    if _tokens is None or _tokens.file != tokenizer:
        _tokens = TokenCounter(tokenizer)
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this worker when the build that started it is gone, killed or not."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _read_batch(product: str, format: Format, batch: list[Document]) -> list[PageCuts | Failure]:
    if _tokens is None:
        raise RuntimeError("the reading process was not started")
    results: list[PageCuts | Failure] = []
    for document in batch:
        try:
            results.append(read(product, format, document, _tokens))
        except ParseError as error:
            results.append(Failure(name=document.name, reason=error.reason, detail=error.detail))
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
