from hypothesis import given
from hypothesis import strategies as st

from corpora.suggest import closest

NAMES = ["docker", "git", "postgresql", "kubectl", "podman"]


def test_a_slip_of_the_pen_finds_what_was_meant():
    assert closest("postgrsql", NAMES) == ["postgresql"]
    assert closest("DOKCER", NAMES) == ["docker"]
    assert closest("gti", NAMES) == ["git"]


def test_nothing_close_gives_nothing():
    assert closest("zzzz", NAMES) == []
    assert closest("", NAMES) == []
    assert closest("git", []) == []


def test_at_most_so_many_are_given_and_the_best_first():
    names = ["list", "lists", "listed", "lister"]
    assert closest("list", names, at_most=2) == ["list", "lists"]


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=8), st.integers(1, 4))
def test_suggestions_are_known_names(name, known, at_most):
    found = closest(name, known, at_most=at_most)
    assert len(found) <= at_most
    assert set(found) <= set(known)


@given(st.sampled_from(NAMES))
def test_a_known_name_is_closest_to_itself(name):
    assert closest(name, NAMES)[0] == name
