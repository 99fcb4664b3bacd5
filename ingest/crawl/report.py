"""What a crawl did, and why each address that isn't in its result isn't."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from corpora.errors import Reason
from corpora.model import Frozen

NAMED_PER_REASON = 200
"""Addresses that are named for one reason; beyond, they are only counted."""


class Why(StrEnum):
    """Why an address gave no document. The second half is what went wrong, not what was decided."""

    OTHER_SITE = "other_site"
    OUT_OF_SCOPE = "out_of_scope"
    OTHER_RELEASE = "other_release"
    EXCLUDED = "excluded"
    ROBOTS = "forbidden_by_robots_txt"
    NOT_A_DOCUMENT = "not_a_document"
    CANONICAL_ELSEWHERE = "canonical_elsewhere"
    DUPLICATE = "same_content"
    SAME_SLUG = "same_slug"
    GONE = "gone"
    SOFT_404 = "soft_404"
    REDIRECT = "redirect_to_nothing"

    TRAP = "trap"
    TOO_DEEP = "too_deep"
    PAGE_LIMIT = "page_limit"
    FORBIDDEN = "forbidden"
    ADDRESS_REFUSED = "address_refused"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    BROKEN = "broken"


PASSING = frozenset({Why.SERVER_ERROR, Why.UNREACHABLE, Why.TIMED_OUT})
"""Faults of the moment: the page itself may be as it was."""

LIMITS = frozenset({Why.TRAP, Why.TOO_DEEP, Why.PAGE_LIMIT})

_OF_REASON = {
    Reason.REFUSED: Why.ADDRESS_REFUSED,
    Reason.UNREACHABLE: Why.UNREACHABLE,
    Reason.TIMED_OUT: Why.TIMED_OUT,
    Reason.TOO_LARGE: Why.TOO_LARGE,
}


def why_of(reason: Reason) -> Why:
    """Name what the door said in the crawl's words."""
    return _OF_REASON.get(reason, Why.BROKEN)


class Problem(Frozen):
    """One address without a document."""

    url: str
    why: Why
    detail: str = ""


class Redirect(Frozen):
    """One hop that the site answered with."""

    source: str
    target: str


class CrawlReport(Frozen):
    """What one crawl of one release did."""

    start: str
    release: str
    pages: int
    """Documents in the result."""
    stale: int
    """Of them, pages that failed just now and are given as they were at the last crawl."""
    resumed: bool
    """Whether it went on with a crawl that had been broken off."""
    requests: int
    retries: int
    bytes_received: int
    """Of bodies, as sent: compressed where the server compresses."""
    revalidated: int
    """Answers that the server said still hold."""
    kept: int
    """Answers used again without asking, because this crawl had asked already."""
    seconds: float
    counts: dict[Why, int]
    """Addresses without a document, by reason; each address once."""
    problems: tuple[Problem, ...]
    """Those addresses, up to 200 for each reason, sorted."""
    redirects: tuple[Redirect, ...]
    other_releases: tuple[str, ...]
    """Labels that links to other releases show."""

    @property
    def failed(self) -> int:
        """Pages that could not be had because of a passing fault."""
        return sum(self.counts.get(why, 0) for why in PASSING)

    @property
    def truncated(self) -> bool:
        """Whether a limit left addresses unvisited."""
        return any(self.counts.get(why, 0) for why in LIMITS)


class Ledger:
    """Collects the problems of a crawl."""

    def __init__(self) -> None:
        self.counts: Counter[Why] = Counter()
        self._named: dict[Why, list[Problem]] = {}

    def add(self, url: str, why: Why, detail: str = "") -> None:
        """Note that ``url`` gave no document."""
        self.counts[why] += 1
        named = self._named.setdefault(why, [])
        if len(named) < NAMED_PER_REASON:
            named.append(Problem(url=url[:500], why=why, detail=detail[:200]))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was noted, sorted by reason and address."""
        return tuple(
            problem
            for why in Why
            for problem in sorted(self._named.get(why, ()), key=lambda problem: problem.url)
        )
