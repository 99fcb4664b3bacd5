"""The seam: what the other rooms know of an embedding model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora.tokens import TokenCounter

Precision = Literal["fp32", "int8"]

Vectors = NDArray[np.float32]
"""(n, d), each row of length 1."""

Vector = NDArray[np.float32]
"""(d,), of length 1."""

OnProgress = Callable[[int, int], None]
"""Called with how many texts are done, and how many there are."""


class Embedder(Protocol):
    """An embedding model, ready to run. Safe to use from several threads."""

    @property
    def key(self) -> str:
        """Names the vectors: two embedders of one key embed the same text alike.

        The vector of a question may be a rounded one in one of them, and not in the other.
        """

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def window(self) -> int:
        """Tokens the model reads, its two special tokens included. What is beyond is not seen."""

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer, as splitters need it: never cut, never padded."""

    def count(self, text: str) -> int:
        """Count the tokens of ``text``, special tokens left out."""

    def embed(self, texts: Sequence[str], *, on_progress: OnProgress | None = None) -> Vectors:
        """Vectors of ``texts``, in their order: float32, (n, d), each row of length 1."""

    def question(self, text: str) -> Vector:
        """The vector of a question: float32, (d,), of length 1.

        Somebody waits for it: it may be made with less precision than those of passages.
        """
