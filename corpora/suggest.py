"""Did-you-mean: the known names closest to one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str], *, at_most: int = 3) -> list[str]:
    """Up to ``at_most`` of ``known`` that resemble ``name``, best first; none if none is close."""
    return get_close_matches(name.lower(), list(known), n=at_most, cutoff=0.6)
