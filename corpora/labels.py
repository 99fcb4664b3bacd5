"""Release labels: how each scheme orders them, and which release line a version belongs to.

==========  =========================================  ==================================
scheme      a label                                    release line of a full version
==========  =========================================  ==================================
semver      a full version: ``2.61.0``                 its MAJOR.MINOR: ``2.61``
two_part    a line of patches: ``2.39``                its first two numbers: ``2.39``
major       a line labelled by one number: ``13``      its first number: ``13``
calendar    ``2025-06-24`` ``20250624`` ``24.04``      a date itself; ``24.04.3`` → ``24.04``
debian      ``1:2.39.5-0+deb12u3``                     the upstream version: ``2.39.5``
opaque      anything: ``stable``                       itself; declared order is kept
==========  =========================================  ==================================

In the first four, ``alpha``, ``beta``, ``rc``, ``devel`` … after the numbers make a pre-release,
which comes before the release; any other suffix that starts with ``-``, ``+``, ``~`` or ``.`` is a
packager's build of that version (``-0+deb12u1``, ``+dfsg1``, ``-gke.900``, ``.windows.1``,
``-alpine``) and comes after it. That is where it departs from SemVer, which calls every ``-suffix``
a pre-release: in the field, ``1.27.4-gke.900`` is 1.27.4. A letter glued to the numbers is a patch
(OpenSSL ``1.1.1w``, OpenSSH ``9.2p1``). A leading ``v``, a Debian epoch and white space around are
ignored. A label may have more numbers than its scheme asks for (OpenSSL's line ``1.1.1`` beside
``3.0``, PostgreSQL's ``9.6`` beside ``13``), not fewer. ``current`` may be a label of any scheme:
it is no version, moves with the newest release, and comes after all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Scheme = Literal["semver", "two_part", "major", "calendar", "debian", "opaque"]

Order = tuple[tuple[int, ...], ...]
"""Compares as the versions do. Only orders of one scheme may be compared."""

CURRENT = "current"
"""The label of what is always the newest release, whichever that is: a site that has no other. It
comes after every version, and no version belongs to it."""

MAX_LENGTH = 64
"""Characters of a label or a version. The longest seen in Debian's archive are below 50."""

_NUMBERS_NEEDED: dict[Scheme, int] = {"semver": 3, "two_part": 2, "major": 1}
_LINE_LENGTH: dict[Scheme, int] = {"semver": 2, "two_part": 2, "major": 1}
_COMPONENTS = 6

_STAGES = {
    "snapshot": 0, "nightly": 0, "canary": 0, "devel": 0, "dev": 0,
    "alpha": 1, "a": 1, "milestone": 1, "m": 1,
    "beta": 2, "b": 2,
    "preview": 3, "pre": 3, "rc": 3, "cr": 3, "c": 3,
}  # fmt: skip
"""Pre-release words in the order of a release's life; PEP 440 counts pre and preview as rc."""
_RELEASED = 9

# A single letter is a pre-release only before a digit: 3.13.0b2 is one, OpenSSL 1.1.1b is not.
_SUFFIX = (
    r"(?:[-.~_]?(?P<stage>snapshot|nightly|canary|devel|dev|alpha|milestone|beta|preview|pre|rc|cr"
    r"|[abcm](?=[-.]?[0-9]))(?![a-z])(?P<serial>(?:[-.]?[0-9]+|[-.][0-9a-z]+)*)"
    r"|(?P<patch>[a-z]{1,2}[0-9]{0,3}))?"
    r"(?P<build>(?:[-+~]|\.(?=[a-z]))[0-9a-z.+~_-]*)?"
)
_NUMERIC = re.compile(
    r"(?:[0-9]{1,4}:)?v?(?P<release>[0-9]{1,9}(?:\.[0-9]{1,9}){0,5})(?:\.[x*])*" + _SUFFIX,
    re.ASCII | re.IGNORECASE,
)
_CALENDAR = re.compile(
    r"v?(?P<release>(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})?(?![0-9])"
    r"|(?P<year>[0-9]{4}|[0-9]{2})"
    r"(?:(?P<sep>[.-])(?P<month>[0-9]{1,2})(?:(?P=sep)(?P<third>[0-9]{1,4}))?)?(?![0-9]))"
    + _SUFFIX,
    re.ASCII | re.IGNORECASE,
)
_DEBIAN = re.compile(
    r"v?(?:(?P<epoch>[0-9]{1,9}):)?(?P<upstream>[0-9][0-9A-Za-z.+~-]*?)"
    r"(?:-(?P<revision>[0-9A-Za-z.+~]+))?",
    re.ASCII,
)
_DEBIAN_STAGE = re.compile(r"[~.-]?(?:alpha|beta|rc|devel|dev|pre)(?![a-z])", re.ASCII)
_DEBIAN_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Version:
    """A label or a full version, read under its scheme.

    ``text`` is its plain spelling (no ``v``, epoch of nought or packager's build), ``numbers`` its
    components (a date: year, month, day), ``line`` the release line it belongs to. Two of equal
    ``identity`` are the same version in different spellings.
    """

    text: str
    numbers: tuple[int, ...]
    line: str
    prerelease: bool
    order: Order
    identity: Order


def parse(scheme: Scheme, label: str) -> Version:
    """Read a label, a full version, or a shortened one (``2`` for two_part).

    Raises ValueError saying what is wrong; always for the opaque scheme, which has no parts.
    """
    text = label.strip()
    if len(text) <= MAX_LENGTH:
        found: Version | None = None
        if scheme == "debian":
            found = _debian(text)
        elif scheme == "calendar":
            found = _calendar(text)
        elif scheme in _LINE_LENGTH:
            found = _numeric(text, _LINE_LENGTH[scheme])
        if found is not None:
            return found
    raise ValueError(f"{text[:MAX_LENGTH]!r} is not a version of the scheme {scheme}")


def key(scheme: Scheme, label: str) -> Order:
    """Give what labels of one scheme sort by. Raises ValueError for a malformed or opaque one."""
    return parse(scheme, label).order


def sort_labels(scheme: Scheme, labels: Iterable[str]) -> list[str]:
    """Sort the labels, oldest first; opaque ones stay as they were declared.

    Raises ValueError naming a label that the scheme can't read or that has too few numbers.
    """
    declared = list(labels)
    if scheme == "opaque":
        return declared
    read = [(parse(scheme, label), label) for label in declared if label != CURRENT]
    for version, label in read:
        if len(version.numbers) < _NUMBERS_NEEDED.get(scheme, 1):
            raise ValueError(f"{label!r} has too few numbers for a label of the scheme {scheme}")
    ordered = [label for version, label in sorted(read, key=lambda pair: (pair[0].order, pair[1]))]
    return [*ordered, CURRENT] if CURRENT in declared else ordered


def normalise(scheme: Scheme, label: str) -> str:
    """Strip ``v``, epoch and packager's build. Raises ValueError for a malformed label."""
    return label.strip() if scheme == "opaque" else parse(scheme, label).text


def line(scheme: Scheme, version: str) -> str:
    """Give the release line of a version: ``2.39.5`` → ``2.39``. Raises ValueError if malformed."""
    return version.strip() if scheme == "opaque" else parse(scheme, version).line


def is_prerelease(scheme: Scheme, label: str) -> bool:
    """Whether it came before its release; never so for an opaque label. Raises ValueError."""
    return scheme != "opaque" and parse(scheme, label).prerelease


def distance(scheme: Scheme, a: str, b: str) -> tuple[int, ...]:
    """How far apart two versions are: tuples of equal length that compare component by component.

    Days first for calendar. What follows the first component that differs is nought: 2.60 is as
    far from 3.0 as from 3.9. A last component of 1 says that only a suffix differs. Symmetric;
    all noughts for equal orders. Raises ValueError for a malformed or opaque label.
    """
    one, other = parse(scheme, a), parse(scheme, b)
    apart = [0] * (_COMPONENTS + 2)
    if one.order == other.order:
        return tuple(apart)
    pairs = list(zip(_measures(scheme, one), _measures(scheme, other), strict=True))
    differs = next((i for i, (x, y) in enumerate(pairs) if x != y), None)
    if differs is None:
        apart[-1] = 1
    else:
        apart[differs] = abs(pairs[differs][0] - pairs[differs][1])
    return tuple(apart)


def _measures(scheme: Scheme, version: Version) -> list[int]:
    """Integers of a fixed count that ``distance`` compares, the weightiest first."""
    numbers = version.numbers
    if scheme == "calendar":
        year, month, third = (*numbers, 1, 1)[:3]
        try:
            day = date(year, month, third)
        except ValueError:  # a patch number, not a day: 2024.4.0
            day = date(year, month, 1)
        numbers = (day.toordinal(), third)
    epoch = version.order[0][0] if scheme == "debian" else 0
    return [epoch, *(*numbers, *(0,) * _COMPONENTS)[:_COMPONENTS]]


def _numeric(text: str, line_length: int) -> Version | None:
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    release = match["release"].split(".")
    if match["patch"] and len(release) < 2:  # 1.1.1w is a version, 13x is a slip
        return None
    return _version(
        match,
        tuple(int(number) for number in release),
        line=".".join(release[:line_length]),
    )


def _calendar(text: str) -> Version | None:
    match = _CALENDAR.fullmatch(text)
    if match is None:
        return None
    year, month = match["y"] or match["year"], match["m"] or match["month"]
    third = match["d"] or match["third"]
    is_date = match["y"] is not None or match["sep"] == "-"
    numbers = (int(year) + (2000 if len(year) == 2 else 0), *(int(n) for n in (month, third) if n))
    try:  # refuses month 13, and day 30 of February where it is a day at all
        date(numbers[0], int(month or 1), int(third) if is_date and third else 1)
    except ValueError:
        return None
    release = match["release"]
    return _version(match, numbers, line=release if is_date else ".".join(release.split(".")[:2]))


def _version(match: re.Match[str], numbers: tuple[int, ...], *, line: str) -> Version:
    """Build a numeric or calendar version from the named groups of its pattern."""
    stage, serial = match["stage"], (match["serial"] or "").lower().lstrip("-.")
    patch = (match["patch"] or "").lower()
    life = (_STAGES[stage.lower()], *_debian_order(serial)) if stage else (_RELEASED,)
    identity = (numbers, life, _debian_order(patch))
    suffix = match.string[match.start("stage") : match.end("serial")] if stage else patch
    glue = "" if match.end("release") == match.start("stage") or not stage else "-"
    return Version(
        text=f"{match['release']}{glue}{suffix}",
        numbers=numbers,
        line=line,
        prerelease=stage is not None,
        order=(*identity, _debian_order((match["build"] or "").lower())),
        identity=identity,
    )


def _debian(text: str) -> Version | None:
    match = _DEBIAN.fullmatch(text)
    if match is None:
        return None
    upstream, revision = match["upstream"], match["revision"]
    stage = _DEBIAN_STAGE.search(upstream)
    plain = re.split("[+~]", upstream[: stage.start()] if stage else upstream, maxsplit=1)[0]
    numbers = _DEBIAN_PLAIN.match(plain)
    rest = (_debian_order(upstream), _debian_order(revision or ""))
    epoch = int(match["epoch"] or 0)
    return Version(
        text=f"{f'{epoch}:' if epoch else ''}{upstream}{f'-{revision}' if revision else ''}",
        numbers=tuple(int(number) for number in numbers[0].split(".")) if numbers else (),
        line=plain,
        prerelease=stage is not None,
        order=((epoch,), *rest),
        identity=rest,
    )


def _debian_order(text: str) -> tuple[int, ...]:
    """One part of a Debian version as integers that compare by Debian policy 5.6.12.

    Text and digits alternate. In text ``~`` sorts before the end, the end before letters, letters
    before the rest; digits compare as a number, and none is nought.
    """
    pairs = [pair for pair in re.findall("([^0-9]*)([0-9]*)", text) if any(pair)]
    while pairs and not pairs[-1][0] and not int(pairs[-1][1]):  # "0" is "", "1" isn't "1.0"
        pairs.pop()
    order: list[int] = []
    for characters, digits in (*pairs, ("", "")):
        for character in characters:
            if character == "~":
                order.append(-1)
            else:
                order.append(ord(character) + (0 if character.isalpha() else 256))
        order += (0, int(digits or 0))
    return tuple(order)
