"""Fit abstention anew: ``python -m eval.retrieval.abstention --data DIR``.

Asks the development questions, answerable and not, with their product and without; those about
foreign tools are put to some other products too. Of each the three signals are taken
(`retrieval.answerable`), and a logistic regression is fitted to them. Prints its coefficients, and
for several bars how often it would abstain wrongly and rightly, in cross-validation by question,
beside those of the coefficients in use. What is to be in use is written into the code by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import (  # type: ignore[import-untyped]
    GroupKFold,
    cross_val_predict,
)

from corpora.errors import FlagstoneError
from eval.opening import open_engine
from eval.report.markdown import table
from eval.retrieval.items import load, load_unanswerable
from retrieval.answerable import ANSWERABLE, Signals, probability
from retrieval.engine import Engine
from retrieval.request import SearchRequest

OTHERS = ("git", "openssh", "restic", "docker", "postgresql", "aws")
"""Products that questions about foreign tools are put to."""

BARS = (0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
FOLDS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked, and what was told of it."""

    id: str
    named: bool
    answerable: bool
    signals: Signals


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, fit, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m eval.retrieval.abstention", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    options = parser.parse_args(arguments)
    try:
        asked = list(_asked(open_engine(options.data)))
    except FlagstoneError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(report(asked))
    return 0


def report(asked: Sequence[Asked]) -> str:
    """The coefficients fitted, and the table of both."""
    signals = np.array([one.signals for one in asked])
    answerable = np.array([one.answerable for one in asked])
    model = LogisticRegression(C=10, class_weight="balanced")
    fitted = cross_val_predict(
        model,
        signals,
        answerable,
        groups=[one.id for one in asked],
        cv=GroupKFold(FOLDS),
        method="predict_proba",
    )[:, 1]
    model.fit(signals, answerable)
    used = np.array([probability(one.signals) for one in asked])
    weights = ", ".join(
        f"{name} {weight:.1f}" for name, weight in zip(Signals._fields, model.coef_[0], strict=True)
    )
    lines = [
        f"fitted: {weights}, intercept {model.intercept_[0]:.1f}",
        f"in use: {', '.join(f'{name} {weight}' for name, weight in ANSWERABLE)}",
        "",
    ]
    head = ("question", "bar", "fitted: abstains wrongly", "rightly", "in use: wrongly", "rightly")
    rows = []
    for named, told in ((True, "names its product"), (False, "names none")):
        here = np.array([one.named == named for one in asked])
        for bar in BARS:
            shares = (
                np.mean(scores[here & (answerable == right)] < bar)
                for scores in (fitted, used)
                for right in (True, False)
            )
            rows.append((told, str(bar), *(f"{one:.3f}" for one in shares)))
    return "\n".join((*lines, *table(head, rows))) + "\n"


def _asked(engine: Engine) -> Iterator[Asked]:
    for one in load("dev"):
        if one.product not in engine.products:
            continue
        yield from _ask(engine, one.id, one.question, one.product, one.release, answerable=True)
        yield from _ask(engine, one.id, one.question, None, None, answerable=True)
    for other in load_unanswerable("dev"):
        products = [other.product] if other.product else OTHERS
        for product in (*products, None):
            release = other.release if product == other.product else None
            yield from _ask(engine, other.id, other.question, product, release, answerable=False)


def _ask(
    engine: Engine,
    name: str,
    question: str,
    product: str | None,
    release: str | None,
    *,
    answerable: bool,
) -> Iterator[Asked]:
    if product is not None and product not in engine.products:
        return
    request = SearchRequest(query=question, product=product, version=release)
    _, found = engine.find(request)
    if found.signals is not None:
        yield Asked(name, product is not None, answerable, found.signals)


if __name__ == "__main__":
    raise SystemExit(main())
