"""What a passage gains by what it is."""

from __future__ import annotations

import json

from corpora.snapshot import Traits
from retrieval.prior import LONG, Prior


def gain(kind: str = "option", heading: str = "Options", tokens: int = 40) -> float:
    return Prior().of(Traits(kind, json.dumps(["docker run", heading]), tokens))  # type: ignore[arg-type]


def test_an_option_of_the_command_itself_comes_before_an_inherited_one() -> None:
    assert gain() > gain(heading="Options inherited from parent commands")
    assert gain() > gain(heading="GLOBAL OPTIONS")
    assert gain(heading="Globally unique ids") == gain()


def test_an_option_comes_before_prose_and_prose_before_an_example() -> None:
    assert gain("option") > gain("section") > gain("example")


def test_a_longer_text_gains_up_to_a_limit() -> None:
    assert gain(tokens=3) < gain(tokens=30) < gain(tokens=LONG)
    assert gain(tokens=LONG) == gain(tokens=10 * LONG)
