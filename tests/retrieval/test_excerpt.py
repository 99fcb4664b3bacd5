"""A passage in one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.model import Passage
from retrieval.excerpt import LONGEST, excerpt


def passage(text: str, names: tuple[str, ...] = ("-x",)) -> Passage:
    return Passage(
        id="0" * 32,
        product="git",
        kind="option",
        page="git-commit",
        title="git-commit",
        heading=("git-commit",),
        names=names,
        text=text,
        tokens=1,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-a, --all\n\nStage files. And commit.", "-a, --all: Stage files."),
        ("-a\n\nUse it, e.g. in cron. Not by hand.", "-a: Use it, e.g. in cron."),
        ("-a\n\nNeeds version 2.5 or later. Then more.", "-a: Needs version 2.5 or later."),
        ("-a\n\nno full stop\n\nanother paragraph", "-a: no full stop"),
        ("--sort=name", "--sort=name"),
        ("-a\n\n" + "word " * 60, "-a: " + ("word " * 60)[:LONGEST].strip() + " …"),
    ],
)
def test_the_term_and_the_first_sentence(text: str, expected: str) -> None:
    assert excerpt(passage(text)) == expected


def test_of_prose_it_is_the_first_sentence() -> None:
    assert excerpt(passage("Prose, e.g. this. More of it.", names=())) == "Prose, e.g. this."
    assert excerpt(passage("12. Stop it. Start it.", names=())) == "12. Stop it."
    assert excerpt(passage("Takes 12. Not more.", names=())) == "Takes 12."
    card = passage("long text. Synopsis.", names=()).model_copy(
        update={"kind": "synopsis", "command": "git commit", "summary": "Record changes"}
    )
    assert excerpt(card) == "Record changes"


def test_what_has_no_short_beginning_has_no_excerpt() -> None:
    assert excerpt(passage("x" * 500 + "\n\nSaid of it.")) == ""
    assert excerpt(passage("```\ngit commit\n```", names=())) == ""


@given(st.text(max_size=600))
def test_an_excerpt_is_one_bounded_line_of_the_passage(text: str) -> None:
    short = excerpt(passage(text))
    assert "\n" not in short
    assert len(short) <= 120 + 2 + LONGEST + 2
    for word in short.removesuffix(" …").replace(": ", " ", 1).split():
        assert word.rstrip(":") in text
