"""Reading a version that stands beside a product's name in plain words.

Numbers are many and versions few, so in doubt a number is not one:

- after *version*, *release* or ``v`` any number is one (``git version 2``), unless it is the
  version of something else (``git version 2 protocol``);
- a number with a dot directly after the name is one (``git 2.39``, ``postgres:15.3``), unless its
  first number is far from any release or a unit follows (``postgres 1.5 GB``);
- a bare number directly after the name must look like a release of that product and nothing
  countable may follow (``postgres 10 connections``): for ``major``, ``postgres 13``; for the other
  schemes the first number of a label, if that has two digits (``docker 26`` is one, ``git 2``
  counts something);
- elsewhere in the question only ``version 13`` after *on*, *in*, a comma and the like is one: the
  ``API version 1.43`` is not Docker's;
- an address, a port, a date, a percentage, a range (``13-15``) is none.

Every pattern repeats a bounded number of times, and is tried at a mention only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpora.catalogue import Product
from corpora.labels import CURRENT, parse

_BELOW, _ABOVE = 6, 3
"""How far outside the documented releases a bare number still looks like a release: at one release
line a year (PostgreSQL) those still met in the field, and those newer than the corpus."""

_LEAST_BARE = 10
"""Of a label such as 2.39 the bare 2 is no version in a question, of 26.1 the bare 26 is: the
counts in questions are mostly of one digit."""

_NUMBER = (
    r"(?P<number>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?"
    r"|[0-9]{1,4}(?:\.[0-9]{1,5}){0,3}(?:[-~.]?(?:alpha|beta|rc|devel|dev)[.-]?[0-9]{0,3}"
    r"|[a-z][0-9]?(?=[\s,;:?!)]|$))?)"
    r"(?:\.x)?(?![\w%*]|[.,:/–][0-9]|-[0-9]+(?![0-9+~.a-z]))"  # 2.39.5-0+deb12u3, not 13-15
)
_COUNTABLE = (
    r"(?:[kmgt]i?b|bytes?|(?:kilo|mega|giga)bytes?|percent|m?s|(?:milli)?seconds?|secs?|mins?"
    r"|minutes?|hours?|days?|weeks?|months?|years?|times|x|thousand|million|billion|cores?|cpus?"
    r"|threads|workers|connections?|sessions|clients|users|roles|queries|transactions|tables|rows"
    r"|columns|indexes|indices|schemas|databases|dbs|records|tuples|partitions|replicas|standbys"
    r"|nodes|servers|hosts|instances|machines|clusters|processes|jobs|backups|dumps|copies"
    r"|snapshots|files|lines|directories|folders|pages|blocks|segments|containers|images|layers"
    r"|volumes|networks|ports|services|stacks|commits|branches|tags|repos|repositories|remotes"
    r"|stashes|submodules|worktrees|patches|conflicts|changes|locks|errors|warnings|items|entries"
    r"|things|ways|options|steps|people|developers|attempts|retries)(?!\w)"
)
_COUNTS = re.compile(
    r"[\s-]{0,4}(?:(?:more|new|old|oldest|newest|last|first|largest|biggest|different|separate"
    r"|other|concurrent|simultaneous|parallel|active|idle|max|daily|weekly|hourly|monthly|running"
    rf"|stopped|big|large|small|huge|thousand|million|billion)\s{{1,4}})?{_COUNTABLE}",
    re.IGNORECASE,
)
_OTHER_THING = re.compile(
    r"\s{1,4}(?:of|protocol|api|format|index|manifest|schema|branch|tag|file|image)(?!\w)",
    re.IGNORECASE,
)
_WORD = r"(?:version|ver\.?|release|rel\.)\s{0,3}[:=]?\s{0,3}v?"
_CLOSING = r"(?:'s)?[`'\"”’)\]*_]{0,3}"

_INTRODUCED = re.compile(
    rf"{_CLOSING}(?:\s{{1,4}}(?:cli|client|server|engine|database|db|docs|documentation))?"
    r"[\s,;:(\[]{1,4}"
    rf"(?:(?:(?:is|are|at|on|in|with|using|running)\s{{1,4}}){{0,2}}(?P<word>{_WORD})"
    rf"|(?:(?:at|on|in|running)\s{{1,4}})?v\.?\s?){_NUMBER}",
    re.IGNORECASE,
)
_GLUED = re.compile(rf"(?:[:@=-]v?)?{_NUMBER}", re.IGNORECASE)
_DIRECT = re.compile(rf"{_CLOSING}\s{{1,4}}\(?{_NUMBER}", re.IGNORECASE)
_CHAINED = re.compile(rf"\s{{0,4}}(?:to|->|→|and|or|vs\.?)\s{{1,4}}v?{_NUMBER}", re.IGNORECASE)
_BEFORE = (
    re.compile(
        rf"(?<![\w.-])(?:{_WORD}|v\.?){_NUMBER}\s{{1,4}}"
        r"(?:(?:of|for)\s{1,4}(?:(?:the|our|my)\s{1,4})?)?[`'\"*]{0,2}$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![\w.-]){_NUMBER}\s{{1,4}}(?:version|release)\s{{1,4}}of\s{{1,4}}[`'\"*]{{0,2}}$",
        re.IGNORECASE,
    ),
)
_LOOK_BACK = 48
"""Characters before a name in which its version may stand: "release 2026.10.11-preview of the "."""
_ELSEWHERE = re.compile(
    r"(?:^|[,(:;.?!-]|(?<!\w)(?:on|in|at|using|running|use|have|i'm|we're|my|our))\s{0,3}"
    rf"(?:version\s{{1,3}}v?|(?<=\()v){_NUMBER}",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:\s{1,4}(?:version|release))?\s{0,4}[:@\s-](?P<number>[\w.+~-]{1,64})")


@dataclass(frozen=True, slots=True)
class Written:
    """A version as a question writes it, and where."""

    version: str
    start: int
    end: int


def beside(question: str, start: int, end: int, product: Product) -> list[Written]:
    """Find the versions beside the name at ``question[start:end]``: none, one, or a series."""
    first = _after(question, end, product) or _before(question, start, product)
    if first is None:
        return []
    found = [first]
    while first.start >= end and (match := _CHAINED.match(question, found[-1].end)):
        if not _looks_released(match, product):
            break
        found.append(_written(match))
    return found


def introduced(
    question: str, end: int, product: Product, *, by_word: bool = False
) -> Written | None:
    """Find a version that *version*, *release* or ``v`` introduces right after ``end``.

    ``by_word`` leaves ``v`` out: after a subcommand it begins an argument (``git tag v1.0``).
    """
    match = _INTRODUCED.match(question, end)
    if match is None or _OTHER_THING.match(question, match.end()):
        return None
    if by_word and match["word"] is None:
        return None
    is_version = (match["word"] or "v").lower().startswith("v")
    if not is_version and _COUNTS.match(question, match.end()):  # "release 15 locks"
        return None
    return _written(match) if _reads(match, product) else None


def elsewhere(question: str, product: Product) -> Iterator[Written]:
    """Find versions that stand by themselves: "on version 13", "(v2.39)"."""
    for match in _ELSEWHERE.finditer(question):
        if _in_window(match, product) and not _OTHER_THING.match(question, match.end()):
            yield _written(match)


def _after(question: str, end: int, product: Product) -> Written | None:
    if product.versions.scheme == "opaque":
        match = _LABEL.match(question, end)
        known = {label.lower() for label in product.labels}
        return _written(match) if match and match["number"].lower() in known else None
    if found := introduced(question, end, product):
        return found
    for pattern in (_GLUED, _DIRECT):
        match = pattern.match(question, end)
        if match and _looks_released(match, product):
            return _written(match)
    return None


def _before(question: str, start: int, product: Product) -> Written | None:
    offset = max(0, start - _LOOK_BACK)
    before = question[offset:start]
    for pattern in _BEFORE:
        match = pattern.search(before)
        if match and _reads(match, product):
            return Written(match["number"], offset + match.start(), offset + match.end("number"))
    return None


def _written(match: re.Match[str]) -> Written:
    return Written(match["number"], match.start("number"), match.end("number"))


def _reads(match: re.Match[str], product: Product) -> bool:
    """Whether the product's scheme can read it; four numbers are an IP address."""
    if match["number"].count(".") > 2:
        return False
    try:
        parse(product.versions.scheme, match["number"])
    except ValueError:
        return False
    return True


def _looks_released(match: re.Match[str], product: Product) -> bool:
    """Whether a number that nothing introduces looks like a release of the product."""
    if not _in_window(match, product) or _COUNTS.match(match.string, match.end()):
        return False
    bare = match["number"].isdigit()
    return not bare or product.versions.scheme == "major" or int(match["number"]) >= _LEAST_BARE


def _in_window(match: re.Match[str], product: Product) -> bool:
    """Whether the first number is near those of the documented releases."""
    scheme = product.versions.scheme
    if scheme == "opaque" or not _reads(match, product):
        return False
    first = parse(scheme, match["number"]).numbers[0]
    known = [parse(scheme, label).numbers[0] for label in product.labels if label != CURRENT]
    is_bare = match["number"].isdigit() or scheme == "major"
    if not known:  # only full numbers can be told from any other
        return not is_bare
    low = max(1, min(known) - _BELOW) if is_bare else 1
    return low <= first <= max(known) + _ABOVE
