"""Validation, commands and differences over HTTP."""

import pytest
from fastapi.testclient import TestClient

INVENTED = {"command": "git commit --mesage=done", "product": "git", "version": "2.39"}


def test_a_validation_has_every_field_of_the_contract(client: TestClient):
    answer = client.post("/validate", json=INVENTED).json()
    assert answer["valid"] is False
    (command,) = answer["commands"]
    assert command["path"] == ["git", "commit"]
    assert command["product"] == "git"
    (issue,) = command["issues"]
    assert issue["code"] == "unknown_flag"
    start, end = issue["span"]["start"], issue["span"]["end"]
    assert INVENTED["command"][start:end] == issue["token"] == "--mesage"
    assert issue["suggestions"][0] == "--message"
    assert {"url", "quote"} <= set(issue["evidence"])
    assert answer["risk"]["level"] == "write"
    assert answer["repaired"]["text"] == "git commit --message=done"
    assert answer["snapshot"]


def test_the_versioned_routes_answer_alike(client: TestClient):
    assert client.post("/v1/validate", json=INVENTED).json() == (
        client.post("/validate", json=INVENTED).json()
    )


def test_a_destructive_command_is_marked(client: TestClient):
    answer = client.post("/validate", json={"command": "git commit -m x && rm -rf /srv"}).json()
    assert answer["risk"]["level"] == "destructive"
    assert answer["risk"]["reasons"]


def test_a_command_its_schema_and_a_difference_can_be_had(client: TestClient):
    command = client.get("/commands/git/2.39/git/commit").json()
    assert command["command"]["path"] == ["git", "commit"]
    assert command["since"]["--trailer"] == "2.39"
    schema = client.get("/commands/git/2.39/git/commit/schema").json()
    assert schema["json_schema"]["title"] == "git commit"
    assert schema["openai"]["function"]["name"]
    text = client.get(
        "/diff", params={"product": "git", "old": "2.30", "new": "2.39", "format": "text"}
    )
    assert text.headers["content-type"].startswith("text/plain")
    assert "+ --trailer" in text.text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/commands/git/2.39/git%20comit", "unknown_command"),
        ("/commands/git/1.5/git%20commit", "unknown_version"),
        ("/commands/gti/2.39/git%20commit", "unknown_product"),
        ("/diff?product=git&old=1.5&new=2.39", "unknown_version"),
    ],
)
def test_what_is_not_there_is_a_problem_with_what_is(client: TestClient, path: str, code: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == code
    assert answer.json()["hint"]


def test_a_text_that_is_too_long_is_refused(client: TestClient):
    answer = client.post("/validate", json={"command": "x" * 100_001})
    assert answer.status_code == 422
