"""A small corpus of recorded pages, and the real build over it, for tests of any room.

::

    PAGES/<product>-<label>/<file>      one folder per release; a file is a page as it was recorded
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from corpora.catalogue import Catalogue, Product
from corpora.errors import Reason, SourceError
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from ingest.build import BuildReport, build
from ingest.sources.base import Document, Found, Progress, fill, silent
from retrieval.embed import Embedder
from retrieval.engine import Engine
from retrieval.index import Indexer, open_index
from retrieval.search import Searcher

PAGES = Path(__file__).parent / "ingest" / "fixtures"
CATALOGUE = Catalogue.load()
RELEASES: Mapping[str, tuple[str, ...]] = {
    "docker": ("20.10", "28.5"),
    "git": ("2.30", "2.39", "2.47"),
    "postgresql": ("13", "15", "17", "18"),
}
"""What is recorded, oldest first. ``docker`` 26.1 and ``git`` 2.53 and 2.55 are declared, and not
here: releases that a question can ask for in vain."""

_UPSTREAM = {
    "docker 20.10": "20.10.5",
    "docker 28.5": "28.5.2",
    "git 2.30": "2.30.2",
    "git 2.39": "2.39.5",
    "git 2.47": "2.47.3",
    "postgresql 13": "13.16",
    "postgresql 15": "15.18",
    "postgresql 17": "17.11",
    "postgresql 18": "18.6",
}
_MANUAL = re.compile(r"(?P<slug>.+)\.(?P<section>[0-9])(?:\.gz)?")


class FolderSource:
    """A Source over a folder of recorded pages. Keeps count of what it was asked to fetch."""

    def __init__(self, product: Product, root: Path = PAGES) -> None:
        self.product = product
        self.root = root
        self.fetched: list[str] = []

    def releases(self, *, on_progress: Progress = silent) -> tuple[Found, ...]:
        """Every declared release that has a folder with files."""
        return tuple(self._found(label) for label in self.product.labels if self._files(label))

    def prepare(self, found: Found, *, on_progress: Progress = silent) -> Found:
        """The release as its folder is now."""
        if not self._files(found.label):
            raise SourceError(found.origin, Reason.NOT_FOUND)
        return self._found(found.label)

    def fetch(self, found: Found, *, on_progress: Progress = silent) -> Iterator[Document]:
        """One document per file, in the order of their names."""
        self.fetched.append(found.label)
        declared = self.product.release(found.label).sources.deb
        if declared is None:
            raise SourceError(found.origin, Reason.NOT_FOUND)
        for file in self._files(found.label):
            manual = _MANUAL.fullmatch(file.name)
            slug = manual["slug"] if manual else file.stem
            values = {
                "release": found.label,
                "upstream": found.upstream,
                "slug": slug,
                "section": manual["section"] if manual else "",
                "package": self.product.id,
                "suite": "stable",
            }
            yield Document(
                name=f"{self.product.id}-{found.label}/{file.name}",
                data=file.read_bytes(),
                url=fill(declared.url, values, url=True),
                slug=slug,
                fetched_at=datetime.now(UTC),
            )

    def _files(self, label: str) -> list[Path]:
        folder = self.root / f"{self.product.id}-{label}"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def _found(self, label: str) -> Found:
        digest = hashlib.sha256()
        for file in self._files(label):
            digest.update(
                f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
            )
        name = f"{self.product.id} {label}"
        return Found(
            label=label,
            upstream=_UPSTREAM.get(name, label),
            origin=f"recorded {name}",
            fingerprint=digest.hexdigest(),
        )


def quiet(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def build_corpus(
    data: Path,
    embedder: Embedder,
    *,
    root: Path = PAGES,
    targets: Mapping[str, Sequence[str]] = RELEASES,
    processes: int = 0,
    **options: object,
) -> BuildReport:
    """Build ``targets`` from the recorded pages in ``root`` with the real indexer and store."""
    sources = {name: FolderSource(product, root) for name, product in CATALOGUE.items()}
    settings: dict[str, object] = {
        "source": lambda product: sources[product.id],
        "indexer": Indexer(embedder, data / "vectors"),
        "tokenizer": default_counter().file,
        "processes": processes,
        "progress": quiet,
        **options,
    }
    return build(data, CATALOGUE, targets, **settings)  # type: ignore[arg-type]


def open_engine(snapshot: Path, embedder: Embedder) -> Engine:
    """The engine over one published snapshot folder, as the service opens it."""
    opened = Snapshot.open(snapshot)
    searcher = Searcher(opened, open_index(opened, embedder), embedder)
    return Engine(opened, searcher, CATALOGUE, default_counter())
