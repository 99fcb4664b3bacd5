"""The commands of Redis, out of what the server says of them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.model import Command
from corpora.errors import ParseError, Reason
from ingest.models import MODELS
from ingest.models.base import Material, Modelled
from ingest.sources.base import Document

FIXTURES = Path(__file__).parent / "fixtures" / "models"
URL = "https://redis.io/docs/latest/commands/"


def read(*texts: bytes) -> Modelled:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    documents = tuple(
        Document(f"src/commands/{n}.json", text, URL, str(n), now) for n, text in enumerate(texts)
    )
    return MODELS["redis"](Material("redis", "7.0", documents))


@pytest.fixture(scope="module")
def commands() -> dict[str, Command]:
    out = read((FIXTURES / "command-docs.json").read_bytes())
    assert out.failures == ()
    return {" ".join(one.path): one for one in out.surface.commands}


def test_commands_and_their_subcommands_are_statements(commands: dict[str, Command]) -> None:
    assert {"SET", "ACL", "ACL CAT", "ACL SETUSER", "XADD", "PING"} <= commands.keys()
    assert {one.kind for one in commands.values()} == {"statement"}


def test_a_synopsis_is_written_as_redis_writes_it(commands: dict[str, Command]) -> None:
    assert commands["SET"].synopsis == (
        "SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds"
        " | PXAT unix-time-milliseconds | KEEPTTL]",
    )
    assert commands["ACL SETUSER"].synopsis == ("ACL SETUSER username [rule [rule ...]]",)
    assert commands["XADD"].synopsis == (
        "XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id>"
        " field value [field value ...]",
    )


def test_keywords_are_options_and_the_rest_stands_in_its_place(
    commands: dict[str, Command],
) -> None:
    one = commands["SET"]
    assert [(option.names[0], option.arity) for option in one.options] == [
        *(("NX", "none"), ("XX", "none"), ("GET", "none"), ("EX", "one"), ("PX", "one")),
        *(("EXAT", "one"), ("PXAT", "one"), ("KEEPTTL", "none")),
    ]
    assert not any(option.required for option in one.options)
    assert [(place.name, place.required) for place in one.positionals] == [
        ("key", True),
        ("value", True),
    ]
    assert one.option("EX").type == "integer"  # type: ignore[union-attr]


def test_a_command_that_is_given_up_says_since_when(commands: dict[str, Command]) -> None:
    old = commands["GETSET"].deprecated
    assert old is not None
    assert old.since == "6.2.0"
    assert "SET" in old.note


def test_pages_have_an_address_of_their_own_and_the_history() -> None:
    pages = {
        one.page.title: one for one in read((FIXTURES / "command-docs.json").read_bytes()).pages
    }
    assert pages["ACL CAT"].url == "https://redis.io/docs/latest/commands/acl-cat/"
    texts = [block.text for block in pages["SET"].page.sections[0].blocks]  # type: ignore[union-attr]
    assert "Since 6.0.0: Added the `KEEPTTL` option." in texts


def test_the_files_of_the_sources_are_read_as_well() -> None:
    cat = {"CAT": {"summary": "Lists categories.", "container": "ACL", "arguments": []}}
    deep = {"GET": {"arguments": [{"name": "key", "type": "key"}]}}
    out = read(json.dumps(cat).encode(), json.dumps(deep).encode(), b"[1]")
    assert [one.path for one in out.surface.commands] == [("ACL", "CAT"), ("GET",)]
    assert out.surface.commands[0].summary == "Lists categories."
    assert [one.url for one in out.pages] == [URL, URL]  # of documents that are theirs alone
    assert [one.reason for one in out.failures] == [Reason.MALFORMED]


def test_arguments_in_arguments_without_end_are_read_to_a_depth() -> None:
    inner: dict[str, object] = {"name": "x", "type": "string", "token": "X"}
    for _ in range(200):
        inner = {"name": "b", "type": "block", "arguments": [inner]}
    (one,) = read(json.dumps({"DEEP": {"arguments": [inner]}}).encode()).surface.commands
    assert one.options == ()


def test_no_command_at_all_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        read()
    assert caught.value.reason is Reason.EMPTY
