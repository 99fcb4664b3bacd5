"""The adapter: what makes a model for this kind of documentation of a general one.

An operator's question and the option that answers it hardly share a word, and a general embedding
model has not learned which belongs to which. Low-rank corrections of its linear layers were trained
on questions about such documentation (`eval.adapter`). Questions and passages are embedded with
them alike.

Method: LoRA (Hu et al. 2021, arXiv:2106.09685).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from corpora.errors import ConfigurationError

FILE = Path(__file__).with_name("adapter.safetensors")
"""``<layer>.down`` (r, in) and ``<layer>.up`` (out, r) of each layer that is corrected, float16;
its metadata name the weights it was trained for."""


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """Low-rank corrections of one model's linear layers."""

    id: str
    """SHA-256 of its file, the first 16 digits."""
    weights: str
    """The model that it fits: `Card.weights`."""
    layers: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
    """By the name of a layer, what is added to its weight: ``up @ down``, (out, r) and (r, in)."""


@cache
def read_adapter(file: Path = FILE) -> Adapter:
    """Read an adapter. Raises ConfigurationError."""
    try:
        name = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        with safe_open(file, framework="numpy") as tensors:
            found = {key: tensors.get_tensor(key).astype(np.float32) for key in tensors.keys()}  # noqa: SIM118
            weights = (tensors.metadata() or {})["weights"]
        layers = {
            key.removesuffix(".up"): (found[key], found[f"{key.removesuffix('.up')}.down"])
            for key in found
            if key.endswith(".up")
        }
    except (OSError, KeyError, SafetensorError) as error:
        raise ConfigurationError(f"{file} can't be read as an adapter: {error}.") from error
    return Adapter(name, weights, layers)
