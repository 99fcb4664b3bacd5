"""A passage gains by what else was found on its page.

Where several options of one command come up, that command is probably what was asked about, and
each of them is likelier to answer than one that comes up alone. Evidence of the whole document for
its passages: J. Callan, Passage-Level Evidence in Document Retrieval, SIGIR 1994.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from statistics import fmean

BEST = 3
"""So many others of a page are looked at, the best of them. One to four do alike
(docs/retrieval.md)."""


def in_company(
    scores: Mapping[str, float], pages: Mapping[str, Hashable], weight: float
) -> dict[str, float]:
    """Add ``weight`` × (mean score of the BEST other candidates of its page − mean of all).

    ``scores`` and ``pages`` are those of the candidates, by id. Where a page has fewer others, each
    that is missing counts as the mean of all, so that a passage alone on its page neither gains nor
    loses.
    """
    if not scores:
        return {}
    mean = fmean(scores.values())
    together: defaultdict[Hashable, list[str]] = defaultdict(list)
    for one in scores:
        together[pages[one]].append(one)
    found = dict(scores)
    for ids in together.values():
        if len(ids) == 1:
            continue
        # One more than are looked at: for the passage that is itself among them.
        best = sorted((scores[one] - mean for one in ids), reverse=True)[: BEST + 1]
        for one in ids:
            own = scores[one] - mean
            others = sum(best) - own if own in best else sum(best[:BEST])
            found[one] += weight * others / BEST
    return found
