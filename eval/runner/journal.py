"""Every paid answer, written down before anything else happens with it.

A run that is killed and started again asks for nothing that stands here: the key of an answer is
the hash of all that it depends on. Arms that begin with the same prompt share its answer.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from corpora.errors import InvalidRequest
from corpora.model import Frozen
from eval.arms.prompts import Message


class Turn(Frozen):
    """One answer of a model, and what it cost."""

    key: str
    answer: str
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


def key(model: str, settings: str, messages: Sequence[Message], seed: int) -> str:
    """Name an answer by all that it depends on."""
    digest = hashlib.sha256(f"{model}\n{settings}\n{seed}\n".encode())
    for one in messages:
        digest.update(one.model_dump_json().encode() + b"\n")
    return digest.hexdigest()


class Journal:
    """An append-only file of turns. Safe to use from several threads of one process."""

    def __init__(self, path: Path) -> None:
        """Open or begin a journal. Raises InvalidRequest where the file is something else."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._turns: dict[str, Turn] = {}
        whole = 0
        data = path.read_bytes() if path.exists() else b""
        for line in data.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break  # cut off by a kill: asked for again
            try:
                turn = Turn.model_validate_json(line)
            except ValidationError as error:
                raise InvalidRequest(
                    f"{path} is no journal of answers: {str(error).splitlines()[0]}.",
                    hint="Name another folder for this run.",
                ) from None
            self._turns[turn.key] = turn
            whole += len(line)
        self._lock = threading.Lock()
        self._file = path.open("ab")
        self._file.truncate(whole)

    def __len__(self) -> int:
        return len(self._turns)

    def get(self, name: str) -> Turn | None:
        """An answer that was given before, or None."""
        return self._turns.get(name)

    def add(self, turn: Turn) -> None:
        """Write an answer down; it is on the disk when this returns."""
        with self._lock:
            self._file.write(turn.model_dump_json().encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self._turns[turn.key] = turn

    def close(self) -> None:
        """Close the file."""
        self._file.close()
