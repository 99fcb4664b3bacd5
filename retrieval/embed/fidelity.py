"""How much of a model is left in a copy of it: the lowest cosine on sample texts."""

from __future__ import annotations

import numpy as np

from retrieval.embed.base import Vectors

SAMPLES = (
    "",
    "-T",
    "--exclude-table-data=PATTERN",
    "Do not dump data for any tables matching pattern.",
    "How do I skip the data of one table when dumping a database?",
    "max_wal_size (integer): maximum size to let the WAL grow during automatic checkpoints.",
    "kubectl drain NODE --ignore-daemonsets --delete-emptydir-data --grace-period=30",
    "Zeichen außerhalb von ASCII, 日本語, and an emoji-free end.",
    "The options of the command are read from left to right; the last one given wins. " * 40,
)
"""From nothing to beyond the window: a length baked into the graph by tracing would show."""


def agreement(found: Vectors, wanted: Vectors) -> float:
    """The lowest cosine of two vectors of one text; 0 where it is no number."""
    lowest = float((found * wanted).sum(axis=1).min())
    return lowest if np.isfinite(lowest) else 0.0
