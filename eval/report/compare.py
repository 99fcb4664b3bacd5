"""Two reports, pair by pair: has anything become worse? Incomparable runs are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from corpora.errors import InvalidRequest
from corpora.model import Frozen
from eval.report.build import correct, invented
from eval.report.model import FORMAT, Report
from eval.scoring.statistics import Difference, paired


class Change(Frozen):
    """One model and arm, before and after."""

    name: str
    invented: Difference
    correct: Difference
    worse: bool
    """More invented or less correct, with an interval that leaves nought out."""


def read(path: Path) -> Report:
    """Read a report's JSON. Raises InvalidRequest."""
    try:
        report = Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidRequest(
            f"{path} is no report: {str(error).splitlines()[0]}.",
            hint="Name the report.json that `eval report` wrote.",
        ) from None
    if report.format != FORMAT:
        raise InvalidRequest(
            f"{path} has the format {report.format}; this program reads {FORMAT}.",
            hint="Write it again from the recorded answers.",
        )
    return report


def compare(before: Report, after: Report) -> tuple[Change, ...]:
    """Compare what both reports hold. Raises InvalidRequest where that says nothing."""
    if before.dataset != after.dataset:
        raise InvalidRequest(
            f"The reports are of different tasks ({before.dataset}, {after.dataset}).",
            hint="Score both sets of answers with the same version of the tasks, and one split.",
        )
    if before.truth != after.truth:
        raise InvalidRequest(
            f"The reports were judged against different truth ({before.truth}, {after.truth}).",
            hint="Score the recorded answers of both again: `flagstone eval score`.",
        )
    shared = [name for name in after.outcomes if name in before.outcomes]
    if not shared:
        raise InvalidRequest(
            "The reports share no model and arm.",
            hint=f"Before: {', '.join(before.outcomes)}. After: {', '.join(after.outcomes)}.",
        )
    for name in shared:
        if before.outcomes[name].keys() != after.outcomes[name].keys():
            raise InvalidRequest(
                f"{name}: the reports have answers to different tasks.",
                hint="Answer the missing ones; a difference in which tasks are answered is no"
                " difference between models.",
            )
    return tuple(_changes(before, after, shared))


def _changes(before: Report, after: Report, shared: list[str]) -> Iterator[Change]:
    for name in shared:
        old, new = before.outcomes[name], after.outcomes[name]
        more = paired(invented(old, old), invented(new, new), after.clusters)
        right = paired(correct(old, old), correct(new, new), after.clusters)
        worse = (more.clear and (more.difference or 0) > 0) or (
            right.clear and (right.difference or 0) < 0
        )
        yield Change(name=name, invented=more, correct=right, worse=worse)
