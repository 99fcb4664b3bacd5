"""The command line: what it prints where, its exit statuses, and its messages."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import DUMP, KAFKA, RUNNER, error
from typer.testing import Result

from api.cli import app
from api.cli.common import ABSTAINED, EXIT_STATUS, FAILED, WRONG_USAGE
from corpora.catalogue import Catalogue

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def run(data: Path) -> Callable[..., Result]:
    """``flagstone`` over the recorded corpus."""

    def run(*arguments: str) -> Result:
        return RUNNER.invoke(app, arguments, env={"FLAGSTONE_DATA": str(data)})

    return run


# --- answers -----------------------------------------------------------------------------------


def test_a_context_is_printed_and_its_resolution_told_beside_it(run: Callable[..., Result]) -> None:
    result = run("context", DUMP, "--product", "postgresql", "--version", "13")
    assert result.exit_code == 0
    assert "--exclude-table-data" in result.stdout
    assert result.stdout.startswith("~~~ PostgreSQL 13 documentation")
    assert result.stdout.endswith("~~~\n")
    assert result.stderr.startswith("postgresql 13 (exact). ")


def test_what_the_documentation_says_is_printed_to_the_letter(run: Callable[..., Result]) -> None:
    # Signs that a terminal library likes to read: [markup], :emoji:, and long lines.
    for question, product in [("name of a container", "docker"), ("dump", "pg"), ("key", "git")]:
        asked = (question, "-p", product, "--budget", "20000")
        printed = run("context", *asked).stdout
        answer = json.loads(run("context", *asked, "--json").stdout)
        assert printed == answer["context"]


def test_markup_in_what_the_user_wrote_is_left_alone(run: Callable[..., Result]) -> None:
    for text in ("[bold]13[/bold]", "[/]13:key:"):
        for command in (["resolve", "pg", text], ["context", DUMP, "-p", "pg", "-v", text]):
            result = run(*command)
            assert result.exit_code == FAILED
            assert text in result.stderr
    assert "[/nope]" in run("resolve", "[/nope]").stderr


def test_a_search_lists_one_passage_a_line_with_its_id(run: Callable[..., Result]) -> None:
    result = run("search", "exclude a table", "-p", "pg", "-v", "13", "-n", "4")
    answer = json.loads(run("search", "exclude a table", "-p", "pg", "-v", "13", "-n", "4",
                            "--json").stdout)  # fmt: skip
    lines = result.stdout.splitlines()
    assert len(lines) == len(answer["hits"]) == 4
    for line, hit in zip(lines, answer["hits"], strict=True):
        assert hit["passage"]["id"] in line
        assert " › ".join(hit["passage"]["heading"]) in line
    assert result.stderr.startswith("postgresql 13 (exact). ")


def test_a_version_is_resolved(run: Callable[..., Result]) -> None:
    result = run("resolve", "pg", "12", "--policy", "nearest")
    assert result.stdout.startswith("13  (nearest_newer) 12 is not documented")
    fingerprint = run("resolve", "git", "--fingerprint", "git version 2.39.2")
    assert fingerprint.stdout.startswith("2.39  (compatible) ")


def test_products_are_listed_one_release_a_line_however_long(run: Callable[..., Result]) -> None:
    lines = run("products").stdout.splitlines()
    held = json.loads(run("products", "--json").stdout)
    releases = [(one["id"], release) for one in held for release in one["releases"]]
    assert len(lines) == 1 + len(releases)
    for line, (product, release) in zip(lines[1:], releases, strict=True):
        assert line.split()[:2] == [product, release["label"]]
        assert release["origin"] in line


def test_declared_products_are_listed_without_a_corpus(tmp_path: Path) -> None:
    asked = ["products", "--declared", "--data", str(tmp_path)]
    rows = json.loads(RUNNER.invoke(app, [*asked, "--json"]).stdout)
    catalogue = Catalogue.load()
    assert [(one["id"], tuple(one["releases"])) for one in rows] == [
        (one.id, one.labels) for one in catalogue.values()
    ]
    printed = RUNNER.invoke(app, asked).stdout
    assert all(one.id in printed and ", ".join(one.labels) in printed for one in catalogue.values())


def test_a_clamped_budget_and_what_is_left_are_told(run: Callable[..., Result]) -> None:
    asked = ["context", DUMP, "-p", "pg", "-v", "13", "--budget", "5"]
    result = run(*asked)
    assert "set to 100 tokens" in result.stderr
    cursor = result.stderr.split("--cursor ")[1].split()[0]
    more = run(*asked, "--cursor", cursor)
    assert more.exit_code == 0
    assert more.stdout != result.stdout


# --- JSON --------------------------------------------------------------------------------------

COMMANDS = [
    (["context", DUMP, "-p", "pg", "-v", "13"], 0),
    (["context", DUMP, "-p", "pg", "-v", "12"], FAILED),
    (["context", "", "-p", "pg"], WRONG_USAGE),
    (["context", KAFKA], ABSTAINED),
    (["search", DUMP, "-p", "pg"], 0),
    (["search", DUMP, "-p", "nope"], FAILED),
    (["search", "x" * 2_001], WRONG_USAGE),
    (["resolve", "pg", "13.4"], 0),
    (["resolve", "pg", "12"], FAILED),
    (["resolve", "pg", "12", "--policy", "newest"], WRONG_USAGE),
    (["products"], 0),
    (["products", "--declared"], 0),
    (["products", "--data", "/nowhere"], FAILED),
    (["products", "--data", "/dev/null"], FAILED),
    (["build", "nope"], FAILED),
    (["build", "git@1.0"], FAILED),
    (["build", "git@"], WRONG_USAGE),
    (["build", "--on-failure", "shrug"], WRONG_USAGE),
]


@pytest.mark.parametrize(("command", "status"), COMMANDS)
def test_with_json_standard_output_is_one_document(
    run: Callable[..., Result], command: list[str], status: int
) -> None:
    result = run(*command, "--json")
    assert result.exit_code == status, result.output
    told = json.loads(result.stdout)
    assert result.stderr == ""
    if status in (FAILED, WRONG_USAGE):
        assert set(told["error"]) >= {"code", "detail", "hint"}
        assert told["error"]["detail"]


@pytest.mark.parametrize(("command", "status"), COMMANDS)
def test_without_json_the_status_is_the_same_and_an_error_says_what_to_do(
    run: Callable[..., Result], command: list[str], status: int
) -> None:
    result = run(*command)
    assert result.exit_code == status, result.output
    if status in (FAILED, WRONG_USAGE):
        assert result.stdout == ""
        happened, *hint = result.stderr.splitlines()
        assert happened.startswith("flagstone: ")
        assert "".join(hint)
        assert "Traceback" not in result.stderr


def test_every_exit_status_is_documented_in_the_help(run: Callable[..., Result]) -> None:
    for command in ([], *([one] for one in ("build", "serve", "context", "search", "products"))):
        shown = " ".join(run(*command, "--help").stdout.replace("│", " ").split())
        for status, meaning in EXIT_STATUS.items():
            assert f"{status} {meaning}" in shown


def test_nothing_that_answers_has_a_status_of_its_own(run: Callable[..., Result]) -> None:
    result = run("context", KAFKA)
    assert result.exit_code == ABSTAINED
    assert result.stdout == ""
    assert "Nothing in the corpus answers" in result.stderr


# --- errors ------------------------------------------------------------------------------------


def test_an_unknown_version_names_what_there_is_instead(run: Callable[..., Result]) -> None:
    told = error(run("context", DUMP, "-p", "pg", "-v", "12", "--json"))
    assert (told["code"], told["nearest"]) == ("unknown_version", "13")
    assert told["available"] == ["13", "15", "17", "18"]
    assert "The nearest is 13" in run("context", DUMP, "-p", "pg", "-v", "12").stderr


def test_an_unknown_product_is_told_what_was_probably_meant(run: Callable[..., Result]) -> None:
    assert "postgresql" in run("resolve", "postgre", "13").stderr
    assert error(run("build", "postgre", "--json"))["suggestions"] == ["postgresql"]


def test_a_release_that_is_not_declared_can_not_be_built(run: Callable[..., Result]) -> None:
    told = error(run("build", "git@2.3", "--json"))
    assert told["code"] == "unknown_version"
    assert "2.30" in told["available"]


def test_without_a_snapshot_the_next_step_is_a_build(tmp_path: Path) -> None:
    for command in (["context", DUMP], ["search", DUMP], ["products"], ["resolve", "pg"]):
        result = RUNNER.invoke(app, [*command, "--data", str(tmp_path)])
        assert result.exit_code == FAILED
        assert "flagstone build" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FLAGSTONE_PORT", "many"), ("FLAGSTONE_ON_FAILURE", "shrug"), ("FLAGSTONE_PRECISION", "x")],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    result = RUNNER.invoke(app, ["products", "--declared"], env={variable: value})
    assert result.exit_code == FAILED
    assert result.stderr.startswith(f"flagstone: {variable}: ")


def test_a_folder_of_declarations_that_is_wrong_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text("id = 1")
    result = RUNNER.invoke(
        app, ["products", "--declared"], env={"FLAGSTONE_PRODUCTS": str(tmp_path)}
    )
    assert result.exit_code == FAILED
    assert "odd.toml" in result.stderr
