"""Whatever is sent, validation answers; every span slices back; a repair is valid."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.validate import validate
from tests.commands.test_shell_properties import FRAGMENTS, texts
from tests.commands.tools import open_tools, surfaces, targets

WORDS = sorted(
    {
        word
        for surface in surfaces()
        for command in surface.commands
        for word in (*command.path, *(n for o in command.options for n in o.spellings))
    }
)
SLIPS = st.sampled_from(WORDS).flatmap(
    lambda word: st.integers(0, len(word)).map(lambda at: word[:at] + word[at + 1 :])
)
lines = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        SLIPS,
        st.sampled_from(("web", "-", "--", "-5", "x=1", "<pod>", "$X", '"$@"', "=", "--=", "-=")),
        st.sampled_from(FRAGMENTS),
    ),
    max_size=12,
).map(" ".join)
ROOTS = st.sampled_from(("kubectl", "git", "docker", "az vm delete", "cp", "dd", "terraform plan"))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with open_tools(tmp_path_factory.mktemp("tools")) as opened:
        yield opened


def check(store, text):
    answer = validate(text, store, targets(store))
    found = [*answer.issues, *(issue for one in answer.commands for issue in one.issues)]
    for issue in found:
        assert text[issue.span.start : issue.span.end] == issue.token
        assert issue.message
    for command in answer.commands:
        assert text[command.span.start : command.span.end] == command.text
        errors = any(issue.severity == "error" for issue in command.issues)
        assert command.valid == (None if command.checked == "no" else not errors)
    errors = any(issue.severity == "error" for issue in found)
    assert (answer.valid is False) == errors
    if answer.repaired is not None:
        again = validate(answer.repaired.text, store, targets(store))
        assert again.valid
        assert not errors or answer.repaired.text != text
    return answer


@given(texts)
@settings(deadline=None)
def test_any_text_is_answered(store, text):
    check(store, text)


@given(ROOTS, lines)
@settings(deadline=None, max_examples=300)
def test_any_line_of_a_known_program_is_answered(store, program, rest):
    check(store, f"{program} {rest}")


@given(ROOTS, st.text(max_size=60))
@settings(deadline=None)
def test_any_words_behind_a_known_program_are_answered(store, program, rest):
    check(store, f"{program} {rest}")
