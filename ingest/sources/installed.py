"""The installed source: what a tool that is installed on this machine says of itself in files.

1. the operator names folders; each is asked for its version, which is the label of a release
2. the files that the declaration names are documents, as they lie there

Nothing is fetched and nothing is run. A folder's files may change under us, when the tool is
updated: a release is what its files say, and another version is another release.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from corpora.sources import InstalledSource as Declaration
from ingest.sources.archive import Limits
from ingest.sources.base import Document, Found, Progress, fill_whole, looked_up, silent

LIMITS = Limits(member_bytes=128 * 2**20, total_bytes=256 * 2**20)
"""Models of commands are larger than pages: the completions of gcloud 528.0.0 have 6 MB, its whole
tree several times as much."""

_VERSION = re.compile(r"[0-9][A-Za-z0-9._+~:-]{0,63}")
_VERSION_BYTES = 1024


def installed_version(folder: Path, declared: Declaration) -> str:
    """The version that is installed in a folder. Raises SourceError: NOT_FOUND, MALFORMED."""
    path = _inside(folder, declared.version)
    if path is None:
        raise SourceError(
            declared.version,
            Reason.NOT_FOUND,
            f"not in {folder}",
            hint="Name the folder that the tool is installed in.",
        )
    lines = path.open("rb").read(_VERSION_BYTES).decode("ascii", "replace").split()
    version = lines[0] if lines else ""
    if not _VERSION.fullmatch(version):
        raise SourceError(declared.version, Reason.MALFORMED, "its first word is no version")
    return version


class InstalledSource:
    """One product as it is installed in some folders of this machine. The first of a version."""

    def __init__(
        self, product: Product, folders: Sequence[Path], *, limits: Limits = LIMITS
    ) -> None:
        self.product = product
        self._folders = tuple(folders)
        self._limits = limits

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Which releases are installed here, in order. Raises SourceError."""
        labels = [one.label for one in self.product.releases if one.sources.installed is not None]
        return looked_up(self.product, labels, lambda label: self._find(label)[0], on_progress)

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """Look again, and return ``found``. Raises SourceError where it isn't there as it was."""
        self._same(found)
        on_progress(1, 1, f"installation of {self.product.title} {found.label}")
        return found

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """Every declared file that is there. Raises SourceError."""
        files = self._same(found)
        declared = self._declaration(found.label)
        fetched_at = datetime.now(UTC)
        for done, (name, data) in enumerate(files.items(), 1):
            slug = name.rpartition("/")[2].partition(".")[0]
            values = {"release": found.label, "upstream": found.upstream, "slug": slug}
            yield Document(
                name=name,
                data=data,
                url=fill_whole(declared.url, values, url=True),
                slug=slug,
                fetched_at=fetched_at,
            )
            on_progress(done, len(files), f"files of {self.product.title} {found.label}")

    def _same(self, found: Found) -> dict[str, bytes]:
        now, files = self._find(found.label)
        if now != found:
            raise SourceError(found.origin, Reason.NOT_FOUND, "it was updated", hint="Ask again.")
        return files

    def _find(self, label: str) -> tuple[Found, dict[str, bytes]]:
        """What is installed under a label, and its files. Raises SourceError."""
        declared = self._declaration(label)
        origin = f"{self.product.title} {label}, installed"
        for folder in self._folders:
            if installed_version(folder, declared) == label:
                files = self._files(folder, declared, origin)
                return _found(label, declared, origin, files), files
        raise SourceError(origin, Reason.NOT_FOUND, "in no folder of FLAGSTONE_INSTALLED")

    def _files(self, folder: Path, declared: Declaration, origin: str) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        left = self._limits.total_bytes
        for name in declared.files:
            path = _inside(folder, name)
            if path is None:
                continue
            with path.open("rb") as opened:
                data = opened.read(self._limits.member_bytes + 1)
            left -= len(data)
            if len(data) > self._limits.member_bytes or left < 0:
                raise SourceError(origin, Reason.TOO_LARGE, name)
            files[name] = data
        if not files:
            raise SourceError(origin, Reason.NOT_FOUND, f"no {declared.files[0]}")
        return files

    def _declaration(self, label: str) -> Declaration:
        declared = self.product.release(label).sources.installed
        if declared is None:
            raise SourceError(f"{self.product.id} {label}", Reason.NOT_FOUND, "not installed")
        return declared


def _found(label: str, declared: Declaration, origin: str, files: dict[str, bytes]) -> Found:
    told = [f"{name}\0{hashlib.sha256(data).hexdigest()}" for name, data in files.items()]
    parts = (*told, declared.format, declared.url)
    return Found(
        label=label,
        upstream=label,
        origin=origin,
        fingerprint=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
        format=declared.format,
        trust=declared.trust,
    )


def _inside(folder: Path, name: str) -> Path | None:
    """A regular file of the folder; None where there is none, or a link leads out of the folder."""
    root = folder.resolve()
    path = (root / name).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None
