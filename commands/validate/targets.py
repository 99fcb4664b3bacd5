"""Which product and release an executable's name stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commands.store import SurfaceStore

_SUFFIXES = (".exe", ".cmd")


@dataclass(frozen=True, slots=True)
class Targets:
    """What to check against.

    ``releases`` is product → label of the release in the store. ``programs`` is executable →
    product; `programs` reads it from a store, and other names (``k`` for kubectl) may be added.
    ``stated`` is the product that the request names, if any: then even a program that nobody knows
    can be a misspelt one of it.
    """

    releases: Mapping[str, str]
    programs: Mapping[str, str]
    stated: str = ""

    def product(self, program: str) -> str:
        """Give the product whose executable that is, or nothing."""
        found = self.programs.get(program)
        if found is None:
            for suffix in _SUFFIXES:
                found = found or self.programs.get(program.removesuffix(suffix))
        return found or ""


def programs(store: SurfaceStore) -> dict[str, str]:
    """Give every executable of every release in a store, and the product it belongs to.

    Takes a query a release: call it once when the store is opened. Of two products with the same
    executable the first by name has it.
    """
    found: dict[str, str] = {}
    for product in store.products:
        for release in store.releases(product):
            for name in store.children(product, release.label):
                found.setdefault(name, product)
    return found


def root(store: SurfaceStore, product: str, release: str, program: str) -> str:
    """Give the name under which a release knows an executable that may be called otherwise."""
    names = store.children(product, release)
    if program in names:
        return program
    for suffix in _SUFFIXES:
        if program.removesuffix(suffix) in names:
            return program.removesuffix(suffix)
    elsewhere = store.releases_of(product, (program,))
    return names[0] if len(names) == 1 and not elsewhere else program
