r"""Recorded answers: JSON lines that any program can write, and that are scored like our own.

One object a line::

    {"id": "aws-001", "answer": "```sh\naws sts …\n```", "model": "some-model", "arm": "context"}

Optional: ``seed`` (several answers to one task are averaged within the task), ``input_tokens``,
``output_tokens``, ``seconds``, ``turns``, ``grounded`` (whether the arm had anything to give) and
``grounding`` (how much of it was to the point): the last two stand in the prompts, and are taken
from there by ``score --prompts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, ValidationError

from corpora.errors import InvalidRequest
from corpora.model import Frozen

Arm = Literal[
    "none",
    "help",
    "context_wrong_version",
    "context",
    "context+validate",
    "schema",
    "oracle",
    "selective",
]
ARMS: tuple[Arm, ...] = get_args(Arm)

MAX_LINE = 1_000_000
"""Characters of one recorded answer. The longest that a model gave to such a prompt had 4,000."""


class Grounding(Frozen):
    """How much of the context that was given is to the point of the task."""

    citations: int
    """Passages in it."""
    relevant: int
    """Of these, those that define or use a judged option of the gold answer's command."""
    needed: int
    """Options that the task is judged by."""
    named: int
    """Of these, those that the context names in one of their spellings."""


class Answer(Frozen):
    """What one model answered to one task in one arm."""

    id: str
    answer: str = Field(max_length=MAX_LINE)
    model: str = Field(min_length=1)
    arm: Arm
    seed: int = 0
    grounded: bool = True
    grounding: Grounding | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    turns: int = 1


def read(path: Path) -> tuple[Answer, ...]:
    """Read recorded answers. Raises InvalidRequest, naming the line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path}: {error}.", hint="Name a file of JSON lines.") from error
    found = tuple(_lines(path, text.splitlines()))
    if not found:
        raise InvalidRequest(
            f"{path} holds no answers.", hint="One JSON object a line: id, answer, model, arm."
        )
    seen: set[tuple[str, str, Arm, int]] = set()
    for one in found:
        key = one.id, one.model, one.arm, one.seed
        if key in seen:
            raise InvalidRequest(
                f"{path} answers {one.id} twice ({one.model}, {one.arm}, seed {one.seed}).",
                hint="Give repeated answers different seeds.",
            )
        seen.add(key)
    return found


def _lines(path: Path, lines: list[str]) -> Iterator[Answer]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield Answer.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                raise InvalidRequest(
                    f"{path}, line {number}: {where} {first['msg']}.".replace("  ", " "),
                    hint=f"Needed: id, answer, model and arm, one of {', '.join(ARMS)}.",
                ) from None


def write(path: Path, answers: Iterable[Answer]) -> None:
    """Write recorded answers."""
    lines = (one.model_dump_json(exclude_none=True) for one in answers)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
