"""Did-you-mean: what somebody who wrote a word that doesn't exist most likely meant.

Costs are edits of the word, so that 1 is one slip of a finger. What isn't a slip but a habit (an
underscore for a dash, one dash for two, a plural, words in another order) costs less than one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from commands.model import Command

CERTAIN = 1.0
"""Up to this cost a suggestion may be taken for what was meant, if no other comes near."""
APART = 0.5
"""How much dearer the next suggestion must be for the first to be certain."""

_HABIT = 0.25  # dashes, underscores, upper case: nothing of the word itself is wrong
_PLURAL = 0.4
_ORDER = 0.5
_NEGATION = 0.6
_BEGUN = 0.7  # --all for --all-namespaces: the rest was forgotten
_PART = 0.9
_ANOTHER = 1.05  # --skip-table-data for --exclude-table-data: one word of three is another
_LONGER = 1.1  # --watching for --watch
_SHORTENED = 1.2  # --rm for --remove, --mem for --memory
_DEPRECATED = 0.3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A name that exists, and what it costs to get there from the word that was written."""

    name: str
    cost: float


def options(command: Command, token: str, *, at_most: int = 3) -> tuple[Suggestion, ...]:
    """Suggest options of ``command`` for ``token``, likeliest first; none if none is near.

    Hidden options are never suggested, deprecated ones after others that are as near.
    """
    found: list[Suggestion] = []
    for option in command.options:
        if option.hidden:
            continue
        near = closest(token, option.spellings, at_most=1)
        extra = _DEPRECATED if option.deprecated else 0.0
        found += (Suggestion(one.name, one.cost + extra) for one in near)
    return _best(found, at_most)


def subcommands(command: Command, word: str, *, at_most: int = 3) -> tuple[Suggestion, ...]:
    """Suggest words that may follow the path of ``command``, likeliest first."""
    return closest(word, command.children, at_most=at_most)


def closest(word: str, known: Iterable[str], *, at_most: int = 3) -> tuple[Suggestion, ...]:
    """Suggest names among ``known`` for ``word``, likeliest first; none if none is near.

    Names of equal cost keep their order.
    """
    found = [
        Suggestion(name, cost)
        for name in dict.fromkeys(known)
        if name != word and (cost := _cost(word, name)) is not None
    ]
    return _best(found, at_most)


def certain(suggestions: Sequence[Suggestion]) -> str | None:
    """Give the name that was meant without much doubt, or None."""
    if not suggestions or suggestions[0].cost > CERTAIN:
        return None
    if len(suggestions) > 1 and suggestions[1].cost - suggestions[0].cost < APART:
        return None
    return suggestions[0].name


def _best(found: Sequence[Suggestion], at_most: int) -> tuple[Suggestion, ...]:
    return tuple(sorted(found, key=lambda one: one.cost)[:at_most])


def _cost(word: str, name: str) -> float | None:
    """Give what it costs to turn ``word`` into ``name``, or None where they are unlike."""
    one, other = _plain(word), _plain(name)
    if not one or not other:
        return None
    habit = _HABIT * (
        (_dashes(word) != _dashes(name))
        + ("_" in word) * ("_" not in name)
        + (one.islower() != other.islower())
    )
    if min(len(one), len(other)) == 1:
        # A letter is another option, not a slip of this one, unless only its case or dashes are.
        return habit or _HABIT if _fold(one) == _fold(other) else None
    one, other = _fold(one), _fold(other)
    if one == other:
        return habit or _HABIT
    edits = _edits(one, other)
    costs = [cost for cost in (edits, _habitual(one, other)) if cost is not None]
    return min(costs) + habit if costs else None


def _edits(one: str, other: str) -> float | None:
    """Count insertions, deletions, substitutions and transpositions: one in three, at least one."""
    allowed = max(1, min(len(one), len(other)) // 3)
    edits = OSA.distance(one, other, score_cutoff=allowed)
    if edits > allowed:
        return None
    # A slip seldom hits the first letter; of two as near, the one that begins alike is meant.
    return edits + (0.1 if one[0] != other[0] else 0.0)


def _habitual(one: str, other: str) -> float | None:
    if one.rstrip("s") == other.rstrip("s") or {one, other} == {f"{one}es", one}:
        return _PLURAL
    if one.removeprefix("no-") == other.removeprefix("no-"):
        return _NEGATION
    words, others = ([part.rstrip("s") for part in text.split("-")] for text in (one, other))
    if sorted(words) == sorted(others):
        return _ORDER
    if one.replace("-", "") == other.replace("-", ""):
        return _HABIT
    longer = abs(len(words) - len(others)) * 0.1
    if len(one) >= 3 and other.startswith(f"{one}-"):
        return _BEGUN + longer
    short, long = sorted((one, other), key=len)
    if long.startswith(short) and 2 * len(short) > len(long):
        return _LONGER
    if 2 <= len(short) <= 4 and "-" not in long and _within(short, long):
        return _SHORTENED
    if set(words) < set(others) or set(others) < set(words):
        shared = set(words) & set(others)
        if max(map(len, shared)) >= 4:
            return _PART + longer
    if len(words) == len(others) >= 3 and len(set(words) & set(others)) == len(words) - 1:
        return _ANOTHER
    return None


def _within(short: str, long: str) -> bool:
    """Tell whether ``short`` is letters of ``long`` in their order, the first among them."""
    letters = iter(long)
    return short[0] == long[0] and all(letter in letters for letter in short)


def _plain(word: str) -> str:
    return word.strip("-+").replace("_", "-")


def _fold(text: str) -> str:
    return text.lower()


def _dashes(word: str) -> int:
    return len(word) - len(word.lstrip("-+"))
