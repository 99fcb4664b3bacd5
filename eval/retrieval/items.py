"""The question sets: answerable ones with their gold options and keys, and unanswerable ones."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Literal

from corpora.model import Frozen

Split = Literal["dev", "test", "sheets"]
"""``sheets`` is what people wrote for themselves: it is measured, and nothing is tuned on it."""


class Other(Frozen):
    """Another place that answers as well, as assessors found in what retrieval returned."""

    page: str
    key: str
    """How the passage begins: the term that it defines, or the words of its first sentence."""
    term: bool
    ends: str = ""
    """Of prose, the last words behind its key; empty where the key is all of it."""


class Question(Frozen):
    """A question whose answer stands on one of ``pages``, in passages that hold its keys."""

    id: str
    question: str
    product: str
    release: str
    command: str = ""
    """The command, or the configuration file, that the answer belongs to; empty for prose."""
    gold: tuple[str, ...] = ()
    """The options or parameters that answer, all of them; empty where prose does."""
    pages: tuple[str, ...]
    key: str
    more_keys: tuple[str, ...] = ()
    """With several gold options, the keys of the second and the following."""
    main: str = ""
    """How the command's description begins, where options have no text of their own: then that
    description is what a ranking has to find, and the options have to be in the context."""
    kind: Literal["option", "parameter", "statement", "concept"]
    version_specific: bool
    twin: str | None
    others: tuple[Other, ...] = ()
    """Passages beside those of the gold options that answer as well."""

    @property
    def as_written(self) -> Question:
        """The question with the answers alone that its author knew."""
        return self.model_copy(update={"others": ()})

    @property
    def places(self) -> tuple[str, ...]:
        """The pages on which something answers."""
        return tuple(dict.fromkeys((*self.pages, *(one.page for one in self.others))))

    @property
    def keys(self) -> tuple[str, ...]:
        """A string for each thing to be found; one where there is no gold option."""
        return self.key, *self.more_keys


class Training(Frozen):
    """A question to learn from, and the passage that answers it."""

    question: str
    product: str
    release: str
    page: str
    key: str
    """How the passage begins."""


class Unanswerable(Frozen):
    """A question that the corpus can't answer: the right result is to abstain."""

    id: str
    question: str
    product: str | None
    release: str | None


def load(split: Split) -> tuple[Question, ...]:
    """The answerable questions of a split, with all answers that are known to them."""
    known = map(json.loads, _lines(f"others_{split}.jsonl"))
    others = {one["id"]: one["others"] for one in known}
    read = map(json.loads, _lines(f"{split}.jsonl"))
    return tuple(
        Question.model_validate({**one, "others": others.get(one["id"], ())}) for one in read
    )


def load_training() -> tuple[Training, ...]:
    """The questions to learn from: about none of the products of the other splits."""
    return tuple(Training.model_validate_json(line) for line in _lines("train.jsonl"))


def load_unanswerable(split: Split) -> tuple[Unanswerable, ...]:
    """The unanswerable questions of a split; the sheets have none."""
    if split == "sheets":
        return ()
    name = f"unanswerable_{split}.jsonl"
    return tuple(Unanswerable.model_validate_json(line) for line in _lines(name))


def _lines(name: str) -> list[str]:
    text = (files("eval.retrieval") / "questions" / name).read_text("utf-8")
    return [line for line in text.splitlines() if line.strip()]
