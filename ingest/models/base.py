"""What a reader of models takes and gives: all documents of a release, its surface and pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from commands.model import Surface
from corpora.model import Page
from ingest.release_files import Failure
from ingest.sources.base import Document


@dataclass(frozen=True, slots=True)
class Material:
    """One release, as its source has it. Untrusted."""

    product: str
    release: str
    documents: Sequence[Document]

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.product} {self.release}"

    def checksum(self) -> str:
        """The SHA-256 of all documents together, for a page that is told by many of them."""
        digest = hashlib.sha256()
        for one in sorted(self.documents, key=lambda one: one.name):
            digest.update(f"{one.name}\0".encode())
            digest.update(hashlib.sha256(one.data).digest())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A page made from a model, or standing beside it. ``sha256`` is that of what it comes from."""

    page: Page
    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Modelled:
    """What the model of one release says. ``pages`` are made as they are asked for."""

    surface: Surface
    pages: Iterable[ModelPage]
    failures: tuple[Failure, ...] = ()


class ModelReader(Protocol):
    """Reads one format. Nothing of the material is run."""

    def __call__(self, material: Material, /) -> Modelled:
        """Read a release. Raises ParseError where it can't be read as a whole."""
        ...
