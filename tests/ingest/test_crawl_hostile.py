"""A site that does everything to a crawler that a site can do."""

import gzip

import pytest
from local_site import Reply, Site, html, links, local_door, redirect

from corpora.errors import Reason, SourceError
from corpora.sources import SiteSource
from ingest.crawl import frontier
from ingest.crawl import links as links_module
from ingest.crawl.crawler import Crawler, CrawlLimits
from ingest.crawl.report import Why
from ingest.crawl.scope import Scope
from ingest.egress import Cache, Limits

MEGABYTE = 1024 * 1024
TIGHT = CrawlLimits(
    threads=1,  # the fake time jumps where one thread sleeps, and would jump for all
    page=Limits(
        body_bytes=MEGABYTE,
        seconds=5,
        idle_seconds=0.5,
        grace_seconds=0.5,
        bytes_per_second=1000,
    ),
)


@pytest.fixture
def site():
    with Site() as running:
        yield running


def crawl(site, tmp_path, limits=TIGHT, **declared):
    declared = {"start": f"{site.url}/docs/", **declared}
    with Cache(tmp_path / "state.sqlite") as cache, local_door(attempts=2) as door:
        return Crawler(door, cache, Scope(SiteSource(**declared), "1"), limits).crawl()


def reasons(done, site):
    return {problem.url.removeprefix(site.url): problem.why for problem in done.report.problems}


def everywhere(page):
    """``page`` of the path for every document, and 404 for what no site but a trap would have."""

    def answer(handler):
        missing = "no-such-page" in handler.path or not handler.path.startswith("/docs/")
        return Reply(status=404) if missing or "llms" in handler.path else page(handler.path)

    return answer


def drip(site):
    def write(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not site.over.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return write


def flood(site):
    def write(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while not site.over.is_set():
            handler.wfile.write(bytes(65536))

    return write


def test_everything_hostile_at_once_leaves_only_what_is_right(site, tmp_path):
    with Site({"/": html("secret")}, address="127.0.0.2") as inner, Site() as neighbour:
        bomb = gzip.compress(bytes(32 * MEGABYTE))
        attacks = {
            "inner": (redirect(f"{inner.url}/"), Why.REDIRECT),
            "neighbour": (redirect(f"{neighbour.url}/docs/"), Why.REDIRECT),
            "metadata": (redirect("http://169.254.169.254/latest/"), Why.REDIRECT),
            "passwd": (redirect("file:///etc/passwd"), Why.REDIRECT),
            "circle": (redirect("circle2"), Why.REDIRECT),
            "circle2": (redirect("circle"), Why.REDIRECT),
            "self": (redirect("self"), Why.REDIRECT),
            "nowhere": (redirect("http://[:"), Why.REDIRECT),
            "flood": (flood(site), Why.TOO_LARGE),
            "bomb": (Reply(bomb, headers={"Content-Encoding": "gzip"}), Why.TOO_LARGE),
            "brotli": (Reply(b"x", headers={"Content-Encoding": "br"}), Why.BROKEN),
            "drip": (drip(site), Why.TIMED_OUT),
            "error": (Reply(b"oops", 500), Why.SERVER_ERROR),
            "busy": (Reply(b"", 429, {"Retry-After": "999999"}), Why.SERVER_ERROR),
            "private": (Reply(b"", 403), Why.FORBIDDEN),
            "gone": (Reply(b"", 410), Why.GONE),
            "picture": (
                Reply(b"\x89PNG", headers={"Content-Type": "image/png"}),
                Why.NOT_A_DOCUMENT,
            ),
            "empty": (Reply(b" ", headers={"Content-Type": "text/html"}), Why.BROKEN),
            "headers": (
                Reply(b"x", headers={"X-Large": "x" * 60_000, "X-2": "x" * 9000}),
                Why.TOO_LARGE,
            ),
            "not-http": (lambda handler: handler.wfile.write(b"\0" * 99) and None, Why.BROKEN),
        }
        site.routes |= {f"/docs/{name}": route for name, (route, _) in attacks.items()}
        site.routes["/docs/"] = links("good", *attacks, "/docs/" + "x/" * 40, "http://[", title="i")
        site.routes["/docs/good"] = links("/docs/", title="Good")
        done = crawl(site, tmp_path)
        assert [page.slug for page in done.pages] == ["good", "index"]
        found = reasons(done, site)
        assert {name: found.get(f"/docs/{name}") for name in attacks} == {
            name: why for name, (_, why) in attacks.items()
        }
        assert found["/docs/" + "x/" * 40] is Why.TRAP
        assert inner.asked == neighbour.asked == []
        assert done.report.bytes_received < 10 * MEGABYTE


def test_endless_links_end_at_the_depth(site, tmp_path):
    site.default = everywhere(lambda path: links(f"{path}a", title=f"Page {path}"))
    done = crawl(site, tmp_path, max_depth=7)
    assert len(done.pages) == 8
    assert done.report.counts[Why.TOO_DEEP] == 1
    assert done.report.truncated


def test_endlessly_many_links_end_at_the_page_limit(site, tmp_path):
    def many(path):
        here = path.rstrip("/")
        return links(*(f"{here}/{letter}" for letter in "abcdefgh"), title=f"Page {here}")

    site.default = everywhere(many)
    done = crawl(site, tmp_path, max_pages=50)
    assert len(done.pages) == 50
    assert done.report.counts[Why.PAGE_LIMIT] > 0


def test_the_days_of_a_calendar_end_at_the_limit_of_their_shape(site, tmp_path, monkeypatch):
    monkeypatch.setattr(frontier, "MAX_SHAPE", 20)

    def day(path):
        number = int(path.partition("-")[2] or 0)
        following = (f"/docs/day-{number * 10 + n}" for n in range(10))
        return links(*following, title=f"Day {number}")

    site.default = everywhere(day)
    done = crawl(site, tmp_path)
    assert len(done.pages) <= 21
    assert done.report.counts[Why.TRAP] > 0


def test_session_ids_in_path_or_query_do_not_multiply_pages(site, tmp_path):
    def page(handler):
        session = len(site.asked)
        name = handler.path.partition(";")[0]
        return links(
            f"/docs/a;jsessionid={session}", f"/docs/?sid={session}", title=name, text="same"
        )

    site.routes |= {"/docs/": page, "/docs/a": page}
    done = crawl(site, tmp_path)
    assert [page.slug for page in done.pages] == ["a", "index"]


def test_pages_with_the_same_content_lead_no_further(site, tmp_path):
    site.default = everywhere(lambda _: links("x/", "y/", title="The same"))
    done = crawl(site, tmp_path)
    assert [page.slug for page in done.pages] == ["index"]
    assert done.report.counts == {Why.DUPLICATE: 2}


def test_a_site_that_serves_one_page_for_everything_is_refused(site, tmp_path):
    site.default = lambda handler: html(f"<script>at('{handler.path}')</script>", title="App")
    site.routes["/robots.txt"] = Reply(status=404)
    with pytest.raises(SourceError) as caught:
        crawl(site, tmp_path)
    assert "whatever is asked" in caught.value.detail


def test_more_addresses_than_memory_should_hold_are_only_counted(site, tmp_path, monkeypatch):
    monkeypatch.setattr(frontier, "SEEN_PER_PAGE", 2)
    site.routes["/docs/"] = links(*(f"p{letter}" for letter in "abcdefghij"), title="i")
    done = crawl(site, tmp_path, max_pages=3)
    assert done.report.counts[Why.PAGE_LIMIT] == 5 + 3


def test_a_page_of_too_many_links_is_named(site, tmp_path, monkeypatch):
    monkeypatch.setattr(links_module, "MAX_LINKS", 3)
    site.routes["/docs/"] = links("a", "b", "c", "d", title="i")
    done = crawl(site, tmp_path)
    assert reasons(done, site)["/docs/"] is Why.TRAP


def test_a_site_that_is_down_ends_the_crawl(site, tmp_path):
    site.routes["/docs/"] = links(*(f"p{n}" for n in range(40)), title="i")
    site.default = Reply(status=503)
    site.routes["/robots.txt"] = Reply(status=404)
    with pytest.raises(SourceError) as caught:
        crawl(site, tmp_path, CrawlLimits(faults_in_a_row=10), discover=("links",))
    assert caught.value.reason is Reason.UNREACHABLE
    assert "in a row" in caught.value.detail


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (Reply(status=404), Reason.NOT_FOUND),
        (Reply(status=500), Reason.UNREACHABLE),
        (Reply(b"%PDF", headers={"Content-Type": "application/pdf"}), Reason.UNREACHABLE),
    ],
)
def test_a_start_that_can_not_be_had_is_an_error(site, tmp_path, start, reason):
    site.routes["/docs/"] = start
    with pytest.raises(SourceError) as caught:
        crawl(site, tmp_path)
    assert caught.value.reason is reason


def test_more_bytes_than_a_crawl_may_have_end_it(site, tmp_path):
    site.routes["/docs/"] = links("a", "b", title="i", text="x" * 2000)
    site.routes |= {f"/docs/{name}": html(name * 2000, name) for name in "ab"}
    with pytest.raises(SourceError) as caught:
        crawl(site, tmp_path, CrawlLimits(total_bytes=5000))
    assert caught.value.reason is Reason.TOO_LARGE
