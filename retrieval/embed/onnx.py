"""Running an exported model: ONNX Runtime and the tokenizer, nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from pydantic import ConfigDict, Field, ValidationError
from tokenizers import Encoding, Tokenizer

from corpora.errors import ConfigurationError
from corpora.model import Frozen
from corpora.tokens import TokenCounter
from retrieval.embed.base import OnProgress, Precision, Vector, Vectors

EXPORT_FORMAT = 1
"""Raised when the files of an export, or the meaning of a vector, change."""

MODEL, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "embedder.json"
QUESTIONS = "question.onnx"
"""Its int8 copy, where there is one (`retrieval.embed.quantize`): for one text, mostly without a
mask. `questions.onnx`, which always had one, is what versions before this read."""
REFUSED = "question.refused"
"""Stands there instead where too little of the model was left in the copy."""

BATCH_TOKENS: dict[Precision, int] = {"fp32": 256, "int8": 0}
"""The most tokens in one run, padding included; one text is always taken.

574 PostgreSQL option texts, 54 tokens mean, 2 cores with AVX-512 VNNI, texts per second with two
runs side by side: fp32 alone 245, batches of 256 tokens 305, of 512 304, of 2,048 about 200.
int8 alone 530, batches of 512 tokens on both cores 330–500, of 2,048 370.
In fp32 a vector is the same alone and in company (1 - cosine < 1e-6). Dynamic int8 quantization
takes one activation scale for the whole batch, and a vector moved by up to 0.018 in cosine with
its companions: so int8 runs every text alone, which is also the fastest way here.
"""

_CHUNK = 2_048
"""Texts tokenized and sorted by length at a time: bounds memory, and progress stays steady."""


_Session = Any  # the runtime has no types
_Batch = tuple[list[int], list[Encoding]]
"""Texts of one run: their places among those given, and their tokens."""


class Card(Frozen):
    """What an export says of itself (``embedder.json``)."""

    model_config = ConfigDict(extra="ignore")  # an export of another version may say more

    format: int
    key: str
    model: str
    """As it was asked for; empty for the bundled one."""
    weights: str
    """SHA-256 over the files of the model."""
    precision: Precision
    runtime: Literal["onnx", "torch"] = "onnx"
    """``torch`` where the export was refused because it differed from sentence-transformers."""
    dimensions: int = Field(gt=0)
    window: int = Field(gt=2)
    adapter: str = ""
    """Its id, where the model was corrected by one."""
    fidelity: float
    """Lowest cosine on the sample texts: fp32 against sentence-transformers, int8 against fp32."""


def read_card(folder: Path) -> Card:
    """Read the card of the export in ``folder``. Raises ConfigurationError naming the file."""
    file = folder / CARD
    try:
        card = Card.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise _damaged(file, error) from error
    if card.format != EXPORT_FORMAT:
        raise _damaged(file, f"it has format {card.format}, this Flagstone reads {EXPORT_FORMAT}")
    return card


class OnnxEmbedder:
    """An exported model. ``threads`` texts (or small batches) run side by side.

    Questions are embedded by its copy for ``questions``, by default the one in the folder, and
    everything else by the model itself, which is opened when it is first wanted: a service, which
    embeds nothing but questions, never holds it.
    """

    def __init__(
        self, folder: Path, *, threads: int | None = None, questions: Path | None = None
    ) -> None:
        self.card = read_card(folder)
        self._threads = threads or os.cpu_count() or 1
        self._model = folder / MODEL
        self._opening = Lock()
        self._full: _Session | None = None
        quick = questions or folder / QUESTIONS
        self._quick = _session(quick) if quick.is_file() else self._whole()
        self._masked = len(self._quick.get_inputs()) > 1
        try:
            self.tokens = TokenCounter(folder / TOKENIZER)
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # tokenizers raises bare Exception
            raise _damaged(folder / TOKENIZER, error) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.card.window)

    @property
    def key(self) -> str:
        """Names the vectors."""
        return self.card.key

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.card.dimensions

    @property
    def window(self) -> int:
        """Tokens the model reads, special tokens included."""
        return self.card.window

    def count(self, text: str) -> int:
        """Count the tokens of ``text``, special tokens left out."""
        return self.tokens(text)

    def embed(self, texts: Sequence[str], *, on_progress: OnProgress | None = None) -> Vectors:
        """Vectors of ``texts``: float32, (n, d), each row of length 1."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        done = 0
        model = self._whole()

        def run(batch: _Batch) -> Vectors:
            return _run(model, batch[1])

        with ThreadPoolExecutor(self._threads) as pool:
            for first in range(0, len(texts), _CHUNK):
                encoded = self._encoded(texts[first : first + _CHUNK])
                batches = list(_batches(encoded, BATCH_TOKENS[self.card.precision]))
                # One run is not worth a thread.
                runs = map(run, batches) if len(batches) == 1 else pool.map(run, batches)
                for rows, (places, _) in zip(runs, batches, strict=True):
                    vectors[[first + place for place in places]] = rows
                    done += len(places)
                    if on_progress is not None:
                        on_progress(done, len(texts))
        return vectors

    def question(self, text: str) -> Vector:
        """The vector of a question, by the copy for questions where there is one: (d,)."""
        encoded = self._encoded([text])
        if self._masked:
            return np.asarray(_run(self._quick, encoded)[0], np.float32)
        (rows,) = self._quick.run(None, {"input_ids": np.array([encoded[0].ids], np.int64)})
        return np.asarray(rows[0], np.float32)

    def _encoded(self, texts: Sequence[str]) -> list[Encoding]:
        # A question may hold lone surrogates: the tokenizer takes Unicode only.
        valid = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return self._tokenizer.encode_batch(valid)

    def _whole(self) -> _Session:
        with self._opening:
            if self._full is None:
                self._full = _session(self._model)
            return self._full


def _session(file: Path) -> _Session:
    options = onnxruntime.SessionOptions()
    # Runs side by side beat threads inside one run: no waiting for each other at every layer.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's exceptions share no base
        raise _damaged(file, error) from error


def _run(model: _Session, encoded: Sequence[Encoding]) -> Vectors:
    ids = np.zeros((len(encoded), max(len(one.ids) for one in encoded)), np.int64)
    mask = np.zeros_like(ids)
    for row, one in enumerate(encoded):
        ids[row, : len(one.ids)] = one.ids
        mask[row, : len(one.ids)] = 1
    (rows,) = model.run(None, {"input_ids": ids, "attention_mask": mask})
    return np.asarray(rows, np.float32)


def _batches(encoded: Sequence[Encoding], most_tokens: int) -> Iterator[_Batch]:
    """Places and encodings, texts of similar length together, so that little is padding."""
    places: list[int] = []
    for place in sorted(range(len(encoded)), key=lambda place: len(encoded[place].ids)):
        if places and (len(places) + 1) * len(encoded[place].ids) > most_tokens:
            yield places, [encoded[one] for one in places]
            places = []
        places.append(place)
    if places:
        yield places, [encoded[one] for one in places]


def _damaged(file: Path, why: object) -> ConfigurationError:
    needed = file.name != QUESTIONS
    return ConfigurationError(
        f"{file} can't be used: {why}.",
        hint=f"Delete {file.parent if needed else file}: it is made again at the next build."
        + ("" if needed else " Until then questions are embedded by the model itself."),
    )
