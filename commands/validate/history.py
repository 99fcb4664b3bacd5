"""Where a name exists when it doesn't exist here: the four states of an option, with evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from commands.dialect import Dialect
from commands.model import Command, Evidence, Option
from commands.store import SurfaceStore
from commands.storefile import Release
from commands.validate.model import Code

ELSEWHERE = 3
"""Commands named as having an option that this one hasn't."""


@dataclass(frozen=True, slots=True)
class Past:
    """What other releases say of an option. ``option`` is as the nearest of them has it."""

    code: Code
    releases: tuple[str, ...] = ()
    nearest: str = ""
    """The newest release before this one that has it, or the oldest after this one."""
    option: Option | None = None
    evidence: Evidence | None = None

    @property
    def replacement(self) -> str:
        """What the release that had it said to use instead."""
        deprecated = self.option.deprecated if self.option else None
        return deprecated.replacement if deprecated else ""


def past(
    store: SurfaceStore,
    at: Release,
    paths: Iterable[Sequence[str]],
    names: Iterable[str],
    dialect: Dialect,
) -> Past:
    """Tell whether an option was removed, is yet to come, or never was, and where it was read.

    ``paths`` are the command's ways of being called, ``names`` ways of spelling the option.
    """
    order = {release.label: release.position for release in store.releases(at.product)}
    spelt = tuple(dict.fromkeys(one for name in names for one in _alike(name, dialect)))
    tried = tuple(dict.fromkeys(tuple(path) for path in paths))
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for path in tried:
        for name in spelt:
            for label in store.releases_with(at.product, path, name):
                found.setdefault(label, (path, name))
    found.pop(at.label, None)
    if not found:
        return Past("unknown_flag")
    labels = sorted(found, key=order.__getitem__)
    earlier = [label for label in labels if order[label] < at.position]
    nearest = earlier[-1] if earlier else labels[0]
    path, name = found[nearest]
    command = store.command(at.product, nearest, path)
    option = command.option(name) if command else None
    return Past(
        "removed_flag" if earlier else "future_flag",
        tuple(labels),
        nearest,
        option,
        evidence(command, option) if command else None,
    )


def elsewhere(store: SurfaceStore, at: Release, name: str) -> tuple[str, ...]:
    """Name some other commands of the release that take an option so spelled."""
    places = store.options_anywhere(at.product, name, at_most=4 * ELSEWHERE)
    found = [" ".join(place.path) for place in places if at.label in place.releases]
    return tuple(found[:ELSEWHERE])


def evidence(command: Command, option: Option | None = None) -> Evidence | None:
    """Give the passage that says what an option, or the command, is."""
    held = (*(option.evidence if option else ()), *command.evidence)
    if not held:
        return None
    first = next((one for one in held if one.url), held[0])
    if not first.quote and first in command.evidence and command.synopsis:
        return replace(first, quote=command.synopsis[0])
    return first


def _alike(name: str, dialect: Dialect) -> Iterator[str]:
    """Give the spellings that a dialect takes for the same."""
    yield name
    if dialect.dash_insensitive:
        yield name[1:] if name.startswith("--") else f"-{name}"
    if dialect.underscores and name.startswith("--"):
        yield f"--{name[2:].replace('_', '-')}"
    for prefix in dialect.negations:
        if name.startswith(f"--{prefix}"):
            yield f"--{name[2 + len(prefix) :]}"
