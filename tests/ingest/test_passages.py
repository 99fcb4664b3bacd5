import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parse_pages import read

from corpora.model import Entry, Page, Section, Text, passage_id
from corpora.tokens import default_counter
from ingest.parse.markdown import fenced, render
from ingest.parse.sizing import PROSE, TINY
from ingest.passages import ENTRY, Cut, cut

COUNT = default_counter()
PAGES = [
    ("postgresql", "postgresql-15/app-pgdump.html"),
    ("postgresql", "postgresql-15/sql-truncate.html"),
    ("postgresql", "postgresql-18/functions-uuid.html"),
    ("postgresql", "postgresql-18/runtime-config-error-handling.html"),
    ("git", "git-2.30/git-commit.1"),
    ("git", "git-2.47/git-commit.1"),
    ("git", "git-2.47/git-config.1"),
    ("docker", "docker-20.10/docker-run.1"),
    ("docker", "docker-28.5/docker-container-cp.1"),
]


def cuts(product: str, path: str) -> list[Cut]:
    return cut(product, read(path), COUNT)


def named(found: list[Cut], name: str) -> Cut:
    return next(one for one in found if name in one.passage.names)


def one_section(*blocks: Text | Entry, heading: str = "Options") -> list[Cut]:
    page = Page(slug="x", title="x", sections=(Section(heading=heading, blocks=blocks),))
    return cut("tested", page, COUNT)


def test_an_option_is_one_passage_with_its_spellings_first():
    found = named(cuts("postgresql", "postgresql-15/app-pgdump.html"), "--exclude-table-data")
    assert found.passage.kind == "option"
    assert found.passage.heading == ("pg_dump", "Options")
    assert found.passage.command == "pg_dump"
    assert found.passage.text.startswith(
        "--exclude-table-data=pattern\n\nDo not dump data for any tables matching pattern."
    )
    assert found.anchor == "PG-DUMP-OPTIONS"


def test_a_short_list_of_values_stays_inside_its_option():
    found = named(cuts("postgresql", "postgresql-15/app-pgdump.html"), "--format").passage
    assert found.names == ("-F", "--format")
    assert "\n- p, plain\n  Output a plain-text SQL script file (the default).\n- c" in found.text


def test_a_long_option_is_parted_and_each_part_says_whose_it_is():
    parts = [
        one.passage
        for one in cuts("postgresql", "postgresql-15/app-pgdump.html")
        if "--jobs" in one.passage.names
    ]
    assert len(parts) > 1
    assert parts[0].text.startswith("-j njobs, --jobs=njobs\n\n")
    assert parts[0].heading == ("pg_dump", "Options")
    assert {part.heading for part in parts[1:]} == {
        ("pg_dump", "Options", "-j njobs, --jobs=njobs")
    }


def test_a_long_group_of_settings_gives_a_passage_for_each():
    found = named(cuts("git", "git-2.47/git-config.1"), "advice.detachedHead").passage
    assert found.kind == "parameter"
    assert found.heading == ("git-config", "CONFIGURATION FILE", "Variables", "advice.*")
    assert found.text.startswith("detachedHead\n\nShown when the user uses git-switch(1)")


def test_a_server_setting_is_a_parameter_with_its_own_anchor():
    found = named(
        cuts("postgresql", "postgresql-18/runtime-config-error-handling.html"), "exit_on_error"
    )
    assert found.passage.kind == "parameter"
    assert found.anchor == "GUC-EXIT-ON-ERROR"


def test_a_setting_with_a_heading_of_its_own_is_a_definition():
    said = Text(text="Maximum time queries may wait.\n\nDefault: 120.0 (seconds)")
    page = Page(
        slug="pgbouncer",
        title="pgbouncer.ini",
        sections=(
            Section(heading="Dangerous timeouts", blocks=(Text(text="Setting these is risky."),)),
            Section(heading="query_wait_timeout", level=2, anchor="wait", blocks=(said,)),
            Section(heading="client_tls_mode", level=2, blocks=()),
            Section(heading="Examples", blocks=()),
            Section(heading="query_wait_timeout", level=2, blocks=(said,)),
        ),
    )
    prose, found, example = cut("pgbouncer", page, COUNT)
    assert found.passage.names == ("query_wait_timeout",)
    assert found.passage.text.startswith("query_wait_timeout\n\nMaximum time queries may wait.")
    assert found.passage.heading == ("pgbouncer.ini", "Dangerous timeouts")
    assert found.anchor == "wait"
    assert prose.passage.names == example.passage.names == ()
    assert (prose.passage.kind, example.passage.kind) == ("section", "example")
    assert example.passage.heading[-1] == "query_wait_timeout"


def test_an_example_is_code_with_the_prose_that_introduces_it():
    found = [
        one.passage.text
        for one in cuts("postgresql", "postgresql-15/app-pgdump.html")
        if one.passage.kind == "example"
    ]
    assert (
        "To dump a database called mydb into an SQL-script file:\n\n"
        "```\n$ pg_dump mydb > db.sql\n```" in found
    )


def test_the_synopsis_is_one_passage():
    kinds = Counter(one.passage.kind for one in cuts("git", "git-2.47/git-commit.1"))
    assert kinds["synopsis"] == 1
    assert kinds["option"] > 20
    assert kinds["parameter"] >= 3


def test_a_section_of_a_few_words_goes_below_the_prose_before_it():
    found = cuts("postgresql", "postgresql-15/sql-truncate.html")
    assert all(one.passage.heading[-1] != "See Also" for one in found)
    assert any("\n\nSee Also: DELETE" in one.passage.text for one in found)


def test_releases_share_what_they_say_alike():
    old = {one.passage.id for one in cuts("postgresql", "postgresql-15/sql-truncate.html")}
    new = {one.passage.id for one in cuts("postgresql", "postgresql-18/sql-truncate.html")}
    assert len(old & new) >= 0.8 * len(old)


@pytest.mark.parametrize(("product", "path"), PAGES)
def test_passages_are_in_order_distinct_and_named_by_their_content(product: str, path: str):
    found = cuts(product, path)
    assert [one.position for one in found] == list(range(len(found)))
    assert len({one.passage.id for one in found}) == len(found)
    for one in found:
        passage = one.passage
        assert passage.id == passage_id(
            product, passage.page, passage.kind, passage.heading, passage.text
        )
        assert passage.tokens == COUNT(passage.text)
        assert passage.tokens <= ENTRY + TINY
    assert found == cuts(product, path)


@pytest.mark.parametrize(("product", "path"), PAGES)
def test_every_word_of_a_page_is_in_exactly_one_passage(product: str, path: str):
    page = read(path)
    stated: Counter[str] = Counter()
    pending = [block for one in page.sections for block in one.blocks]
    while pending:
        block = pending.pop()
        if isinstance(block, Entry):
            stated.update(re.findall(r"\w+", " ".join(block.terms)))
            pending.extend(block.body)
        else:
            stated.update(re.findall(r"\w+", block.text))
    given: Counter[str] = Counter()
    for one in cut(product, page, COUNT):
        given.update(re.findall(r"\w+", one.passage.text))
    headings = Counter(re.findall(r"\w+", " ".join(one.heading for one in page.sections)))
    assert stated - given == Counter()
    assert given - stated - headings == Counter()


_SOME_WORDS = ("drop", "the", "table", "rows.", "restart,", "identity;", "--option", "(a)", "e.g.")
_WORDS = st.lists(st.sampled_from(_SOME_WORDS), min_size=1, max_size=700).map(" ".join)
_TEXTS = st.builds(Text, type=st.sampled_from(["prose", "code", "table"]), text=_WORDS)
_ENTRIES = st.recursive(
    st.builds(Entry, terms=st.tuples(st.just("--option=<value>")), body=st.tuples(_TEXTS)),
    lambda inner: st.builds(
        Entry, terms=st.tuples(st.just("group.*")), body=st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(_TEXTS, _ENTRIES), max_size=5),
    st.sampled_from(["Options", "Examples", "Synopsis", "Description"]),
)
def test_no_passage_is_too_large_and_no_word_is_lost(blocks, heading):
    found = one_section(*blocks, heading=heading)
    for one in found:
        largest = PROSE if one.passage.kind == "section" else ENTRY
        assert one.passage.tokens <= largest + TINY
    page_words = set(re.findall(r"\w+", " ".join(render(block) for block in blocks)))
    passage_words = set(re.findall(r"\w+", " ".join(one.passage.text for one in found)))
    assert page_words <= passage_words | {""}


def test_prose_that_ends_in_a_colon_stays_with_its_code():
    filler = Text(text="Words that fill the passage up to the brim of it. " * 16)
    code = Text(type="code", text="\n".join(f"SELECT {number};" for number in range(25)))
    found = one_section(filler, Text(text="For example:"), code, heading="Description")
    assert found[-1].passage.text.startswith("For example:\n\n```\nSELECT 0;")


def test_a_term_that_is_too_long_is_parted_as_well():
    found = one_section(Entry(terms=("endless " * 2000,), body=(Text(text="What it is."),)))
    assert max(one.passage.tokens for one in found) <= ENTRY + TINY
    assert max(len(part) for one in found for part in one.passage.heading) <= 80


def test_text_that_stands_twice_under_one_heading_is_one_passage():
    option = Entry(terms=("-q",), body=(Text(text="Quiet."),))
    assert len(one_section(option, option)) == 1


@settings(deadline=None)
@given(st.text(alphabet="`a\n", min_size=1))
def test_code_can_not_close_its_own_fence(code: str):
    lines = fenced(code).split("\n")
    assert all(line.strip() != lines[0] for line in lines[1:-1])
    assert lines[-1] == lines[0]
