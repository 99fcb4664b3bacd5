"""Embedding spread over processes, or over the machines of whoever offers an executor.

Each process opens the model for itself, with one thread; texts go out in pieces and come back as
vectors, in order. Any `concurrent.futures.Executor` will do: the processes of this machine
(`processes`), or, say, ``dask.distributed.Client(address).get_executor()``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from corpora.errors import StoreError
from corpora.tokens import TokenCounter
from retrieval.embed.base import Embedder, OnProgress, Precision, Vector, Vectors
from retrieval.embed.models import open_embedder

_PIECE = 64
"""Texts sent at a time: some 0.3 s of work, against 0.2 ms of sending."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a process opens the model: what `open_embedder` is given."""

    models: Path
    model: str
    precision: Precision


class PooledEmbedder:
    """An embedder whose work is done by an executor. ``embedder`` is the same one, opened here."""

    def __init__(self, embedder: Embedder, opening: Opening, executor: Executor) -> None:
        self._embedder = embedder
        self._opening = opening
        self._executor = executor

    @property
    def key(self) -> str:
        """Names the vectors: those of the embedder itself."""
        return self._embedder.key

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._embedder.dimensions

    @property
    def window(self) -> int:
        """Tokens the model reads, its two special tokens included."""
        return self._embedder.window

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self._embedder.tokens

    def count(self, text: str) -> int:
        """Count the tokens of ``text``, special tokens left out."""
        return self._embedder.count(text)

    def embed(self, texts: Sequence[str], *, on_progress: OnProgress | None = None) -> Vectors:
        """Vectors of ``texts``, in their order: float32, (n, d). Raises StoreError."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        # The long ones first, alike long ones together: pieces of one length pad little, and no
        # process is left with the longest at the end.
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        pieces = [order[first : first + _PIECE] for first in range(0, len(order), _PIECE)]
        done = 0
        try:
            futures = [
                self._executor.submit(_embed, self._opening, [texts[place] for place in piece])
                for piece in pieces
            ]
            for piece, future in zip(pieces, futures, strict=True):
                vectors[piece] = future.result()
                done += len(piece)
                if on_progress is not None:
                    on_progress(done, len(texts))
        except BrokenProcessPool as error:
            raise StoreError(
                f"An embedding process died: {error}",
                hint="The machine may be short of memory: set FLAGSTONE_EMBED_WORKERS lower.",
            ) from error
        return vectors

    def question(self, text: str) -> Vector:
        """The vector of a question, made in this process."""
        return self._embedder.question(text)


@contextmanager
def processes(embedder: Embedder, opening: Opening, workers: int) -> Iterator[Embedder]:
    """The embedder with its work spread over so many processes of this machine."""
    if workers <= 1:
        yield embedder
        return
    # Spawned, not forked: the model runtime has threads.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),)
    ) as executor:
        yield PooledEmbedder(embedder, opening, executor)


@lru_cache(maxsize=1)
def _opened(opening: Opening) -> Embedder:
    return open_embedder(
        opening.models, model=opening.model, precision=opening.precision, threads=1
    )


def _embed(opening: Opening, texts: list[str]) -> Vectors:
    return _opened(opening).embed(texts)


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, however it went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
