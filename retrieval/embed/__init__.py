"""Texts to vectors: the one door to the model runtime.

A model is exported to ONNX once, with torch, and then opened from its folder without it: a serving
process imports neither torch nor sentence-transformers.
"""

from retrieval.embed.base import Embedder, OnProgress, Precision
from retrieval.embed.cache import CachedEmbedder
from retrieval.embed.models import open_embedder, reopen_embedder

__all__ = [
    "CachedEmbedder",
    "Embedder",
    "OnProgress",
    "Precision",
    "open_embedder",
    "reopen_embedder",
]
