"""Where the parser stands: a chain of places, told outermost first when it is done."""

from __future__ import annotations

from commands.shell.model import Place


class Scope:
    """A place inside another. ``place`` is None for one that may yet become a pipeline."""

    __slots__ = ("outer", "place")

    def __init__(self, place: Place | None, outer: Scope | None) -> None:
        self.place = place
        self.outer = outer

    def places(self) -> tuple[Place, ...]:
        """All places from the outermost to this one."""
        found: list[Place] = []
        scope: Scope | None = self
        while scope is not None:
            if scope.place is not None:
                found.append(scope.place)
            scope = scope.outer
        return tuple(reversed(found))
