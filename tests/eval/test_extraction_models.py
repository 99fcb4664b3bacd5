"""The benchmark of models: what it counts, and what it forgives."""

import gzip
import json
from pathlib import Path

import pytest

from commands.model import Command, Option, Positional, Surface
from eval.extraction import gcloud
from eval.extraction.models import compare, main
from eval.extraction.oracle import load
from eval.truth.facts import Facts, save

FIXTURES = Path(__file__).parents[1] / "ingest" / "fixtures" / "azure-2.89"


def flag(*names: str, **told: object) -> dict[str, object]:
    known = {
        "dest": "x",
        "action": None,
        "nargs": None,
        "required": False,
        "hidden": False,
        "deprecated": False,
        "positional": False,
    }
    return known | {"names": list(names)} | told


def oracle(folder: Path, **commands: list[dict[str, object]]) -> Path:
    told = {name.replace("_", " "): {"flags": flags} for name, flags in commands.items()}
    path = folder / "az-1.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"commands": told}).encode()))
    return path


def surface(*options: Option, positionals: tuple[Positional, ...] = ()) -> Surface:
    root = Command(("az",), options=(Option(("--help", "-h"), "none", inheritable=True),))
    go = Command(("az", "go"), options=options, positionals=positionals)
    return Surface("azure-cli", "1", ("documentation",), (root, go))


def test_the_same_table_is_exact(tmp_path: Path) -> None:
    truth = load(
        oracle(tmp_path, az_go=[flag("--name", "-n", required=True), flag("--help", "-h", nargs=0)])
    )
    one = compare(surface(Option(("--name", "-n"), "one", required=True)), truth)
    assert (one.commands, one.exact, one.wrong_required, one.wrong_arity) == (1, 1, 0, 0)
    assert one.good
    assert one.differences == []


def test_every_difference_is_counted_and_told(tmp_path: Path) -> None:
    told = [
        flag("--name"),
        flag("--gone"),
        flag("--ids", nargs="+"),
        flag("--force", required=True),
    ]
    truth = load(oracle(tmp_path, az_go=told, az_other=[]))
    one = compare(
        surface(
            Option(("--name",), "one"),
            Option(("--ids",), "one"),
            Option(("--force",), "one"),
            Option(("--more",), "one"),
        ),
        truth,
    )
    assert (one.commands, one.exact, one.missing, one.extra) == (1, 0, 1, 1)
    assert (one.wrong_required, one.wrong_arity, one.unread) == (1, 1, 1)
    assert not one.good
    assert one.differences == [
        "az go: missing ['--gone'], extra ['--more']",
        "az go --force: required False",
        "az go --ids: takes one, truly many",
    ]


def test_what_help_hides_is_no_error_and_what_is_given_up_is_counted_apart(
    tmp_path: Path,
) -> None:
    told = [flag("--cmd", hidden=True), flag("--old", deprecated=True)]
    one = compare(surface(), load(oracle(tmp_path, az_go=told)))
    assert (one.exact, one.exact_but_deprecated, one.missing) == (0, 1, 1)


def test_a_positional_that_the_dump_names_like_an_option_is_found(tmp_path: Path) -> None:
    truth = load(oracle(tmp_path, az_go=[flag("--source-location", required=True)]))
    one = compare(surface(positionals=(Positional("source-location", required=False),)), truth)
    assert (one.exact, one.wrong_required, one.required) == (1, 0, 0)


def test_the_command_prints_the_table_and_the_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = oracle(tmp_path, az_acr_build=[flag("--registry", "-r", required=True)])
    status = main(["--format", "azure-yaml", "--truth", str(truth), str(FIXTURES)])
    printed = capsys.readouterr().out.splitlines()
    assert status == 1
    assert printed[0].startswith("| release | commands | exact |")
    assert printed[2].startswith("| az-1 | 1 | 0/1 (0.00%) |")
    begun = "az acr build: missing [], extra ['--acquire-policy-token'"
    assert any(line.startswith(begun) for line in printed)


@pytest.mark.slow
def test_the_completions_of_a_whole_sdk_are_read_without_loss(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gcloud.main([]) == 0
    told = capsys.readouterr().out
    assert "commands exact: 16631/16631, missing 0, extra 0, of one side only 0" in told
    assert "values right: 74085/74085" in told
    first, *others = [line for line in told.splitlines() if " ms  gcloud" in line]
    assert first.endswith(": valid")
    assert [line.rpartition(": ")[2] for line in others] == [
        "unknown_flag",
        "invalid_choice",
        "unknown_subcommand",
    ]


def test_what_is_lost_of_an_sdk_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Facts("gcloud", "1.0.0", "x", "table", {"gcloud": {"--a": "one"}, "gcloud b": {}})
    save(tmp_path / "facts.json.gz", facts)
    monkeypatch.setattr(gcloud, "LINES", ())
    assert gcloud.main(["--truth", str(tmp_path / "facts.json.gz")]) == 0
    monkeypatch.setattr(gcloud, "read", lambda release, _: READ(release, SMALLER))
    capsys.readouterr()
    assert gcloud.main(["--truth", str(tmp_path / "facts.json.gz")]) == 1
    told = capsys.readouterr().out
    assert "gcloud: missing ['--a'], extra []" in told
    assert "of one side only 1" in told


READ = gcloud.read
SMALLER = b'STATIC_COMPLETION_CLI_TREE = {"commands": {}, "flags": {}}'
