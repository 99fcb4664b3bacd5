"""What programs print of themselves: recorded from kubectl, and the shapes of other parsers."""

import pytest
from corpus import PAGES
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.model import Surface
from corpora.catalogue import Notation, Reading
from corpora.errors import ParseError
from corpora.model import Entry, Page, Text
from ingest.extract.families import Family
from ingest.extract.surfaces import facts_of, surface_of
from ingest.parse import parse
from ingest.parse.help_text import commands_in

COBRA = Family.of(Reading(dialect="pflag", notation=Notation(defaults=True, several_words="many")))


def recorded(name: str) -> str:
    return (PAGES / "help" / f"{name}.txt").read_text("utf-8")


def surface(**pages: str) -> Surface:
    facts = [
        facts_of(parse("help", name.replace("_", "/"), text.encode()), COBRA, "", "help")
        for name, text in pages.items()
    ]
    return surface_of("tool", "1", facts, COBRA.dialect)


def entries(page: Page) -> list[tuple[tuple[str, ...], str]]:
    return [
        (block.terms, " ".join(one.text for one in block.body if isinstance(one, Text)))
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Entry)
    ]


def test_kubectl_tells_its_commands_its_options_and_those_of_every_command() -> None:
    told = surface(
        kubectl=recorded("kubectl"),
        kubectl_cordon=recorded("kubectl-cordon"),
        kubectl_rollout=recorded("kubectl-rollout"),
        kubectl_rollout_status=recorded("kubectl-rollout-status"),
    )
    assert told.sources == ("help",)
    root, cordon, rollout, status = told.commands
    assert len(root.options) == recorded("kubectl").count("\n    -")
    assert all(option.inheritable and not option.inherited for option in root.options)
    assert root.option("--namespace").names == ("-n", "--namespace")
    assert [option.name for option in cordon.options] == ["--dry-run", "--selector"]
    assert cordon.synopsis == ("kubectl cordon NODE [options]",)
    assert cordon.positionals[0].name == "NODE"
    assert rollout.children == ("status",)
    assert status.path == ("kubectl", "rollout", "status")
    taken = {option.name: (option.arity, option.default) for option in status.options}
    assert taken["--watch"] == ("none", "true")
    assert taken["--timeout"] == ("one", "0s")
    assert status.option("--filename").repeatable
    assert status.option("-l").evidence[0].source == "help"


def test_the_subcommands_that_a_help_text_lists() -> None:
    assert commands_in(recorded("kubectl-rollout")) == (
        "history", "pause", "restart", "resume", "status", "undo",
    )  # fmt: skip
    assert len(commands_in(recorded("kubectl"))) == 42


ARGPARSE = """\
usage: tool [-h] [--level {low,high}] [--out FILE] path [path ...]

Packs things.

positional arguments:
  path                  what to pack

options:
  -h, --help            show this help message and exit
  --level {low,high}    how hard to try
  -o FILE, --out FILE   where to write, wrapped over
                        two lines
"""
CLICK = """\
Usage: tool [OPTIONS] NAME

  Says hello.

Options:
  --count INTEGER        Number of greetings.
  --shout / --no-shout
  --help                 Show this message and exit.
"""
GO = """\
Usage of tool:
  -timeout duration
    \thow long to wait (default 10s)
  -v\tsay more
"""
GNU = """\
Usage: tool [OPTION]... FILE...
  or:  tool --list
Do things to FILEs.

Mandatory arguments to long options are mandatory for short options too.
  -a, --all                  do all of them
      --block-size=SIZE      with this; e.g.,
                               '--block-size=M'
      --help        display this help and exit
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            ARGPARSE,
            [
                (("-h", "--help"), "show this help message and exit"),
                (("--level {low,high}",), "how hard to try"),
                (("-o FILE", "--out FILE"), "where to write, wrapped over two lines"),
            ],
        ),
        (
            CLICK,
            [
                (("--count INTEGER",), "Number of greetings."),
                (("--shout / --no-shout",), ""),
                (("--help",), "Show this message and exit."),
            ],
        ),
        (GO, [(("-timeout duration",), "how long to wait (default 10s)"), (("-v",), "say more")]),
        (
            GNU,
            [
                (("-a", "--all"), "do all of them"),
                (("--block-size=SIZE",), "with this; e.g., '--block-size=M'"),
                (("--help",), "display this help and exit"),
            ],
        ),
    ],
    ids=["argparse", "click", "go", "gnu"],
)
def test_other_parsers_print_their_options_otherwise(
    text: str, expected: list[tuple[tuple[str, ...], str]]
) -> None:
    assert entries(parse("help", "tool", text.encode())) == expected


def test_both_usages_of_a_gnu_program_are_kept_and_the_sentence_after_them_is_none() -> None:
    page = parse("help", "tool", GNU.encode())
    synopsis = next(one for one in page.sections if one.heading == "Synopsis")
    (block,) = synopsis.blocks
    assert isinstance(block, Text)
    assert block.text.split("\n")[:2] == ["tool [OPTION]... FILE...", "tool --list"]


def test_links_and_overstriking_leave_the_letters() -> None:
    text = "\x1b]8;;https://x\x07-a, --all\x1b]8;;\x07   show N\x08N all of it\n"
    page = parse("help", "ls", b"Usage: ls [OPTION]\n\nOptions:\n  " + text.encode())
    assert entries(page) == [(("-a", "--all"), "show N all of it")]


@settings(deadline=None)
@given(st.text(st.sampled_from("-=[]<>ab \n\t:,.'UsageOptions")))
def test_any_text_is_a_page_or_a_clear_error(text: str) -> None:
    try:
        page = parse("help", "tool", f"Usage: tool [options]\n\n{text}".encode())
    except ParseError:
        return
    assert page.command == "tool"
