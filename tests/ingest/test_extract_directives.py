"""Parameters of configuration files, from the manual pages about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.model import Option
from corpora.model import Entry, Page, Section, Text
from ingest.extract.directives import directives_of
from ingest.extract.families import Family

KNOWN = Family(parameters=("*.conf",))


def page(*terms: str, body: str = "Text.", headings: bool = False, slug: str = "tool.conf") -> Page:
    text = (Text(text=body),)
    if headings:
        sections = tuple(Section(heading=term, level=2, blocks=text) for term in terms)
    else:
        blocks = tuple(Entry(terms=(term,), body=text) for term in terms)
        sections = (Section(heading="PARAMETERS", blocks=blocks),)
    return Page(slug=slug, title=slug, sections=sections)


def options(found: Page) -> dict[str, Option]:
    command = directives_of(found, KNOWN, "https://docs.example/page")
    assert command is not None
    assert (command.path, command.kind) == (("tool.conf",), "configuration")
    return {option.name: option for option in command.options}


@pytest.mark.parametrize(
    ("terms", "names"),
    [
        (("Type=", "ExecStart=", "Restart=", "%n", "always"), ["Type", "ExecStart", "Restart"]),
        (("AcceptEnv", "Banner", "Ciphers", "%h", "10m"), ["AcceptEnv", "Banner", "Ciphers"]),
        (("server hostname", "pool name", "rtcsync", "1.2.3.4"), ["server", "pool", "rtcsync"]),
        (("a_b (default: 5)", "c (default: )", "d (default: x y)", "no"), ["a_b", "c", "d"]),
    ],
)
@pytest.mark.parametrize("headings", [False, True])
def test_the_form_that_most_terms_have_is_that_of_the_parameters(terms, names, headings):
    assert list(options(page(*terms, headings=headings))) == names


def test_a_default_stands_in_the_term_or_in_the_text():
    found = options(page("a (default: 5d)", "b (default: empty)", "c (default: $x)"))
    assert [option.default for option in found.values()] == ["5d", None, "$x"]
    told = options(page("One", "Two", "Three", body="Whether it does. The default is no."))
    assert {option.default for option in told.values()} == {"no"}


def test_a_boolean_is_told_by_its_text_or_its_choices():
    for body in ("Takes a boolean argument.", "The argument must be yes or no."):
        found = options(page("One=", "Two=", "Three=", body=body))
        assert {option.type for option in found.values()} == {"boolean"}


def test_a_page_that_is_not_declared_or_has_too_few_gives_none():
    assert directives_of(page("A=", "B=", "C=", slug="tool"), KNOWN) is None
    assert directives_of(page("A=", "B="), KNOWN) is None
    command = page("A=", "B=", "C=").model_copy(update={"command": "tool"})
    assert directives_of(command, KNOWN) is None


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8), st.text(max_size=60))
def test_any_terms_are_read_or_left(terms, body):
    found = directives_of(page(*terms, body=body), KNOWN)
    read = [] if found is None else [option.name for option in found.options]
    assert all(any(term.startswith(name) for term in terms) for name in read)
