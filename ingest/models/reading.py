"""A release's model, read in a process of its own: what a hostile one brings down is not the build.

Unlike pages, the documents of a model are read together, so that there is one process per release,
with a limit of time and of memory. Cards are cut into passages there too, and come back in batches.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from commands.model import Command, Surface
from corpora.errors import ParseError, Reason
from corpora.tokens import TokenCounter
from ingest.models import MODELS
from ingest.models.base import Material, Modelled, ModelPage
from ingest.passages import cut
from ingest.reading import end_with
from ingest.release_files import Failure, PageCuts, PlacedPassage
from ingest.sources.base import Document

SECONDS = 1200
"""Processor time for one release. The largest, of AWS, takes 160 s."""

PATIENCE = 5
"""Wall-clock seconds for each of them: machines that build are busy."""

MEMORY = 3 * 2**30
"""Bytes of address space. The largest release takes 1.4 GB of it."""

BATCH = 500
"""Pages or commands per message."""

_ENDED = "the process that read it died, for want of memory perhaps"


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one release may take."""

    seconds: int = SECONDS
    memory: int = MEMORY


@dataclass(frozen=True, slots=True)
class Job:
    """A release to read."""

    product: str
    release: str
    format: str
    tokenizer: Path


@dataclass(frozen=True, slots=True)
class ReleaseRead:
    """A release that was read."""

    surface: Surface
    pages: list[PageCuts]
    failures: list[Failure]


def read(
    job: Job,
    documents: Iterable[Document],
    on_page: Callable[[], None],
    limits: Limits | None = None,
) -> ReleaseRead:
    """Read all documents of a release. ``on_page`` is called for every page that was made.

    Raises ParseError where the release can't be read as a whole, TIMED_OUT and CRASHED where
    reading it takes more than ``limits``, and what ``documents`` raises.
    """
    limits = limits or Limits()
    # A forked child of a threaded parent can deadlock; a fresh one can't.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, job, limits, os.getpid()), daemon=True)
    process.start()
    there.close()
    try:
        return _converse(here, job, documents, on_page, limits)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise ParseError(f"{job.product} {job.release}", Reason.CRASHED, _ENDED) from None
    finally:
        here.close()
        process.kill()
        process.join()
        process.close()


def _converse(
    pipe: Connection,
    job: Job,
    documents: Iterable[Document],
    on_page: Callable[[], None],
    limits: Limits,
) -> ReleaseRead:
    for document in documents:
        pipe.send(document)
    pipe.send(None)
    until = time.monotonic() + PATIENCE * limits.seconds
    commands: list[Command] = []
    pages: list[PageCuts] = []
    failures: list[Failure] = []
    while pipe.poll(max(0.0, until - time.monotonic())):
        match pipe.recv():
            case "refused", error:
                raise ParseError(*error)
            case Surface() as surface:
                return ReleaseRead(replace(surface, commands=tuple(commands)), pages, failures)
            case "commands", batch:
                commands += batch
            case "pages", batch:
                pages += batch
                for _ in batch:
                    on_page()
            case "failures", batch:
                failures += batch
    detail = f"reading it took more than {PATIENCE * limits.seconds} s"
    raise ParseError(f"{job.product} {job.release}", Reason.TIMED_OUT, detail)


def _serve(pipe: Connection, job: Job, limits: Limits, parent: int) -> None:
    """Take the documents of a release from the pipe, and give what was read of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build answers it, and ends this process
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    documents: list[Document] = []
    while (document := pipe.recv()) is not None:
        documents.append(document)
    try:
        read = MODELS[job.format](Material(job.product, job.release, documents))
        del documents
        _answer(pipe, job, read)
    except ParseError as error:
        pipe.send(("refused", (error.name, error.reason, error.detail)))
    except (MemoryError, RecursionError) as error:
        name = f"{job.product} {job.release}"
        pipe.send(("refused", (name, Reason.TOO_LARGE, type(error).__name__)))


def _answer(pipe: Connection, job: Job, read: Modelled) -> None:
    tokens = TokenCounter(job.tokenizer)
    batch: list[PageCuts] = []
    failures = list(read.failures)
    for page in read.pages:
        placed = tuple(
            PlacedPassage(passage=one.passage, anchor=one.anchor)
            for one in cut(job.product, page.page, tokens)
        )
        batch.append(_cuts(page, placed))
        if len(batch) == BATCH:
            pipe.send(("pages", batch))
            batch = []
    pipe.send(("pages", batch))
    pipe.send(("failures", failures))
    commands = read.surface.commands
    for start in range(0, len(commands), BATCH):
        pipe.send(("commands", commands[start : start + BATCH]))
    pipe.send(replace(read.surface, commands=()))


def _cuts(page: ModelPage, placed: tuple[PlacedPassage, ...]) -> PageCuts:
    return PageCuts(slug=page.page.slug, url=page.url, sha256=page.sha256, cuts=placed)
