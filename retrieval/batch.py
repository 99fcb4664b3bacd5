"""A bounded cache that is filled by the batch: one query reads all that is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BatchCache(Generic[Key, Value]):
    """Keeps what ``read`` gives for keys, of which the values never change.

    At most ``most`` values are kept: when they are too many, it starts again with the newest, which
    costs each key that is still in use one more reading. Safe to use from several threads: two that
    miss the same key both read it.
    """

    def __init__(self, most: int, read: Callable[[Sequence[Key]], Mapping[Key, Value]]) -> None:
        self._most = most
        self._read = read
        self._held: dict[Key, Value] = {}

    def of(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The values of these keys; a key that ``read`` doesn't know is left out."""
        held = self._held
        found: dict[Key, Value] = {}
        missing: list[Key] = []
        for key in keys:
            try:
                found[key] = held[key]
            except KeyError:
                missing.append(key)
        if missing:
            new = self._read(missing)
            found.update(new)
            if len(held) + len(new) > self._most:
                self._held = held = {}
            if len(new) <= self._most:
                held.update(new)
        return found

    def __len__(self) -> int:
        """How many values are kept."""
        return len(self._held)

    def clear(self) -> None:
        """Forget everything."""
        self._held = {}
