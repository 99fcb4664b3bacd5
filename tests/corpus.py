"""A small corpus of recorded pages, and the real build over it, for tests of any room.

::

    PAGES/<product>-<label>/<file>      one folder per release; a file is a page as it was recorded
"""

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from corpora.catalogue import Catalogue, Product
from corpora.errors import Reason, SourceError
from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from ingest.build import BuildReport, build
from ingest.releases import ReleaseOutcome
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
        declared = self.product.release(label).sources.deb
        assert declared is not None
        return Found(
            label=label,
            upstream=_UPSTREAM.get(name, label),
            origin=f"recorded {name}",
            fingerprint=digest.hexdigest(),
            format=declared.format,
            trust=declared.trust,
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
    settings: dict[str, object] = {
        "products": CATALOGUE,
        "source": lambda product: FolderSource(product, root),
        "indexer": Indexer(embedder, data / "vectors"),
        "tokenizer": default_counter().file,
        "processes": processes,
        "progress": quiet,
        **options,
    }
    return build(data, targets=targets, **settings)  # type: ignore[arg-type]


class SmallCorpus:
    """A few recorded releases in a folder of their own, to change and to build again.

    ::

        corpus = SmallCorpus(tmp_path, embedder, "git-2.30", "docker-20.10")
        corpus.build()
        corpus.page("git-2.30/git-commit.1").unlink()
        corpus.build()
        corpus.fetched            # ["git 2.30"]: by the last build
    """

    def __init__(
        self, folder: Path, embedder: Embedder, *releases: str, known: Path | None = None
    ) -> None:
        """``known`` is a data directory whose vectors are taken over: they need no computing."""
        self.pages = folder / "pages"
        self.data = folder / "data"
        self.embedder = embedder
        self.sources: dict[str, FolderSource] = {}
        for release in releases:
            shutil.copytree(PAGES / release, self.pages / release)
        if known is not None:
            shutil.copytree(known / "vectors", self.data / "vectors")

    def page(self, name: str) -> Path:
        """One page, such as ``git-2.30/git-commit.1``."""
        return self.pages / name

    def targets(self) -> dict[str, list[str]]:
        """Every release that has a folder."""
        found: dict[str, list[str]] = {}
        for folder in sorted(self.pages.iterdir()):
            product, _, label = folder.name.rpartition("-")
            found.setdefault(product, []).append(label)
        return found

    def build(
        self, targets: Mapping[str, Sequence[str]] | None = None, **options: object
    ) -> BuildReport:
        """Build all that is in the folder, or ``targets``."""
        products: Mapping[str, Product] = options.get("products", CATALOGUE)  # type: ignore[assignment]
        self.sources = {one: FolderSource(products[one], self.pages) for one in products}
        options = {"source": lambda product: self.sources[product.id], **options}
        targets = self.targets() if targets is None else targets
        return build_corpus(self.data, self.embedder, targets=targets, **options)  # type: ignore[arg-type]

    @property
    def fetched(self) -> list[str]:
        """The releases that the last build fetched."""
        return [f"{name} {one}" for name, at in self.sources.items() for one in at.fetched]

    @property
    def snapshot(self) -> Snapshot:
        """The one that serves."""
        return Snapshot.current(self.data)

    @property
    def engine(self) -> Engine:
        """The engine over the snapshot that serves."""
        return open_engine(self.snapshot.path, self.embedder)


def open_engine(snapshot: Path, embedder: Embedder) -> Engine:
    """The engine over one published snapshot folder, as the service opens it."""
    opened = Snapshot.open(snapshot)
    searcher = Searcher(opened, open_index(opened, embedder), embedder)
    return Engine(opened, searcher, CATALOGUE, default_counter())


def edit(page: Path, old: str, new: str) -> None:
    """Replace a text that the page must have."""
    text = page.read_text("utf-8")
    if old not in text:
        raise ValueError(f"{page} does not say {old!r}")
    page.write_text(text.replace(old, new), "utf-8")


def outcome(report: BuildReport, release: str) -> ReleaseOutcome:
    """What became of ``git 2.30``."""
    return next(one for one in report.releases if f"{one.product} {one.release}" == release)


def held(snapshot: Snapshot) -> list[str]:
    """Every release of a snapshot: ``["git 2.30", …]``."""
    products = snapshot.products.values()
    return [f"{one.id} {release.label}" for one in products for release in one.releases]
