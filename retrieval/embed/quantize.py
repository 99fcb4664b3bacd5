"""int8 copies of an export: of the whole model, or of one for questions alone.

The second stands beside the model that passages are embedded with. A passage is embedded once, and
a question while somebody waits: on 2 cores whose cache the weights don't fit into, 3.0 ms instead
of 7.1, and finds the same (decision 12).
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    QuantType,
    quantize_dynamic,
)

from corpora.errors import ConfigurationError
from retrieval.embed.fidelity import SAMPLES, agreement
from retrieval.embed.onnx import (
    CARD,
    MODEL,
    QUESTIONS,
    REFUSED,
    TOKENIZER,
    Card,
    OnnxEmbedder,
    read_card,
)
from retrieval.embed.shapes import fix_shapes

log = logging.getLogger(__name__)

INT8_FLOOR = 0.95
"""Lowest cosine of int8 with fp32. All-MiniLM-L6-v2 reaches 0.98: a quantization below this has
broken the model, not rounded it."""


def quantize(source: Path, card: Card, folder: Path) -> Card:
    """Make an int8 export in ``folder`` from the fp32 export in ``source``.

    Raises ConfigurationError where too little of the model is left.
    """
    _write_int8(source / MODEL, folder / MODEL)
    (folder / TOKENIZER).write_bytes((source / TOKENIZER).read_bytes())
    full = read_card(source)
    card = card.model_copy(update={"dimensions": full.dimensions, "window": full.window})
    (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")
    fidelity = agreement(OnnxEmbedder(folder).embed(SAMPLES), OnnxEmbedder(source).embed(SAMPLES))
    if fidelity < INT8_FLOOR:
        raise ConfigurationError(
            f"int8 vectors of {card.model or 'the bundled model'} have a cosine of only"
            f" {fidelity:.3f} with fp32.",
            hint="Use precision fp32.",
        )
    card = card.model_copy(update={"fidelity": fidelity})
    (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")
    return card


def questions_of(source: Path, folder: Path, alone: Path | None = None) -> Path:
    """Make in ``folder`` the copy of the export in ``source`` that embeds questions.

    Of ``alone``, the same model for one text, which is changed; of the export's own graph where
    there is none, or it can't be used. An empty file of another name, REFUSED, where too little of
    the model is left in either.
    """
    copy = folder / QUESTIONS
    if not (alone and _is_made_of_alone(alone, source, copy)):
        _write_int8(source / MODEL, copy)
        if not _agrees(copy, source):
            refused = folder / REFUSED
            refused.touch()
            return refused
    with copy.open("rb+") as written:
        os.fsync(written.fileno())  # its name must not outlive its content
    return copy


def _is_made_of_alone(alone: Path, source: Path, copy: Path) -> bool:
    try:
        fix_shapes(alone)
        _write_int8(alone, copy)
        return _agrees(copy, source)
    except OSError:
        raise  # no room: the other way needs as much
    except Exception as error:  # noqa: BLE001  # shapes that can't be told, operators unknown
        log.info("%s: the graph for one text can't be used: %r", source, error)
        return False


def _agrees(copy: Path, source: Path) -> bool:
    embedder = OnnxEmbedder(source, questions=copy)
    asked = np.stack([embedder.question(text) for text in SAMPLES])
    return agreement(asked, embedder.embed(SAMPLES)) >= INT8_FLOOR


def _write_int8(model: Path, to: Path) -> None:
    """Quantize the weights of ``model``, and have its activations quantized when it runs.

    ``reduce_range`` keeps weights to 7 bits: without VNNI, the CPU adds pairs of u8·s8 products in
    16 bits, and 2·255·127 does not fit where 2·255·64 does. Measured on 574 option texts with VNNI,
    mean and lowest cosine with fp32: 8 bits .9940/.984, 7 bits .9925/.982, u8 weights .9941/.986
    (but 322 texts/s instead of 481 and 530), one scale per tensor .9824/.964. 7 bits cost .0015
    and give every CPU the same vectors.
    """
    logging.disable(logging.WARNING)  # it advises, on the root logger, a step that changes nothing
    try:
        # It writes another model beside the one that it reads, always of the same name.
        with TemporaryDirectory(dir=to.parent) as alone:
            read = Path(alone, MODEL)
            read.symlink_to(model.resolve())
            quantize_dynamic(
                read, to, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
            )
    finally:
        logging.disable(logging.NOTSET)
