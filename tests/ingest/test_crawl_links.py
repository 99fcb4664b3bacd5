import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.crawl.links import MAX_LINKS, read_html, read_markdown, reader

PAGE = b"""<html><head><title> A
 page </title><base href="/docs/15/"><link rel="next" href="b.html">
<link rel="alternate CANONICAL" href="a.html"></head><body>
<!-- <a href="hidden.html">x</a> --><a href="x.html#1">x</a> <a href=" x.html#2 ">x</a>
<a name=y>y</a><a href="">z</a><map><area href="//h2/y"></map><a href="http://[bad">w</a>"""


def test_links_are_absolute_and_each_is_there_once():
    found = read_html("http://h/other/page.html", PAGE)
    assert found.links == ("http://h/docs/15/x.html", "http://h2/y")
    assert (found.title, found.canonical) == ("A page", "http://h/docs/15/a.html")


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=next.html", "http://h/next.html"),
        ("3;URL='http://h2/'", "http://h2/"),
        ("600; url=/", ""),
        ("5", ""),
    ],
)
def test_a_page_that_leaves_at_once_is_a_redirect(content, target):
    page = f'<meta http-equiv="Refresh" content="{content}">'.encode()
    assert read_html("http://h/", page).refresh == target


def test_links_are_found_in_a_charset_that_is_not_the_declared_one():
    page = '<meta charset="utf-8"><a href="a.html">Größe</a>'.encode("iso8859-1")
    assert read_html("http://h/", page).links == ("http://h/a.html",)
    wide = '<html><a href="b.html">x</a>'.encode("utf-16")
    assert read_html("http://h/", wide).links == ("http://h/b.html",)


def test_more_links_than_a_page_may_have_are_cut_and_said():
    page = b"".join(b'<a href="%d">x</a>' % n for n in range(MAX_LINKS + 5))
    found = read_html("http://h/", page)
    assert (len(found.links), found.overflow) == (MAX_LINKS, True)


def test_markdown_links_of_every_kind_are_found():
    text = b"""# The title
[a](a.md "title") ![i](i.png) [b](<b.md>) [c][ref] <https://h2/auto>

[ref]: ../c.md
"""
    found = read_markdown("http://h/docs/x.md", text)
    assert found.title == "The title"
    assert found.links == (
        *("http://h/docs/a.md", "http://h/docs/i.png", "http://h/docs/b.md"),
        *("https://h2/auto", "http://h/c.md"),
    )


@pytest.mark.parametrize("data", [b"", b"\0", b"<", b"<div>" * 20_000, b"\xff\xfe", b"<!-- "])
def test_what_can_not_be_parsed_has_no_links(data):
    assert read_html("http://h/", data).links == ()


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_readers_down(data):
    read_html("http://h/", data)
    read_markdown("http://h/", data)


def test_the_reader_is_chosen_by_type_and_then_by_name():
    assert reader("text/html", "/a.md") is read_html
    assert reader("text/plain", "/a.md") is read_markdown
    assert reader("", "/a") is read_html
    assert reader("application/pdf", "/a.html") is None
    assert reader("text/plain", "/a.txt") is None
