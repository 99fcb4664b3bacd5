"""A refresh: a build that nobody watches. It publishes what passes its audit, or keeps what serves.

1. every source is asked what it has; releases of later lines that are not declared are named
2. what changed is fetched and read, and only texts never seen are embedded (the build does that)
3. the staged snapshot is audited against the one that serves: before it is indexed, and after
4. it is published, or thrown away; what was read is kept, so that trying again costs little
5. downloads that no build has used for long are deleted
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from corpora.catalogue import Product
from corpora.errors import AuditFailed, FlagstoneError, NoSnapshot
from corpora.labels import CURRENT, Scheme, key, line
from corpora.model import Frozen
from corpora.snapshot import current_id
from ingest.audit import Audit, Finding
from ingest.build import BuildReport, Gate

log = logging.getLogger(__name__)

Outcome = Literal["published", "unchanged", "kept", "failed"]

DOWNLOADS = ("debs", "pip/wheels", "pip/tables", "npm/tarballs")
"""Folders of what was downloaded and verified, one file each; all can be had again."""


class RefreshReport(Frozen):
    """What a refresh did, for machines and for whoever reads the mail of cron."""

    outcome: Outcome
    """kept: the audit refused what was built. failed: nothing could be built. In both cases what
    served before serves on."""
    reason: str = ""
    snapshot: str = ""
    """The snapshot that serves now."""
    previous: str = ""
    started_at: datetime
    seconds: float
    build: BuildReport | None = None
    findings: tuple[Finding, ...] = ()
    undeclared: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Product → lines of releases that a source has, later than all that are declared."""
    deleted: int = 0
    """Downloads that were deleted."""
    vectors_deleted: int = 0
    """Vectors that no kept snapshot had any more."""

    @property
    def complete(self) -> bool:
        """Whether all that is declared was had as it is now."""
        return self.build is not None and self.build.complete


def refresh(
    data: Path,
    build: Callable[[Gate], BuildReport],
    audit: Audit,
    undeclared: Callable[[], Mapping[str, tuple[str, ...]]],
    *,
    keep_downloads_days: int,
    prune_vectors: Callable[[], int] = lambda: 0,
) -> RefreshReport:
    """Build, audit and publish. Raises BuildLocked alone: all else is in the report.

    ``prune_vectors`` deletes the vectors that nothing has any more, and returns how many.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    previous = serving(data)
    built: BuildReport | None = None
    outcome: Outcome
    reason = ""
    try:
        built = build(audit)
        outcome = "published" if built.published else "unchanged"
    except AuditFailed as error:
        outcome, reason = "kept", str(error)
    except FlagstoneError as error:
        if error.code == "build_locked":
            raise
        outcome, reason = "failed", str(error)
    deleted = vectors = 0
    if outcome in ("published", "unchanged"):
        deleted = prune_downloads(data / "downloads", keep_downloads_days)
    if outcome == "published":
        try:
            vectors = prune_vectors()
        except FlagstoneError as error:  # it only takes room
            log.warning("vectors that nothing has any more are kept: %s", error)
    return RefreshReport(
        outcome=outcome,
        reason=reason,
        snapshot=serving(data),
        previous=previous,
        started_at=started,
        seconds=round(time.monotonic() - clock, 3),
        build=built,
        findings=tuple(audit.findings),
        undeclared=dict(undeclared()),
        deleted=deleted,
        vectors_deleted=vectors,
    )


def serving(data: Path) -> str:
    """The id of the snapshot that serves; nothing where there is none."""
    try:
        return current_id(data)
    except (NoSnapshot, FlagstoneError):
        return ""


def prune_downloads(folder: Path, days: int) -> int:
    """Delete downloads that were neither fetched nor read for ``days``; how many. 0 days: none."""
    if not days:
        return 0
    oldest = time.time() - days * 86_400
    deleted = 0
    for name in DOWNLOADS:
        for file in sorted((folder / name).glob("*")) if (folder / name).is_dir() else ():
            with suppress(OSError):
                used = file.stat()
                # Many file systems note reading once a day, which is exact enough.
                if file.is_file() and max(used.st_atime, used.st_mtime) < oldest:
                    file.unlink()
                    deleted += 1
    return deleted


class Discovery(Frozen):
    """What the sources of a product have, beside what it declares."""

    product: str
    missing: tuple[str, ...] = ()
    """Declared releases that no source has now."""
    undeclared: dict[str, str] = Field(default_factory=dict)
    """Release lines that are not declared, and their newest version; the oldest first."""
    later: tuple[str, ...] = ()
    """Those of them that are later than all that is declared."""
    error: str = ""


def discovery(product: Product, here: Collection[str], versions: Sequence[str]) -> Discovery:
    """What ``product`` declares beside the releases that are ``here`` and all ``versions``."""
    return Discovery(
        product=product.id,
        missing=tuple(label for label in product.labels if label not in here),
        undeclared=undeclared_lines(product, versions),
        later=later_lines(product, versions),
    )


def undeclared_lines(product: Product, versions: Iterable[str]) -> dict[str, str]:
    """The release lines among ``versions`` that ``product`` doesn't declare, and what they have.

    Line → its newest version; the oldest line first. Versions that its scheme can't read are passed
    over, and so are those of an opaque scheme, which has no lines.
    """
    scheme = product.versions.scheme
    found: dict[str, str] = {}
    for version in versions if scheme != "opaque" else ():
        with suppress(ValueError):
            label = line(scheme, version)
            best = found.get(label)
            if label not in product.labels and (best is None or _newer(scheme, version, best)):
                found[label] = version
    return {label: found[label] for label in sorted(found, key=lambda label: key(scheme, label))}


def later_lines(product: Product, versions: Iterable[str]) -> tuple[str, ...]:
    """Of these the lines that are later than all that ``product`` declares, oldest first."""
    scheme = product.versions.scheme
    known = [one for one in product.labels if scheme != "opaque" and one != CURRENT]
    newest = max((key(scheme, label) for label in known), default=None)
    lines = undeclared_lines(product, versions)
    return tuple(label for label in lines if newest is None or key(scheme, label) > newest)


def _newer(scheme: Scheme, version: str, other: str) -> bool:
    try:
        return key(scheme, version) > key(scheme, other)
    except ValueError:
        return False
