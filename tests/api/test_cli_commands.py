"""``flagstone validate``, ``describe`` and ``diff``: what they print, and their exit statuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import RUNNER
from typer.testing import Result

from api.cli import app
from api.cli.common import ABSTAINED, FAILED, INVALID, WRONG_USAGE

pytestmark = pytest.mark.usefixtures("plain_environment")

INVENTED = "git commit --mesage=done"


@pytest.fixture
def run(data: Path) -> Callable[..., Result]:
    def run(*arguments: str, stdin: str | None = None) -> Result:
        return RUNNER.invoke(app, arguments, input=stdin, env={"FLAGSTONE_DATA": str(data)})

    return run


def test_the_status_says_whether_a_command_is_valid(run: Callable[..., Result]):
    assert run("validate", "git commit -m done").exit_code == 0
    assert run("validate", INVENTED).exit_code == INVALID
    assert run("validate", "frobnicate").exit_code == ABSTAINED
    assert run("validate", "git commit", "-p", "gti").exit_code == WRONG_USAGE
    assert run("validate", "git commit", "--json", "--sarif").exit_code == WRONG_USAGE


def test_a_script_comes_from_standard_input_and_places_are_lines_and_columns(
    run: Callable[..., Result],
):
    result = run("validate", stdin=f"cd /srv\n{INVENTED}\n")
    assert result.exit_code == INVALID
    assert "2:12: error: " in result.stdout
    assert "[unknown_flag]" in result.stdout
    assert "Did you mean --message?" in result.stdout
    assert "repaired: cd /srv\ngit commit --message=done" in result.stdout
    assert run("validate", "-", stdin="").exit_code == WRONG_USAGE


def test_annotations_for_github_name_line_and_code(run: Callable[..., Result]):
    result = run("validate", "--github", stdin=f"true\n{INVENTED}\n")
    assert result.stdout.startswith("::error line=2,col=12,title=unknown_flag::")


def test_sarif_places_each_issue(run: Callable[..., Result]):
    told = json.loads(run("validate", INVENTED, "--sarif").stdout)
    assert told["version"] == "2.1.0"
    (result,) = told["runs"][0]["results"]
    assert result["ruleId"] == "unknown_flag"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert INVENTED[region["startColumn"] - 1 : region["endColumn"] - 1] == "--mesage"


def test_json_is_what_http_answers(run: Callable[..., Result]):
    told = json.loads(run("validate", INVENTED, "-v", "2.39", "--json").stdout)
    assert told["commands"][0]["issues"][0]["code"] == "unknown_flag"


def test_several_products_have_their_own_releases(run: Callable[..., Result]):
    text = "git commit --trailer a:b && pg_dump --filter=objects.txt"
    assert run("validate", text, "-r", "git@2.39", "-r", "pg@17").exit_code == 0
    assert run("validate", text, "-r", "git@2.39", "-r", "pg@15").exit_code == INVALID
    assert run("validate", text, "-r", "git").exit_code == WRONG_USAGE


def test_a_command_is_described(run: Callable[..., Result]):
    result = run("describe", "git", "commit", "-v", "2.39")
    assert result.exit_code == 0
    assert "--trailer" in result.stdout
    assert "since 2.39" in result.stdout
    assert json.loads(run("describe", "git", "git", "commit", "--schema").stdout)["path"] == (
        "git commit"
    )
    assert run("describe", "git", "comit").exit_code == FAILED


def test_a_difference_is_printed(run: Callable[..., Result]):
    result = run("diff", "git", "2.30", "2.39")
    assert "+ --trailer" in result.stdout
    assert "nothing changed" in run("diff", "git", "2.39", "2.39").stdout
