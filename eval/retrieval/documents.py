"""What the other contenders read: the documents of the snapshot's releases, as plain text.

HTML goes through BeautifulSoup's ``get_text`` and manual pages through ``mandoc -T utf8``, as
readers do. What comes from elsewhere (program help, command models) is taken from the snapshot:
its texts without our cutting, and for commands whose options have none, a line for each option.
"""

from __future__ import annotations

import gzip
import subprocess
import unicodedata
from collections.abc import Iterator, Set
from pathlib import Path

from bs4 import BeautifulSoup

from commands.model import Command
from commands.store import SurfaceStore
from commands.storefile import SURFACES
from corpora.catalogue import Catalogue
from corpora.snapshot import Snapshot
from ingest.sources.apt import AptArchive
from ingest.sources.deb import DebSource

Release = tuple[str, str]
"""Product and label."""


def documents(
    data: Path, snapshot: Snapshot, catalogue: Catalogue, wanted: Set[Release]
) -> Iterator[tuple[str, str, str, str]]:
    """Give ``(product, release, page, text)`` of the releases wanted, product by product."""
    archive = AptArchive(data / "downloads")
    for product in sorted({product for product, _ in wanted}):
        labels = {label for one, label in wanted if one == product}
        declared = catalogue[product]
        source = DebSource(declared, archive)
        packaged = {label for label in labels if declared.release(label).sources.deb is not None}
        found = {one.label: one for one in source.releases()} if packaged else {}
        for label in sorted(labels):
            deb = declared.release(label).sources.deb
            if deb is None or label not in found or deb.format not in ("man", "docbook"):
                for page, text in _recorded(snapshot, product, label):
                    yield product, label, page, text
                continue
            for document in source.fetch(source.prepare(found[label])):
                yield product, label, document.slug, _plain(deb.format, document.data)


def _plain(kind: str, data: bytes) -> str:
    if kind == "docbook":
        return BeautifulSoup(data, "lxml").get_text()
    done = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=100"],  # noqa: S607 - found on the user's path
        input=gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data,
        capture_output=True,
        timeout=30,
        check=False,
    )
    # mandoc writes bold as overstrike (x, backspace, x), which a pager would swallow.
    text = done.stdout.decode("utf-8", "replace")
    plain: list[str] = []
    for character in text:
        if character == "\b":
            plain and plain.pop()
        else:
            plain.append(character)
    return unicodedata.normalize("NFC", "".join(plain))


def _recorded(snapshot: Snapshot, product: str, label: str) -> Iterator[tuple[str, str]]:
    """The pages of a release out of the snapshot, each as one text."""
    store = SurfaceStore.open(snapshot.path / SURFACES)
    for slug in snapshot.pages(product, label):
        texts = snapshot.page(product, label, slug)
        body = [f"{texts[0].title}\n{texts[0].summary}", *(one.text for one in texts)]
        if not any(one.kind == "option" for one in texts) and texts[0].command:
            command = store.command(product, label, tuple(texts[0].command.split()))
            body += _options(command) if command else []
        yield slug, "\n\n".join(body)


def _options(command: Command) -> list[str]:
    return [f"{', '.join(one.names)}\n{one.description}" for one in command.options]
