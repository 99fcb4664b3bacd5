"""How likely a passage is to answer anything, whatever was asked.

Operators mostly ask for options; options that a command inherits from its parent are rarely what
is meant, and a definition of three words says little. A constant for each of these, added to the
fused score, was fitted with it (docs/retrieval.md).
"""

from __future__ import annotations

import math
import re

from corpora.model import Frozen
from corpora.snapshot import Traits

_INHERITED = re.compile(r"\b(?:inherited|global|common)\b", re.IGNORECASE)
"""In the heading above options that every command of a family takes."""


class Prior(Frozen):
    """Standard deviations of the fused score that a passage gains by what it is."""

    option: float = 0.6
    inherited: float = -1.3
    example: float = -1.0
    length: float = 0.3
    """For each e-fold of its tokens up to LONG."""

    def of(self, passage: Traits) -> float:
        """The gain of one passage."""
        gain = self.length * math.log(min(passage.tokens, LONG) + 1)
        gain += {"option": self.option, "example": self.example}.get(passage.kind, 0.0)
        if _INHERITED.search(passage.heading):
            gain += self.inherited
        return gain


LONG = 400
"""Tokens. No definition is cut longer."""
