"""An incident: what is reported, what commands show before and after it is put right."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from corpora.errors import ParseError, Reason
from corpora.model import Frozen
from eval.tasks.model import CANARY

DATA = Path(__file__).parent / "data"


class Shown(Frozen):
    """What a command shows: at first, after each step but the last, and when all is put right.

    What is not told of a later state is as it was before.
    """

    command: str
    before: str
    between: tuple[str, ...] = ()
    after: str = ""

    def at(self, done: int, steps: int) -> str:
        """What it shows when so many of the steps are done."""
        if done >= steps and self.after:
            return self.after
        known = (self.before, *self.between)
        return known[min(done, len(known) - 1)]


class Fix(Frozen):
    """A command that does a step of putting it right, and what it answers."""

    command: str
    reply: str
    step: int = Field(1, ge=1)
    """Steps come one after the other. Of the commands of one step, any will do."""


class Incident(Frozen):
    """One incident over a recorded cluster. Nothing is run."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    product: str
    release: str
    report: str
    shows: tuple[Shown, ...]
    fixes: tuple[Fix, ...]
    verify: tuple[str, ...]
    """Commands of which one has to be looked at after the last step."""

    @property
    def steps(self) -> int:
        """How many steps it takes."""
        return max(one.step for one in self.fixes)


def load(folder: Path = DATA) -> tuple[Incident, ...]:
    """Every incident, ordered by id. Raises ParseError."""
    found: list[Incident] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            held = tomllib.loads(file.read_text("utf-8"))
            if held.pop("canary", None) != CANARY:
                raise ParseError(str(file), Reason.MALFORMED, "the canary is missing")
            found += [Incident.model_validate(one) for one in held["incident"]]
        except (OSError, ValueError, KeyError, ValidationError) as error:
            raise ParseError(str(file), Reason.MALFORMED, str(error)) from error
    return tuple(sorted(found, key=lambda one: one.id))
