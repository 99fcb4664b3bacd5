"""A text is never less risky than a command in it, whatever runs or surrounds that command."""

from hypothesis import given, settings
from hypothesis import strategies as st

from commands.risk import assess, higher
from commands.shell import parse
from tests.commands.test_risk import DESTRUCTIVE, READ, WRITE
from tests.commands.test_shell_properties import texts

LINES = [*READ.strip().splitlines(), *WRITE.strip().splitlines(), *DESTRUCTIVE.strip().splitlines()]
PLAIN = [line for line in LINES if "'" not in line and "|" not in line]


def level(text):
    return assess(parse(text), text).level


@given(
    st.lists(st.sampled_from(LINES), min_size=1, max_size=4), st.sampled_from(("\n", "; ", " && "))
)
def test_a_list_has_the_highest_level_of_its_parts(lines, between):
    assert level(between.join(lines)) == higher(map(level, lines))


@given(
    st.sampled_from(PLAIN),
    st.sampled_from(
        (
            "sudo {}",
            "timeout 5 {}",
            "env A=1 {}",
            "sh -c '{}'",
            "ssh host '{}'",
            "if true; then {}; fi",
            "( {} )",
            "x=$( {} )",
            "docker exec web {}",
        )
    ),
)
def test_what_a_wrapper_runs_is_as_risky_as_by_itself(line, wrapped):
    text = wrapped.format(line)
    assert higher((level(line), level(text))) == level(text)


@given(
    st.sampled_from(DESTRUCTIVE.strip().splitlines()), st.sampled_from(("-x", "--quiet", "operand"))
)
def test_another_word_does_not_make_it_harmless(line, word):
    assert level(f"{line} {word}") != "read"


@given(texts)
@settings(deadline=None)
def test_any_text_is_judged(text):
    risk = assess(parse(text), text)
    assert risk.level == higher(reason.level for reason in risk.reasons)
