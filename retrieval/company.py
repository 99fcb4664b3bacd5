"""A passage gains by what else was found on its page.

Where several options of one command come up, that command is probably what was asked about, and
each of them is likelier to answer than one that comes up alone. Evidence of the whole document for
its passages: J. Callan, Passage-Level Evidence in Document Retrieval, SIGIR 1994.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from statistics import fmean

from retrieval.store import Scored

BEST = 3
"""So many others of a page are looked at, the best of them. One to four do alike
(docs/retrieval.md)."""


def in_company(
    candidates: Sequence[Scored], pages: Sequence[Hashable], weight: float
) -> list[Scored]:
    """Add ``weight`` × (mean score of the BEST other candidates of its page − mean of all).

    ``pages`` has the page of each candidate, in their order. Where a page has fewer others, each
    that is missing counts as the mean of all, so that a passage alone on its page neither gains nor
    loses. The order stays as it was.
    """
    if not candidates:
        return []
    mean = fmean(one.score for one in candidates)
    above: defaultdict[Hashable, list[float]] = defaultdict(list)
    for one, page in zip(candidates, pages, strict=True):
        above[page].append(one.score - mean)
    # One more than are looked at: for the passage that is itself among them.
    best = {page: sorted(scores, reverse=True)[: BEST + 1] for page, scores in above.items()}
    found = []
    for one, page in zip(candidates, pages, strict=True):
        others, own = best[page], one.score - mean
        together = sum(others) - own if own in others else sum(others[:BEST])
        found.append(Scored(one.id, one.score + weight * together / BEST))
    return found
