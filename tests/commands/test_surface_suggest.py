import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.model import Command, Deprecation, Option
from commands.suggest import Suggestion, certain, closest, options, subcommands
from tests.commands.surfaces import kubectl

RELEASE = {command.path: command for command in kubectl()[-1].commands}
GET, LOGS = RELEASE["kubectl", "get"], RELEASE["kubectl", "logs"]


@pytest.mark.parametrize(
    ("command", "written", "meant"),
    [
        (GET, "--all_namespaces", "--all-namespaces"),
        (GET, "-all-namespaces", "--all-namespaces"),
        (GET, "--All-Namespaces", "--all-namespaces"),
        (GET, "--all-namespace", "--all-namespaces"),
        (GET, "--ouptut", "--output"),
        (GET, "--otput", "--output"),
        (GET, "--watching", "--watch"),
        (GET, "--column-label", "--label-columns"),
        (GET, "--selectors", "--selector"),
        (GET, "-a", "-A"),
        (LOGS, "--tails", "--tail"),
        (LOGS, "--since_time", "--since-time"),
        (LOGS, "--no-timestamps", "--timestamps"),
    ],
)
def test_a_slip_or_a_habit_leads_to_what_was_meant(command, written, meant):
    assert options(command, written)[0].name == meant


def test_one_word_of_three_that_is_another_is_suggested_and_never_taken_for_certain():
    command = Command(
        ("pg_dump",),
        options=(Option(("--table",), "one"), Option(("--exclude-table-data",), "one")),
    )
    found = options(command, "--skip-table-data")
    assert found[0].name == "--exclude-table-data"
    assert certain(found) is None


def test_a_word_like_nothing_gets_no_suggestion():
    assert options(GET, "--frobnicate") == ()
    assert options(GET, "-z") == ()
    assert options(GET, "--") == ()


def test_only_what_no_other_comes_near_is_certain():
    assert certain(options(GET, "--ouptut")) == "--output"
    assert certain(options(GET, "--frobnicate")) is None
    assert certain((Suggestion("--a", 1.0), Suggestion("--b", 1.2))) is None
    assert certain((Suggestion("--memory", 1.2),)) is None


def test_hidden_options_are_not_suggested_and_deprecated_ones_come_last():
    command = Command(
        ("x",),
        options=(
            Option(("--colour",), "one", hidden=True),
            Option(("--colors",), "one", deprecated=Deprecation("old")),
            Option(("--colorz",), "one"),
        ),
    )
    assert [one.name for one in options(command, "--colorx")] == ["--colorz", "--colors"]


def test_subcommands_are_suggested_alike():
    command = Command(("kubectl",), children=("describe", "delete", "get"))
    assert subcommands(command, "desribe")[0].name == "describe"
    assert subcommands(command, "gets")[0].name == "get"


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=5))
def test_any_words_are_ranked_and_never_the_word_itself(word, known):
    found = closest(word, known)
    assert word not in [one.name for one in found]
    assert [one.cost for one in found] == sorted(one.cost for one in found)
    assert all(one.name in known and one.cost > 0 for one in found)
