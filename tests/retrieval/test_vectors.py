"""Pruning the vectors that are kept between builds."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from corpus import SmallCorpus, edit

from corpora.paraphrases import Paraphrases
from corpora.snapshot import Snapshot
from ingest.installation import snapshot_ids
from retrieval.embed import CachedEmbedder, Embedder
from retrieval.vectors import prune_vectors

COMMIT = "git-2.30/git-commit.1"


def held(corpus: SmallCorpus) -> list[Snapshot]:
    return [Snapshot.open(corpus.data / "snapshots" / one) for one in snapshot_ids(corpus.data)]


def known(corpus: SmallCorpus, texts: Sequence[str]) -> int:
    """How many of ``texts`` have a vector already."""
    cache = CachedEmbedder(corpus.embedder, corpus.data / "vectors")
    cache.embed(texts)
    cache.close()
    return cache.reused


def test_vectors_of_kept_snapshots_stay_and_the_others_go(
    make_corpus: Callable[..., SmallCorpus], embedder: Embedder
) -> None:
    corpus = make_corpus("git-2.30")  # with the vectors of all recorded pages
    corpus.build()
    edit(corpus.page(COMMIT), "automatically stage files", "automatically put aside files")
    changed = corpus.build()
    assert changed.embedded > 0
    folder = corpus.data / "vectors"
    other = folder / f"vectors-{'0' * 16}.sqlite"
    other.write_bytes(b"of another model")
    before = next(folder.glob(f"vectors-{embedder.key}.sqlite")).stat().st_size
    deleted = prune_vectors(folder, held(corpus), embedder, Paraphrases.load())
    assert deleted > 100
    assert not other.exists()
    assert next(folder.glob(f"vectors-{embedder.key}.sqlite")).stat().st_size < before
    assert prune_vectors(folder, held(corpus), embedder, Paraphrases.load()) == 0
    # Both snapshots can be built again from what is left.
    assert known(corpus, ["a text of no snapshot"]) == 0
    edit(corpus.page(COMMIT), "automatically put aside files", "automatically stage files")
    for name in snapshot_ids(corpus.data):
        damaged = corpus.data / "snapshots" / name / "index" / "card.json"
        damaged.write_text(damaged.read_text() + " ")
    assert corpus.build().embedded == 0


def test_vectors_of_a_model_that_made_a_kept_snapshot_stay(
    corpus: SmallCorpus, tmp_path: Path
) -> None:
    corpus.build()

    class Newer:
        """Another model, as a setting may name tomorrow."""

        key = "f" * 16
        dimensions = 4
        window = 256
        tokens = corpus.embedder.tokens

        def count(self, text: str) -> int:
            return self.tokens(text)

        def embed(self, texts: Sequence[str], **_: object) -> np.ndarray:
            return np.zeros((len(texts), 4), np.float32)

    folder = corpus.data / "vectors"
    files = set(folder.glob("*.sqlite"))
    prune_vectors(folder, held(corpus), Newer(), Paraphrases.load())  # type: ignore[arg-type]
    assert files <= set(folder.glob("*.sqlite"))
