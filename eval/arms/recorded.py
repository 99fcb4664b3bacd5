"""Answers from elsewhere, joined with the prompts that they are answers to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from corpora.errors import InvalidRequest
from eval.answers import Answer
from eval.arms.prompts import Prompt


def read(path: Path) -> tuple[Prompt, ...]:
    """Read what ``eval prompts`` wrote. Raises InvalidRequest, naming the line."""
    found = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path}: {error}.", hint="Name a file of prompts.") from error
    for number, line in enumerate(lines, 1):
        try:
            found.append(Prompt.model_validate_json(line))
        except ValidationError as error:
            raise InvalidRequest(
                f"{path}, line {number} is no prompt: {error.errors()[0]['msg']}.",
                hint="Name the file that `flagstone eval prompts` wrote.",
            ) from None
    return tuple(found)


def joined(answers: Iterable[Answer], prompts: Iterable[Prompt]) -> list[Answer]:
    """Answers with what their prompts say of the grounding, where they don't say it themselves."""
    known = {(one.id, one.arm): one for one in prompts}
    found = []
    for answer in answers:
        prompt = known.get((answer.id, answer.arm))
        if prompt is None or "grounded" in answer.model_fields_set:
            found.append(answer)
        else:
            more = {"grounded": prompt.grounded, "grounding": prompt.grounding}
            found.append(answer.model_copy(update=more))
    return found
