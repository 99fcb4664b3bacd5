"""Commands of oclif programs, out of their manifests."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.model import Command
from corpora.errors import ParseError, Reason
from corpora.model import Text
from ingest.models import MODELS
from ingest.models.base import Material, Modelled
from ingest.sources.base import Document

FIXTURES = Path(__file__).parent / "fixtures" / "models"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def documents(manifest: bytes, package: bytes) -> tuple[Document, ...]:
    return (
        Document("oclif.manifest.json", manifest, "https://x.example/", "manifest", NOW),
        Document("package.json", package, "https://x.example/", "package", NOW),
    )


def heroku() -> Modelled:
    files = (
        (FIXTURES / "oclif.manifest.json").read_bytes(),
        (FIXTURES / "package.json").read_bytes(),
    )
    return MODELS["oclif"](Material("heroku", "10.0", documents(*files)))


def made(separator: str = " ", **commands: dict[str, Any]) -> dict[str, Command]:
    package = {"oclif": {"bin": "sf", "topicSeparator": separator}}
    told = {name.replace("_", ":"): one for name, one in commands.items()}
    out = MODELS["oclif"](
        Material(
            "sf",
            "1",
            documents(json.dumps({"commands": told}).encode(), json.dumps(package).encode()),
        )
    )
    assert out.failures == ()
    return {" ".join(one.path): one for one in out.surface.commands}


def test_commands_of_heroku_are_one_word_with_their_aliases() -> None:
    known = {one.path: one for one in heroku().surface.commands}
    create = known["heroku", "apps:create"]
    assert create.aliases == (("heroku", "create"),)
    assert create.summary == "creates a new app"
    assert create.option("-b") is create.option("--buildpack")
    assert create.option("--manifest").hidden  # type: ignore[union-attr]
    assert create.option("--manifest").arity == "none"  # type: ignore[union-attr]
    assert create.option("--remote").default == "heroku"  # type: ignore[union-attr]
    assert [(one.name, one.required) for one in create.positionals] == [("app", False)]
    assert known["heroku", "logs"].option("--dyno") is known["heroku", "logs"].option("-d")
    assert "apps:create" in known["heroku",].children


def test_what_heroku_finds_out_by_itself_is_not_required() -> None:
    known = {one.path: one for one in heroku().surface.commands}
    assert not known["heroku", "run"].option("--app").required  # type: ignore[union-attr]


def test_arguments_that_go_on_and_choices() -> None:
    known = {one.path: one for one in heroku().surface.commands}
    assert [(one.name, one.repeatable) for one in known["heroku", "run"].positionals] == [
        ("args", True)
    ]
    level = known["heroku", "pg:settings:log-min-error-statement"].positionals[1]
    assert level.choices == ("error", "log", "fatal", "panic")


def test_cards_have_examples_and_leave_hidden_options_out() -> None:
    pages = {one.page.title: one.page for one in heroku().pages}
    page = pages["heroku apps:create"]
    synopsis, shown = page.sections
    code = [one.text for one in synopsis.blocks if isinstance(one, Text) and one.type == "code"]
    assert code[0].startswith("heroku apps:create [<app>] [--addons] [--buildpack]")
    assert "--kernel" not in code[0]
    assert isinstance(shown.blocks[0], Text)
    assert shown.blocks[0].text.startswith("$ heroku apps:create\n")


def test_words_parted_by_spaces_make_groups() -> None:
    known = made(org_create_user={"flags": {}}, org_list={"flags": {}})
    assert set(known) == {"sf", "sf org", "sf org create", "sf org create user", "sf org list"}
    assert known["sf org"].partial
    assert known["sf org"].children == ("create", "list")


def test_flags_of_every_kind() -> None:
    flags = {
        "all": {"type": "boolean", "allowNo": True, "exclusive": ["one", "two"]},
        "one": {"type": "option", "multiple": True},
        "two": {"type": "option", "multiple": True, "multipleNonGreedy": True},
        "old": {"type": "option", "deprecated": {"message": "Gone soon.", "to": "one"}},
        "kind": {"type": "option", "options": ["a", "b"], "required": True, "char": "k"},
    }
    one = made(go={"flags": flags})["sf go"]
    assert one.option("--no-all") is one.option("--all")
    assert [(o.name, o.arity, o.repeatable) for o in one.options] == [
        ("--all", "none", False),
        ("--one", "many", True),
        ("--two", "one", True),
        ("--old", "one", False),
        ("--kind", "one", False),
    ]
    old, kind = one.option("--old"), one.option("-k")
    assert old is not None
    assert kind is not None
    assert old.deprecated is not None
    assert old.deprecated.replacement == "one"
    assert kind.required
    assert kind.choices == ("a", "b")
    # The flag excludes each of the two, which may well be given together.
    assert [group.members for group in one.groups] == [("--all", "--one"), ("--all", "--two")]


@pytest.mark.parametrize("manifest", [b"[]", b"{", b'{"commands": ' + b"[" * 5000])
def test_a_manifest_that_is_none_is_refused(manifest: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        MODELS["oclif"](Material("sf", "1", documents(manifest, b"{}")))
    assert caught.value.reason is Reason.MALFORMED


def test_a_package_without_a_manifest_is_refused() -> None:
    with pytest.raises(ParseError) as caught:
        MODELS["oclif"](Material("sf", "1", documents(b"{}", b"{}")[1:]))
    assert caught.value.reason is Reason.EMPTY


def test_a_command_that_breaks_the_limits_is_named_and_left_out() -> None:
    commands = {"good": {"flags": {}}, "bad name": {"flags": {"x y": {"type": "option"}}}}
    out = MODELS["oclif"](
        Material("sf", "1", documents(json.dumps({"commands": commands}).encode(), b"{}"))
    )
    assert [one.name for one in out.failures] == ["bad name"]
    assert ("sf", "good") in {one.path for one in out.surface.commands}
