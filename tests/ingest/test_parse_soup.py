"""The tree that is read is the tree that Beautiful Soup makes with lxml, without what is hidden."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpora.errors import ParseError
from ingest.parse.clean import hidden
from ingest.parse.limits import MAX_DEPTH
from ingest.parse.markup import tree

FIXTURES = sorted((Path(__file__).parent / "fixtures" / "postgresql-15").glob("*.html"))
TAGS = ["p", "div", "pre", "b", "dl", "dt", "dd", "table", "tr", "td", "ruby", "rt", "body", "ul"]
HIDDEN = ["script", 'p hidden=""', "style", 'span style="display: none"', 'i aria-hidden="true"']
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS + HIDDEN]),
    st.sampled_from([f"</{tag.partition(' ')[0]}>" for tag in TAGS + HIDDEN]),
    st.sampled_from(["<br>", "<!-- c -->", "<?x y?>", "&amp;", "&nope;", "&#xa0;"]),
    st.sampled_from(["<o:p a=b a=c>", '<a name=x class="u v">']),
    st.sampled_from([" ", "\n", "\t\n ", "text", " text ", "é", "<", "<td class='x y'>"]),
)


def expected(html: str) -> Tag | None:
    body = BeautifulSoup(html, "lxml", multi_valued_attributes=None).body
    for element in body.find_all(True) if body else ():
        if not element.decomposed and hidden(element.name, element.attrs):  # type: ignore[arg-type]
            element.decompose()
    return body


def shown(node: PageElement) -> object:
    """A node as plain values; the class of a string is part of it."""
    if isinstance(node, Tag):
        inner = [one for one in node.contents if not isinstance(one, PreformattedString)]
        return node.name, dict(node.attrs), [shown(one) for one in inner]
    assert isinstance(node, NavigableString)
    return type(node).__name__, str(node)


def check(html: str) -> None:
    body = expected(html)
    if body is None:
        with pytest.raises(ParseError):
            tree("x.html", html)
        return
    found = tree("x.html", html).body
    assert found is not None
    assert shown(found) == shown(body)
    # The links that searches follow go through the tree in the order of its text.
    assert [one.name for one in found.find_all(True)] == [one.name for one in body.find_all(True)]
    assert found.get_text() == body.get_text()
    for element in found.find_all(True):
        assert element.parent is not None
        assert [one for one in element.parent.contents if one is element] == [element]
        following = element.find_next_sibling()
        assert following is None or following.find_previous_sibling() is element


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
@example("<p>a<!-- x --> b</p> c")
@example("<pre> \n </pre> \n <p> \n </p>")
@example("<title>t</title><script>if (a < b)</script><p>x")
@example("<ruby>漢<rt><b>kan</b></rt></ruby> x")
def test_any_markup_gives_the_tree_of_beautiful_soup(html: str) -> None:
    check(f"<html><body>{html}</body></html>")
    check(f"<{html}")


@pytest.mark.parametrize("page", FIXTURES, ids=lambda page: page.name)
def test_recorded_pages_give_the_tree_of_beautiful_soup(page: Path) -> None:
    check(page.read_text("utf-8").partition("?>")[2])  # Beautiful Soup warns of XML read as HTML


def test_what_nests_too_deep_is_refused_and_what_is_hidden_does_not_count() -> None:
    tree("x.html", "<b>" * (MAX_DEPTH - 1) + "text")
    tree("x.html", f"<p>text<template>{'<b>' * 500}</template>")
    for depth in (MAX_DEPTH + 2, 100_000):
        with pytest.raises(ParseError, match="deeper"):
            tree("x.html", "<b>" * depth + "text")
