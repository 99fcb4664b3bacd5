"""The model for questions: the passages' own model, corrected by an adapter that was trained."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from corpora.errors import ConfigurationError
from corpora.tokens import bundled_model
from retrieval.embed import CachedEmbedder, Embedder, open_embedder, open_questions
from retrieval.embed.adapter import Adapter, read_adapter
from retrieval.embed.models import weights_of
from retrieval.embed.onnx import read_card

LAYER = "encoder.layer.0.attention.self.query"
QUESTION = "Which switch leaves the rows of one table out of the dump?"
ANSWER = "--exclude-table-data=PATTERN\n\nDo not dump data for any tables matching pattern."
OTHER = "-f FILE, --file=FILE\n\nSend output to the specified file."


def test_the_adapter_that_is_shipped_fits_the_bundled_model() -> None:
    adapter = read_adapter()
    assert adapter.weights == weights_of(bundled_model())
    assert len(adapter.layers) == 36
    assert all(
        np.isfinite(up).all() and np.isfinite(down).all() for up, down in adapter.layers.values()
    )


def test_a_question_comes_nearer_to_its_answer(embedder: Embedder, asker: Embedder) -> None:
    """And stays in the space of the passages, which no adapter touches."""
    answer, other = embedder.embed([ANSWER, OTHER])
    (plain,), (adapted,) = embedder.embed([QUESTION]), asker.embed([QUESTION])
    assert adapted @ answer - adapted @ other > plain @ answer - plain @ other > 0
    assert abs(np.linalg.norm(adapted) - 1) < 1e-5
    assert asker.space == embedder.key != asker.key
    assert embedder.space == embedder.key


def test_it_is_not_taken_for_the_model_of_passages(asker: Embedder, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="questions"):
        CachedEmbedder(asker, tmp_path)


def test_it_is_exported_once_and_then_opened(model_folder: Path, asker: Embedder) -> None:
    card = read_card(model_folder / asker.key)
    assert (card.space, card.runtime) == (asker.space, "onnx")
    before = (model_folder / asker.key / "model.onnx").stat().st_mtime_ns
    again = open_questions(model_folder, asker.space, threads=1)
    assert again
    assert again.key == asker.key
    assert (model_folder / asker.key / "model.onnx").stat().st_mtime_ns == before


def test_int8_has_a_model_for_questions_too(tmp_path: Path, asker: Embedder) -> None:
    int8 = open_embedder(tmp_path, precision="int8")
    questions = open_questions(tmp_path, int8.key)
    assert questions
    assert questions.space == int8.key
    assert questions.embed([QUESTION])[0] @ asker.embed([QUESTION])[0] > 0.95
    # What is for questions is never taken for a model of passages.
    assert open_embedder(tmp_path, precision="int8").key == int8.key


def test_another_model_answers_for_itself(
    tmp_path: Path, embedder: Embedder, model_folder: Path
) -> None:
    """No adapter was trained for it: the passages' own model embeds the questions."""
    file = _adapter(tmp_path / "another.safetensors", weights="0" * 64)
    same = open_questions(model_folder, embedder.key, adapter=file)
    assert same
    assert same.key == same.space == embedder.key
    assert open_questions(tmp_path, "f" * 16) is None


def test_an_adapter_of_other_layers_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = open_embedder(tmp_path / "models")
    file = _adapter(
        tmp_path / "odd.safetensors", weights=weights_of(bundled_model()), layer="no.such.layer"
    )
    plain = open_questions(tmp_path / "models", embedder.key, adapter=file)
    assert plain
    assert plain.key == embedder.key
    assert "no.such.layer" in caplog.text
    assert [one.name for one in (tmp_path / "models").iterdir()] == [embedder.key]


def test_without_torch_questions_are_embedded_as_passages_are(
    tmp_path: Path,
    model_folder: Path,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An image that has the passages' model alone, from before there was an adapter."""
    shutil.copytree(model_folder / embedder.key, tmp_path / embedder.key)
    monkeypatch.setitem(sys.modules, "retrieval.embed.export", None)
    for writable in (True, False):
        monkeypatch.setattr(os, "access", lambda *_, here=writable: here)
        plain = open_questions(tmp_path, embedder.key)
        assert plain
        assert plain.key == embedder.key
    assert "not as was learned" in caplog.text


def test_where_nothing_can_be_written_it_is_exported_for_the_time_being(
    tmp_path: Path,
    model_folder: Path,
    embedder: Embedder,
    asker: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(model_folder / embedder.key, tmp_path / embedder.key)
    monkeypatch.setattr(os, "access", lambda *_: False)
    questions = open_questions(tmp_path, embedder.key)
    assert questions
    assert questions.embed([QUESTION])[0] @ asker.embed([QUESTION])[0] > 0.9999
    assert [one.name for one in tmp_path.iterdir()] == [embedder.key]


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 100])
def test_a_damaged_adapter_names_the_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "damaged.safetensors"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=str(file)):
        read_adapter(file)


def test_an_adapter_that_names_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "nameless.safetensors"
    save_file({f"{LAYER}.up": np.zeros((384, 2), np.float16)}, file)
    with pytest.raises(ConfigurationError, match=str(file)):
        read_adapter(file)


def test_what_is_added_to_a_layer(tmp_path: Path) -> None:
    read: Adapter = read_adapter(_adapter(tmp_path / "a.safetensors", weights="w"))
    up, down = read.layers[LAYER]
    assert (up.shape, down.shape, up.dtype) == ((384, 2), (2, 384), np.float32)
    assert np.array_equal(up @ down, np.full((384, 384), 2.0))


def _adapter(file: Path, *, weights: str, layer: str = LAYER) -> Path:
    tensors = {
        f"{layer}.up": np.ones((384, 2), np.float16),
        f"{layer}.down": np.ones((2, 384), np.float16),
    }
    save_file(tensors, file, metadata={"weights": weights})
    return file
