"""The copy of a model that embeds questions: the real one, and a tiny one for what goes wrong."""

import shutil
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnxruntime import InferenceSession

from corpora.errors import ConfigurationError
from retrieval.embed import Embedder, open_embedder, reopen_embedder
from retrieval.embed.models import _alone
from retrieval.embed.onnx import read_card
from retrieval.embed.shapes import fix_shapes

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
    copy = tmp_path / one.key / "question.onnx"
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


def inputs(model: Path) -> list[str]:
    return [one.name for one in onnx.load(model).graph.input]


def test_the_copy_is_for_one_text_and_works_out_no_shapes(models: Path, fp32: Embedder) -> None:
    copy, whole = (models / fp32.key / name for name in ("question.onnx", "model.onnx"))
    assert inputs(copy) == ["input_ids"]
    assert inputs(whole) == ["input_ids", "attention_mask"]
    kinds = [Counter(node.op_type for node in onnx.load(one).graph.node) for one in (copy, whole)]
    assert 4 * kinds[0]["Shape"] < kinds[1]["Shape"]
    initial = {one.name for one in onnx.load(copy).graph.initializer}
    reshaped = [node for node in onnx.load(copy).graph.node if node.op_type == "Reshape"]
    assert reshaped
    assert all(node.input[1] in initial for node in reshaped)


def test_a_model_that_is_not_traced_for_one_text_gets_a_copy_of_its_whole_graph(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise TypeError("forward() missing 1 required argument: 'attention_mask'")

    usual = open_embedder(tmp_path / "usual", model=tiny_model)
    monkeypatch.setattr("retrieval.embed.export.export_alone", refuses)
    masked = open_embedder(tmp_path / "masked", model=tiny_model)
    assert masked.key == usual.key
    assert inputs(tmp_path / "masked" / masked.key / "question.onnx")[1:] == ["attention_mask"]
    for text in TEXTS:
        assert masked.question(text) @ usual.question(text) > 0.999


@pytest.mark.parametrize("wrong", ["shapes", "vectors"])
def test_so_does_one_whose_graph_for_one_text_can_not_be_used(
    tiny_model: Path, tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: Path) -> None:
        if wrong == "shapes":
            raise RuntimeError("Incomplete symbolic shape inference")
        model = onnx.load(file)
        for one in model.graph.initializer:
            array = onnx.numpy_helper.to_array(one)
            if array.dtype == np.float32 and array.ndim == 2:
                one.CopyFrom(onnx.numpy_helper.from_array(array[::-1].copy(), one.name))
        onnx.save(model, file)

    monkeypatch.setattr("retrieval.embed.quantize.fix_shapes", fails)
    one = open_embedder(tmp_path, model=tiny_model)
    assert inputs(tmp_path / one.key / "question.onnx")[1:] == ["attention_mask"]
    assert one.question("x") @ one.embed(["x"])[0] > 0.95


def test_what_a_branch_reads_stays(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17]>
    graph (float[1, n, 4] x, bool c) => (float[1, n, 4] z) {
        twice = Add(x, x)
        z = If(c) <
            then_branch = a () => (float[1, n, 4] p) { p = Identity(twice) },
            else_branch = b () => (float[1, n, 4] q) { q = Neg(twice) }
        >
    }"""
    file = tmp_path / "graph.onnx"
    onnx.save(onnx.parser.parse_model(text), file)
    fix_shapes(file)
    x = np.ones((1, 3, 4), np.float32)
    (found,) = InferenceSession(file).run(None, {"x": x, "c": np.array(False)})
    assert np.array_equal(found, -2 * x)


def test_a_model_that_changed_since_is_not_traced_again(tiny_model: Path, tmp_path: Path) -> None:
    """Its export stays what it was, and so does its copy."""
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    one = open_embedder(tmp_path / "models", model=model)
    folder = tmp_path / "models" / one.key
    (folder / "question.onnx").unlink()
    card = read_card(folder).model_copy(update={"weights": "0" * 64})
    assert _alone(card, tmp_path, None) is None


def test_shapes_that_are_known_are_written_into_a_graph(tmp_path: Path) -> None:
    """(1, n, 4) → (1, n, 2, 2) by arithmetic on n; and a reshape that leaves two numbers open."""
    text = """<ir_version: 8, opset_import: ["" : 17]>
    graph (float[1, n, 4] x, float[a, b] y, int64[2] to) => (float[1, n, 2, 2] z, float[c, d] w) {
        two = Constant<value = int64[2] {2, 2}>()
        start = Constant<value = int64[1] {0}>()
        end = Constant<value = int64[1] {2}>()
        shape = Shape(x)
        head = Slice(shape, start, end)
        target = Concat<axis = 0>(head, two)
        z = Reshape(x, target)
        w = Reshape(y, to)
    }"""
    file = tmp_path / "graph.onnx"
    onnx.save(onnx.parser.parse_model(text), file)
    given = {"y": np.ones((2, 3), np.float32), "to": np.array([3, 2])}
    tensors = [np.arange(4 * n, dtype=np.float32).reshape(1, n, 4) for n in (1, 2, 7)]
    before = [InferenceSession(file).run(None, {"x": one, **given}) for one in tensors]
    fix_shapes(file)
    onnx.checker.check_model(onnx.load(file))
    assert [node.op_type for node in onnx.load(file).graph.node] == ["Reshape", "Reshape"]
    for one, wanted in zip(tensors, before, strict=True):
        found = InferenceSession(file).run(None, {"x": one, **given})
        assert all(map(np.array_equal, found, wanted))


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
    (tmp_path / one.key / "question.onnx").unlink()
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
    (tmp_path / one.key / "question.onnx").unlink()
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
    assert [file.name for file in folder.glob("*question*")] == ["question.refused"]
    # That is remembered: it would be found out again each time.
    monkeypatch.setattr("retrieval.embed.quantize._write_int8", quantized_badly)
    open_embedder(tmp_path, model=tiny_model)
    assert "gets no copy" not in caplog.text
