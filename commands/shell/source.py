"""A text to parse, and where each of its characters stands in the text that was given."""

from __future__ import annotations

from collections.abc import Sequence

OPAQUE = "\0"
"""Stands for an expansion whose result isn't known, in values that are parsed again. A command
line can't hold a NUL, so that one in the given text is as unknown."""


class Source:
    r"""Characters, and the span of each in the given text.

    Without ``starts`` the text is one stretch of the given text that begins at ``base``. With it,
    character ``i`` comes from ``starts[i]`` to ``ends[i]``: quotes are gone, ``\"`` is one
    character wide two.
    """

    __slots__ = ("base", "ends", "starts", "text")

    def __init__(
        self,
        text: str,
        base: int = 0,
        starts: Sequence[int] | None = None,
        ends: Sequence[int] | None = None,
    ) -> None:
        self.text = text
        self.base = base
        self.starts = starts
        self.ends = ends

    def range(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in the given text."""
        if self.starts is None or self.ends is None:
            return self.base + start, self.base + end
        if start < end:
            return self.starts[start], self.ends[end - 1]
        at = self.ends[start - 1] if start else self.base
        return at, at

    def slice(self, start: int, end: int) -> Source:
        """The source of ``text[start:end]``."""
        if self.starts is None or self.ends is None:
            return Source(self.text[start:end], self.base + start)
        return Source(
            self.text[start:end],
            self.starts[start] if start < end else self.range(start, start)[0],
            self.starts[start:end],
            self.ends[start:end],
        )


class SourceBuilder:
    """Joins pieces of a source, in their order, into a new one."""

    __slots__ = ("_chars", "_ends", "_source", "_starts")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chars: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def verbatim(self, start: int, end: int) -> None:
        """Adds the characters from ``start`` to ``end`` as they stand."""
        source = self._source
        self._chars.append(source.text[start:end])
        if source.starts is None or source.ends is None:
            self._starts.extend(range(source.base + start, source.base + end))
            self._ends.extend(range(source.base + start + 1, source.base + end + 1))
        else:
            self._starts.extend(source.starts[start:end])
            self._ends.extend(source.ends[start:end])

    def stand_in(self, value: str, start: int, end: int) -> None:
        """Adds ``value``, every character of which stands for the whole of ``start`` to ``end``."""
        first, last = self._source.range(start, end)
        self._chars.append(value)
        self._starts.extend([first] * len(value))
        self._ends.extend([last] * len(value))

    def build(self) -> Source:
        """What was joined."""
        base = self._starts[0] if self._starts else self._source.base
        return Source("".join(self._chars), base, self._starts, self._ends)
