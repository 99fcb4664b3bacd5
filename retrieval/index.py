"""The index of a snapshot: one point per distinct text, with a dense and a BM25 vector.

It stands in ``<snapshot>/index``::

    card.json     which model and parameters made it
    terms.npz     in how many passages of each release a term stands
    store/        the embedded Qdrant shard; absent where the points are on a server
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpora import paraphrases as paraphrases_module
from corpora.errors import CorruptSnapshot
from corpora.model import Frozen, Passage
from corpora.paraphrases import ONE_SET, Paraphrases
from corpora.snapshot import Snapshot
from corpora.tokens import TokenCounter
from retrieval import frequencies, lexical
from retrieval.embed import (
    CachedEmbedder,
    Embedder,
    OnProgress,
    open_embedder,
    reopen_embedder,
)
from retrieval.frequencies import Frequencies, FrequencyCounter, Sizes
from retrieval.lexical import Bm25, indexed, of_product
from retrieval.store import Location, Point, SparseVector, Store, create_store, open_store

FORMAT = 4
CARD = "index/card.json"
"""Where a snapshot keeps what its index says of itself."""
BATCH = 2_048
"""Passages embedded and stored at a time: some 10 MB of vectors."""

HEAD_TOKENS = 64
"""Tokens of a passage, what it belongs to included, that its dense vector is made of."""
DEFINITION_TOKENS = 128
"""Tokens of a definition alone, which its vector is made of as well. With 128 for both, and for
prose, a build has 1.3 times the work and finds the same (docs/retrieval.md, What is embedded)."""

ASKED_WEIGHT = 1.5
"""What a set of paraphrases counts in a passage's vector, against 1 of what the passage says itself
(docs/retrieval.md, More paraphrases)."""

ASKED_SETS = 2
"""Sets of paraphrases that a vector is made of. Those after them are terms for BM25 alone: on held
out questions a third set moved R@5 by .008 as terms, and by -.006 in the vector
(docs/retrieval.md, A third set)."""

_MADE_BY = (sys.modules[__name__], frequencies, lexical, paraphrases_module)
"""An index is made by these: where one of them changes, it is made again."""

Progress = Callable[[str, int, int | None], None]


class Card(Frozen):
    """What an index says of itself."""

    format: int
    key: str
    embedder: str
    bm25: Bm25
    points: dict[str, Sizes]
    """Distinct texts of each product."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """An index, open for reading."""

    store: Store
    bm25: Bm25
    frequencies: Frequencies


class Indexer:
    """Builds the index of a staged snapshot."""

    def __init__(
        self,
        embedder: Embedder,
        vectors: Path,
        *,
        bm25: Bm25 | None = None,
        location: Location | None = None,
        paraphrases: Paraphrases | None = None,
    ) -> None:
        self._embedder = embedder
        self._vectors = vectors
        self._bm25 = bm25 or Bm25()
        self._location = location or Location()
        self._paraphrases = paraphrases or Paraphrases.load()

    @property
    def key(self) -> str:
        """Changes when the same corpus would get another index."""
        code = b"".join(Path(str(module.__file__)).read_bytes() for module in _MADE_BY)
        place = self._location
        parts = [str(FORMAT), self._embedder.key, self._bm25.model_dump_json(), place.url]
        parts.append(self._paraphrases.digest)
        if place.url:  # another layout is another upload
            parts += [place.prefix, place.layout.model_dump_json()]
        return hashlib.sha256("\x1f".join(parts).encode() + code).hexdigest()[:16]

    def build(self, snapshot: Snapshot, progress: Progress) -> int:
        """Write the index of ``snapshot``; return how many texts had to be embedded."""
        folder = snapshot.path / "index"
        folder.mkdir()
        embedder = CachedEmbedder(self._embedder, self._vectors)
        total = snapshot.manifest.distinct_passages
        counter = FrequencyCounter()
        done = 0
        try:
            with create_store(
                self._location if self._location.url else folder / "store",
                embedder.dimensions,
                collection=self._location.collection(snapshot.id),
                points=total,
            ) as store:
                for passages in _batches(snapshot, BATCH):
                    before, size = done, len(passages)
                    vectors = dense_vectors(
                        passages,
                        embedder,
                        self._asked,
                        on_progress=lambda n, of, before=before, size=size: progress(  # type: ignore[misc]
                            "embed", before + n * size // of, total
                        ),
                    )
                    points = [
                        self._point(passage, vector)
                        for passage, vector in zip(passages, vectors, strict=True)
                    ]
                    for point in points:
                        terms = of_product(point.sparse.indices, point.product)
                        counter.add(point.product, point.releases, terms)
                    store.upsert(points)
                    done += len(points)
                    progress("embed", done, total)
                progress("finish the index", 0, None)
                store.finish()
        finally:
            embedder.close()
        sizes = counter.save(folder / "terms.npz")
        card = Card(
            format=FORMAT, key=self.key, embedder=embedder.key, bm25=self._bm25, points=sizes
        )
        (folder / "card.json").write_text(card.model_dump_json(indent=1), "utf-8")
        return embedder.new

    def _point(self, passage: Passage, vector: NDArray[np.float32]) -> Point:
        return Point(
            id=passage.id,
            product=passage.product,
            releases=passage.releases,
            kind=passage.kind,
            page=passage.page,
            dense=vector,
            sparse=indexed(
                lexical_vector(self._bm25, passage, self._asked(passage)), passage.product
            ),
        )

    def _asked(self, passage: Passage) -> tuple[str, ...]:
        return self._paraphrases.of(passage)


def open_index(snapshot: Snapshot, embedder: Embedder, location: Location | None = None) -> Index:
    """Open the index of a published snapshot, to be asked with vectors of ``embedder``.

    Raises CorruptSnapshot where it is damaged or was made by another model, StoreError where the
    store does not open.
    """
    folder = snapshot.path / "index"
    card = card_of(snapshot)
    try:
        counted = Frequencies.load(folder / "terms.npz", card.points)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _unreadable(snapshot, error) from error
    if card.embedder != embedder.key:
        raise CorruptSnapshot(
            f"The index of snapshot {snapshot.id} was made by another embedding model.",
            hint="Run: flagstone build. Or, where this version made it, set FLAGSTONE_MODEL and"
            " FLAGSTONE_PRECISION as for that build.",
        )
    place = location or Location()
    # A snapshot that carries its points is served from them, whatever was set up since: an
    # imported one does.
    own = folder / "store"
    store = open_store(
        own if own.is_dir() or not place.url else place, collection=place.collection(snapshot.id)
    )
    return Index(store, card.bm25, counted)


def embedder_of(
    snapshot: Snapshot,
    models: Path,
    *,
    threads: int | None = None,
    default: Callable[[], Embedder] | None = None,
) -> Embedder:
    """The model that made the vectors of a snapshot, from its export under ``models``.

    Where that is not there, the ``default``: that of a snapshot which came without it, mostly. It
    is the bundled one if none is given. Raises CorruptSnapshot where the index can't be read,
    ConfigurationError.
    """
    if found := reopen_embedder(models, card_of(snapshot).embedder, threads=threads):
        return found
    return default() if default else open_embedder(models, threads=threads)


def card_of(snapshot: Snapshot) -> Card:
    """What the index of a snapshot says of itself. Raises CorruptSnapshot."""
    try:
        said = json.loads((snapshot.path / CARD).read_bytes())
        if (made := said.get("format")) == FORMAT:
            return Card.model_validate(said)
    except (OSError, ValueError, AttributeError) as error:
        raise _unreadable(snapshot, error) from error
    raise CorruptSnapshot(
        f"The index of snapshot {snapshot.id} was made by another version of Flagstone"
        f" (format {made or 'unknown'}; this one reads {FORMAT}).",
        hint="Run: flagstone build. It takes its vectors from the cache.",
    )


def _unreadable(snapshot: Snapshot, error: Exception) -> CorruptSnapshot:
    return CorruptSnapshot(
        f"The index of {snapshot.path} can't be read: {error}.", hint="Run: flagstone build"
    )


def dense_vectors(
    passages: Sequence[Passage],
    embedder: Embedder,
    asked: Callable[[Passage], Sequence[str]] = lambda _: (),
    *,
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Unit vectors of passages: float32, (n, d).

    Each is the weighted mean of what the passage says together with what it belongs to, of how it
    is ``asked`` for, and, where it defines something, of what it says alone. Without one of the
    first and the last, options of the right command, or the same option of another one, come first
    too often.
    """
    parts = [dense_parts(passage, embedder.tokens, asked(passage)) for passage in passages]
    return mean_of(parts, partial(embedder.embed, on_progress=on_progress))


def mean_of(
    parts: Sequence[Sequence[Part]], embed: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """A unit vector for the parts of each passage, their weighted mean: float32, (n, d)."""
    places = np.repeat(np.arange(len(parts)), [len(some) for some in parts])
    weights = np.array([part.weight for some in parts for part in some], np.float32)
    found = embed([part.text for some in parts for part in some])
    vectors = np.zeros((len(parts), found.shape[1]), np.float32)
    np.add.at(vectors, places, found * weights[:, None])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)


class Part(NamedTuple):
    """A text that the vector of a passage is made of."""

    text: str
    weight: float = 1.0


def dense_parts(
    passage: Passage, tokens: TokenCounter, asked: Sequence[str] = ()
) -> tuple[Part, ...]:
    """What is embedded: what a passage belongs to, then how it begins; a definition alone too.

    And what is ``asked`` of it, each of the first ASKED_SETS sets of paraphrases as one text.
    """
    name = passage.command or passage.title
    about = f"{name}: {passage.summary}. " if passage.summary else f"{name}. "
    text = f"{about}{' > '.join(passage.heading[1:])}\n{passage.text}"
    whole = tokens.head(text, HEAD_TOKENS)
    parts = [Part(whole)]
    if passage.names:
        parts.append(Part(tokens.head(passage.text, DEFINITION_TOKENS)))
    embedded = asked[: ASKED_SETS * ONE_SET]
    for first in range(0, len(embedded), ONE_SET):
        some = embedded[first : first + ONE_SET]
        parts.append(Part(". ".join(some), ASKED_WEIGHT))
    return tuple(parts)


def lexical_vector(bm25: Bm25, passage: Passage, asked: Sequence[str] = ()) -> SparseVector:
    """The terms of a passage and of what is asked of it, each field at its weight."""
    return bm25.document("\n".join((passage.text, *asked)), **_fields(passage))


def _fields(passage: Passage) -> dict[str, str]:
    return {
        "names": " ".join(passage.names),
        "title": f"{passage.command or passage.title} {passage.summary}",
        "heading": " ".join(passage.heading[1:]),
    }


def _batches(snapshot: Snapshot, size: int) -> Iterator[list[Passage]]:
    batch: list[Passage] = []
    for passage in snapshot:
        batch.append(passage)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
