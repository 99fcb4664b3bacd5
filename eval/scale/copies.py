"""Made-up products: a product of the snapshot under another name, passage by passage.

A copy is a release file that is never written: the snapshot's own writer (`ingest.snapshot`) reads
it, and gets the original's pages and surface with another product and other ids. It has the
original's releases, so that texts are shared between them as they really are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import count

from commands.model import Surface
from corpora.catalogue import Product
from ingest.release_files import PageCuts, PlacedPassage, ReleaseFile

_MARK = re.compile(r"(?P<product>.+)-copy-(?P<number>\d+)")


def made_up(product: str) -> bool:
    """Whether this is a copy's id: no declared product has such a name."""
    return _MARK.fullmatch(product) is not None


def original_of(product: str) -> str:
    """The product whose copy this is, itself where it is none."""
    copy = _MARK.fullmatch(product)
    return copy["product"] if copy else product


def declared(catalogue: Mapping[str, Product], products: Sequence[str]) -> dict[str, Product]:
    """The declarations of these products, those of copies made of their originals'.

    A copy answers to no name that a question has: its own name, and those of its programs, end in
    its number.
    """
    found = {}
    for name in products:
        copy = _MARK.fullmatch(name)
        wanted = copy["product"] if copy else name
        if wanted not in catalogue:
            continue  # as the engine does: a product that is declared no more isn't asked about
        original = catalogue[wanted]
        found[name] = original if copy is None else _named(original, name, int(copy["number"]))
    return found


def _named(original: Product, name: str, number: int) -> Product:
    return original.model_copy(
        update={
            "id": name,
            "title": f"{original.title} copy {number}",
            "aliases": tuple(f"{alias} copy {number}" for alias in original.aliases),
            "commands": tuple(f"{command}-copy-{number}" for command in original.commands),
        }
    )


class Copy(ReleaseFile):
    """A release of a made-up product, read from the file of the original."""

    def __init__(self, original: ReleaseFile, product: str, only: Set[str] | None = None) -> None:
        """``only``: the passages it has, by the original's ids; None: all of them."""
        # The original's file was checked when it was opened.
        self.path = original.path
        self._original = original
        self._only = only
        header = original.header
        told = "\x1f".join((product, header.digest, *sorted(only or ())))
        digest = hashlib.sha256(told.encode()).hexdigest()
        self.header = header.model_copy(
            update={"product": product, "digest": digest, "key": digest[:16]}
        )

    def pages(self) -> Iterator[PageCuts]:
        """The original's pages, as far as they have passages that are copied."""
        for page in self._original.pages():
            cuts = tuple(
                self._copied(one)
                for one in page.cuts
                if self._only is None or one.passage.id in self._only
            )
            if cuts:
                yield page.model_copy(update={"cuts": cuts})

    def surface(self) -> Surface | None:
        """The original's surface, whole."""
        found = self._original.surface()
        return replace(found, product=self.header.product) if found else None

    def _copied(self, placed: PlacedPassage) -> PlacedPassage:
        product, passage = self.header.product, placed.passage
        identity = hashlib.sha256(f"{product}\x1f{passage.id}".encode()).hexdigest()[:32]
        other = passage.model_copy(update={"id": identity, "product": product})
        return placed.model_copy(update={"passage": other})


def copies(originals: Sequence[ReleaseFile], points: int) -> Iterator[Copy]:
    """Copies with together exactly so many distinct passages; all products, then all again."""
    by_product: dict[str, list[ReleaseFile]] = {}
    for file in originals:
        by_product.setdefault(file.header.product, []).append(file)
    ids = {product: _ids(files) for product, files in sorted(by_product.items())}
    if not any(ids.values()):
        return
    for number in count(1):
        for product, held in ids.items():
            if points <= 0:
                return
            only = None if len(held) <= points else frozenset(held[:points])
            points -= len(held)
            for file in by_product[product]:
                copy = Copy(file, f"{product}-copy-{number}", only)
                if only is None or any(copy.pages()):
                    yield copy


def _ids(files: Sequence[ReleaseFile]) -> list[str]:
    """The distinct passages of a product, those of its newest release first.

    It is the newest that is searched where no product is named: so the part of a product that fills
    the last gap is of that one.
    """
    found = (
        placed.passage.id
        for file in reversed(files)
        for page in file.pages()
        for placed in page.cuts
    )
    return list(dict.fromkeys(found))
