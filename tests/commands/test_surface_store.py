import sqlite3
import threading
from dataclasses import replace

import pytest

from commands.model import Command, Option, Surface
from commands.store import SurfaceStore
from commands.writer import write
from corpora.errors import (
    CorruptSnapshot,
    NoSnapshot,
    ParseError,
    UnknownProduct,
    UnknownVersion,
)
from tests.commands.surfaces import RELEASES, in_order, kubectl, read_back


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "surface.sqlite"
    write(path, kubectl())
    with SurfaceStore.open(path) as opened:
        yield opened


def test_what_was_written_is_read_back_exactly(tmp_path):
    write(tmp_path / "s", kubectl())
    assert read_back(tmp_path / "s", list(kubectl())) == [in_order(one) for one in kubectl()]


def test_a_further_release_costs_only_its_difference(tmp_path):
    one = write(tmp_path / "one", kubectl()[:1])
    three = write(tmp_path / "three", kubectl())
    assert three.commands == 3 * one.commands
    changed = three.distinct_commands - one.distinct_commands
    assert 0 < changed < one.commands
    assert three.distinct_options - one.distinct_options < 20 < one.options


def test_the_digest_is_of_the_facts_not_of_the_bytes(tmp_path):
    docker = Surface("docker", "28.5", ("help",), (Command(("docker",)),))
    forwards = write(tmp_path / "a", [*kubectl(), docker])
    backwards = write(tmp_path / "b", [docker, *kubectl()])
    assert forwards.digest == backwards.digest
    shuffled = [replace(one, commands=one.commands[::-1]) for one in kubectl()]
    assert write(tmp_path / "c", [*shuffled, docker]).digest == forwards.digest
    other = replace(docker, commands=(Command(("docker",), summary="new"),))
    assert write(tmp_path / "d", [*kubectl(), other]).digest != forwards.digest
    with SurfaceStore.open(tmp_path / "a") as store:
        assert store.digest == forwards.digest


def test_a_command_has_the_options_of_the_commands_above_it(store):
    get = store.command("kubectl", "1.32", ("kubectl", "get"))
    inherited = get.option("--context")
    assert inherited.inherited
    assert not get.option("--output").inherited
    # its own -f comes before one that the root might have
    assert [option.name for option in get.options].count("--filename") == 1


def test_an_option_of_the_command_itself_hides_one_it_would_inherit(tmp_path):
    root = Command(("x",), options=(Option(("-v", "--verbose"), "none", inheritable=True),))
    below = Command(("x", "y"), options=(Option(("-v", "--version"), "none"),))
    write(tmp_path / "s", [Surface("x", "1", ("help",), (root, below))])
    with SurfaceStore.open(tmp_path / "s") as store:
        options = store.command("x", "1", ("x", "y")).options
    assert [option.names for option in options] == [("-v", "--version")]


def test_evidence_comes_back_with_the_address_of_its_own_release(store):
    for label in RELEASES:
        option = store.command("kubectl", label, ("kubectl", "get")).option("--watch")
        assert option.evidence[0].url == (
            f"https://v{label.replace('.', '-')}.docs.example.org/{label}/kubectl_get.html#--watch"
        )


def test_it_says_in_which_releases_an_option_exists(store):
    where = store.releases_with
    assert where("kubectl", ("kubectl", "logs"), "--all-pods") == ("1.32",)
    assert where("kubectl", ("kubectl", "logs"), "--tail") == RELEASES
    assert where("kubectl", ("kubectl", "log"), "--tail") == RELEASES
    assert where("kubectl", ("kubectl", "logs"), "--context") == RELEASES  # inherited
    assert where("kubectl", ("kubectl", "logs"), "--invented") == ()
    assert where("kubectl", ("kubectl", "invented"), "--tail") == ()


def test_it_says_which_commands_take_an_option(store):
    places = store.options_anywhere("kubectl", "--all-pods")
    assert [(place.path, place.releases) for place in places] == [(("kubectl", "logs"), ("1.32",))]
    assert store.options_anywhere("kubectl", "--invented") == ()
    many = store.options_anywhere("kubectl", "-f")
    assert len(many) > 2
    assert store.options_anywhere("kubectl", "-f", at_most=2) == many[:2]


def test_words_are_matched_to_the_longest_path(store):
    match = store.match("kubectl", "1.32", ["kubectl", "config", "set-credentials", "bob"])
    assert match.command.path == ("kubectl", "config", "set-credentials")
    assert (match.consumed, match.named) == (3, (0, 1, 2))
    assert store.match("kubectl", "1.32", ["kubectl", "bogus"]).consumed == 1
    assert store.match("kubectl", "1.32", ["kubectx"]) is None
    assert store.match("kubectl", "1.32", []) is None


@pytest.mark.parametrize(
    "words",
    [
        ["kubectl", "-n", "web", "logs"],
        ["kubectl", "--namespace=web", "logs"],
        ["kubectl", "--match-server-version", "logs"],
        ["kubectl", "--invented", "get-this", "logs"],
        ["kubectl", "--invented", "logs"],
        ["kubectl", "-n", "get", "log"],
    ],
)
def test_options_may_stand_between_the_words_of_a_path(store, words):
    match = store.match("kubectl", "1.32", [*words, "pod"])
    assert match.command.path == ("kubectl", "logs")
    assert match.consumed == len(words)
    assert match.named == (0, len(words) - 1)


def test_an_alias_leads_to_the_command_and_to_what_is_below_it(tmp_path):
    surface = Surface(
        "helm",
        "3",
        ("help",),
        (
            Command(("helm",)),
            Command(("helm", "dependency"), aliases=(("helm", "dep"),)),
            Command(("helm", "dependency", "update"), aliases=(("helm", "dependency", "up"),)),
        ),
    )
    write(tmp_path / "s", [surface])
    with SurfaceStore.open(tmp_path / "s") as store:
        found = store.match("helm", "3", ["helm", "dep", "up", "."])
        assert found.command.path == ("helm", "dependency", "update")
        assert found.consumed == 3
        assert store.children("helm", "3", ("helm",)) == ("dep", "dependency")
        assert list(store.paths("helm", "3")) == sorted(c.path for c in surface.commands)


def test_two_commands_that_name_each_other_as_aliases_stay_two(tmp_path):
    ls, images = ("docker", "image", "ls"), ("docker", "images")
    surface = Surface(
        "docker", "28", ("help",), (Command(ls, aliases=(images,)), Command(images, aliases=(ls,)))
    )
    write(tmp_path / "s", [surface])
    with SurfaceStore.open(tmp_path / "s") as store:
        assert store.command("docker", "28", ls).path == ls
        assert store.command("docker", "28", images).path == images


def test_a_word_that_only_leads_on_is_a_partial_command(tmp_path):
    write(tmp_path / "s", [Surface("aws", "2", ("model",), (Command(("aws", "s3", "ls")),))])
    with SurfaceStore.open(tmp_path / "s") as store:
        group = store.command("aws", "2", ("aws", "s3"))
        assert group.partial
        assert group.children == ("ls",)
        assert list(store.paths("aws", "2")) == [("aws", "s3", "ls")]


def test_commands_that_come_and_go_are_there_only_in_their_releases(tmp_path):
    labels = [f"1.{n}" for n in range(20)]
    late = (Command(("x", "late")), Command(("x", "new"), aliases=(("x", "n"),)))
    surfaces = [
        Surface("x", label, ("help",), (Command(("x",)), *(late if 9 <= n < 17 else ())))
        for n, label in enumerate(labels)
    ]
    written = write(tmp_path / "s", surfaces)
    assert written.distinct_commands == 3
    with SurfaceStore.open(tmp_path / "s") as store:
        assert [release.label for release in store.releases("x")] == labels
        for path in (("x", "late"), ("x", "n")):
            assert store.releases_of("x", path) == tuple(labels[9:17])
        for n, label in enumerate(labels):
            there = 9 <= n < 17
            assert store.children("x", label, ("x",)) == (("late", "n", "new") if there else ())
            assert store.command("x", label, ("x",)).children == (
                ("late", "n", "new") if there else ()
            )
            assert len(list(store.paths("x", label))) == (3 if there else 1)


def test_kinds_are_apart_though_their_paths_are_equal(tmp_path):
    options = (Option(("max_wal_size",), "one", type="size", default="1GB"),)
    surface = Surface(
        "postgresql",
        "17",
        ("documentation",),
        (
            Command(("vacuum",)),
            Command(("vacuum",), kind="statement", synopsis=("VACUUM [ FULL ]",)),
            Command(("postgresql.conf",), kind="configuration", options=options),
        ),
    )
    write(tmp_path / "s", [surface])
    with SurfaceStore.open(tmp_path / "s") as store:
        assert store.command("postgresql", "17", ("vacuum",)).synopsis == ()
        assert store.command("postgresql", "17", ("vacuum",), "statement").synopsis
        place = store.options_anywhere("postgresql", "max_wal_size")[0]
        assert (place.kind, place.path) == ("configuration", ("postgresql.conf",))
        assert store.releases_with(
            "postgresql", ("postgresql.conf",), "max_wal_size", "configuration"
        ) == ("17",)


def test_changed_commands_are_found_without_reading_the_others(store):
    changed = {(before or after).path for before, after in store.changed("kubectl", "1.28", "1.32")}
    assert ("kubectl", "logs") in changed
    assert ("kubectl", "config") not in changed


def test_what_is_not_there_is_said_with_what_is(store, tmp_path):
    assert store.command("kubectl", "1.32", ("kubectl", "bogus")) is None
    with pytest.raises(UnknownProduct, match="kubectl"):
        store.command("kubctl", "1.32", ("kubectl",))
    with pytest.raises(UnknownVersion, match=r"1\.28, 1\.30, 1\.32"):
        store.match("kubectl", "1.31", ["kubectl"])
    with pytest.raises(NoSnapshot):
        SurfaceStore.open(tmp_path / "none")


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "text").write_text("not a database, though it is long enough to be one" * 20)
    with pytest.raises(CorruptSnapshot):
        SurfaceStore.open(tmp_path / "text")
    connection = sqlite3.connect(tmp_path / "other")
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(CorruptSnapshot, match="format"):
        SurfaceStore.open(tmp_path / "other")


@pytest.mark.parametrize(
    "damage",
    [
        'UPDATE options SET body = \'{"names": [], "arity": "one"}\'',
        "UPDATE options SET body = '{'",
        "DELETE FROM options",
        "DELETE FROM heads",
        "DELETE FROM evidence",
        "UPDATE evidence SET body = X'00ff'",
    ],
)
def test_a_damaged_row_is_an_error_that_names_the_file(tmp_path, damage):
    path = tmp_path / "surface.sqlite"
    write(path, kubectl())
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    with SurfaceStore.open(path) as store, pytest.raises(CorruptSnapshot, match=r"surface\.sqlite"):
        store.command("kubectl", "1.32", ("kubectl", "get"))


def test_a_release_given_twice_or_a_command_given_twice_is_refused(tmp_path):
    with pytest.raises(ParseError, match=r"kubectl 1\.28"):
        write(tmp_path / "s", [kubectl()[0], kubectl()[0]])
    twice = Surface("x", "1", ("help",), (Command(("x",)), Command(("x",))))
    with pytest.raises(ParseError, match="twice"):
        write(tmp_path / "s", [twice])
    assert list(tmp_path.iterdir()) == []


def test_several_threads_read_one_store(store):
    failures: list[BaseException] = []

    def look() -> None:
        try:
            for label in RELEASES * 5:
                assert store.command("kubectl", label, ("kubectl", "get")).option("-o")
                assert store.match("kubectl", label, ["kubectl", "logs"]).consumed == 2
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
