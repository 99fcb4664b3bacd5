"""Embedding in processes: the same vectors, in order, and an error when a process dies."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import StoreError
from retrieval.embed import Embedder
from retrieval.embed.pool import Opening, PooledEmbedder, processes

TEXTS = [f"option --{'x' * (one % 40)} of command {one}" for one in range(150)] + ["", "-T"]


@pytest.fixture
def opening(model_folder: Path) -> Opening:
    return Opening(model_folder, "", "fp32")


def test_any_executor_gives_the_vectors_of_the_embedder_itself(
    embedder: Embedder, opening: Opening
) -> None:
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        pooled = PooledEmbedder(embedder, opening, executor)
        found = pooled.embed(TEXTS, on_progress=lambda *one: told.append(one))
        assert len(pooled.embed([])) == 0
    np.testing.assert_allclose(found, embedder.embed(TEXTS), atol=1e-5)
    assert [done for done, _ in told] == [64, 128, 152]
    same = ("key", "dimensions", "window", "tokens")
    assert all(getattr(pooled, one) == getattr(embedder, one) for one in same)
    assert pooled.count("two words") == embedder.count("two words")


def test_one_worker_is_the_embedder_itself(embedder: Embedder, opening: Opening) -> None:
    with processes(embedder, opening, 1) as found:
        assert found is embedder


@pytest.mark.slow
def test_processes_give_the_same(embedder: Embedder, opening: Opening) -> None:
    with processes(embedder, opening, 2) as pooled:
        np.testing.assert_allclose(pooled.embed(TEXTS), embedder.embed(TEXTS), atol=1e-5)


@pytest.fixture
def dying() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        executor.submit(os._exit, 1)
        yield executor


def test_a_process_that_dies_is_an_error(
    embedder: Embedder, opening: Opening, dying: Executor
) -> None:
    with pytest.raises(StoreError, match="process died") as caught:
        PooledEmbedder(embedder, opening, dying).embed(["a"])
    assert "FLAGSTONE_EMBED_WORKERS" in caught.value.hint
