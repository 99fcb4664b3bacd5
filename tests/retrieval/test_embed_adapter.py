"""The adapted model: the one that is installed, corrected by an adapter that was trained."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from corpora.errors import ConfigurationError
from corpora.tokens import bundled_model
from retrieval.embed import Embedder, open_embedder, reopen_embedder
from retrieval.embed.adapter import Adapter, read_adapter
from retrieval.embed.models import weights_of
from retrieval.embed.onnx import read_card

LAYER = "encoder.layer.0.attention.self.query"
ASKED = (
    (
        "Which switch leaves the rows of one table out of the dump?",
        "--exclude-table-data=PATTERN\n\nDo not dump data for any tables matching pattern.",
        "-f FILE, --file=FILE\n\nSend output to the specified file.",
    ),
    (
        "put it back the way it was if the upgrade goes wrong",
        "--atomic\n\nif set, upgrade process rolls back changes made in case of failed upgrade.",
        "--history-max int\n\nlimit the maximum number of revisions saved per release.",
    ),
    (
        "longer grace period when bouncing a container",
        "-t, --timeout\n\nSeconds to wait before killing the container",
        "-s, --signal\n\nSignal to send to the container",
    ),
)
"""Questions, what answers them, and what does not."""
QUESTION = ASKED[0][0]


def test_the_adapter_that_is_shipped_fits_the_bundled_model() -> None:
    adapter = read_adapter()
    assert adapter.weights == weights_of(bundled_model())
    assert len(adapter.layers) == 36
    assert all(
        np.isfinite(up).all() and np.isfinite(down).all() for up, down in adapter.layers.values()
    )


@pytest.fixture(scope="session")
def plain(model_folder: Path) -> Embedder:
    """The model as it is installed."""
    return open_embedder(model_folder, adapter=None, threads=1)


def test_questions_come_nearer_to_what_answers_them(embedder: Embedder, plain: Embedder) -> None:
    def lead(model: Embedder) -> float:
        vectors = [model.embed(texts) for texts in ASKED]
        return sum(float(question @ (answer - other)) for question, answer, other in vectors)

    assert lead(embedder) > lead(plain) > 0
    assert abs(np.linalg.norm(embedder.embed([QUESTION])[0]) - 1) < 1e-5
    assert embedder.key != plain.key


def test_it_is_exported_once_and_then_opened(model_folder: Path, embedder: Embedder) -> None:
    card = read_card(model_folder / embedder.key)
    assert (card.adapter, card.runtime) == (read_adapter().id, "onnx")
    before = (model_folder / embedder.key / "model.onnx").stat().st_mtime_ns
    for again in (open_embedder(model_folder), reopen_embedder(model_folder, embedder.key)):
        assert again
        assert again.key == embedder.key
    assert (model_folder / embedder.key / "model.onnx").stat().st_mtime_ns == before
    assert reopen_embedder(model_folder, "f" * 16) is None


def test_int8_is_adapted_too(tmp_path: Path, embedder: Embedder) -> None:
    int8 = open_embedder(tmp_path, precision="int8")
    assert int8.embed([QUESTION])[0] @ embedder.embed([QUESTION])[0] > 0.95
    assert open_embedder(tmp_path, precision="int8").key == int8.key


def test_another_model_is_taken_as_it_is(
    tmp_path: Path, model_folder: Path, plain: Embedder
) -> None:
    """No adapter was trained for it."""
    file = _adapter(tmp_path / "another.safetensors", weights="0" * 64)
    assert open_embedder(model_folder, adapter=file).key == plain.key


def test_a_model_by_its_folder_is_adapted_where_it_is_the_same(
    model_folder: Path, embedder: Embedder
) -> None:
    assert open_embedder(model_folder, model=bundled_model()).key == embedder.key


def test_an_adapter_of_other_layers_is_refused(tmp_path: Path) -> None:
    file = _adapter(
        tmp_path / "odd.safetensors", weights=weights_of(bundled_model()), layer="no.such.layer"
    )
    with pytest.raises(ConfigurationError, match=r"no\.such\.layer"):
        open_embedder(tmp_path / "models", adapter=file)
    assert not list((tmp_path / "models").iterdir())


def test_where_the_export_was_refused_the_model_itself_is_adapted(
    tmp_path: Path, model_folder: Path, embedder: Embedder
) -> None:
    """Then sentence-transformers embeds, and has to give the same."""
    folder = tmp_path / embedder.key
    shutil.copytree(model_folder / embedder.key, folder)
    card = read_card(folder)
    (folder / "embedder.json").write_text(
        card.model_copy(update={"runtime": "torch"}).model_dump_json()
    )
    slow = open_embedder(tmp_path)
    assert slow.embed([QUESTION])[0] @ embedder.embed([QUESTION])[0] > 0.9999
    (folder / "embedder.json").write_text(
        card.model_copy(update={"runtime": "torch", "adapter": "f" * 16}).model_dump_json()
    )
    with pytest.raises(ConfigurationError, match="not here any more as it was"):
        reopen_embedder(tmp_path, embedder.key)


def test_an_export_from_before_there_was_an_adapter_opens(
    tmp_path: Path, model_folder: Path, plain: Embedder
) -> None:
    """A snapshot that it made is served by it until the next build."""
    shutil.copytree(model_folder / plain.key, tmp_path / plain.key)
    card = tmp_path / plain.key / "embedder.json"
    said = json.loads(card.read_text())
    del said["adapter"]
    card.write_text(json.dumps({**said, "space": ""}))
    again = reopen_embedder(tmp_path, plain.key)
    assert again
    assert np.array_equal(again.embed([QUESTION]), plain.embed([QUESTION]))


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
