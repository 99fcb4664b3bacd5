"""Commands of the Google Cloud CLI, out of the files of an SDK, honest ones and others."""

import json
from typing import Any

import pytest
from google_sdk import COMPLETIONS, TREE, completions, documents
from hypothesis import given
from hypothesis import strategies as st

from commands.model import Command, Option
from commands.risk.rules import names
from corpora.errors import ParseError, Reason
from corpora.model import Page, Text
from ingest.models import MODELS
from ingest.models.base import Material, Modelled
from ingest.models.gcloud.text import blocks, plain
from ingest.models.tables import FILE_BYTES

LISTED = completions(COMPLETIONS)


def read(listed: bytes = LISTED, tree: str | None = None, release: str = "528.0.0") -> Modelled:
    given = documents(listed, tree.encode() if tree is not None else None)
    return MODELS["gcloud"](Material("gcloud", release, given))


def known(out: Modelled) -> dict[str, Command]:
    return {" ".join(one.path[1:]): one for one in out.surface.commands}


def option(command: Command, name: str) -> Option:
    found = command.option(name)
    assert found is not None, name
    return found


def pages(out: Modelled) -> dict[str, Page]:
    return {one.page.title: one.page for one in out.pages}


def code(page: Page, heading: str) -> list[str]:
    found = next(one for one in page.sections if one.heading == heading)
    return [one.text for one in found.blocks if isinstance(one, Text) and one.type == "code"]


# --- the completions alone ------------------------------------------------------------------------


def test_every_track_is_a_command_of_its_own() -> None:
    commands = known(read())
    assert {"", "alpha", "beta compute instances create", "compute instances create"} <= set(
        commands
    )
    assert commands["compute instances"].children == ("create", "delete", "list")
    assert commands["compute"].children == ("instances",)
    assert commands["alpha compute instances create"].option("--secure-tags")
    assert not commands["beta compute instances create"].option("--secure-tags")
    assert commands["compute instances create"].evidence[0].url == (
        "https://cloud.google.com/sdk/gcloud/reference/compute/instances/create"
    )


def test_flags_say_what_they_take() -> None:
    create = known(read())["compute instances create"]
    assert [(one.name, one.arity, one.metavar) for one in create.options][:4] == [
        ("--async", "none", ""),
        ("--deletion-protection", "none", ""),
        ("--labels", "one", "LABELS"),
        ("--machine-type", "one", "MACHINE_TYPE"),
    ]
    assert option(create, "--maintenance-policy").choices == ("MIGRATE", "TERMINATE")


def test_every_switch_is_switched_off_but_where_that_is_another_flag() -> None:
    commands = known(read())
    assert option(commands["compute instances create"], "--async").negations == ("--no-async",)
    copy = commands["storage cp"]
    assert option(copy, "--no-clobber").negations == ()
    assert option(copy, "--no-certificate-id").name == "--no-certificate-id"
    assert option(commands[""], "--help").negations == ()


def test_the_flags_of_the_root_hold_below_it_and_have_their_short_names() -> None:
    root = known(read())[""]
    assert option(root, "-q") is option(root, "--quiet")
    assert option(root, "--project").inheritable
    assert not option(root, "-v").inheritable


def test_silence_of_the_completions_is_no_statement() -> None:
    scopes = read().surface.exhaustive
    assert {facet for one in scopes for facet in one.facets} == {"arity", "choices"}
    assert read().surface.dialect.name == "gcloud"
    assert not read().surface.dialect.abbreviations


def test_a_card_is_of_the_most_stable_track_and_tells_what_the_others_have_more() -> None:
    cards = pages(read())
    assert "gcloud beta compute instances create" not in cards
    page = cards["gcloud compute instances create"]
    assert code(page, "Synopsis")[0].startswith(
        "gcloud compute instances create [--async] [--deletion-protection]"
    )
    assert code(page, "gcloud beta compute instances create") == [
        "gcloud beta compute instances create [--partner-metadata]"
    ]
    assert code(page, "gcloud alpha compute instances create") == [
        "gcloud alpha compute instances create [--partner-metadata] [--secure-tags]"
    ]
    # One that is only in alpha has its own.
    assert "gcloud alpha compute sole-tenancy check" in cards
    assert code(cards["gcloud compute instances"], "Commands") == ["create delete list"]
    assert not any("528" in page.model_dump_json() for page in cards.values())


def test_two_commands_whose_words_join_alike_are_two_pages() -> None:
    leaf: dict[str, Any] = {"commands": {}, "flags": {}}
    listed = {"create": {"commands": {"vm-x": leaf}}, "create-vm": {"commands": {"x": leaf}}}
    slugs = [one.page.slug for one in read(completions({"commands": listed})).pages]
    assert "gcloud-create-vm-x" in slugs
    assert "gcloud--create-vm--x" in slugs


# --- and the tree beside them ---------------------------------------------------------------------


def test_the_tree_adds_texts_short_names_positionals_and_what_is_required() -> None:
    out = read(tree=TREE)
    assert out.failures == ()
    create = known(out)["compute instances create"]
    assert create.summary == "Create Compute Engine virtual machine instances."
    assert [(one.name, one.required, one.repeatable) for one in create.positionals] == [
        ("INSTANCE_NAMES", True, True)
    ]
    machine = option(create, "--machine-type")
    assert machine.description.endswith("run gcloud compute machine-types list.")
    assert "*gcloud compute machine-types list*" in machine.evidence[0].quote
    assert option(create, "--labels").type == "map"
    assert option(create, "--threads").default == "4"
    assert option(create, "--secret-mode").hidden
    assert option(create, "--no-async") is option(create, "--async")
    copy = known(out)["storage cp"]
    assert option(copy, "-r") is option(copy, "--recursive")
    assert [(one.name, one.required) for one in copy.positionals] == [
        ("SOURCE", False),
        ("DESTINATION", True),
    ]


def test_a_switch_is_told_from_a_value_of_true_or_false() -> None:
    create = known(read(tree=TREE))["compute instances create"]
    assert option(create, "--deletion-protection").arity == "none"
    ready = option(create, "--ready")
    assert (ready.arity, ready.type, ready.default) == ("one", "boolean", "true")


def test_names_with_underscores_are_taken_as_they_are_typed() -> None:
    update = known(read(tree=TREE))["access-approval settings update"]
    assert option(update, "--active_key_version").names == ("--active_key_version",)
    assert update.option("--active-key-version") is None


def test_groups_say_what_excludes_each_other_and_what_must_be_given() -> None:
    commands = known(read(tree=TREE))
    assert [(one.kind, one.members) for one in commands["compute instances delete"].groups] == [
        ("at_most_one", ("--delete-disks", "--keep-disks"))
    ]
    update = commands["access-approval settings update"]
    assert [(one.kind, one.members) for one in update.groups] == [
        ("exactly_one", ("--folder", "--organization"))
    ]
    # Required at the top, and not where only its group may be left out.
    assert option(commands["compute instances list"], "--max-age").required
    assert option(commands["compute instances list"], "--zones").arity == "many"
    assert not any(one.required for one in update.options)


def test_what_is_deprecated_or_hidden_is_called_so() -> None:
    commands = known(read(tree=TREE))
    probe = commands["compute instances probe"]
    assert probe.hidden
    assert probe.deprecated is not None
    assert probe.deprecated.note == "Probe"
    assert "probe" not in commands["compute instances"].children
    tier = option(commands["compute instances create"], "--network-tier")
    assert tier.deprecated is not None
    assert tier.deprecated.note == "Network tier"
    assert tier.description.startswith("Network tier.")
    assert "gcloud compute instances probe" not in pages(read(tree=TREE))


def test_a_card_has_the_description_and_its_examples() -> None:
    page = pages(read(tree=TREE))["gcloud compute instances create"]
    first = page.sections[0].blocks[0]
    assert isinstance(first, Text)
    assert first.text.startswith("gcloud compute instances create facilitates")
    assert code(page, "Examples") == [
        "gcloud compute instances create example-instance --image-family=rhel-8\n"
        "--image-project=rhel-cloud --zone=us-central1-a",
        "gcloud compute instances create a b",
    ]


def test_only_a_tree_of_all_commands_is_exhaustive() -> None:
    # The fixture's has no alpha commands.
    assert "options" not in read(tree=TREE).surface.exhaustive[0].facets
    listed = completions({"commands": {"storage": {"commands": {}, "flags": {}}}, "flags": {}})
    assert "options" in read(listed, TREE).surface.exhaustive[0].facets


def test_flags_that_only_the_completions_have_are_kept() -> None:
    copy = known(read(tree=TREE))["storage cp"]
    assert option(copy, "--certificate-id").arity == "one"
    assert len({name for one in copy.options for name in one.names}) == sum(
        len(one.names) for one in copy.options
    )


def test_a_tree_that_was_not_serialized_is_read_alike() -> None:
    told = json.loads(TREE)
    flags = told.pop("SERIALIZED_FLAG_LIST")

    def inline(node: dict[str, Any]) -> None:
        node["flags"] = {name: flags[number] for name, number in node["flags"].items()}
        unfold(node["constraints"])
        for below in node["commands"].values():
            inline(below)

    def unfold(group: dict[str, Any]) -> None:
        group["arguments"] = [
            flags[one] if isinstance(one, int) and one >= 0 else one for one in group["arguments"]
        ]
        for one in group["arguments"]:
            if isinstance(one, dict) and one["is_group"]:
                unfold(one)

    inline(told)
    assert read(tree=json.dumps(told)).surface == read(tree=TREE).surface


def test_a_tree_of_another_release_is_left_out_and_said_to_be() -> None:
    out = read(tree=TREE, release="529.0.0")
    assert [(one.name, one.detail) for one in out.failures] == [
        ("data/cli/gcloud.json", "it is of 528.0.0")
    ]
    assert out.surface.commands == read(release="529.0.0").surface.commands


# --- what no SDK would hold -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"STATIC_COMPLETION_CLI_TREE = ",
        b"STATIC_COMPLETION_CLI_TREE = __import__('os').system('touch /tmp/x')\n",
        b"STATIC_COMPLETION_CLI_TREE = {'commands': {}, 'flags': {}}\n",
        b"STATIC_COMPLETION_CLI_TREE = {}\nimport os\n",
        b"STATIC_COMPLETION_CLI_TREE = []\n",
        b"STATIC_COMPLETION_CLI_TREE = {\xff}\n",
        b"#" * 5000 + b"\nSTATIC_COMPLETION_CLI_TREE = {}\n",
        b"STATIC_COMPLETION_CLI_TREE = " + b'{"commands":' * 100_000,
        b"STATIC_COMPLETION_CLI_TREE = " + b"(" * 100_000,
    ],
)
def test_what_assigns_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        read(data)
    assert caught.value.reason is Reason.MALFORMED


def test_what_is_too_large_is_refused_unread() -> None:
    with pytest.raises(ParseError) as caught:
        read(completions("{}") + b" " * FILE_BYTES)
    assert caught.value.reason is Reason.TOO_LARGE


def test_no_completions_are_no_release() -> None:
    with pytest.raises(ParseError) as caught:
        MODELS["gcloud"](Material("gcloud", "1.0.0", documents(b"", TREE.encode())[1:]))
    assert caught.value.reason is Reason.EMPTY


def test_commands_below_the_sixteenth_word_are_not_walked_into() -> None:
    tree: dict[str, Any] = {"commands": {}, "flags": {}}
    for _ in range(60):
        tree = {"commands": {"x": tree}, "flags": {}}
    assert max(len(one.path) for one in read(completions(tree)).surface.commands) == 16


def test_a_command_that_cannot_be_one_is_a_failure_and_the_others_stay() -> None:
    listed = {"a b": {"commands": {}, "flags": {}}, "fine": {"flags": {"--x": "bool"}}}
    out = read(completions({"commands": {**listed, "odd": 7}, "flags": {"--y z": "bool"}}))
    assert sorted((one.name, one.reason) for one in out.failures) == [
        ("gcloud", Reason.MALFORMED),
        ("gcloud a b", Reason.MALFORMED),
    ]
    assert [" ".join(one.path) for one in out.surface.commands] == ["gcloud fine"]


KEYS = names(
    """
    commands flags --x --no-x name constraints arguments is_group is_mutex is_required positionals
    nargs sections EXAMPLES alternative_names choices default type capsule
    """
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(ANY, st.dictionaries(st.text(max_size=12), ANY, max_size=5))
def test_any_table_is_read_or_refused(listed: object, tree: dict[str, object]) -> None:
    tree |= {"CLI_VERSION": "528.0.0"}
    try:
        out = read(completions({"commands": listed, "flags": listed}), json.dumps(tree))
    except ParseError:
        return
    assert len({one.path for one in out.surface.commands}) == len(out.surface.commands)
    slugs = [one.page.slug for one in out.pages]
    assert len(set(slugs)) == len(slugs)


@given(st.text(alphabet="*_`' $\nab[]:/.+", max_size=200))
def test_marks_are_left_out_and_no_word_is_lost(text: str) -> None:
    assert [one for one in plain(text) if one in "ab"] == [one for one in text if one in "ab"]
    shown = "".join(one.text for one in blocks(text))
    assert sorted(one for one in shown if one in "ab") == sorted(one for one in text if one in "ab")
