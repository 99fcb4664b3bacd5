"""Paraphrases: by what a passage finds its own, and files that somebody else wrote."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.catalogue import Catalogue
from corpora.errors import ConfigurationError
from corpora.model import Passage
from corpora.paraphrases import LONGEST, MOST, Paraphrases, paraphrase_key

KEY_OF_PURGE, KEY_OF_CARD, KEY_OF_PROSE = "5643aa13adfc", "bfdb3238b2d9", "b8d8c2bfb574"
SHIPPED = sorted(
    one.name.removesuffix(".tsv")
    for one in (files("corpora") / "products").iterdir()
    if one.name.endswith(".tsv")
)


def passage(text: str = "--purge Remove files.", **more: object) -> Passage:
    given: dict[str, object] = {
        "id": "0" * 32,
        "kind": "option",
        "names": ("--purge",),
        "command": "tool rm",
        "product": "tool",
        "page": "rm",
        "title": "rm",
        "text": text,
        "tokens": 5,
    }
    return Passage.model_validate(given | more)


def line(one: Passage, *said: str) -> str:
    return "\t".join((paraphrase_key(one), " ".join(one.names), *said)) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Paraphrases]:
    def written(text: str) -> Paraphrases:
        (tmp_path / "tool.tsv").write_text(text, "utf-8")
        return Paraphrases(tmp_path)

    return written


def test_a_definition_has_what_was_written_for_it(write: Callable[[str], Paraphrases]) -> None:
    found = write(line(passage(), "get rid of leftovers", "disk is full of old files"))
    assert found.of(passage()) == ("get rid of leftovers", "disk is full of old files")
    assert found.of(passage("--purge  Remove\n   files.")) == found.of(passage())
    assert found.of(passage(page="other", id="1" * 32, command="tool erase"))


@pytest.mark.parametrize(
    "other",
    [
        passage("--purge Keep files."),
        passage(names=("--purge", "-p")),
        passage(kind="section", names=()),
        passage(kind="synopsis", names=()),
        passage(product="other"),
    ],
)
def test_what_says_something_else_has_none_of_it(
    write: Callable[[str], Paraphrases], other: Passage
) -> None:
    assert not write(line(passage(), "get rid of leftovers")).of(other)


def test_keys_never_change_by_themselves() -> None:
    """Eighty thousand lines go by them."""
    assert paraphrase_key(passage()) == KEY_OF_PURGE
    assert paraphrase_key(passage(kind="synopsis", names=())) == KEY_OF_CARD
    assert paraphrase_key(passage(kind="section", names=())) == KEY_OF_PROSE


def test_a_command_is_known_by_its_name(write: Callable[[str], Paraphrases]) -> None:
    card = passage("tool rm [options]", kind="synopsis", names=())
    found = write(line(card, "throw something away"))
    assert found.of(passage("tool rm [-f]", kind="synopsis", names=())) == ("throw something away",)
    assert not found.of(passage("tool rm", kind="synopsis", names=(), command="tool mv"))


@given(st.text(max_size=80), st.text(max_size=80))
def test_alike_are_texts_that_begin_alike(one: str, other: str) -> None:
    def letters(text: str) -> str:
        return "".join(sign for sign in text if sign.isalnum() or sign == "_")[:60]

    same = paraphrase_key(passage(one)) == paraphrase_key(passage(other))
    assert same == (letters(one) == letters(other))


def test_an_operators_own_go_before_the_shipped_ones(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir()
    other = passage(names=("--all",))
    (shipped / "tool.tsv").write_text(line(passage(), "shipped") + line(other, "shipped"))
    (own / "tool.tsv").write_text(line(passage(), "own"))
    found = Paraphrases(own, shipped)
    assert (found.of(passage()), found.of(other)) == (("own",), ("shipped",))


def test_the_digest_changes_with_every_word(write: Callable[[str], Paraphrases]) -> None:
    digests = {write(line(passage(), said)).digest for said in ("one", "one", "two")}
    assert len(digests) == 2


KEY = paraphrase_key(passage())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing of the kind", "line 1: a key, names"),
        (f"{KEY}\t--purge\n", "line 1: a key, names"),
        (f"{KEY}\t--purge" + "\tmore" * (MOST + 1), "line 1: a key, names"),
        (f"{KEY}\t--purge\tone\n\n{KEY}\t--purge\ttwo\n", "line 2: a key, names"),
        (f"{KEY}\t--purge\tone\n{KEY}\t--purge\ttwo\n", f"line 2: {KEY} stands there twice"),
        (f"{KEY}\t--purge\tone\t \n", "line 1: a paraphrase is empty"),
        (f"{KEY}\t--purge\t{'x' * (LONGEST + 1)}\n", "longer than 300"),
    ],
)
def test_a_file_that_is_wrong_says_where(
    write: Callable[[str], Paraphrases], text: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        write(text).of(passage())


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tool.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"tool\.tsv can't be read"):
        Paraphrases(tmp_path).of(passage())


@pytest.mark.parametrize("product", SHIPPED)
def test_what_ships_is_whole(product: str) -> None:
    assert product in Catalogue.load()
    shipped = Paraphrases.load()
    assert shipped.keys(product)
    lines = (files("corpora") / "products" / f"{product}.tsv").read_text("utf-8").splitlines()
    assert lines == sorted(lines, key=lambda one: [one.split("\t")[1], one.split("\t")[0]])
    for one in lines:
        _, names, *said = one.split("\t")
        assert one.isprintable() or one.replace("\t", "").isprintable()
        assert len({phrase.lower() for phrase in said}) == len(said), names
