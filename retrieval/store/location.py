"""Where points go: a folder of files, or a Qdrant server and how a collection lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from corpora.model import Frozen

Quantization = Literal["none", "int8"]


class Layout(Frozen):
    """How a collection lies on a server or cluster. Another layout is another upload."""

    shards: int = Field(1, ge=1)
    """Parts that the nodes of a cluster share."""
    replicas: int = Field(1, ge=1)
    """Copies of each shard. A write counts when most of them have it."""
    on_disk: bool = False
    """Vectors are read from the disk when searched, and not held in memory."""
    quantization: Quantization = "none"
    """``int8`` searches vectors of a quarter of the size, then scores the best again in full."""


class Location(Frozen):
    """A Qdrant server, or (``url`` empty) the snapshot's own folder."""

    url: str = ""
    api_key: str | None = Field(None, repr=False)
    ca: Path | None = None
    """Certificates of the authorities that may vouch for the server; None: those of the system."""
    prefix: str = "flagstone"
    """Collections are ``<prefix>-<snapshot>``; the alias of the one that serves is ``<prefix>``."""
    owner: str = ""
    """The installation that writes: it never touches a collection of another."""
    layout: Layout = Layout()
    parallel: int = Field(4, ge=1)
    """Requests under way at once while points are uploaded."""

    def collection(self, snapshot: str) -> str:
        """The name of a snapshot's collection: one generation each."""
        return f"{self.prefix}-{snapshot}"
