"""Snapshots of a page or two, published without a build, for the tests of their files."""

from datetime import UTC, datetime
from pathlib import Path

from corpus import CATALOGUE, PAGES

from corpora.snapshot import Snapshot
from corpora.tokens import default_counter
from ingest.reading import Job, read
from ingest.release_files import ReleaseFile, ReleaseFiles
from ingest.snapshot import seal_and_publish, stage
from ingest.sources.base import Document


def release(shelf: ReleaseFiles, label: str, *names: str) -> ReleaseFile:
    """A release file of recorded pages."""
    now = datetime.now(UTC)
    pages = []
    for name in names:
        data = (PAGES / f"postgresql-{label}" / f"{name}.html").read_bytes()
        document = Document(f"{name}.html", data, f"https://example.org/{label}", name, now)
        pages.append(read(Job("postgresql", "docbook"), document, default_counter()).cuts)
    return shelf.write(
        key=f"{int(label):016x}",
        product="postgresql",
        label=label,
        upstream=f"{label}.1",
        origin=f"postgresql-doc-{label}",
        trust="distribution",
        fetched_at=now,
        pages=pages,
        failures=(),
    )


def publish(data: Path, files: list[ReleaseFile], index: str = "index") -> Snapshot:
    """Publish them with an index that is two small files."""
    staged = stage(data, CATALOGUE, files, index)
    (staged.path / "index/store").mkdir(parents=True)
    (staged.path / "index/card.json").write_text('{"key": "k"}')
    (staged.path / "index/store/points.bin").write_bytes(bytes(range(256)))
    return seal_and_publish(data, staged)
