"""Cards of commands, and examples that stand beside a model."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from commands.model import Command, Option, Positional
from corpora.model import Text
from corpora.tokens import default_counter
from ingest.models.cards import WIDTH, card, synopsis
from ingest.models.restructured import examples
from ingest.passages import cut

FIXTURES = Path(__file__).parent / "fixtures" / "models"


def test_a_synopsis_has_what_is_required_with_its_value_and_the_rest_by_name() -> None:
    command = Command(
        ("aws", "s3api", "get-object"),
        options=(
            Option(("--range",), "one", metavar="value"),
            Option(("--bucket",), "one", metavar="value", required=True),
            Option(("--tags",), "many", required=True),
            Option(("--force", "-f"), "none", required=True),
            Option(("--secret",), "one", hidden=True),
            Option(("--cli-input-json",), "one"),
        ),
        positionals=(Positional("outfile"), Positional("more", required=False, repeatable=True)),
    )
    assert synopsis(command, frozenset({"--cli-input-json"})) == (
        "aws s3api get-object --bucket <value> --tags <value> ... --force <outfile>"
        " [<more> ...] [--range]"
    )


def test_a_group_of_commands_has_a_card_that_says_so() -> None:
    page = card(Command(("aws", "s3"), summary="Objects.", children=("cp", "ls")))
    assert page.slug == "aws-s3"
    assert page.command == page.title == "aws s3"
    assert [block.text for block in page.sections[0].blocks if isinstance(block, Text)] == [
        "Objects.",
        "aws s3 <command>",
    ]


names = st.lists(st.from_regex(r"--[a-z][a-z0-9-]{0,60}", fullmatch=True), unique=True, max_size=60)


@given(names, st.booleans())
def test_every_option_is_in_the_synopsis_unbroken(spelled: list[str], required: bool) -> None:
    options = tuple(Option((name,), "one", required=required) for name in spelled)
    text = synopsis(Command(("tool", "verb"), options=options))
    words = text.replace("[", " ").replace("]", " ").split()
    assert [word for word in words if word.startswith("--")] == spelled
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in text.splitlines())


def test_a_card_of_usual_size_is_one_passage() -> None:
    options = tuple(Option((f"--option-number-{number}",), "one") for number in range(30))
    command = Command(("aws", "ec2", "run-instances"), options=options)
    passages = cut("aws", card(command, "Launches instances. " * 12), default_counter())
    assert [one.passage.kind for one in passages] == ["synopsis"]
    assert "--option-number-29" in passages[0].passage.text


def test_the_same_command_of_two_releases_has_the_same_passage() -> None:
    v1 = (Option(("--count",), "one"), Option(("--cli-input-json",), "one"))
    v2 = (*v1, Option(("--cli-input-yaml",), "one"))
    common = frozenset({"--cli-input-json", "--cli-input-yaml"})
    one, other = (
        cut("aws", card(Command(("aws", "x"), options=options), common=common), len)
        for options in (v1, v2)
    )
    assert [cut.passage.id for cut in one] == [cut.passage.id for cut in other]


def test_examples_are_read_with_their_titles_and_without_what_is_printed() -> None:
    read = examples((FIXTURES / "run-instances.rst").read_text())
    assert [one.heading for one in read] == [
        "Example: To launch an instance into a default subnet",
        "Example: To launch an instance with additional volumes",
    ]
    kinds = [[block.type for block in one.blocks] for one in read]
    assert kinds == [["prose", "code"], ["prose", "code", "prose", "code", "prose"]]
    first, second = ([b.text for b in one.blocks if isinstance(b, Text)] for one in read)
    assert first[0].startswith("The following run-instances example launches")
    assert first[0].endswith("RDP (Windows).")
    assert first[1].splitlines()[:2] == [
        "aws ec2 run-instances \\",
        "    --image-id ami-0abcdef1234567890 \\",
    ]
    assert '"DeviceName": "/dev/sdh"' in second[3]
    assert second[4].endswith("see Block device mapping in the *Amazon EC2 User Guide*.")


def test_a_heading_with_an_underline_is_a_title_and_text_without_code_is_no_example() -> None:
    read = examples("To list\n=======\n\nCall it::\n\n  aws s3 ls\n\nNote\n----\n\nNothing here.\n")
    assert [one.heading for one in read] == ["Example: To list"]
    assert [block.text for block in read[0].blocks if isinstance(block, Text)] == [
        "Call it:",
        "aws s3 ls",
    ]


@given(st.text(alphabet=st.sampled_from("ab:*`=\n \\<>_.\t"), max_size=300))
def test_any_text_is_read(text: str) -> None:
    for section in examples(text):
        assert any(isinstance(b, Text) and b.type == "code" and b.text for b in section.blocks)
