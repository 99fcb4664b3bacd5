"""Reading what programs say of themselves."""

import gzip
from pathlib import Path

import pytest

from corpora.errors import ParseError
from eval.truth.facts import Facts, load, save
from eval.truth.getopt_tables import tables
from eval.truth.help_text import commands_of, flags_of

TRUTH = Path(__file__).parents[2] / "eval" / "truth"


def test_help_of_every_family_is_read():
    gnu = "Usage: x [-NUM]\n  -a, --all[=WHEN]   do all\n      --block-size=SIZE  with -l, scale\n"
    assert flags_of(gnu) == {
        "-a": "optional",
        "--all": "optional",
        "--block-size": "one",
        "-NUM": "none",
    }
    assert flags_of("  -e, --env list      Set variables\n      --rm        Remove\n") == {
        "-e": "one",
        "--env": "one",
        "--rm": "none",
    }
    old = "  -f, --filename=[]: Files to use.\n      --all=false: Select all.\n"
    assert flags_of(old) == {"-f": "one", "--filename": "one", "--all": "none"}
    git = "    -q, --[no-]quiet      be quiet\n    --[no-]ignore-missing check if they are there\n"
    assert flags_of(git, bracketed=True) == {
        "-q": "none",
        "--quiet": "none",
        "--no-quiet": "none",
        "--ignore-missing": "none",
        "--no-ignore-missing": "none",
    }


def test_links_in_help_are_no_text():
    assert flags_of("  \x1b]8;;https://x\x07-a, --all\x1b]8;;\x07   all\n") == {
        "-a": "none",
        "--all": "none",
    }


def test_subcommands_are_those_below_a_heading_of_commands():
    text = "Usage: x\n\nManagement Commands:\n  run       Run it\n  secret    Create\n\n"
    text += "Options:\n  no  Not one\n"
    assert commands_of(text) == ("run", "secret")


def test_a_file_that_is_no_program_has_no_tables(tmp_path):
    for content in (
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF\x02\x01" + bytes(40),
        b"\x7fELF\x02\x01" + b"\xff" * 90,
    ):
        path = tmp_path / "program"
        path.write_bytes(content)
        assert tables(path, {}) == {}


def test_equal_facts_are_equal_bytes(tmp_path):
    facts = Facts("x", "1", "x 1-1", "help", {"x": {"-b": "none", "-a": "one"}})
    save(tmp_path / "one.json.gz", facts)
    save(tmp_path / "two.json.gz", facts)
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()
    assert load(tmp_path / "one.json.gz") == facts


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"{}", mtime=0), gzip.compress(b"[", mtime=0)]
)
def test_a_broken_facts_file_is_named(tmp_path, content):
    path = tmp_path / "broken.json.gz"
    path.write_bytes(content)
    with pytest.raises(ParseError, match=r"broken\.json\.gz"):
        load(path)


@pytest.mark.parametrize("path", sorted(TRUTH.glob("*.json.gz")), ids=lambda path: path.stem)
def test_every_facts_file_can_be_read_and_names_its_package(path):
    facts = load(path)
    assert path.name == f"{facts.product}-{facts.release}.json.gz"
    assert facts.origin
    assert all(facts.commands)
    assert sum(map(len, facts.commands.values())) > 300
