"""The card of a command, where the documentation has no passage for each of its options."""

import pytest

from commands.model import Command, Option, Surface
from commands.store import SurfaceStore
from commands.writer import write
from corpora.model import Hit, Passage
from retrieval.usage import Usages

PATH = ("aws", "ec2", "terminate-instances")
OPTIONS = (
    Option(names=("--dry-run",), arity="none", description="Only checks permissions."),
    Option(
        names=("--force",), arity="none", description="Shuts down without a word to the machine."
    ),
    Option(
        names=("--cli-input-json",),
        arity="one",
        waives_required=True,
        description="Reads a word to the machine from a file.",
    ),
    Option(
        names=("--instance-ids",), arity="many", required=True, description="The IDs, up to 1,000."
    ),
)
HIT = Hit(
    passage=Passage(
        id="0" * 32,
        product="aws",
        kind="synopsis",
        page="ec2/terminate-instances",
        title="terminate-instances",
        command=" ".join(PATH),
        text="aws ec2 terminate-instances --instance-ids <value>",
        tokens=12,
    ),
    release="2.38",
    score=1.0,
)


@pytest.fixture
def usages(tmp_path):
    surface = Surface("aws", "2.38", ("model",), (Command(PATH, options=OPTIONS),))
    write(tmp_path / "surface.sqlite", [surface])
    with SurfaceStore.open(tmp_path / "surface.sqlite") as store:
        yield Usages(store, lambda *_: False)


def test_a_card_has_what_is_required_before_what_matches(usages):
    card = usages.card("end it without a word to the machine", HIT)
    assert [line.split()[0] for line in card.splitlines()] == ["--instance-ids", "--force:"]
    assert "(required): The IDs, up to 1,000." in card
    assert usages.names("end it without a word to the machine", HIT) == "--instance-ids, --force"


def test_what_a_question_spells_comes_first(usages):
    assert usages.names("does --dry-run delete", HIT) == "--dry-run, --instance-ids"


def test_what_stands_in_for_all_is_shown_where_it_is_spelled_or_in_the_synopsis(usages):
    spelled = usages.names("is --cli-input-json a file", HIT)
    assert spelled.startswith("--cli-input-json, --instance-ids")
    text = f"{HIT.passage.text} [--cli-input-json]"
    there = HIT.model_copy(update={"passage": HIT.passage.model_copy(update={"text": text})})
    assert "--cli-input-json" in usages.names("reads a word from a file", there)
    assert "--cli-input-json" not in usages.names("reads a word from a file", HIT)


def test_a_page_that_defines_its_options_has_no_card(usages):
    defining = Usages(usages._store, lambda *_: True)
    assert defining.card("shutdown", HIT) == ""
    assert defining.names("shutdown", HIT) == ""
