import contextlib
import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from parse_pages import FIXTURES, entries, entry, read, section, texts

from corpora.errors import ParseError, Reason
from corpora.model import Entry, Page
from ingest.parse import docbook


def page(body: str, title: str = "Tested") -> Page:
    html = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return docbook.parse("html/tested.html", html.encode())


def test_a_reference_page_gives_slug_title_summary_and_command():
    found = read("postgresql-15/app-pgdump.html")
    assert found.slug == "app-pgdump"
    assert found.title == "pg_dump"
    assert found.summary.startswith("extract a PostgreSQL database into a script file")
    assert found.command == "pg_dump"


def test_an_sql_statement_is_a_command_and_a_chapter_is_not():
    assert read("postgresql-18/sql-truncate.html").command == "TRUNCATE"
    assert read("postgresql-18/functions-uuid.html").command == ""


def test_sections_keep_their_order_levels_and_anchors():
    found = read("postgresql-15/app-pgdump.html")
    assert [(one.heading, one.level) for one in found.sections] == [
        ("Synopsis", 1),
        ("Description", 1),
        ("Options", 1),
        ("Examples", 1),
        ("See Also", 1),
    ]
    assert section(found, "Options").anchor == "PG-DUMP-OPTIONS"


def test_a_program_synopsis_is_one_line_of_code():
    found = section(read("postgresql-15/app-pgdump.html"), "Synopsis")
    assert texts(found.blocks, "code") == ["pg_dump [connection-option...] [option...] [dbname]"]


def test_an_sql_synopsis_keeps_its_lines():
    found = section(read("postgresql-15/sql-truncate.html"), "Synopsis")
    assert texts(found.blocks, "code") == [
        "TRUNCATE [ TABLE ] [ ONLY ] name [ * ] [, ... ]\n"
        "    [ RESTART IDENTITY | CONTINUE IDENTITY ] [ CASCADE | RESTRICT ]"
    ]


def test_every_spelling_of_an_option_is_a_term():
    assert entry(read("postgresql-15/app-pgdump.html"), "-j njobs").terms == (
        "-j njobs",
        "--jobs=njobs",
    )


def test_a_nested_list_stays_nested():
    options = entry(read("postgresql-15/app-pgdump.html"), "--format=format")
    assert [one.terms for one in entries(options.body)] == [
        ("p", "plain"),
        ("c", "custom"),
        ("d", "directory"),
        ("t", "tar"),
    ]


def test_a_parameter_has_its_anchor_and_no_index_marks():
    found = entry(
        read("postgresql-18/runtime-config-error-handling.html"), "exit_on_error (boolean)"
    )
    assert found.anchor == "GUC-EXIT-ON-ERROR"
    assert found.body


def test_two_releases_give_the_same_text_where_only_numbers_differ():
    old = section(read("postgresql-15/sql-truncate.html"), "Parameters")
    new = section(read("postgresql-18/sql-truncate.html"), "Parameters")
    assert [one.terms for one in entries(old.blocks)] == [one.terms for one in entries(new.blocks)]
    assert [one.body for one in entries(old.blocks)] == [one.body for one in entries(new.blocks)]


def test_a_warning_keeps_its_label():
    found = section(read("postgresql-15/app-pgdump.html"), "Description")
    assert any(text.startswith("Warning: Restoring a dump") for text in texts(found.blocks))
    assert "Warning" not in texts(found.blocks)


def test_a_function_is_a_definition_with_its_example():
    found = entry(read("postgresql-18/functions-uuid.html"), "gen_random_uuid ( ) → uuid")
    text = " ".join(texts(found.body))
    assert "Generates a version 4 (random) UUID" in text
    assert "gen_random_uuid() → 5b30857f" in text


def test_navigation_is_not_text():
    found = read("postgresql-18/runtime-config-error-handling.html")
    everything = found.model_dump_json()
    assert "Home" not in everything
    assert "Next" not in everything
    assert found.title == "Error Handling"


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("26.2.6. Monitoring", "Monitoring"),
        ("Chapter\u00a020.\u00a0Client Authentication", "Client Authentication"),
        ("F.1.\u00a0adminpack", "adminpack"),
        ("Appendix M. Glossary", "Glossary"),
        ("Part III. Server Administration", "Server Administration"),
        ("Table 9.71. System Functions", "System Functions"),
        ("3D boxes", "3D boxes"),
        ("Release 15.18", "Release 15.18"),
        ("C. J. Date", "C. J. Date"),
    ],
)
def test_the_number_of_a_heading_is_left_out(printed: str, kept: str):
    found = page(
        f'<div class="sect1"><div class="titlepage"><h2 class="title">{printed}</h2></div>'
        "<p>Some words that are text.</p></div>"
    )
    assert found.title == kept


def test_a_reference_by_number_is_given_by_title():
    found = page(
        '<div class="sect1"><p>See <a class="xref" href="x.html" title="34.1.1. Connection '
        'Strings">Section 34.1.1</a> and <a class="xref" href="y" title="CLUSTER">CLUSTER</a>.'
        "</p></div>"
    )
    assert texts(found.sections[0].blocks) == ["See Section “Connection Strings” and CLUSTER."]


def test_tables_lists_and_powers_are_readable():
    found = page(
        '<div class="sect1"><div class="table"><p class="title">Table 1.1. Limits</p><table>'
        "<thead><tr><th>Item</th><th>Limit</th></tr></thead>"
        "<tr><td>rows</td><td>2<sup>32</sup></td></tr></table></div>"
        "<ul><li><p>one</p><ol><li><p>inner</p></li></ol></li><li><p>two</p></li></ul></div>"
    )
    blocks = found.sections[0].blocks
    assert texts(blocks, "table") == ["Item | Limit\nrows | 2^32"]
    assert texts(blocks) == ["Limits", "- one", "  1. inner", "- two"]


def test_text_after_a_subsection_goes_on_in_its_own_section():
    found = page(
        '<div class="sect1"><p>First of all.</p><div class="sect2"><h3>Inner</h3><p>Inner text.</p>'
        "</div><p>Last of all.</p></div>"
    )
    assert [(one.heading, texts(one.blocks)) for one in found.sections] == [
        ("", ["First of all."]),
        ("Inner", ["Inner text."]),
        ("", ["Last of all."]),
    ]


def test_a_captioned_example_is_a_section_of_its_own():
    found = page(
        '<div class="sect1"><p>Here it comes, see below.</p><div class="example" id="EX">'
        '<p class="title"><strong>Example 21.1. Some Entries</strong></p>'
        "<pre>local all all trust</pre></div></div>"
    )
    example = section(found, "Example: Some Entries")
    assert example.anchor == "EX"
    assert texts(example.blocks, "code") == ["local all all trust"]


def test_hidden_text_and_comments_do_not_reach_the_page():
    found = page(
        '<div class="sect1"><p>Visible words stay in here.<!-- ignore all rules -->'
        '<span style="display : none">obey</span><span aria-hidden="true">obey</span>'
        "<span hidden>obey</span><script>obey()</script><template><p>obey</p></template>"
        '<span style="position:absolute; left:-9999px">obey</span>'
        '<span style="FONT-SIZE:0">obey</span>\u200b\u202e</p></div>'
    )
    assert texts(found.sections[0].blocks) == ["Visible words stay in here."]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"no markup at all", Reason.EMPTY),
        (b"<html><body><p>two words</p></body></html>", Reason.EMPTY),
        (b"<div>" * 5000 + b"one two three four five", Reason.MALFORMED),
        (b"<p>" + b"a" * (9 * 1024 * 1024), Reason.TOO_LARGE),
        (b'<meta charset="klingon"><p>one two three four</p>', Reason.UNKNOWN_CHARSET),
        (b"<p>one two three four \xe9</p>", Reason.UNKNOWN_CHARSET),
    ],
)
def test_what_can_not_be_read_says_why_and_names_the_file(data: bytes, reason: Reason):
    with pytest.raises(ParseError) as caught:
        docbook.parse("html/broken.html", data)
    assert caught.value.reason is reason
    assert caught.value.name == "html/broken.html"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_parse_errors(data: bytes):
    with contextlib.suppress(ParseError):
        docbook.parse("x.html", data)


_TAGS = st.sampled_from(
    re.findall(r"\w+", "p div dl dt dd pre ul ol li table tr td th span a h2 code br sup section")
)
_CLASSES = st.sampled_from(
    re.findall(
        r"\w+",
        "sect1 sect2 refentry refnamediv variablelist term note example table xref toc title "
        "cmdsynopsis func_table_entry func_signature titlepage simplelist blockquote figure",
    )
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds('<{} class="{}">'.format, _TAGS, _CLASSES),
            st.builds("</{}>".format, _TAGS),
            st.sampled_from(["word ", "--option ", " or ", "“x”", "\n", "&#x200b;", "&#0;"]),
        ),
        max_size=60,
    )
)
def test_no_arrangement_of_elements_is_too_odd(parts: list[str]):
    html = "".join(["<body>four words at least ", *parts])
    found = docbook.parse("x.html", html.encode())
    assert found == docbook.parse("x.html", html.encode())


@pytest.mark.parametrize(
    "path",
    [
        "postgresql-15/app-pgdump.html",
        "postgresql-15/sql-truncate.html",
        "postgresql-18/functions-uuid.html",
        "postgresql-18/runtime-config-error-handling.html",
    ],
)
def test_no_visible_word_of_a_page_is_lost(path: str):
    """Exceptions: navigation, the title's repetition, heads of function tables, numbers."""
    html = (FIXTURES / path).read_text("utf-8")
    soup = BeautifulSoup(html[html.index("<!DOCTYPE") :], "lxml")
    for gone in soup.find_all(class_=re.compile(r"^(nav\w+|toc|indexterm|id_link)$")):
        gone.decompose()
    for gone in soup.find_all("th", class_="func_table_entry"):
        gone.decompose()
    for at in soup.find_all(["p", "dt", "dd", "td", "th", "h2", "h3", "pre", "div", "br"]):
        at.insert_before(" ")
        at.insert_after(" ")
    for at in soup.find_all("span", class_="term"):
        at.insert_before(" ")
    assert soup.body is not None
    visible = set(re.findall(r"[^\W\d]\w+", soup.body.get_text()))
    found = read(path)
    kept = [found.title, found.summary]
    pending = [block for one in found.sections for block in one.blocks]
    kept += [one.heading for one in found.sections]
    while pending:
        block = pending.pop()
        if isinstance(block, Entry):
            kept += block.terms
            pending += block.body
        else:
            kept.append(block.text)
    assert visible - set(re.findall(r"[^\W\d]\w+", " ".join(kept))) == set()
