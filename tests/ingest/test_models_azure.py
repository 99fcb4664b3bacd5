"""The Azure CLI's published reference, as its surface."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.model import Command
from corpora.errors import ParseError, Reason
from corpora.model import Text
from ingest.models import MODELS
from ingest.models.azure.values import arity, bare
from ingest.models.base import Material, Modelled
from ingest.sources.base import Document

FIXTURES = Path(__file__).parent / "fixtures" / "azure-2.89"
URL = "https://learn.microsoft.com/cli/azure/"


def documents(**changed: bytes) -> tuple[Document, ...]:
    files = {path.stem: path.read_bytes() for path in sorted(FIXTURES.glob("*.yml"))} | changed
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return tuple(
        Document(f"latest/{stem}.yml", data, f"{URL}{stem}", stem, now)
        for stem, data in files.items()
    )


def read(**changed: bytes) -> Modelled:
    return MODELS["azure-yaml"](Material("azure-cli", "2.89", documents(**changed)))


@pytest.fixture(scope="module")
def commands() -> dict[str, Command]:
    return {" ".join(one.path): one for one in read().surface.commands}


def test_options_have_all_their_names_and_what_is_required_says_so(
    commands: dict[str, Command],
) -> None:
    create = commands["az group create"]
    name = create.option("-g")
    assert name is not None
    assert name.names == ("--name", "--resource-group", "-g", "-n")
    assert name.required
    assert [one.names[0] for one in create.options if one.required] == ["--location", "--name"]
    assert create.option("--tags").arity == "any"  # type: ignore[union-attr]
    assert create.option("--acquire-policy-token").arity == "none"  # type: ignore[union-attr]


def test_what_every_command_takes_is_declared_once(commands: dict[str, Command]) -> None:
    root = {name for one in commands["az"].options for name in one.names}
    assert root == {
        *("--debug", "--help", "-h", "--only-show-errors"),
        *("--output", "-o", "--query", "--verbose"),
    }
    assert all(one.inheritable for one in commands["az"].options)
    assert commands["az group create"].option("--output") is None
    assert commands["az group create"].option("--subscription") is not None


def test_choices_defaults_and_switches(commands: dict[str, Command]) -> None:
    delete = commands["az group delete"]
    kinds = delete.option("-f")
    assert kinds is not None
    assert "Microsoft.Compute/virtualMachines" in kinds.choices
    assert delete.option("--yes").arity == "none"  # type: ignore[union-attr]
    assert delete.option("--no-wait").arity == "none"  # type: ignore[union-attr]
    assert delete.option("--no-wait").default is None  # type: ignore[union-attr]
    browse = commands["az aks browse"]
    assert browse.option("--listen-address").default == "127.0.0.1"  # type: ignore[union-attr]


def test_a_positional_is_no_option(commands: dict[str, Command]) -> None:
    build = commands["az acr build"]
    assert [one.name for one in build.positionals] == ["source-location"]
    assert not any("<" in name for one in build.options for name in one.names)


def test_a_command_of_the_core_is_not_replaced_by_that_of_an_extension(
    commands: dict[str, Command],
) -> None:
    text = (FIXTURES / "aks.yml").read_text()
    assert text.count("name: az aks browse") == 2  # the excerpt has both
    assert "az aks browse" in commands
    cards = {one.page.slug: one.page for one in read().pages}
    first = cards["az-aks-browse"].sections[0].blocks[0]
    assert isinstance(first, Text)
    assert "extension" not in first.text


def test_a_card_comes_with_its_examples_and_the_address_of_the_command() -> None:
    pages = {one.page.slug: one for one in read().pages}
    create = pages["az-group-create"]
    assert create.url == f"{URL}group#az-group-create"
    assert [one.heading for one in create.page.sections] == ["Synopsis", "Examples"]
    synopsis = create.page.sections[0].blocks[1]
    assert isinstance(synopsis, Text)
    assert synopsis.text == (
        "az group create --location <value> --name <value> [--managed-by] [--tags]"
    )
    shown = [one.text for one in create.page.sections[1].blocks if isinstance(one, Text)]
    assert shown[1] == "az group create -l westus -n MyResourceGroup"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"### YamlMime:AzureCLIGroup\n- just\n- a list\n", Reason.MALFORMED),
        (b"### YamlMime:AzureCLIGroup\nname: [\n", Reason.MALFORMED),
        (b"### YamlMime:AzureCLIGroup\nname: az " + b"x" * 33 * 2**20, Reason.TOO_LARGE),
        (b"### YamlMime:AzureCLIGroup\nname: az " + b"x" * 900, Reason.MALFORMED),
    ],
)
def test_a_broken_file_is_named_and_the_others_are_read(data: bytes, reason: Reason) -> None:
    out = read(broken=data)
    assert [(one.name, one.reason) for one in out.failures] == [("latest/broken.yml", reason)]
    assert any(one.path == ("az", "group", "create") for one in out.surface.commands)


def test_a_file_that_runs_something_is_read_as_text() -> None:
    out = read(
        evil=b"### YamlMime:AzureCLIGroup\nname: az evil\nsummary: !!python/name:os.system\n"
    )
    assert any(one.path == ("az", "evil") for one in out.surface.commands)


def test_files_that_are_no_groups_are_passed_over_and_none_at_all_is_refused() -> None:
    assert read(toc=b"### YamlMime:TableOfContent\n- name: x\n").failures == ()
    with pytest.raises(ParseError) as caught:
        MODELS["azure-yaml"](Material("azure-cli", "2.89", ()))
    assert caught.value.reason is Reason.EMPTY


@pytest.mark.parametrize(
    ("name", "parameter", "taken"),
    [
        ("--yes", {"summary": "Currently no-op."}, "none"),
        ("--flag", {"defaultValue": "False", "summary": "Do."}, "none"),
        ("--flag", {"defaultValue": "False", "acceptedValues": "false, true"}, "optional"),
        ("--zones", {"summary": "Space-separated list of zones."}, "many"),
        ("--x", {"summary": "X.  Support shorthand-syntax, json-file and yaml-file."}, "many"),
        ("--set", {"summary": "Set.", "groupName": "Generic Update Arguments"}, "many"),
        ("--set", {"summary": "The set."}, "one"),
        ("--secret", {"summary": "The secret."}, "one"),
        ("--name", {"summary": "Name."}, "one"),
        ("--tags", {"summary": 'Space-separated tags: key[=value]. Use "" to clear them.'}, "any"),
    ],
)
def test_the_number_of_values_is_told_by_the_text(
    name: str, parameter: dict[str, object], taken: str
) -> None:
    assert arity((name,), parameter, "az vm create") == taken


def test_examples_tell_what_may_have_no_value() -> None:
    shown = bare(
        ["az x --raw --force-detach", "az x --tags \\\n  -n=1 --ids a b | jq .", "az x --n"]
    )
    assert shown == {"--raw", "--force-detach", "--tags", "--n"}
    said = {"summary": "Space-separated list."}
    assert arity(("--raw",), {"summary": "Raw."}, "az x", shown) == "optional"
    assert arity(("--tags",), said, "az x", shown) == "any"
    assert arity(("--ids-of",), said, "az x", shown) == "many"


TABLE = {
    "version": "2.89.1",
    "commands": {
        "group create": {
            "help": "Create a new resource group.",
            "deprecated": None,
            "options": [
                {"dest": "cmd", "names": ["--cmd"], "nargs": "?", "action": "IgnoreAction"},
                {"dest": "name", "names": ["--name", "-n", "-g"], "required": True},
                {"dest": "tags", "names": ["--tags"], "nargs": "*"},
                {
                    "dest": "old",
                    "names": ["--old-tags"],
                    "nargs": "*",
                    "deprecated": {"redirect": "--tags", "hidden": True},
                },
                {"dest": "odd", "names": ["--api, --resource-id"]},
            ],
        },
        "acr build": {
            "options": [{"dest": "source_location", "names": []}],
        },
    },
}


def with_table(table: object) -> Modelled:
    data = gzip.compress(json.dumps(table).encode())
    beside = Document("commands.json.gz", data, URL, "commands", datetime(2026, 1, 2, tzinfo=UTC))
    documents_ = (*documents(), beside)
    return MODELS["azure-yaml"](Material("azure-cli", "2.89", documents_))


def test_the_programs_own_table_is_believed_where_it_lies_beside_the_reference() -> None:
    out = with_table(TABLE)
    known = {" ".join(one.path): one for one in out.surface.commands}
    assert out.surface.sources == ("binary", "documentation")
    create = known["az group create"]
    old = create.option("--old-tags")
    assert old is not None
    assert old.hidden
    assert old.deprecated is not None
    assert old.deprecated.replacement == "--tags"
    assert old.sources == ("binary",)
    assert create.option("--cmd") is None
    assert create.option("--api") is not None  # an abbreviation of what nobody can type
    assert create.option("--resource-id") is None
    assert not any("," in name for one in create.options for name in one.names)
    assert create.option("--resource-group") is create.option("-g")  # of both sources
    assert create.option("--location") is not None  # of the reference alone
    assert [one.required for one in known["az acr build"].positionals] == [True]


def test_a_broken_table_is_refused_with_the_release() -> None:
    for table in ({"commands": {}}, {"commands": {"a": {"options": [{"names": ["x" * 300]}]}}}):
        with pytest.raises(ParseError) as caught:
            with_table(table)
        assert caught.value.name == "commands.json.gz"
