import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commands.model import Command, Option, one_line


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (("-n", "--namespace"), "--namespace"),
        (("-1",), "-1"),
        (("-chdir",), "-chdir"),
        (("-x", "-extract"), "-extract"),
        (("max_wal_size",), "max_wal_size"),
    ],
)
def test_an_option_is_spoken_of_by_its_first_long_name(names, name):
    assert Option(names, "one").name == name


@pytest.mark.parametrize(
    "facts",
    [
        {"names": ()},
        {"names": ("--a b",)},
        {"names": ("--a\x1b[1m",)},
        {"names": ("--a",), "arity": "two"},
        {"names": ("--a",), "description": "two\nlines"},
        {"names": ("--a",), "description": "x" * 1001},
        {"names": ("--a",), "invented": 1},
    ],
)
def test_what_no_option_can_be_is_refused(facts):
    with pytest.raises((ValidationError, TypeError)):
        Option(**({"arity": "one"} | facts))


def test_what_was_made_cannot_be_changed():
    command = Command(("x",), options=(Option(("--a",), "none"),))
    with pytest.raises(AttributeError):
        command.options[0].hidden = True
    assert hash(command) == hash(Command(("x",), options=(Option(("--a",), "none"),)))


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_text_folds_into_one_line(text):
    assert Option(("--a",), "none", description=one_line(text)).description == one_line(text)
