"""The question sets: answerable ones with a gold page and key, and unanswerable ones."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from corpora.model import Frozen

Split = Literal["dev", "test"]


class Question(Frozen):
    """A question whose answer stands on one of ``pages``, in a passage that holds ``key``."""

    id: str
    question: str
    product: str
    release: str
    pages: tuple[str, ...]
    key: str
    kind: Literal["option", "parameter", "statement", "concept"]
    version_specific: bool
    twin: str | None


class Unanswerable(Frozen):
    """A question that the corpus can't answer: the right result is to abstain."""

    id: str
    question: str
    product: str | None
    release: str | None


def load(split: Split) -> tuple[Question, ...]:
    """The answerable questions of a split."""
    return tuple(Question.model_validate_json(line) for line in _lines(f"{split}.jsonl"))


def load_unanswerable(split: Split) -> tuple[Unanswerable, ...]:
    """The unanswerable questions of a split."""
    name = f"unanswerable_{split}.jsonl"
    return tuple(Unanswerable.model_validate_json(line) for line in _lines(name))


def _lines(name: str) -> list[str]:
    text = (files("eval.retrieval") / "questions" / name).read_text("utf-8")
    return [line for line in text.splitlines() if line.strip()]
