"""The arms over the real service, on the recorded corpus."""

import json

import pytest

from eval.arms.knowledge import Service
from eval.arms.prompts import first, rendered, second
from eval.tasks.model import load
from eval.truth.tables import Tables

TABLES = Tables.packaged()
BY_ID = {task.id: task for task in load()}
DUMP = BY_ID["common-009"].model_copy(
    update={"question": "skip the data of one table when dumping"}
)
"""At postgresql 17, in the words of somebody who looks it up."""


@pytest.fixture(scope="module")
def service(engine):
    return Service(engine)


def test_the_context_is_of_the_right_release_and_the_wrong_one_of_another(service):
    task = DUMP
    right = first(task, "context", service, TABLES)
    wrong = first(task, "context_wrong_version", service, TABLES)
    assert right.grounded
    assert "PostgreSQL 17 documentation" in right.messages[1].content
    assert "PostgreSQL 13 documentation" in wrong.messages[1].content
    assert right.messages[1].content.endswith(task.question)


def test_what_is_not_documented_gives_nothing_and_says_so(service):
    prompt = first(BY_ID["aws-001"], "context", service, TABLES)
    assert not prompt.grounded
    assert prompt.messages == first(BY_ID["aws-001"], "none", service, TABLES).messages


def test_the_second_turn_tells_what_validation_found(service):
    task = DUMP
    prompt = first(task, "context+validate", service, TABLES)
    spoilt = "```sh\npg_dump -Fc -f shop.dump --skip-table-data=audit_log shop\n```"
    again = second(task, prompt, spoilt, service, TABLES)
    assert again.answer is None
    assert "--skip-table-data" in again.messages[-1].content
    line = "pg_dump -Fc --exclude-table-data=audit_log shop"  # what the recorded page has
    right = second(task, prompt, f"```sh\n{line}\n```", service, TABLES)
    assert right.answer is not None


def test_a_filled_schema_becomes_the_line_that_it_stands_for(service):
    task = DUMP
    prompt = first(task, "schema", service, TABLES)
    if not prompt.grounded:
        pytest.skip("the context names no command")
    assert "pg_dump" in prompt.messages[1].content
    texts = []
    for value in ("audit_log", ["audit_log"]):  # as the schema has it: once, or more than once
        filled = {"command": "pg_dump", "arguments": {"exclude_table_data": value}}
        texts.append(rendered(task, "schema", json.dumps(filled), service))
    assert any("--exclude-table-data" in text and "audit_log" in text for text in texts)
    filled = {"command": "pg_dump", "arguments": {"skip_table_data": "x"}}
    assert rendered(task, "schema", json.dumps(filled), service) == ""
