import pytest

from commands.diff import FactChange, compare, diff
from commands.model import Command, Deprecation, Option, Positional
from commands.store import SurfaceStore
from commands.writer import write
from corpora.errors import UnknownVersion
from tests.commands.surfaces import kubectl


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("diff") / "surface.sqlite"
    write(path, kubectl())
    with SurfaceStore.open(path) as opened:
        yield opened


def test_what_changed_in_kubectl_is_told_in_text_and_in_markdown(store):
    found = diff(store, "kubectl", "1.28", "1.32")
    logs = next(one for one in found.commands if one.path == ("kubectl", "logs"))
    assert [(o.verb, o.names) for o in logs.options] == [("added", ("--all-pods",))]
    assert "kubectl logs\n  + --all-pods\n" in found.text()
    assert "- `kubectl logs`\n  - + `--all-pods`\n" in found.markdown()
    assert found.text().startswith("kubectl 1.28 → 1.32: commands")


def test_backwards_what_was_added_is_removed(store):
    forwards = diff(store, "kubectl", "1.28", "1.32")
    backwards = diff(store, "kubectl", "1.32", "1.28")
    turned = {"added": "removed", "removed": "added", "changed": "changed"}

    def shape(found, turn):
        return {
            (one.path, frozenset(option.names), turn.get(option.verb, option.verb))
            for one in found.commands
            for option in one.options
            if option.verb != "changed"
        }

    assert shape(forwards, {}) == shape(backwards, turned)


def test_a_diff_may_be_of_one_command_only(store):
    found = diff(store, "kubectl", "1.28", "1.32", ("kubectl", "config"))
    assert [one.path for one in found.commands] == [("kubectl", "config", "set-credentials")]
    assert diff(store, "kubectl", "1.28", "1.28").commands == ()
    assert "nothing changed" in diff(store, "kubectl", "1.28", "1.28").text()
    with pytest.raises(UnknownVersion):
        diff(store, "kubectl", "1.28", "1.31")


def one(*options, **facts):
    return Command(("x",), options=options, **facts)


def test_each_fact_of_an_option_is_compared_but_no_text():
    before = one(Option(("--a",), "one", choices=("x", "y"), default="x", description="old words"))
    after = one(
        Option(
            ("-a", "--a"),
            "optional",
            choices=("y", "z"),
            required=True,
            deprecated=Deprecation(replacement="--b"),
            description="new words",
        )
    )
    (change,) = compare(before, after).options
    assert change.newly_deprecated
    assert set(change.facts) == {
        FactChange("names", "--a", "--a, -a"),
        FactChange("values", "one", "optional"),
        FactChange("choices", "x, y", "y, z"),
        FactChange("default", "'x'", ""),
        FactChange("required", "", "yes"),
        FactChange("deprecated", "", "use --b"),
    }
    reworded = one(Option(("--a",), "one", choices=("x", "y"), default="x", description="new"))
    assert compare(before, reworded) is None


def test_a_short_name_given_to_another_option_is_seen():
    before = one(Option(("-d", "--debug"), "none"))
    after = one(Option(("--debug",), "none"), Option(("-d", "--dbname"), "one"))
    changes = compare(before, after).options
    assert [(c.verb, c.names) for c in changes] == [
        ("changed", ("--debug",)),
        ("added", ("-d", "--dbname")),
    ]


def test_what_to_use_instead_of_a_removed_option_is_told():
    old = Option(("--prune-whitelist",), "one", deprecated=Deprecation(replacement="--prune-allow"))
    (change,) = compare(one(old), one()).options
    assert (change.verb, change.replacement) == ("removed", "--prune-allow")


def test_commands_that_come_go_or_change_their_arguments_are_told():
    assert compare(None, one()).verb == "added"
    assert compare(one(), None).verb == "removed"
    assert compare(None, None) is None
    change = compare(
        one(positionals=(Positional("A"),)), one(positionals=(Positional("A", False),))
    )
    assert change.facts == (FactChange("arguments", "A", "[A]"),)
