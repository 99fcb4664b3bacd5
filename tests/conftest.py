"""What tests of several rooms share: one model, and one corpus built with it, per session."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from corpus import SmallCorpus, build_corpus, open_engine
from hypothesis import settings

from corpora.snapshot import current_id
from corpora.tokens import bundled_model
from retrieval.embed import Embedder, open_embedder
from retrieval.engine import Engine

# How long an example takes says more of the machine than of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def model_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the exported embedding model: give it as ``<data>/models``.

    Kept in pytest's cache between runs, because the export needs torch and some 15 s. Its name in
    there says of which weights it is; the tests of the export itself make their own.
    """
    cache = pytestconfig.cache
    folder = cache.mkdir("flagstone-models") if cache else tmp_path_factory.mktemp("models")
    open_embedder(folder)
    return folder


@pytest.fixture(scope="session")
def embedder(model_folder: Path) -> Embedder:
    """The real all-MiniLM-L6-v2, adapted."""
    return open_embedder(model_folder, threads=1)


@pytest.fixture(scope="session")
def built(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with all recorded pages built and published. Read it; don't change it."""
    data = tmp_path_factory.mktemp("data")
    report = build_corpus(data, embedder)
    assert report.published
    return data


@pytest.fixture(scope="session")
def engine(built: Path, embedder: Embedder) -> Engine:
    """The engine over ``built``."""
    return open_engine(built / "snapshots" / current_id(built), embedder)


@pytest.fixture
def make_corpus(tmp_path: Path, embedder: Embedder, built: Path) -> Callable[..., SmallCorpus]:
    """Makes a corpus of some recorded releases, whose texts need no embedding any more."""
    return partial(SmallCorpus, tmp_path, embedder, known=built)


@pytest.fixture
def corpus(make_corpus: Callable[..., SmallCorpus]) -> SmallCorpus:
    """Git 2.30 and 2.39: one page each, which share some texts."""
    return make_corpus("git-2.30", "git-2.39")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder with random weights: 2 layers, 32 dimensions, window 64."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import (  # type: ignore[import-not-found]
        Pooling,
        Transformer,
    )
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    transformer = folder / "transformer"
    shutil.copytree(
        bundled_model(), transformer, ignore=shutil.ignore_patterns("*.safetensors", "modules.json")
    )
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=30_522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(transformer)
    word = Transformer(str(transformer), max_seq_length=64)
    model = SentenceTransformer(modules=[word, Pooling(32)], device="cpu")
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"
