"""The copy of a model that embeds questions: the real one, and a tiny one for what goes wrong."""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import ConfigurationError
from retrieval.embed import Embedder, open_embedder, reopen_embedder

TEXTS = ["", "-T", "skip the data of one table?", "Größe 日本語", "option " * 600]


@pytest.fixture
def models(model_folder: Path, embedder: Embedder, tmp_path: Path) -> Path:
    """A folder with an export of the bundled model, from which a test may take what it likes."""
    shutil.copytree(model_folder / embedder.key, tmp_path / "models" / embedder.key)
    return tmp_path / "models"


@pytest.fixture
def fp32(models: Path) -> Embedder:
    return open_embedder(models)


def test_questions_are_embedded_by_a_copy_in_int8(fp32: Embedder, models: Path) -> None:
    int8 = open_embedder(models, precision="int8")
    for text in TEXTS:
        found = fp32.question(text)
        assert found.shape == (384,)
        assert found.dtype == np.float32
        assert 0.95 < found @ fp32.embed([text])[0] < 0.99999
        assert np.array_equal(found, int8.question(text))
        assert np.array_equal(int8.question(text), int8.embed([text])[0])


def test_a_service_holds_the_copy_for_questions_alone(models: Path, fp32: Embedder) -> None:
    """The model itself is opened when a text is to be embedded, and not before."""
    folder = models / fp32.key
    moved = (folder / "model.onnx").rename(folder / "elsewhere.onnx")
    try:
        service = reopen_embedder(models, fp32.key)
        assert service is not None
        assert np.array_equal(service.question("how?"), fp32.question("how?"))
        with pytest.raises(ConfigurationError, match=r"model\.onnx can't be used"):
            service.embed(["a passage"])
    finally:
        moved.rename(folder / "model.onnx")
    assert service.embed(["a passage"]).shape == (1, 384)


def test_an_export_without_the_copy_gets_one_when_it_is_opened_to_build(
    tiny_model: Path, tmp_path: Path
) -> None:
    one = open_embedder(tmp_path, model=tiny_model)
    copy = tmp_path / one.key / "questions.onnx"
    copy.unlink()
    served = reopen_embedder(tmp_path, one.key)
    assert served is not None
    assert np.array_equal(served.question("x"), served.embed(["x"])[0])
    assert not copy.exists()
    again = open_embedder(tmp_path, model=tiny_model)
    assert again.key == one.key
    assert np.array_equal(again.question("x"), one.question("x"))
    assert not np.array_equal(again.question("x"), again.embed(["x"])[0])
    assert copy.is_file()


def quantized_badly(model: Path, to: Path) -> None:
    to.write_bytes(model.read_bytes()[:1_000])
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("failing", ["disk", "onnx"])
def test_an_export_is_used_without_a_copy_that_can_not_be_made(
    tiny_model: Path,
    tmp_path: Path,
    failing: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = open_embedder(tmp_path, model=tiny_model)
    (tmp_path / one.key / "questions.onnx").unlink()
    if failing == "disk":
        monkeypatch.setattr("retrieval.embed.quantize._write_int8", quantized_badly)
    else:  # as in the image, which has no `onnx`
        monkeypatch.setitem(sys.modules, "retrieval.embed.quantize", None)
    again = open_embedder(tmp_path, model=tiny_model)
    assert np.array_equal(again.question("x"), again.embed(["x"])[0])
    assert "gets no copy for questions" in caplog.text
    (folder,) = tmp_path.iterdir()
    assert {file.name for file in folder.iterdir()} == {
        "embedder.json", "model.onnx", "tokenizer.json"
    }  # fmt: skip


def test_processes_that_open_an_export_at_once_all_get_the_copy(
    tiny_model: Path, tmp_path: Path
) -> None:
    one = open_embedder(tmp_path, model=tiny_model)
    (tmp_path / one.key / "questions.onnx").unlink()
    with ThreadPoolExecutor(3) as pool:
        opened = list(
            pool.map(lambda _: open_embedder(tmp_path, model=tiny_model).question("x"), range(3))
        )
    assert all(np.array_equal(vector, one.question("x")) for vector in opened)
    (folder,) = tmp_path.iterdir()
    assert len(list(folder.iterdir())) == 4


def test_questions_are_embedded_in_full_where_int8_loses_too_much(
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("retrieval.embed.quantize.INT8_FLOOR", 1.1)
    embedder = open_embedder(tmp_path, model=tiny_model)
    assert np.array_equal(embedder.question("x"), embedder.embed(["x"])[0])
    (folder,) = tmp_path.iterdir()
    assert [file.name for file in folder.glob("*questions*")] == ["questions.refused"]
    # That is remembered: it would be found out again each time.
    monkeypatch.setattr("retrieval.embed.quantize._write_int8", quantized_badly)
    open_embedder(tmp_path, model=tiny_model)
    assert "gets no copy" not in caplog.text
