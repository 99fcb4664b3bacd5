"""The Azure CLI's own table of commands, where it is all there is of a release."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.model import Command, Option
from corpora.errors import ParseError, Reason
from corpora.model import Text
from ingest.models import MODELS
from ingest.models.azure import ask
from ingest.models.base import Material, Modelled, ModelPage
from ingest.sources.base import Document

FIXTURE = Path(__file__).parent / "fixtures" / "azure-table-2.89" / "commands.json"
URL = "https://learn.microsoft.com/cli/azure/"


def read(data: bytes = FIXTURE.read_bytes(), name: str = "commands.json") -> Modelled:
    document = Document(name, data, f"{URL}commands", "commands", datetime(2026, 1, 2, tzinfo=UTC))
    return MODELS["azure-table"](Material("azure-cli", "2.89", (document,)))


@pytest.fixture(scope="module")
def commands() -> dict[str, Command]:
    return {" ".join(one.path): one for one in read().surface.commands}


@pytest.fixture(scope="module")
def pages() -> dict[str, ModelPage]:
    return {one.page.slug: one for one in read().pages}


def option(command: Command, name: str) -> Option:
    found = command.option(name)
    assert found is not None
    return found


def texts(one: ModelPage, section: int) -> list[str]:
    return [block.text for block in one.page.sections[section].blocks if isinstance(block, Text)]


def test_options_are_what_the_parser_is_told(commands: dict[str, Command]) -> None:
    create = commands["az group create"]
    assert option(create, "-g").names == ("--name", "--resource-group", "-g", "-n")
    assert [one.name for one in create.options if one.required] == ["--location", "--name"]
    assert option(create, "--tags").arity == "any"
    assert option(create, "--acquire-policy-token").arity == "none"
    assert option(commands["az group delete"], "--yes").arity == "none"
    kinds = option(commands["az group delete"], "--force-deletion-types")
    assert "Microsoft.Compute/virtualMachines" in kinds.choices
    assert option(create, "--managed-by").description.startswith("The ID of the resource")
    assert [one.name for one in commands["az acr build"].positionals] == ["source-location"]


def test_what_the_program_keeps_for_itself_is_no_option(commands: dict[str, Command]) -> None:
    for command in commands.values():
        assert command.option("--cmd") is None
        assert command.option("--__cmd__") is None


def test_what_every_command_takes_is_declared_once(commands: dict[str, Command]) -> None:
    root = commands["az"]
    assert {one.name for one in root.options} == {
        *("--debug", "--help", "--only-show-errors", "--output", "--query", "--verbose")
    }
    assert all(one.inheritable for one in root.options)
    assert "tsv" in option(root, "-o").choices
    assert option(root, "-o").default == "json"
    assert option(root, "--verbose").arity == "none"


def test_groups_and_what_may_follow_them(commands: dict[str, Command]) -> None:
    assert commands["az"].children == ("acr", "group", "login", "network")
    assert commands["az group"].children == ("create", "delete")
    assert commands["az group"].summary == "Manage resource groups and template deployments."
    assert commands["az acr repository"].partial  # the excerpt says nothing else of it


def test_an_option_is_called_by_a_name_that_is_not_given_up(commands: dict[str, Command]) -> None:
    registry = option(commands["az acr config content-trust show"], "--name")
    assert registry.name == "--registry"
    assert registry.names[-2:] == ("--name", "-n")


def test_a_command_that_is_given_up_and_hidden_has_no_card(
    commands: dict[str, Command], pages: dict[str, ModelPage]
) -> None:
    gone = commands["az acr repository show-manifests"]
    assert gone.hidden
    assert gone.deprecated is not None
    assert gone.deprecated.replacement == "acr manifest list-metadata"
    assert "az-acr-repository-show-manifests" not in pages


def test_cards_have_the_addresses_of_the_published_reference(pages: dict[str, ModelPage]) -> None:
    assert {slug: one.url.removeprefix(URL) for slug, one in pages.items()} == {
        "az-acr": "acr#az-acr",
        "az-acr-build": "acr#az-acr-build",
        "az-acr-config": "acr/config#az-acr-config",
        "az-acr-config-content-trust": "acr/config/content-trust#az-acr-config-content-trust",
        "az-acr-config-content-trust-show": (
            "acr/config/content-trust#az-acr-config-content-trust-show"
        ),
        "az-group": "group#az-group",
        "az-group-create": "group#az-group-create",
        "az-group-delete": "group#az-group-delete",
        "az-login": "reference-index#az-login",
        "az-network": "network#az-network",
        "az-network-vnet": "network/vnet#az-network-vnet",
        "az-network-vnet-subnet": "network/vnet/subnet#az-network-vnet-subnet",
        "az-network-vnet-subnet-create": "network/vnet/subnet#az-network-vnet-subnet-create",
    }


def test_a_card_has_all_that_is_said_and_its_examples(pages: dict[str, ModelPage]) -> None:
    create = pages["az-group-create"]
    assert texts(create, 0) == [
        "Create a new resource group.",
        "az group create --location <value> --name <value> [--managed-by] [--tags]",
    ]
    assert texts(create, 1) == [
        "Create a new resource group in the West US region.",
        "az group create -l westus -n MyResourceGroup",
    ]
    long = texts(pages["az-login"], 0)[0]
    assert long.startswith("Log in to Azure. By default, this command logs in with a user account.")


def test_the_card_is_that_of_the_published_reference(pages: dict[str, ModelPage]) -> None:
    folder = FIXTURE.parents[1] / "azure-2.89"
    group = Document(
        "latest/group.yml",
        (folder / "group.yml").read_bytes(),
        f"{URL}group",
        "group",
        datetime(2026, 1, 2, tzinfo=UTC),
    )
    published = MODELS["azure-yaml"](Material("azure-cli", "2.89", (group,)))
    for one in published.pages:
        if one.page.slug in ("az-group-create", "az-group-delete"):
            assert one.page == pages[one.page.slug].page
            assert one.url == pages[one.page.slug].url


def test_facts_are_cited(commands: dict[str, Command]) -> None:
    (evidence,) = option(commands["az group create"], "--managed-by").evidence
    assert evidence.url == f"{URL}group#az-group-create"
    assert evidence.quote == "The ID of the resource that manages this resource group."


def test_a_table_of_an_older_kind_is_read() -> None:
    told = json.loads(FIXTURE.read_text())
    del told["groups"], told["global"]
    for command in told["commands"].values():
        del command["long"], command["examples"]
        for one in command["options"]:
            del one["retired"]
    out = read(json.dumps(told).encode())
    known = {" ".join(one.path): one for one in out.surface.commands}
    assert known["az group"].partial
    assert known["az group create"].option("--managed-by") is not None
    assert [one.heading for one in next(iter(out.pages)).page.sections] == ["Synopsis"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", Reason.MALFORMED),
        (b"{", Reason.MALFORMED),
        (b"\x1f\x8b broken", Reason.MALFORMED),
        (b"{}", Reason.EMPTY),
        (b'{"commands": {"a": {"options": [{"names": ["' + b"x" * 300 + b'"]}]}}}', "malformed"),
        (b'{"commands": {"a": {}}, "global": [{"names": []}]}', Reason.MALFORMED),
    ],
)
def test_a_broken_table_is_refused_with_the_release(data: bytes, reason: Reason) -> None:
    with pytest.raises(ParseError) as caught:
        read(data)
    assert caught.value.reason == reason


def test_without_a_table_there_is_nothing() -> None:
    with pytest.raises(ParseError) as caught:
        read(name="other.json")
    assert caught.value.reason is Reason.EMPTY


class Deprecated:
    """As knack's is called."""

    redirect = "new"
    hidden = True


class ChangeToCome:
    """Said of what stays, but for something."""


class Both:
    tags = (ChangeToCome(), Deprecated())


def test_a_change_to_come_is_no_deprecation() -> None:
    assert ask.deprecation(None) is None
    assert ask.deprecation(ChangeToCome()) is None
    for one in (Deprecated(), Both()):
        told = ask.deprecation(one)
        assert told is not None
        assert told["redirect"] == "new"
        assert told["hidden"] is True


def test_an_action_that_is_wrapped_is_told_by_argparses_own_name() -> None:
    import argparse

    from ingest.models.azure import ask

    switch = argparse.ArgumentParser().add_argument("--preview", action="store_true")
    wrapped = type("PreviewArgumentAction", (type(switch),), {})
    other = type("AddFilters", (argparse.Action,), {})
    assert (ask.named(wrapped), ask.named(other)) == ("store_true", "AddFilters")
