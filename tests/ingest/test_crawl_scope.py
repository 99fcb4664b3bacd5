import pytest
from pydantic import ValidationError

from corpora.sources import SiteSource
from ingest.crawl.report import Why
from ingest.crawl.scope import Scope

POSTGRESQL = SiteSource(
    start="https://www.postgresql.org/docs/{release}/", include=("/docs/{release}/*.html",)
)
GIT = SiteSource(
    start="https://git-scm.com/docs",
    include=("/docs/*/{release}*",),
    exclude=("*/de/*",),
    slug="/docs/{slug}/{release}*",
)
HELM = SiteSource(start="https://helm.sh/docs/helm/index.html")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://www.postgresql.org/docs/15/", None),
        ("https://www.postgresql.org/docs/15/app-pgdump.html", None),
        ("https://www.postgresql.org/docs/16/app-pgdump.html", Why.OTHER_RELEASE),
        ("https://www.postgresql.org/docs/current/app-pgdump.html", Why.OTHER_RELEASE),
        ("https://www.postgresql.org/about/", Why.OUT_OF_SCOPE),
        ("https://www.postgresql.org/docs/15/postgres.pdf", Why.OUT_OF_SCOPE),
        ("https://www.postgresql.org:8443/docs/15/a.html", Why.OTHER_SITE),
        ("http://www.postgresql.org/docs/15/a.html", Why.OTHER_SITE),
        ("https://evil.example/docs/15/a.html", Why.OTHER_SITE),
    ],
)
def test_an_address_alone_says_whether_it_belongs_to_the_release(url, why):
    assert Scope(POSTGRESQL, "15").refusal(url) is why


def test_the_release_is_recognised_in_the_path():
    scope = Scope(POSTGRESQL, "15")
    assert scope.versioned
    assert scope.release_of("https://www.postgresql.org/docs/9.6/app-pgdump.html") == "9.6"
    assert scope.release_of("https://www.postgresql.org/docs/current/app-pgdump.html") == "current"
    assert scope.release_of("https://www.postgresql.org/docs/books/app-pgdump.html") is None
    assert scope.release_of("https://www.postgresql.org/about/") is None
    assert scope.release_of("https://evil.example/docs/9.6/app-pgdump.html") is None


@pytest.mark.parametrize(
    ("site", "label", "url", "slug"),
    [
        (POSTGRESQL, "15", "https://www.postgresql.org/docs/15/app-pgdump.html", "app-pgdump"),
        (POSTGRESQL, "15", "https://www.postgresql.org/docs/15/", "index"),
        (GIT, "2.39", "https://git-scm.com/docs/git-commit/2.39.5", "git-commit"),
        (HELM, "4", "https://helm.sh/docs/helm/helm_install/", "helm_install"),
        (HELM, "4", "https://helm.sh/docs/helm/a/b%20c.md", "a/b c"),
        (HELM, "4", "https://helm.sh/docs/helm/a%0Ab", "a%0Ab"),
        (HELM, "4", "https://helm.sh/docs/helm/a/index.md", "a"),
        (HELM, "4", "https://helm.sh/docs/helm/index.md", "index"),
    ],
)
def test_a_page_has_the_same_slug_in_every_release(site, label, url, slug):
    assert Scope(site, label).slug(url) == slug


def test_patterns_of_a_page_per_release_hold():
    scope = Scope(GIT, "2.39")
    assert scope.refusal("https://git-scm.com/docs/git-commit/2.39.5") is None
    assert scope.refusal("https://git-scm.com/docs/git-commit/2.47.0") is Why.OTHER_RELEASE
    assert scope.refusal("https://git-scm.com/docs/git-commit/de/2.39.5") is Why.EXCLUDED
    assert not scope.is_document(scope.start)


def test_without_patterns_everything_below_the_start_is_in_scope():
    scope = Scope(HELM, "4")
    assert not scope.versioned
    assert scope.start == "https://helm.sh/docs/helm/"
    assert scope.refusal("https://helm.sh/docs/helm/x") is None
    assert scope.refusal("https://helm.sh/docs/helm/x.png") is Why.NOT_A_DOCUMENT
    assert scope.refusal("https://helm.sh/docs/") is Why.OUT_OF_SCOPE


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "ftp://h/"},
        {"start": "http://u:p@h/"},
        {"start": "http://h"},
        {"start": "http://h/", "slug": "/docs/*"},
        {"start": "http://h/", "max_pages": 0},
    ],
)
def test_a_wrong_declaration_is_refused(wrong):
    with pytest.raises(ValidationError):
        SiteSource(**wrong)
