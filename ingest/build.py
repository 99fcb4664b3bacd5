"""The build: from declared releases to a published snapshot.

1. ask the source which releases it can serve, and at which exact version
2. a release whose content, declaration and reading code are unchanged keeps its release file
3. the others are fetched, read, and written as a release file each
4. all release files are merged into a staged snapshot: equal texts become one passage
5. the index is built into it; only texts never embedded before are embedded
6. the snapshot is sealed and published by one atomic rename

Killed anywhere, the last published snapshot serves on, and the next build resumes from the
release files and the vectors that were finished.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from corpora.catalogue import Product
from corpora.errors import AuditFailed, BuildFailed, FlagstoneError, Reason, SourceError
from corpora.model import Frozen
from corpora.snapshot import Snapshot
from ingest.reading import Readers
from ingest.release_files import ReleaseFile, ReleaseFiles
from ingest.releases import Clock, OnFailure, ReleaseOutcome, ReleaseReader
from ingest.releases import Progress as Progress
from ingest.snapshot import (
    KEPT_SNAPSHOTS,
    build_lock,
    discard_staged,
    mark_rolled_back,
    point_to,
    seal_and_publish,
    snapshot_id,
    stage,
)
from ingest.sources.base import Source


class Indexer(Protocol):
    """Builds the search index into a staged snapshot."""

    @property
    def key(self) -> str:
        """Changes when the same corpus would get another index."""

    def build(self, snapshot: Snapshot, progress: Progress) -> int:
        """Write ``<snapshot>/index``; return how many texts had to be embedded."""


class Gate(Protocol):
    """Says whether what was staged may be published: by returning, or by raising."""

    def counted(
        self, staged: Snapshot, before: Snapshot | None, outcomes: Sequence[ReleaseOutcome]
    ) -> None:
        """Before it is indexed. ``before`` serves; ``outcomes`` are of this build."""

    def indexed(self, staged: Snapshot) -> None:
        """When the index stands."""


class BuildReport(Frozen):
    """What a build did."""

    snapshot: str
    published: bool
    """False where nothing had changed and the same snapshot serves on."""
    releases: tuple[ReleaseOutcome, ...]
    passages: int
    distinct_passages: int
    embedded: int
    seconds: dict[str, float]

    @property
    def complete(self) -> bool:
        """Whether every release was had whole, as it is now."""
        return not any(one.error or one.failures for one in self.releases)


def build(
    data: Path,
    products: Mapping[str, Product],
    targets: Mapping[str, Sequence[str]],
    *,
    source: Callable[[Product], Source],
    indexer: Indexer,
    tokenizer: Path,
    on_failure: OnFailure = "skip",
    only: bool = False,
    processes: int | None = None,
    progress: Progress,
    gate: Gate | None = None,
    keep: int = KEPT_SNAPSHOTS,
    refused: Collection[str] = (),
) -> BuildReport:
    """Build ``targets`` (product → release labels) and publish them.

    Releases of the serving snapshot that are not targets stay, unless ``only``. What ``gate``
    raises ends the build, and what served before serves on; so does a result that would be one of
    the snapshots ``refused`` (AuditFailed). ``keep`` snapshots are kept. With
    ``on_failure="skip"`` a broken page or release is left out and reported (a release built
    before keeps its last good file); with ``"fail"`` the first one ends the build. Raises
    BuildLocked, UnknownProduct and UnknownVersion for targets that are not declared, SourceError
    where no release could be had at all, BuildFailed where the result can't be written, and what
    ``on_failure`` lets through.
    """
    wanted = {name: list(labels) for name, labels in targets.items()}
    for name, labels in wanted.items():
        for label in labels:
            products[name].release(label)
    clock = Clock()
    try:
        with build_lock(data), Readers(tokenizer, processes) as readers:
            discard_staged(data)  # by a build that was killed, for want of room perhaps
            shelf = ReleaseFiles(data / "releases")
            before = _serving(data)
            outcomes: list[ReleaseOutcome] = []
            files = [] if only else _kept(data, before, shelf, products, wanted, outcomes)
            errors: list[FlagstoneError] = []
            reader = ReleaseReader(shelf, readers, on_failure, clock, progress)
            for product_id, labels in wanted.items():
                for outcome, file, error in reader.read(products[product_id], labels, source):
                    outcomes.append(outcome)
                    files += [file] if file else []
                    errors += [error] if error else []
            if not files:
                raise _nothing(wanted, errors)
            return _publish(
                data,
                products,
                files,
                outcomes,
                before,
                indexer,
                shelf,
                clock,
                progress,
                gate,
                keep,
                refused,
            )
    except (OSError, sqlite3.Error) as error:
        raise BuildFailed(
            f"The build in {data} could not be finished: {error}.",
            hint="What was published serves on. See to the disk, then run the build again.",
        ) from error


def _kept(
    data: Path,
    before: Snapshot | None,
    shelf: ReleaseFiles,
    products: Mapping[str, Product],
    wanted: dict[str, list[str]],
    outcomes: list[ReleaseOutcome],
) -> list[ReleaseFile]:
    """The files of the releases that serve and are not to be built.

    Where a file is gone, the release is added to ``wanted``: nothing is dropped but what is no
    longer declared.
    """
    files = []
    for product_id, label, key in _served(data, before, shelf):
        if label in wanted.get(product_id, ()):
            continue
        if product_id not in products or label not in products[product_id].labels:
            outcomes.append(ReleaseOutcome(product=product_id, release=label, state="withdrawn"))
        elif (file := shelf.find(product_id, label, key)) is not None:
            files.append(file)
        else:
            wanted.setdefault(product_id, []).append(label)
    return files


def _served(data: Path, before: Snapshot | None, shelf: ReleaseFiles) -> list[tuple[str, str, str]]:
    """Product, label and key of each release that serves.

    Where the serving snapshot can't be read, those that have a file, without a key.
    """
    if before is not None:
        return [
            (product.id, record.label, record.build_key)
            for product in before.products.values()
            for record in product.releases
        ]
    if not (data / "current").exists():
        return []
    return [(product, label, "") for product, labels in shelf.labels().items() for label in labels]


def _nothing(wanted: Mapping[str, Sequence[str]], errors: Sequence[FlagstoneError]) -> Exception:
    """The error of a build that had not one release."""
    if len({str(error) for error in errors}) == 1:
        return errors[0]  # one cause, with its own next step
    return SourceError(
        ", ".join(wanted),
        Reason.NOT_FOUND,
        "; ".join(str(error) for error in errors),
        hint="Nothing was published. Check the package sources of this machine.",
    )


def _publish(
    data: Path,
    products: Mapping[str, Product],
    files: list[ReleaseFile],
    outcomes: list[ReleaseOutcome],
    before: Snapshot | None,
    indexer: Indexer,
    shelf: ReleaseFiles,
    clock: Clock,
    progress: Progress,
    gate: Gate | None,
    keep: int,
    refused: Collection[str],
) -> BuildReport:
    identity = snapshot_id(products, files, indexer.key)
    if identity in refused and (before is None or before.id != identity):
        raise AuditFailed(
            f"What the sources have is snapshot {identity} again, which was rolled back from.",
            hint="It is published once the content changes, or at once with --accept.",
        )
    embedded = 0
    snapshot = _published(data, identity)
    published = snapshot is None or before is None or before.id != identity
    if snapshot is None:
        try:
            with clock("merge"):
                staged = stage(
                    data,
                    products,
                    files,
                    indexer.key,
                    on_progress=lambda done, total: progress("merge releases", done, total),
                )
            if gate:
                with clock("audit"):
                    gate.counted(staged, before, outcomes)
            with clock("index"):
                embedded = indexer.build(staged, progress)
            if gate:
                with clock("audit"):
                    gate.indexed(staged)
            with clock("publish"):
                snapshot = seal_and_publish(data, staged, keep)
        except BaseException:
            discard_staged(data)
            raise
    elif published:
        point_to(data, identity)
    mark_rolled_back(data, identity, False)
    # A snapshot built before may name other files of the same content.
    shelf.prune(
        [
            *((one.header.product, one.header.label, one.header.key) for one in files),
            *_served(data, snapshot, shelf),
        ]
    )
    return BuildReport(
        snapshot=snapshot.id,
        published=published,
        releases=tuple(outcomes),
        passages=snapshot.manifest.passages,
        distinct_passages=snapshot.manifest.distinct_passages,
        embedded=embedded,
        seconds=clock.seconds,
    )


def _serving(data: Path) -> Snapshot | None:
    try:
        return Snapshot.current(data)
    except FlagstoneError:
        # Nothing yet, or damaged: either way this build writes a good one.
        return None


def _published(data: Path, identity: str) -> Snapshot | None:
    """The intact published snapshot of that id, or None."""
    try:
        snapshot = Snapshot.open(data / "snapshots" / identity)
        snapshot.verify()
    except FlagstoneError:
        return None
    return snapshot
