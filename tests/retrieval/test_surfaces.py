"""The calls on command surfaces, over what the recorded pages of several releases say."""

import pytest
from corpus import CATALOGUE

from commands.schema import model
from corpora.errors import InvalidRequest, UnknownCommand, UnknownVersion
from retrieval.answers import ValidationAnswer
from retrieval.engine import Engine
from retrieval.request import ContextRequest, ValidateRequest

TRAILER = "git commit --trailer 'Reviewed-by: A'"
"""An option that came with git 2.32."""


def check(engine: Engine, command: str, **where: object) -> ValidationAnswer:
    return engine.validate(ValidateRequest.model_validate({"command": command, **where}))


def codes(answer: ValidationAnswer) -> list[str]:
    return [issue.code for command in answer.commands for issue in command.issues]


def test_an_invented_flag_is_named_with_what_was_meant_and_the_repair_validates(engine: Engine):
    answer = check(engine, "git commit --all --mesage=done", version="2.39")
    assert answer.valid is False
    assert codes(answer) == ["unknown_flag"]
    (issue,) = answer.commands[0].issues
    assert issue.token == "--mesage"  # noqa: S105
    assert "--message" in issue.suggestions
    assert issue.exists_in == ()
    assert answer.repaired is not None
    assert answer.repaired.text == "git commit --all --message=done"
    assert check(engine, answer.repaired.text, version="2.39").valid is True


def test_a_flag_of_a_later_release_is_told_from_an_invented_one(engine: Engine):
    early = check(engine, TRAILER, product="git", version="2.30")
    assert codes(early) == ["future_flag"]
    (issue,) = early.commands[0].issues
    assert issue.exists_in == ("2.39", "2.47")
    assert issue.evidence is not None
    assert issue.evidence.url
    assert check(engine, TRAILER, product="git", version="2.39").valid is True


def test_without_a_version_the_newest_release_decides_and_the_answer_says_so(engine: Engine):
    answer = check(engine, TRAILER)
    assert answer.valid is True
    (resolution,) = answer.resolutions
    assert (resolution.product, resolution.resolved, resolution.match) == ("git", "2.47", "latest")


def test_the_product_is_read_from_the_command_and_the_version_resolved(engine: Engine):
    answer = check(engine, f"sudo -n true; {TRAILER}", version="2.39.1")
    (resolution,) = answer.resolutions
    assert (resolution.resolved, resolution.match) == ("2.39", "compatible")
    assert "read from the command" in resolution.reason


def test_a_fingerprint_says_which_release_to_check_against(engine: Engine):
    answer = check(engine, TRAILER, fingerprint="git version 2.30.2")
    assert codes(answer) == ["future_flag"]
    assert "fingerprint" in answer.resolutions[0].reason


def test_each_product_of_a_script_has_its_own_release(engine: Engine):
    text = f"{TRAILER}\npg_dump --filter=objects.txt shop"
    old = check(engine, text, versions={"git": "2.30", "pg": "15"})
    assert codes(old) == ["future_flag", "future_flag"]
    assert {one.product: one.resolved for one in old.resolutions} == {
        "git": "2.30",
        "postgresql": "15",
    }
    assert check(engine, text, versions={"git": "2.39", "postgresql": "17"}).valid is True


def test_a_text_without_a_known_command_is_neither_valid_nor_invalid(engine: Engine):
    answer = check(engine, "frobnicate --now")
    assert answer.valid is None
    assert answer.resolutions == ()
    with pytest.raises(InvalidRequest, match="no command of the text"):
        check(engine, "frobnicate --now", version="2.39")


def test_an_absent_release_is_never_replaced(engine: Engine):
    with pytest.raises(UnknownVersion):
        check(engine, TRAILER, product="git", version="1.7", version_policy="exact")


def test_a_command_is_described_with_when_its_options_came(engine: Engine):
    answer = engine.describe("git", "2.39", "git commit")
    assert answer.command.path == ("git", "commit")
    assert answer.since["--trailer"] == "2.39"
    assert "--message" not in answer.since
    assert answer.releases == ("2.30", "2.39", "2.47")
    assert engine.describe("git", "2.39", "git/commit") == answer
    assert engine.describe("git", "2.39", "commit").command == answer.command


def test_an_absent_command_is_said_to_be_absent_with_what_there_is(engine: Engine):
    with pytest.raises(UnknownCommand) as caught:
        engine.describe("postgresql", "17", "pg_dmp")
    assert "pg_dump" in caught.value.extra["suggestions"]


def test_statements_are_described_too(engine: Engine):
    answer = engine.describe("postgresql", "17", "TRUNCATE")
    assert (answer.command.kind, answer.command.path) == ("statement", ("TRUNCATE",))


def test_a_schema_holds_real_options_only_and_a_filled_one_validates(engine: Engine):
    answer = engine.schema("postgresql", "13", "pg_dump")
    assert "exclude_table_data" in answer.json_schema["properties"]  # type: ignore[operator]
    assert "filter" not in answer.json_schema["properties"]  # type: ignore[operator]
    made = model(engine.describe("postgresql", "13", "pg_dump").command)
    with pytest.raises(ValueError, match="skip"):
        made.model_validate({"skip_table_data": "x"})


def test_a_diff_names_what_came_between_two_releases(engine: Engine):
    answer = engine.diff("git", "2.30", "2.39", "commit")
    assert "+ --trailer" in engine.diff("git", "2.30", "2.39").text
    assert answer.old.resolved == "2.30"
    assert answer.new.resolved == "2.39"


def test_a_context_says_which_command_it_is_about_and_since_when(engine: Engine):
    request = ContextRequest(
        query="add a trailer to the commit message", product="git", version="2.39"
    )
    answer = engine.context(request)
    (usage,) = answer.commands
    assert usage.path == "git commit"
    assert usage.synopsis.startswith("git commit")
    trailer = next(one for one in usage.options if "--trailer" in one.names)
    assert trailer.since == "2.39"
    noted = [one for one in answer.passages if one.note]
    assert "since 2.39" in {one.note for one in noted}
    assert "(since 2.39)" in answer.context


def test_products_that_left_the_catalogue_are_not_checked(engine: Engine):
    assert set(engine.surfaces.products) <= set(CATALOGUE)
