"""Exporting a sentence-transformers model to ONNX. The only module that imports torch.

The whole pipeline goes into the graph: transformer, pooling, normalization. Nothing of it has to
be imitated at run time, and the result is compared with sentence-transformers before it is used.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from corpora.errors import ConfigurationError
from corpora.tokens import TokenCounter
from retrieval.embed.adapter import Adapter
from retrieval.embed.base import OnProgress, Vector, Vectors
from retrieval.embed.fidelity import SAMPLES, agreement
from retrieval.embed.onnx import CARD, MODEL, TOKENIZER, Card, OnnxEmbedder, read_card

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FP32_FLOOR = 0.9999
"""Lowest cosine of an export with sentence-transformers. All-MiniLM-L6-v2 reaches 0.999999."""


class _Pipeline(torch.nn.Module):
    """The model with nothing but tensors for arguments, as tracing needs it."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        vectors = self.model(features)["sentence_embedding"]
        return torch.nn.functional.normalize(vectors, dim=-1)


class _Alone(torch.nn.Module):
    """The same for one text, which fills its row: no mask."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        vectors = self.model({"input_ids": input_ids})["sentence_embedding"]
        return torch.nn.functional.normalize(vectors, dim=-1)


def export(source: Path, card: Card, folder: Path, adapter: Adapter | None = None) -> Card:
    """Export the model in ``source`` to ``folder``, adapted if asked to; return ``card`` completed.

    Its runtime is ``torch`` where the graph does not give what sentence-transformers gives.
    Raises ConfigurationError where ``source`` holds no model, or not the adapter's.
    """
    model = _load(source)
    if adapter is not None:
        _adapt(model, adapter)
    card = card.model_copy(
        update={
            "dimensions": model.get_embedding_dimension(),
            "window": int(model.max_seq_length or 512),
        }
    )
    tokenizer = cast("Tokenizer", model.tokenizer.backend_tokenizer)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / TOKENIZER))
    (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")
    fidelity = _trace(model, folder)
    card = card.model_copy(
        update={"fidelity": fidelity, "runtime": "onnx" if fidelity >= FP32_FLOOR else "torch"}
    )
    (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")
    if card.runtime == "torch":
        (folder / MODEL).unlink(missing_ok=True)
    return card


def export_alone(source: Path, file: Path, adapter: Adapter | None = None) -> None:
    """Export the model in ``source`` to ``file`` as a graph for one text: (1, n) → (1, d).

    Raises whatever the tracer does of a model that it can't do so with.
    """
    model = _load(source)
    if adapter is not None:
        _adapt(model, adapter)
    example = model.tokenizer("one text", return_tensors="pt")["input_ids"]
    _write(_Alone(model), file, {"input_ids": (example, {1: "tokens"})})


class TorchEmbedder:
    """The fallback behind the same seam: sentence-transformers itself."""

    def __init__(self, source: Path, folder: Path, adapter: Adapter | None = None) -> None:
        self.card = read_card(folder)
        self.key = self.card.key
        self.dimensions = self.card.dimensions
        self.window = self.card.window
        self.tokens = TokenCounter(folder / TOKENIZER)
        self._model = _load(source)
        if adapter is not None:
            _adapt(self._model, adapter)

    def count(self, text: str) -> int:
        """Count the tokens of ``text``, special tokens left out."""
        return self.tokens(text)

    def embed(self, texts: Sequence[str], *, on_progress: OnProgress | None = None) -> Vectors:
        """Vectors of ``texts``: float32, (n, d), each row of length 1."""
        parts = [np.empty((0, self.dimensions), np.float32)]
        for first in range(0, len(texts), 256):
            parts.append(_reference(self._model, texts[first : first + 256]))
            if on_progress is not None:
                on_progress(min(first + 256, len(texts)), len(texts))
        return np.concatenate(parts)

    def question(self, text: str) -> Vector:
        """The vector of a question: (d,)."""
        return np.asarray(self.embed([text])[0], np.float32)


def _load(source: Path) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        # A local folder with local_files_only asks no hub for anything.
        return SentenceTransformer(str(source), device="cpu", local_files_only=True).eval()
    except Exception as error:  # whatever a broken model makes the library raise
        raise ConfigurationError(
            f"{source} can't be loaded as a sentence-transformers model: {error}."
        ) from error


def _adapt(model: SentenceTransformer, adapter: Adapter) -> None:
    """Add the adapter's corrections to the weights."""
    modules = dict(model.named_modules())
    for name, (up, down) in adapter.layers.items():
        found = [module for path, module in modules.items() if path.endswith(f".{name}")]
        if len(found) != 1 or not isinstance(found[0], torch.nn.Linear):
            raise ConfigurationError(f"The adapter's layer {name} is not one of the model.")
        with torch.no_grad():
            found[0].weight += torch.from_numpy(up @ down)


def _reference(model: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    found = model.encode(
        list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
    )
    return np.asarray(found, np.float32)


def _trace(model: SentenceTransformer, folder: Path) -> float:
    """Write the graph; return its lowest cosine with the model, 0 where it could not be written."""
    example = model.tokenizer(["one text", "and a longer one"], padding=True, return_tensors="pt")
    columns = {0: "texts", 1: "tokens"}
    inputs = {name: (example[name], columns) for name in ("input_ids", "attention_mask")}
    try:
        _write(_Pipeline(model), folder / MODEL, inputs)
        exported = OnnxEmbedder(folder)
        # Alone and in company: a padded batch and an unpadded text take different branches.
        together = exported.embed(SAMPLES)
        alone = np.concatenate([exported.embed([text]) for text in SAMPLES])
    except Exception:  # noqa: BLE001  # a model that can't be exported still runs on torch
        return 0.0
    wanted = _reference(model, SAMPLES)
    return min(agreement(together, wanted), agreement(alone, wanted))


def _write(
    pipeline: torch.nn.Module, file: Path, inputs: Mapping[str, tuple[torch.Tensor, dict[int, str]]]
) -> None:
    """Trace ``pipeline`` to ``file``. Of each input an example, and the dimensions left open."""
    axes = {name: left for name, (_, left) in inputs.items()}
    axes["embedding"] = {at: name for at, name in axes["input_ids"].items() if at == 0}
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of every branch it fixes; a comparison afterwards shows if one matters.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pipeline.eval(),
            tuple(example for example, _ in inputs.values()),
            str(file),
            input_names=list(inputs),
            output_names=["embedding"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,  # the newer exporter needs onnxscript, and gives the same graph
        )
