import gzip
from datetime import UTC, datetime

import pytest
from local_site import Reply, Site, local_door, redirect

from corpora.errors import Reason, SourceError
from corpora.sources import SiteSource
from ingest.crawl import discover
from ingest.crawl.discover import Listings
from ingest.crawl.report import Ledger, Why
from ingest.crawl.robots import read_robots
from ingest.crawl.scope import Scope
from ingest.crawl.soft404 import SoftNotFound, probe

BEGUN = datetime(2000, 1, 1, tzinfo=UTC)
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@pytest.fixture
def site():
    with Site() as running:
        yield running


@pytest.fixture
def door():
    with local_door() as opened:
        yield opened


def urlset(*urls):
    entries = "".join(f"<url><loc> {url} </loc><lastmod>2026</lastmod></url>" for url in urls)
    return f'<?xml version="1.0"?><urlset {NAMESPACE}>{entries}</urlset>'.encode()


def index(*urls):
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<sitemapindex {NAMESPACE}>{entries}</sitemapindex>".encode()


def listings(site, door, ledger=None):
    declared = SiteSource(start=f"{site.url}/docs/{{release}}/")
    return Listings(door, Scope(declared, "15"), ledger or Ledger(), BEGUN)


def test_a_sitemap_is_read_where_it_is_by_convention(site, door):
    site.routes["/sitemap.xml"] = Reply(urlset("http://h/a", "http://h/b?x=1&amp;y=2"))
    assert list(listings(site, door).sitemaps(())) == ["http://h/a", "http://h/b?x=1&y=2"]


def test_an_index_is_followed_into_packed_sitemaps_but_not_to_other_releases(site, door):
    site.routes |= {
        "/i.xml": Reply(
            index(f"{site.url}/s.xml.gz", f"{site.url}/i.xml", f"{site.url}/docs/16/sitemap.xml")
        ),
        "/s.xml.gz": Reply(gzip.compress(urlset("http://h/a"))),
    }
    assert list(listings(site, door).sitemaps((f"{site.url}/i.xml",))) == ["http://h/a"]
    assert site.asked == ["/i.xml", "/s.xml.gz"]


def test_a_sitemap_bomb_is_refused(site, door, monkeypatch):
    monkeypatch.setattr(discover, "MAX_BYTES", 100_000)
    ledger = Ledger()
    site.routes["/s.gz"] = Reply(gzip.compress(urlset(*["http://h/a"] * 100_000)))
    assert list(listings(site, door, ledger).sitemaps((f"{site.url}/s.gz",))) == []
    assert ledger.counts == {Why.TOO_LARGE: 1}


def test_a_sitemap_with_entities_is_refused(site, door):
    ledger = Ledger()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + urlset("&b;")
    site.routes["/sitemap.xml"] = Reply(bomb)
    assert list(listings(site, door, ledger).sitemaps(())) == []
    assert ledger.counts == {Why.BROKEN: 1}


def test_what_came_before_a_broken_place_counts(site, door):
    ledger = Ledger()
    site.routes["/sitemap.xml"] = Reply(urlset("http://h/a")[:-20] + b"<<<")
    assert list(listings(site, door, ledger).sitemaps(())) == ["http://h/a"]
    assert ledger.counts == {Why.BROKEN: 1}


def test_an_endless_index_ends_at_the_limit(site, door, monkeypatch):
    monkeypatch.setattr(discover, "MAX_SITEMAPS", 5)
    ledger = Ledger()

    def more(handler):
        return Reply(index(f"{site.url}{handler.path}0", f"{site.url}{handler.path}1"))

    site.default = more
    assert list(listings(site, door, ledger).sitemaps(())) == []
    assert len(site.asked) == 5
    assert ledger.counts[Why.PAGE_LIMIT] == 1


def test_a_sitemap_of_too_many_entries_is_cut(site, door, monkeypatch):
    monkeypatch.setattr(discover, "MAX_ENTRIES", 3)
    site.routes["/sitemap.xml"] = Reply(urlset(*(f"http://h/{n}" for n in range(9))))
    assert len(list(listings(site, door).sitemaps(()))) == 3


def test_a_named_sitemap_that_is_missing_is_noted_and_the_usual_one_is_not(site, door):
    ledger = Ledger()
    assert list(listings(site, door, ledger).sitemaps(())) == []
    assert not ledger.counts
    assert list(listings(site, door, ledger).sitemaps((f"{site.url}/no.xml",))) == []
    assert ledger.counts == {Why.UNREACHABLE: 1}


def test_llms_txt_is_read_beside_the_start_and_at_the_root(site, door):
    site.routes |= {
        "/docs/15/llms.txt": Reply(b"# Docs\n- [A](a.md): about a\n"),
        "/llms.txt": Reply(b"<html><a href='/x'>no such page</a>"),
    }
    assert list(listings(site, door).llms()) == [f"{site.url}/docs/15/a.md"]


def robots(site, door, text, status=200):
    site.routes["/robots.txt"] = Reply(text.encode(), status)
    return read_robots(door, f"{site.url}/docs/")


def test_robots_txt_says_what_may_be_asked_for(site, door):
    found = robots(
        site,
        door,
        "User-agent: *\nDisallow: /\n\nUser-agent: Flagstone\nAllow: /docs/a\nDisallow: /docs/\n"
        "Crawl-delay: 2.5\nSitemap: https://h/s.xml\n",
    )
    assert found.allows(f"{site.url}/docs/a.html")
    assert not found.allows(f"{site.url}/docs/b.html")
    assert found.allows(f"{site.url}/other")
    assert (found.delay, found.sitemaps) == (2.5, ("https://h/s.xml",))


def test_a_request_rate_is_a_delay(site, door):
    assert robots(site, door, "User-agent: *\nRequest-rate: 1/10s").delay == 10


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_robots_txt_allows_everything(site, door, status):
    assert robots(site, door, "User-agent: *\nDisallow: /", status).allows(f"{site.url}/x")


def test_robots_txt_is_read_behind_a_redirect(site, door):
    site.routes |= {
        "/robots.txt": redirect("/r", 301),
        "/r": Reply(b"User-agent: *\nDisallow: /x"),
    }
    assert not read_robots(door, f"{site.url}/").allows(f"{site.url}/x")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_that_can_not_say_what_is_allowed_allows_nothing(site, door, status):
    with pytest.raises(SourceError) as caught:
        robots(site, door, "", status)
    assert caught.value.reason is Reason.UNREACHABLE


@pytest.mark.parametrize("delay", ["86400", "61", "1e300"])
def test_a_delay_that_can_not_be_waited_ends_the_crawl(site, door, delay):
    with pytest.raises(SourceError) as caught:
        robots(site, door, f"User-agent: *\nCrawl-delay: {delay}")
    assert caught.value.reason is Reason.REFUSED


@pytest.mark.parametrize(
    "text", ["Crawl-delay: nan", "Crawl-delay: -5", "Crawl-delay: inf", "\0\0", "<html>"]
)
def test_a_senseless_robots_txt_is_no_rule(site, door, text):
    assert robots(site, door, f"User-agent: *\n{text}").delay == 0


def test_an_enormous_robots_txt_is_not_obeyed_in_parts(site, door):
    with pytest.raises(SourceError) as caught:
        robots(site, door, "User-agent: *\nAllow: /\n" + "# x\n" * 200_000)
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "title",
    [
        "404 Not Found",
        "Page not found · Docs",
        "Error 404",
        "Not Found",
        "410 Gone",
        "Sorry, the requested page could not be found",
        "The page was not found | Helm",
    ],
)
def test_a_title_that_says_not_found_is_recognised(title):
    assert SoftNotFound().is_title(title)


@pytest.mark.parametrize(
    "title",
    [
        "bash: command not found",
        "not_found_handler",
        "Page fault handling",
        "4040 ports",
        "Fixing 404 errors",
        "PostgreSQL: Documentation: 15: 43.4.1. Not Found Exceptions",
    ],
)
def test_a_title_of_a_real_page_is_not_taken_for_it(title):
    assert not SoftNotFound().is_title(title)


def test_the_page_served_for_missing_pages_is_recognised_though_it_names_them(site, door):
    def always(handler):
        return Reply(f"<p>Nothing at {handler.path}, time 12:3{len(site.asked)}".encode())

    site.default = always
    found = probe(door, f"{site.url}/docs/", BEGUN)
    assert found.is_page(f"{site.url}/docs/other.html", b"<p>Nothing at /docs/other.html, time 9:0")
    assert not found.is_page(f"{site.url}/docs/other.html", b"<p>Something else")


def test_a_site_that_answers_missing_pages_with_404_has_no_such_page(site, door):
    assert probe(door, f"{site.url}/docs/", BEGUN) == SoftNotFound()
