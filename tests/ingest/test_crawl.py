import pytest
from local_site import FakeTime, Reply, Site, html, links, local_door, redirect

from corpora.errors import Reason, SourceError
from corpora.sources import SiteSource
from ingest.crawl.crawler import Crawler, CrawlLimits
from ingest.crawl.report import Why
from ingest.crawl.scope import Scope
from ingest.egress import Cache

FURNITURE = ["/robots.txt", "/sitemap.xml", "/docs/15/llms.txt", "/llms.txt"]


def conditional(page):
    """``page`` as a server with entity tags gives it."""
    tag = f'"{hash(page.body)}"'

    def answer(handler):
        if handler.headers.get("If-None-Match") == tag:
            return Reply(status=304)
        return Reply(page.body, headers={**page.headers, "ETag": tag})

    return answer


@pytest.fixture
def site():
    pages = {
        "/docs/15/": links("a.html", "b.html#x", "/docs/16/a.html", "/about/", title="Index"),
        "/docs/15/a.html": links("b.html", "c.html", "index.html", title="A"),
        "/docs/15/b.html": links("c.html?utm=1", "https://elsewhere.example/", title="B"),
        "/docs/15/c.html": links("a.html", "picture.png", title="C"),
    }
    with Site({path: conditional(page) for path, page in pages.items()}) as running:
        yield running


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state.sqlite"


def crawler_of(site, cache, door, limits=None, **declared):
    declared = {
        "start": f"{site.url}/docs/{{release}}/",
        "include": ("/docs/{release}/*",),
        **declared,
    }
    return Crawler(door, cache, Scope(SiteSource(**declared), "15"), limits)


def crawl(site, state, *, limits=None, time=None, **declared):
    clock = (time or FakeTime()).clock()
    with Cache(state) as cache, local_door(clock) as door:
        return crawler_of(site, cache, door, limits, **declared).crawl()


def paths(site):
    """The pages that were asked for, without what every crawl asks for first."""
    return [path for path in site.asked if path not in FURNITURE and "no-such-page" not in path]


def why(done, site):
    return {(problem.url.removeprefix(site.url), problem.why) for problem in done.report.problems}


def slugs(done):
    return [page.slug for page in done.pages]


def test_every_page_in_scope_is_fetched_once_and_the_rest_is_named(site, state):
    done = crawl(site, state)
    assert slugs(done) == ["a", "b", "c", "index"]
    assert sorted(paths(site)) == sorted(f"/docs/15/{name}" for name in ("", *PAGES))
    assert why(done, site) == {
        ("/docs/16/a.html", Why.OTHER_RELEASE),
        ("/about/", Why.OUT_OF_SCOPE),
        ("https://elsewhere.example/", Why.OTHER_SITE),
        ("/docs/15/picture.png", Why.NOT_A_DOCUMENT),
    }
    assert done.report.other_releases == ("16",)
    assert not done.report.truncated
    assert done.report.failed == 0


PAGES = ("a.html", "b.html", "c.html")


def test_a_document_has_its_bytes_its_address_and_its_slug(site, state):
    with Cache(state) as cache, local_door() as door:
        crawler = crawler_of(site, cache, door)
        page = crawler.crawl().pages[0]
        assert (page.url, page.slug, page.name) == (f"{site.url}/docs/15/a.html", "a", "a.html")
        assert b"<title>A</title>" in crawler.read(page)
        cache.keep(page.url, 200, {}, b"something else", door.now())
        with pytest.raises(SourceError) as caught:
            crawler.read(page)
        assert caught.value.reason is Reason.CHECKSUM_MISMATCH


def test_an_unchanged_site_sends_no_page_twice_and_keeps_its_fingerprint(site, state):
    first = crawl(site, state)
    again = crawl(site, state)
    assert again.fingerprint == first.fingerprint
    assert [page.copy for page in again.pages] == [page.copy for page in first.pages]
    assert again.report.revalidated == 4
    assert again.report.bytes_received == 0
    assert not again.report.resumed


def test_a_changed_page_changes_the_fingerprint_and_alone_is_sent(site, state):
    first = crawl(site, state)
    changed = links("a.html", title="C, second edition")
    site.routes["/docs/15/c.html"] = conditional(changed)
    again = crawl(site, state)
    assert again.fingerprint != first.fingerprint
    assert again.report.bytes_received == len(changed.body)


@pytest.mark.parametrize("status", [404, 410])
def test_a_deleted_page_drops_out(site, state, status):
    crawl(site, state)
    site.routes["/docs/15/c.html"] = Reply(status=status)
    done = crawl(site, state)
    assert slugs(done) == ["a", "b", "index"]
    assert ("/docs/15/c.html", Why.GONE) in why(done, site)
    with Cache(state) as cache:
        kept = cache.find(f"{site.url}/docs/15/c.html")
    assert kept is None or kept.status == status


def test_a_page_no_longer_linked_is_forgotten(site, state):
    crawl(site, state)
    site.routes["/docs/15/a.html"] = conditional(links("b.html", title="A without C"))
    site.routes["/docs/15/b.html"] = conditional(links("a.html", title="B without C"))
    assert slugs(crawl(site, state)) == ["a", "b", "index"]
    with Cache(state) as cache:
        assert cache.find(f"{site.url}/docs/15/c.html") is None


@pytest.mark.parametrize("status", [500, 503])
def test_a_page_that_fails_just_now_is_given_as_it_was(site, state, status):
    first = crawl(site, state)
    site.routes["/docs/15/c.html"] = Reply(status=status)
    again = crawl(site, state)
    assert again.fingerprint == first.fingerprint
    assert (again.report.stale, again.report.failed) == (1, 1)
    assert ("/docs/15/c.html", Why.SERVER_ERROR) in why(again, site)
    assert crawl(site, state).report.stale == 1  # it is not forgotten meanwhile


def test_a_crawl_that_broke_off_goes_on_where_it_was(site, state):
    class KilledError(Exception):
        pass

    def kill(done, total, what):
        if done == 3:
            raise KilledError

    with Cache(state) as cache, local_door() as door:
        crawler = crawler_of(site, cache, door, CrawlLimits(threads=1))
        with pytest.raises(KilledError):
            crawler.crawl(on_progress=kill)
    asked = set(paths(site))
    assert len(asked) >= 3
    site.forget()
    done = crawl(site, state)
    assert slugs(done) == ["a", "b", "c", "index"]
    assert done.report.resumed
    assert not asked & set(paths(site))
    assert done.report.kept >= 3


def test_a_crawl_broken_off_long_ago_is_begun_anew(site, state):
    with Cache(state) as cache, local_door() as door:
        crawler = crawler_of(site, cache, door, CrawlLimits(seconds=-1))
        with pytest.raises(SourceError) as caught:
            crawler.crawl()
    assert caught.value.reason is Reason.TIMED_OUT
    assert not crawl(site, state, limits=CrawlLimits(resume_seconds=0)).report.resumed


def test_another_declaration_does_not_go_on_with_a_crawl(site, state):
    with Cache(state) as cache, local_door() as door, pytest.raises(SourceError):
        crawler_of(site, cache, door, CrawlLimits(seconds=-1)).crawl()
    assert not crawl(site, state, max_depth=3).report.resumed


def test_redirects_are_recorded_and_their_target_is_the_page(site, state):
    site.routes["/docs/15/b.html"] = redirect("/docs/15/new/b.html", 301)
    site.routes["/docs/15/new/b.html"] = links(title="B at its new place")
    done = crawl(site, state)
    assert slugs(done) == ["a", "c", "index", "new/b"]
    (hop,) = done.report.redirects
    assert hop.source.endswith("/docs/15/b.html")
    assert hop.target.endswith("/docs/15/new/b.html")


def test_a_page_that_refreshes_to_another_is_a_redirect(site, state):
    site.routes["/docs/15/b.html"] = html(
        head='<meta http-equiv="refresh" content="0;url=/docs/15/a.html">'
    )
    done = crawl(site, state)
    assert slugs(done) == ["a", "c", "index"]
    assert len(done.report.redirects) == 1


def test_a_canonical_address_in_scope_takes_the_place_of_its_copies(site, state):
    head = '<link rel="canonical" href="/docs/15/a.html">'
    site.routes["/docs/15/b.html"] = html("another spelling", title="A again", head=head)
    done = crawl(site, state)
    assert slugs(done) == ["a", "c", "index"]
    assert ("/docs/15/b.html", Why.CANONICAL_ELSEWHERE) in why(done, site)


def test_a_canonical_address_of_another_release_or_site_changes_nothing(site, state):
    for name, target in (("a", "/docs/current/a.html"), ("b", "https://elsewhere.example/b")):
        head = f'<link rel="canonical" href="{target}">'
        site.routes[f"/docs/15/{name}.html"] = html("<a href='c.html'>c</a>", name, head)
    assert slugs(crawl(site, state)) == ["a", "b", "c", "index"]


def test_two_pages_that_call_each_other_canonical_leave_one(site, state):
    for one, other in (("a", "b"), ("b", "a")):
        head = f'<link rel="canonical" href="{other}.html">'
        site.routes[f"/docs/15/{one}.html"] = html("<a href='c.html'>c</a>", one, head)
    assert slugs(crawl(site, state)) == ["a", "c", "index"]


def test_of_pages_with_the_same_content_the_first_stays(site, state):
    site.routes["/docs/15/c.html"] = site.routes["/docs/15/b.html"]
    done = crawl(site, state)
    assert slugs(done) == ["a", "b", "index"]
    assert ("/docs/15/c.html", Why.DUPLICATE) in why(done, site)


def test_of_two_pages_with_the_same_slug_the_greater_version_stays(site, state):
    site.routes["/docs/15/"] = links("/docs/15/git/2.9.html", "/docs/15/git/2.10.html")
    site.routes["/docs/15/git/2.9.html"] = links(title="2.9")
    site.routes["/docs/15/git/2.10.html"] = links(title="2.10")
    done = crawl(site, state, slug="/docs/{release}/{slug}/*.html")
    assert [page.url.rpartition("/")[2] for page in done.pages if page.slug == "git"] == [
        "2.10.html"
    ]
    assert ("/docs/15/git/2.9.html", Why.SAME_SLUG) in why(done, site)


def test_soft_404s_are_not_documents(site, state):
    site.routes["/docs/15/b.html"] = html(title="Page not found")
    site.routes["/docs/15/c.html"] = redirect("/docs/15/home.html")
    site.default = redirect("/docs/15/home.html")
    site.routes["/docs/15/home.html"] = links(title="Home")
    done = crawl(site, state)
    assert slugs(done) == ["a", "index"]
    assert {
        ("/docs/15/b.html", Why.SOFT_404),
        ("/docs/15/c.html", Why.SOFT_404),
    } <= why(done, site)


def test_what_robots_txt_forbids_is_not_asked_for(site, state):
    site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /docs/15/c\nCrawl-delay: 3")
    time = FakeTime()
    done = crawl(site, state, time=time)
    assert slugs(done) == ["a", "b", "index"]
    assert ("/docs/15/c.html", Why.ROBOTS) in why(done, site)
    assert "/docs/15/c.html" not in site.asked
    assert len(time.slept) >= len(paths(site))
    assert max(time.slept) <= 3


def test_a_site_that_forbids_its_start_is_not_crawled(site, state):
    site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /")
    with pytest.raises(SourceError) as caught:
        crawl(site, state)
    assert caught.value.reason is Reason.REFUSED
    assert site.asked == ["/robots.txt"]


def test_pages_that_only_a_sitemap_or_llms_txt_names_are_found(site, state):
    entry = f"<urlset><url><loc>{site.url}/docs/15/lonely.html</loc></url></urlset>"
    site.routes |= {
        "/sitemap.xml": Reply(entry.encode()),
        "/docs/15/llms.txt": Reply(b"- [x](/docs/15/other.html)"),
        "/docs/15/lonely.html": links(title="Lonely"),
        "/docs/15/other.html": links(title="Other"),
    }
    assert {"lonely", "other"} <= set(slugs(crawl(site, state)))
    assert not {"lonely", "other"} & set(slugs(crawl(site, state, discover=("links",))))
    assert slugs(crawl(site, state, discover=("sitemap",))) == ["index", "lonely"]


def markdown(text, content_type="text/markdown"):
    return Reply(text.encode(), headers={"Content-Type": content_type})


@pytest.mark.parametrize("spelling", ["{}.md", "{}.html.md", "{}/index.md"])
def test_markdown_beside_the_page_is_preferred_and_html_is_the_fallback(site, state, spelling):
    site.routes["/docs/15/a.html"] = links("b.html", "c.html", title="A")
    for name in ("a", "b"):
        path = "/docs/15/" + spelling.format(f"{name}.html" if "/" in spelling else name)
        site.routes[path] = markdown(f"# {name}\n[c](/docs/15/c.html)")
    done = crawl(site, state, markdown="suffix")
    assert [(page.slug, page.name) for page in done.pages] == [
        *(("a", "a.md"), ("b", "b.md"), ("c", "c.html"), ("index", "index.html")),
    ]
    assert done.pages[0].url == f"{site.url}/docs/15/a.html"


def test_markdown_is_asked_for_by_accept(site, state):
    def negotiated(handler):
        if "text/markdown" in handler.headers["Accept"]:
            return markdown("# A\n[c](c.html)")
        return links("c.html", title="A")

    site.routes["/docs/15/a.html"] = negotiated
    done = crawl(site, state, markdown="accept")
    assert [page.name for page in done.pages][:2] == ["a.md", "b.html"]


def test_a_folder_that_only_its_index_page_answers_for_is_found(site, state):
    site.routes["/docs/15/"] = links("s3/index.html", title="Index")
    site.routes["/docs/15/s3/"] = Reply(status=403)
    site.routes["/docs/15/s3/index.html"] = links(title="S3")
    assert slugs(crawl(site, state)) == ["index", "s3"]


def test_two_crawls_give_the_same_whatever_the_number_of_threads(site, state, tmp_path):
    one = crawl(site, state, limits=CrawlLimits(threads=1), max_pages=3)
    many = crawl(site, tmp_path / "other.sqlite", limits=CrawlLimits(threads=8), max_pages=3)
    assert one.fingerprint == many.fingerprint
    assert one.report.counts == many.report.counts
    assert one.report.problems == many.report.problems
    assert one.report.counts[Why.PAGE_LIMIT] == 1
    assert one.report.truncated


def test_what_the_bytes_say_of_their_charset_is_left_alone(site, state):
    page = "<html><meta charset=koi8-r><title>Да</title>Größe</html>".encode()
    site.routes["/docs/15/c.html"] = Reply(page, headers={"Content-Type": "text/html; charset=x"})
    with Cache(state) as cache, local_door() as door:
        crawler = crawler_of(site, cache, door)
        (found,) = (one for one in crawler.crawl().pages if one.slug == "c")
        assert crawler.read(found) == page


def test_markdown_that_robots_txt_forbids_is_not_asked_for(site, state):
    site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /*.md$")
    site.routes["/docs/15/a.md"] = markdown("# A")
    done = crawl(site, state, markdown="suffix")
    assert next(page.name for page in done.pages) == "a.html"
    assert not [path for path in site.asked if path.endswith(".md")]
