"""What changed between two releases, as a page."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from api.web.render import page
from commands.diff import CommandChange
from corpora.errors import InvalidRequest, RequestError
from retrieval.engine import Engine

MOST_CHANGES = 300
"""Commands that the page shows: between two releases of aws some thousand change."""


def compared(engine: Engine, form: Mapping[str, str]) -> Response:
    """The form, and the difference as far as it says of what."""
    shown: dict[str, object] = {
        "engine": engine, "form": form, "product": None, "answer": None, "problem": None,
        "changes": (), "more": 0, "counts": {},
    }  # fmt: skip
    try:
        if name := form.get("product"):
            product = engine.record(name)
            shown["product"] = product
            labels = [one.label for one in product.releases]
            if len(labels) < 2:
                raise InvalidRequest(
                    f"{product.title} has one documented release, {labels[0]}.",
                    hint="Two are needed to compare.",
                )
            # The two newest, unless others are asked for.
            shown["form"] = form = {"old": labels[-2], "new": labels[-1], **form}
            if "path" in form or "compare" in form:
                answer = engine.diff(product.id, form["old"], form["new"], form.get("path", ""))
                changes = answer.diff.commands
                shown |= {
                    "answer": answer,
                    "changes": changes[:MOST_CHANGES],
                    "more": max(len(changes) - MOST_CHANGES, 0),
                    "counts": _counts(changes),
                }
    except RequestError as error:
        return page("compare.html", error.status, **{**shown, "problem": error})
    return page("compare.html", **shown)


def _counts(changes: tuple[CommandChange, ...]) -> dict[str, int]:
    """How much was added, removed and changed, commands and options."""
    counts = dict.fromkeys(("added", "removed", "changed"), 0)
    for change in changes:
        if change.verb != "changed":
            counts[change.verb] += 1
        for option in change.options:
            counts[option.verb] += 1
    return counts
