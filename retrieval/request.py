"""What can be asked: the requests that every surface passes on unchanged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from corpora.model import Frozen, VersionPolicy

MAX_QUERY = 2_000
"""Characters. A question, not a document: longer ones are cut by the model's window anyway."""

MAX_COMMAND = 100_000
"""Characters of a text to validate. A script, not a repository."""

MIN_BUDGET, DEFAULT_BUDGET, MAX_BUDGET = 100, 2_000, 20_000
"""Tokens. Below the first not even one option fits; beyond the last, clients cut answers off."""

Name = Annotated[str, Field(max_length=64)]
"""Of a product, or of a version."""


def _no_boolean(given: object) -> object:
    if isinstance(given, bool):
        raise ValueError("a number, not true or false")
    return given


Number = Annotated[int, BeforeValidator(_no_boolean)]
"""Digits of a query string will do, and JSON's ``true``, which Python takes for 1, won't."""

Mode = Literal["hybrid", "fast"]
"""hybrid: by words and by meaning; fast: by words alone."""


class Where(Frozen):
    """Which product and version a question is about; all of it may be left to the question."""

    product: str | None = Field(
        None,
        max_length=64,
        description="Id or alias of a product; empty: read from the question.",
        examples=["postgresql"],
    )
    version: str | None = Field(
        None,
        max_length=64,
        description="The version you run; empty: read from the question, or else the newest.",
        examples=["13"],
    )
    fingerprint: str | None = Field(
        None,
        max_length=4_096,
        description="Pasted output of the tool's own version command, instead of a version.",
        examples=["psql (PostgreSQL) 13.16"],
    )
    version_policy: VersionPolicy = Field(
        "compatible",
        description="exact: that version or none; compatible: another patch of it will do;"
        " nearest: the closest documented one.",
    )


class Ask(Where):
    """A question about a product at a version."""

    query: str = Field(
        min_length=1,
        max_length=MAX_QUERY,
        pattern=r"\S",
        description="What you want to know, in your own words.",
        examples=["skip the data of one table when dumping"],
    )
    mode: Mode = Field(
        "hybrid",
        description="hybrid: by words and by meaning; fast: by words alone, for callers that know"
        " the documentation's own words and want no time spent on paraphrase.",
    )


class ContextRequest(Ask):
    """A question, and how large the answer may be."""

    token_budget: Number = Field(
        DEFAULT_BUDGET, description=f"Clamped to {MIN_BUDGET}…{MAX_BUDGET} tokens."
    )
    cursor: str | None = Field(
        None, max_length=128, description="`next_cursor` of an earlier answer to the same question."
    )
    format: Literal["json", "markdown"] = "json"


class ValidateRequest(Where):
    """A shell line or script to check. It is read, and never run."""

    command: str = Field(
        min_length=1,
        max_length=MAX_COMMAND,
        description="One command line, or a whole script.",
        examples=["pg_dump --skip-table-data=audit_log shop"],
    )
    versions: dict[Name, Name] = Field(
        default_factory=dict,
        max_length=100,
        description="Product → version, where the text has commands of several products.",
        examples=[{"kubectl": "1.32", "git": "2.39"}],
    )


class SearchRequest(Ask):
    """A question whose passages are wanted as a ranked list."""

    limit: Number = Field(
        10, ge=1, le=100, description="Most passages in the answer; repeats are left out."
    )
