import os

import pytest
from local_site import LOOPBACK, Reply, Site, links, local_door, redirect

from corpora.catalogue import Product
from corpora.errors import Reason, SourceError
from ingest.crawl.crawler import CrawlLimits
from ingest.egress import Door, Policy
from ingest.sources.base import Source
from ingest.sources.site import SiteSource


def product(site_url, labels=("15", "16"), **overrides):
    declared = {"start": f"{site_url}/docs/{{release}}/", **overrides}
    return Product.model_validate(
        {
            "id": "example",
            "title": "Example",
            "domain": "databases",
            "vendor": "Example",
            "homepage": "https://example.org",
            "licence": "MIT",
            "attribution": "Example",
            "versions": {"scheme": "major"},
            "releases": [{"label": label, "sources": {"site": declared}} for label in labels],
        }
    )


@pytest.fixture
def site():
    routes = {}
    for release in ("15", "16"):
        routes[f"/docs/{release}/"] = links("a.html", title=f"Index of {release}")
        routes[f"/docs/{release}/a.html"] = links("/docs/", title=f"A of {release}")
    with Site(routes) as running:
        yield running


@pytest.fixture
def source(site, tmp_path):
    with local_door() as door:
        made = SiteSource(product(site.url), door, tmp_path)
        yield made
        made.close()


def test_a_release_goes_through_the_seam(site, source):
    seam: Source = source
    first, second = seam.releases()
    assert (first.label, second.label) == ("15", "16")
    prepared = seam.prepare(first)
    documents = list(seam.fetch(prepared))
    assert [(one.slug, one.name, one.url) for one in documents] == [
        ("a", "a.html", f"{site.url}/docs/15/a.html"),
        ("index", "index.html", f"{site.url}/docs/15/"),
    ]
    assert b"A of 15" in documents[0].data
    assert documents[0].fetched_at.tzinfo
    assert documents == list(seam.fetch(prepared))
    assert source.report("15").pages == 2
    assert source.report("16") is None


def test_the_fingerprint_changes_exactly_when_a_document_does(site, source):
    found = source.releases()[0]
    before = source.prepare(found).fingerprint
    assert len(before) == 64
    assert source.prepare(source.releases()[0]).fingerprint == before
    site.routes["/docs/15/a.html"] = links(title="A of 15, corrected")
    assert source.prepare(found).fingerprint != before


def test_a_listed_release_is_never_taken_for_an_unchanged_one(source):
    assert source.releases()[0].fingerprint != source.releases()[0].fingerprint


def test_what_was_not_prepared_is_crawled_when_it_is_fetched(source):
    (_, found) = source.releases()
    assert len(list(source.fetch(found))) == 2


def test_a_release_whose_start_is_missing_is_left_out(site, source):
    del site.routes["/docs/16/"]
    assert [one.label for one in source.releases()] == ["15"]
    del site.routes["/docs/15/"]
    with pytest.raises(SourceError):
        source.releases()


def test_a_site_that_does_not_say_its_release_stands_for_none_of_several(site, tmp_path):
    with local_door() as door:
        unclear = SiteSource(product(site.url, start=f"{site.url}/docs/15/"), door, tmp_path)
        assert unclear.releases() == ()
        alone = product(site.url, labels=("15",), start=f"{site.url}/docs/15/")
        assert [one.label for one in SiteSource(alone, door, tmp_path).releases()] == ["15"]


def test_a_release_of_which_much_failed_is_refused(site, source):
    names = [f"p{n}.html" for n in range(10)]
    site.routes["/docs/15/"] = links(*names, title="Index")
    for name in names:
        site.routes[f"/docs/15/{name}"] = links(title=name)
    for name in names[:2]:
        site.routes[f"/docs/15/{name}"] = Reply(status=500)
    with pytest.raises(SourceError) as caught:
        source.prepare(source.releases()[0])
    assert caught.value.reason is Reason.UNREACHABLE
    assert caught.value.detail == "2 of 11 pages failed"
    assert source.report("15").failed == 2


def test_a_site_that_leads_out_of_scope_has_no_documents(site, source):
    site.routes["/docs/15/"] = redirect("/docs/16/")
    with pytest.raises(SourceError) as caught:
        source.prepare(source.releases()[0])
    assert caught.value.reason is Reason.EMPTY


def test_a_site_that_forbids_itself_is_left_out(site, source):
    site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /docs/15/")
    assert [one.label for one in source.releases()] == ["16"]


def test_a_killed_crawl_is_completed_without_asking_again_for_what_was_kept(site, tmp_path):
    names = [f"p{n}.html" for n in range(20)]
    site.routes["/docs/15/"] = links(*names, title="Index")
    for name in names:
        site.routes[f"/docs/15/{name}"] = links(title=name)
    declared = product(site.url, labels=("15",))

    def kill(done, total, what):
        if done == 8:
            os.kill(os.getpid(), 9)

    child = os.fork()
    if child == 0:
        try:
            door = Door(Policy(networks=LOOPBACK))
            victim = SiteSource(declared, door, tmp_path, limits=CrawlLimits(threads=1))
            victim.prepare(victim.releases()[0], on_progress=kill)
        finally:
            os.kill(os.getpid(), 9)
    _, status = os.waitpid(child, 0)
    assert status == 9
    done_before = {path for path in site.asked if path.startswith("/docs/15/p")}
    assert len(done_before) >= 7
    site.forget()
    with local_door() as door:
        source = SiteSource(declared, door, tmp_path)
        assert len(list(source.fetch(source.releases()[0]))) == 21
        report = source.report("15")
        source.close()
    asked = [path for path in site.asked if path.startswith("/docs/15/p")]
    # The one thread may have had one request under way: asked, but not kept when the kill came.
    assert len(done_before & set(asked)) <= 1
    assert len(asked) == len(set(asked))
    assert report.resumed
