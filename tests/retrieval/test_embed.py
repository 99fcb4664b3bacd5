"""The embedder: the real all-MiniLM-L6-v2, and a tiny model for what goes wrong."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import ConfigurationError, StoreError
from corpora.tokens import bundled_model
from retrieval.embed import CachedEmbedder, Embedder, open_embedder
from retrieval.embed.base import OnProgress, Vectors

TEXTS = [
    "--exclude-table-data=PATTERN: do not dump data for any tables matching pattern.",
    "-j: run the dump in parallel by dumping njobs tables simultaneously.",
    "",
    "max_wal_size (integer)",
    "Maximum size to let the WAL grow during automatic checkpoints. This is a soft limit; WAL size "
    "can exceed max_wal_size under special circumstances, such as heavy load, a failing archive "
    "command, or a high wal_keep_size setting.",
    "Größe 日本語",
    "option " * 600,
]


def cosine(found: Vectors, wanted: Vectors) -> float:
    return float((found * wanted).sum(axis=1).min())


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, exported in both precisions without any network."""
    folder = tmp_path_factory.mktemp("models")

    def refuse(*_: object) -> None:
        raise AssertionError("the default model needs no network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        open_embedder(folder, precision="int8")
        open_embedder(folder, precision="fp32")
    return folder


@pytest.fixture(scope="module")
def fp32(models: Path) -> Embedder:
    return open_embedder(models)


@pytest.fixture(scope="module")
def int8(models: Path) -> Embedder:
    return open_embedder(models, precision="int8")


@pytest.fixture
def tiny(tiny_model: Path, tmp_path: Path) -> Embedder:
    return open_embedder(tmp_path / "models", model=tiny_model)


def test_the_export_gives_what_sentence_transformers_gives(models: Path) -> None:
    from sentence_transformers import SentenceTransformer

    fp32 = open_embedder(models, adapter=None)
    model = SentenceTransformer(str(bundled_model()), device="cpu", local_files_only=True)
    wanted = model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert cosine(fp32.embed(TEXTS), np.asarray(wanted)) > 0.99999
    assert (fp32.dimensions, fp32.window) == (384, 256)


def test_int8_stays_close_to_fp32(fp32: Embedder, int8: Embedder) -> None:
    assert 0.95 < cosine(int8.embed(TEXTS), fp32.embed(TEXTS)) < 0.99999


def test_an_int8_vector_does_not_depend_on_its_companions(int8: Embedder) -> None:
    together = int8.embed(TEXTS)
    alone = np.concatenate([int8.embed([text]) for text in TEXTS])
    assert np.array_equal(together, alone)


def test_an_fp32_vector_hardly_depends_on_its_companions(fp32: Embedder) -> None:
    alone = np.concatenate([fp32.embed([text]) for text in TEXTS])
    assert np.abs(fp32.embed(TEXTS) - alone).max() < 1e-5


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_vectors_are_unit_rows_in_the_order_of_the_texts(
    precision: str, request: pytest.FixtureRequest
) -> None:
    embedder: Embedder = request.getfixturevalue(precision)
    texts = [f"{'word ' * (37 * i % 50)}{i}" for i in range(60)]
    vectors = embedder.embed(texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (60, 384)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert cosine(vectors[::-1], embedder.embed(texts[::-1])) > 0.99999
    assert embedder.embed([]).shape == (0, 384)


def test_a_paraphrase_is_nearer_than_another_subject(fp32: Embedder) -> None:
    question, answer, other = fp32.embed(
        ["leave the rows of one table out of the dump", TEXTS[0], "Configure the SSH daemon's port"]
    )
    assert question @ answer > question @ other + 0.2


def test_what_is_beyond_the_window_is_not_seen_and_still_counted(fp32: Embedder) -> None:
    head = "word " * 254
    inside, beyond, shorter = fp32.embed([head, head + "something else entirely", head[:-100]])
    assert inside @ beyond > 0.999999 > inside @ shorter
    assert fp32.count(head) == 254
    assert fp32.count(head + "something else entirely") == 257
    assert fp32.tokens.split("pg_dump -T") == ["pg", "_", "dump", "-", "T"]


def test_progress_counts_up_to_all_texts(fp32: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    fp32.embed(TEXTS * 3, on_progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (21, 21)


def test_serving_imports_neither_torch_nor_sentence_transformers(models: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from retrieval.embed import open_embedder;"
        f"assert open_embedder(Path({str(models)!r})).embed(['x']).shape == (1, 384);"
        "print([m for m in ('torch', 'sentence_transformers', 'transformers') if m in sys.modules])"
    )
    child = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert (child.stdout.strip(), child.stderr) == ("[]", "")


def test_the_key_names_weights_and_precision(
    fp32: Embedder, int8: Embedder, tiny: Embedder, models: Path
) -> None:
    assert open_embedder(models).key == fp32.key
    assert len({fp32.key, int8.key, tiny.key}) == 3
    plain = open_embedder(models, adapter=None).key
    assert {folder.name for folder in models.iterdir()} == {fp32.key, int8.key, plain}


def test_a_model_of_ones_own_is_used_from_its_folder(tiny: Embedder, tiny_model: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_model), device="cpu")
    wanted = model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert (tiny.dimensions, tiny.window) == (32, 64)
    assert cosine(tiny.embed(TEXTS), np.asarray(wanted)) > 0.9999


def test_an_export_that_differs_is_refused_and_torch_takes_over(
    tiny: Embedder, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.embed.export.FP32_FLOOR", 1.1)
    folder = tmp_path / "refused"
    for _ in range(2):  # exported, then opened
        fallback = open_embedder(folder, model=tiny_model)
        assert type(fallback).__name__ == "TorchEmbedder"
        assert cosine(fallback.embed(TEXTS), tiny.embed(TEXTS)) > 0.9999
    assert not list(folder.glob("*/model.onnx"))
    with pytest.raises(ConfigurationError, match="int8 needs an export"):
        open_embedder(folder, model=tiny_model, precision="int8")


def test_an_int8_model_that_lost_too_much_is_refused(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.embed.quantize.INT8_FLOOR", 1.1)
    with pytest.raises(ConfigurationError, match="Use precision fp32"):
        open_embedder(tmp_path, model=tiny_model, precision="int8")
    assert len(list(tmp_path.iterdir())) == 1  # the fp32 export it was made from


def test_a_killed_export_leaves_nothing_behind(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> float:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("retrieval.embed.export._trace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_embedder(tmp_path, model=tiny_model)
    assert not list(tmp_path.iterdir())
    assert open_embedder(tmp_path, model=tiny_model).embed(["x"]).shape == (1, 32)


@pytest.mark.parametrize("name", ["model.onnx", "question.onnx", "tokenizer.json", "embedder.json"])
def test_a_damaged_export_names_the_file(
    tiny: Embedder, tiny_model: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "models" / tiny.key / name
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ConfigurationError, match=str(file)):
        open_embedder(tmp_path / "models", model=tiny_model).embed(["a passage"])


def test_an_export_of_another_format_is_not_used(
    tiny: Embedder, tiny_model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "models" / tiny.key / "embedder.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 0}))
    with pytest.raises(ConfigurationError, match="format 0"):
        open_embedder(tmp_path / "models", model=tiny_model)


@pytest.mark.parametrize("missing", ["no model of this name!", "/no/such/folder"])
def test_an_unknown_model_is_a_configuration_error(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ConfigurationError, match="neither a folder nor a model"):
        open_embedder(tmp_path, model=missing)


def test_a_folder_without_a_model_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="empty"):
        open_embedder(tmp_path, model=tmp_path / "empty")
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="can't be loaded"):
        open_embedder(tmp_path, model=tmp_path / "empty")


class Counting:
    """The real embedder, counting texts, and dying at a given call."""

    def __init__(self, inner: Embedder, dies_at: int = 0) -> None:
        self.inner, self.dies_at = inner, dies_at
        self.calls, self.texts = 0, 0
        self.key = inner.key
        self.dimensions, self.window = inner.dimensions, inner.window
        self.tokens, self.count = inner.tokens, inner.count

    def embed(self, texts: Sequence[str], *, on_progress: OnProgress | None = None) -> Vectors:
        self.calls += 1
        if self.calls == self.dies_at:
            raise KeyboardInterrupt
        self.texts += len(texts)
        return self.inner.embed(texts, on_progress=on_progress)


@pytest.fixture
def cached(tiny: Embedder, tmp_path: Path) -> Iterator[CachedEmbedder]:
    cached = CachedEmbedder(Counting(tiny), tmp_path / "cache")
    yield cached
    cached.close()


def test_a_text_is_embedded_once_ever(
    tiny: Embedder, cached: CachedEmbedder, tmp_path: Path
) -> None:
    texts = [*TEXTS, TEXTS[0], "a lone surrogate: \ud800"]
    first = cached.embed(texts)
    assert (cached.new, cached.reused) == (8, 0)
    assert np.array_equal(first[0], first[7])
    again = CachedEmbedder(Counting(tiny), tmp_path / "cache")
    seen: list[tuple[int, int]] = []
    second = again.embed([*texts[::-1], "new"], on_progress=lambda *step: seen.append(step))
    assert (again.new, again.reused) == (1, 8)
    assert np.array_equal(second[:-1], first[::-1])
    assert seen[-1] == (10, 10)
    again.close()


def test_a_killed_build_keeps_what_was_embedded(tiny: Embedder, tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(700)]
    killed = CachedEmbedder(Counting(tiny, dies_at=3), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        killed.embed(texts)
    # not closed: a killed process closes nothing
    again = CachedEmbedder(Counting(tiny), tmp_path)
    vectors = again.embed(texts)
    assert (again.new, again.reused) == (188, 512)
    assert cosine(vectors, tiny.embed(texts)) > 0.99999
    again.close()
    killed.close()


def test_vectors_of_another_model_are_kept_apart(
    tiny: Embedder, fp32: Embedder, tmp_path: Path
) -> None:
    for embedder in (tiny, fp32):
        cached = CachedEmbedder(embedder, tmp_path)
        assert cached.embed(["text"]).shape == (1, embedder.dimensions)
        assert cached.new == 1
        cached.close()


def test_a_cached_vector_of_the_wrong_size_is_embedded_again(
    tiny: Embedder, cached: CachedEmbedder
) -> None:
    cached.embed(["text"])
    with sqlite3.connect(cached.file) as connection:
        connection.execute("UPDATE vectors SET vector = x'0000'")
    connection.close()
    assert cosine(cached.embed(["text"]), tiny.embed(["text"])) > 0.99999
    assert cached.new == 2


def test_a_damaged_cache_names_its_file(tiny: Embedder, tmp_path: Path) -> None:
    file = tmp_path / f"vectors-{tiny.key}.sqlite"
    file.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(StoreError, match=str(file)):
        CachedEmbedder(tiny, tmp_path)
