import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.crawl.urls import canonical, is_trap, resolve, shape


@pytest.mark.parametrize(
    ("url", "one"),
    [
        ("HTTP://Docs.Example.org:80", "http://docs.example.org/"),
        ("https://docs.example.org:443/a", "https://docs.example.org/a"),
        ("https://docs.example.org:8443/a", "https://docs.example.org:8443/a"),
        ("https://docs.example.org./a#part", "https://docs.example.org/a"),
        ("https://h/a/index.html", "https://h/a/"),
        ("https://h/INDEX.HTM", "https://h/"),
        ("https://h/a/index.html.md", "https://h/a/index.html.md"),
        ("https://h/a/index.md", "https://h/a/index.md"),
        ("https://h/bookindex.html", "https://h/bookindex.html"),
        ("https://h/a?utm_source=x&sid=1", "https://h/a"),
        ("https://h/a;jsessionid=1A2B/b;v=1", "https://h/a/b"),
        ("https://h//a///b/../c/./d", "https://h/a/c/d"),
        ("https://h/a/b/..", "https://h/a/"),
        ("https://h/%7euser/%2e%2e/%c3%a9 x", "https://h/%C3%A9%20x"),
        ("https://h/é", "https://h/%C3%A9"),
        ("https://h/a%2fb", "https://h/a%2Fb"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
    ],
)
def test_each_page_has_one_spelling(url, one):
    assert canonical(url) == one


def test_query_parameters_that_name_a_document_are_kept_in_order():
    url = "https://h/a?utm_source=x&version=2&page=%20b"
    assert canonical(url, ("page", "version")) == "https://h/a?page=+b&version=2"


@pytest.mark.parametrize(
    "url",
    [
        "mailto:a@b",
        "javascript:void(0)",
        "ftp://h/",
        "http://",
        "http://u:p@h/",
        "http://h:x/",
        "http://[::1/",
        "/relative",
        "",
        "http://h/" + "a" * 5000,
        "file:///etc/passwd",
    ],
)
def test_what_is_no_address_to_crawl_has_none(url):
    assert canonical(url) is None


@given(
    st.one_of(
        st.text(),
        st.text(alphabet="/.%;?#=&ae2fE5 é\\").map(lambda path: f"http://h/{path}"),
    )
)
def test_a_canonical_address_is_its_own_spelling(url):
    one = canonical(url)
    if one is not None:
        assert canonical(one) == one
        assert "#" not in one
        assert "/../" not in one


def test_links_are_resolved_against_their_page():
    assert resolve("http://h/docs/15/a.html", "../16/b.html#x") == "http://h/docs/16/b.html"
    assert resolve("http://h/docs/", "//[bad") is None


@pytest.mark.parametrize(
    "path", ["/a/b" * 4, "/x" * 30, "/" + "a" * 1200, "/calendar/calendar/calendar/calendar"]
)
def test_addresses_that_no_honest_page_has_are_traps(path):
    assert is_trap(f"http://h{path}")


def test_real_addresses_are_no_traps():
    assert not is_trap("https://docs.aws.amazon.com/cli/latest/reference/s3/s3/s3.html")


def test_pages_of_a_calendar_have_one_shape():
    assert shape("http://h/2026/03/01") == shape("http://h/1999/12/31")
