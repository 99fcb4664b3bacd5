"""What is answered besides a context: every surface renders these unchanged."""

from __future__ import annotations

from pydantic import Field, JsonValue

from commands.diff import SurfaceDiff
from commands.model import Command
from commands.repair import Repair
from commands.risk.model import Risk
from commands.validate import CheckedCommand, Issue
from corpora.model import Frozen, Hit, Resolution


class SearchAnswer(Frozen):
    """Ranked passages, best first."""

    resolution: Resolution | None
    hits: tuple[Hit, ...]
    abstained: bool
    """Whether `/context` would have given nothing: then the hits only resemble the question."""
    snapshot: str


class ValidationAnswer(Frozen):
    """Whether the commands of a text are real at their releases, and what is right if not.

    ``valid`` is null where nothing in the text could be checked.
    """

    valid: bool | None
    resolutions: tuple[Resolution, ...]
    """How each product that the text has commands of was resolved."""
    commands: tuple[CheckedCommand, ...]
    issues: tuple[Issue, ...]
    """Of the text itself: parts that are no shell text."""
    risk: Risk
    repaired: Repair | None = None
    """The text with every error corrected, where each correction is certain. It validates."""
    snapshot: str


class CommandAnswer(Frozen):
    """What one command accepts at one release."""

    resolution: Resolution
    command: Command
    releases: tuple[str, ...]
    """The documented releases that have the command, oldest first."""
    since: dict[str, str] = Field(default_factory=dict)
    """Option → the documented release that brought it, where the oldest one lacks it."""
    removed_in: dict[str, str] = Field(default_factory=dict)
    """Option → the documented release that has it no more."""
    snapshot: str


class SchemaAnswer(Frozen):
    """One command as schemas, so that an agent can be held to what the release really accepts."""

    resolution: Resolution
    path: str
    json_schema: dict[str, JsonValue]
    """JSON Schema 2020-12 of a filled command."""
    openai: dict[str, JsonValue]
    """The same as a tool definition for OpenAI-compatible APIs."""
    anthropic: dict[str, JsonValue]
    """The same as a tool definition for Anthropic's API."""
    snapshot: str


class DiffAnswer(Frozen):
    """What changed between two releases of a product."""

    old: Resolution
    new: Resolution
    diff: SurfaceDiff
    text: str
    """The same as plain text: ``+`` added, ``-`` removed, ``~`` changed."""
    snapshot: str
