from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.catalogue import Catalogue, Product
from corpora.errors import InvalidRequest, UnknownProduct, UnknownVersion
from corpora.labels import key, parse, sort_labels
from retrieval.versions import MAX_FINGERPRINT, NEWEST, read_fingerprint, resolve

FINGERPRINTS = Path(__file__).parent / "fixtures" / "fingerprints"
PRODUCTS = Catalogue.load()


@dataclass(frozen=True)
class Release:
    label: str
    upstream: str = ""


# Labels and upstream versions as Debian's archive has them.
GIT = [Release("2.30", "2.30.2"), Release("2.39", "2.39.5"), Release("2.47", "2.47.3"),
       Release("2.55", "2.55.0")]  # fmt: skip
PG = [Release("13", "13.22"), Release("15", "15.18"), Release("17", "17.6"), Release("18", "18.0")]
AWS = [Release("2.9.19", "2.9.19"), Release("2.17.3", "2.17.3"), Release("2.23.6", "2.23.6")]
SSL = [Release("1.1.1", "1.1.1w"), Release("3.0", "3.0.17"), Release("3.5", "3.5.1")]
API = [Release("2023-07-01"), Release("2024-07-01"), Release("2025-06-24")]
DEB = [Release("1:2.39.5-0+deb12u3", "2.39.5"), Release("1:2.47.3-0+deb13u1", "2.47.3")]
EDGE = [Release("stable", "5.1"), Release("edge", "nightly-7")]

EXACT = [
    ("two_part", GIT, "2.39", "2.39"),
    ("two_part", GIT, " v2.39 ", "2.39"),
    ("two_part", GIT, "2.39.5", "2.39"),
    ("two_part", GIT, "v2.39.5", "2.39"),
    ("two_part", GIT, "1:2.39.5-0+deb12u3", "2.39"),
    ("two_part", GIT, "2.39.5.windows.1", "2.39"),
    ("two_part", GIT, "2.39.x", "2.39"),
    ("major", PG, "15.18", "15"),
    ("major", PG, "15-alpine", "15"),
    ("two_part", SSL, "1.1.1w", "1.1.1"),
    ("calendar", API, "20250624", "2025-06-24"),
    ("debian", DEB, "2.39.5-0+deb12u3", "1:2.39.5-0+deb12u3"),
    ("debian", DEB, "2.39.5", "1:2.39.5-0+deb12u3"),
    ("opaque", EDGE, "stable", "stable"),  # literally labelled so: not the newest
    ("opaque", EDGE, "Edge", "edge"),
    ("opaque", EDGE, "nightly-7", "edge"),
]
COMPATIBLE = [
    ("two_part", GIT, "2.39.2", "2.39", "2.39.2 is another patch of the same line as the"
     " documented 2.39 (read from 2.39.5)."),
    ("two_part", GIT, "2.55-rc1", "2.55", "2.55-rc1 is a pre-release of the same line as the"
     " documented 2.55 (read from 2.55.0)."),
    ("two_part", GIT, "2", "2.55", "2 names a part: 2.55 is its newest documented release."),
    ("major", PG, "13.4", "13", "13.4 is another patch of the same line as the documented 13"
     " (read from 13.22)."),
    ("major", PG, "18beta1", "18", "18beta1 is a pre-release of the same line as the documented"
     " 18 (read from 18.0)."),
    ("major", [Release("17"), Release("18beta1")], "18", "18beta1",
     "18 is documented only as the pre-release 18beta1."),
    ("semver", AWS, "2.17.9", "2.17.3", "2.17.9 is another patch of the same line as the"
     " documented 2.17.3."),
    ("semver", AWS, "2.17", "2.17.3", "2.17 names a part: 2.17.3 is its newest documented"
     " release."),
    ("two_part", SSL, "1.1.1k", "1.1.1", "1.1.1k is another patch of the same line as the"
     " documented 1.1.1 (read from 1.1.1w)."),
    ("calendar", API, "2025", "2025-06-24", "2025 names a part: 2025-06-24 is its newest"
     " documented release."),
    ("calendar", API, "2024-07-01-preview", "2024-07-01", "2024-07-01-preview is a pre-release of"
     " the same line as the documented 2024-07-01."),
    ("debian", DEB, "2.39.5-1", "1:2.39.5-0+deb12u3", "2.39.5-1 is another patch of the same line"
     " as the documented 1:2.39.5-0+deb12u3 (read from 2.39.5)."),
]  # fmt: skip
NEAREST = [
    ("two_part", GIT, "2.41", "2.39", "nearest_older"),
    ("two_part", GIT, "2.46", "2.47", "nearest_newer"),
    ("two_part", GIT, "2.43", "2.39", "nearest_older"),  # as far from 2.47: the older
    ("two_part", GIT, "3.0", "2.55", "nearest_older"),
    ("two_part", GIT, "1.8.3", "2.30", "nearest_newer"),
    ("major", PG, "14", "13", "nearest_older"),
    ("major", PG, "16.2", "15", "nearest_older"),
    ("major", PG, "9.6.24", "13", "nearest_newer"),
    ("semver", AWS, "2.18.0", "2.17.3", "nearest_older"),
    ("two_part", SSL, "1.1.0", "1.1.1", "nearest_newer"),
    ("calendar", API, "2024-08-01", "2024-07-01", "nearest_older"),
    ("debian", DEB, "2.40-1", "1:2.39.5-0+deb12u3", "nearest_older"),
]


@pytest.mark.parametrize("policy", ["exact", "compatible", "nearest"])
@pytest.mark.parametrize(("scheme", "releases", "requested", "label"), EXACT)
def test_a_label_or_its_full_version_is_exact(scheme, releases, requested, label, policy):
    found = resolve("tool", scheme, releases, requested, policy)
    assert (found.resolved, found.match, found.requested) == (label, "exact", requested)
    assert label in found.reason


@pytest.mark.parametrize(("scheme", "releases", "requested", "label", "reason"), COMPATIBLE)
def test_the_same_line_is_compatible_and_the_reason_tells_what_differs(
    scheme, releases, requested, label, reason
):
    for policy in ("compatible", "nearest"):
        found = resolve("tool", scheme, releases, requested, policy)
        assert (found.resolved, found.match, found.reason) == (label, "compatible", reason)
    with pytest.raises(UnknownVersion) as refused:
        resolve("tool", scheme, releases, requested, "exact")
    assert refused.value.extra["nearest"] == label


@pytest.mark.parametrize(("scheme", "releases", "requested", "label", "match"), NEAREST)
def test_another_line_is_taken_only_where_the_nearest_is_asked_for(
    scheme, releases, requested, label, match
):
    found = resolve("tool", scheme, releases, requested, "nearest")
    assert (found.resolved, found.match) == (label, match)
    assert requested in found.reason
    assert label in found.reason
    for policy in ("exact", "compatible"):
        with pytest.raises(UnknownVersion) as refused:
            resolve("tool", scheme, releases, requested, policy)
        assert refused.value.extra["nearest"] == label
        assert refused.value.extra["available"] == [release.label for release in releases]


@pytest.mark.parametrize("requested", [None, *sorted(NEWEST), "Latest"])
def test_no_version_or_a_word_for_the_newest_is_latest(requested):
    found = resolve("postgresql", "major", [*PG, Release("19beta1")], requested, "exact")
    assert (found.resolved, found.match) == ("18", "latest")
    assert found.available == ("13", "15", "17", "18", "19beta1")
    assert found.reason.endswith(": 18 is the newest documented release of postgresql.")


def test_where_only_prereleases_are_documented_the_newest_says_so():
    found = resolve("tool", "major", [Release("18beta1")], None, "exact")
    assert "18beta1" in found.reason
    assert "pre-release" in found.reason


def test_opaque_labels_are_not_guessed_at_but_suggested():
    with pytest.raises(UnknownVersion) as refused:
        resolve("tool", "opaque", EDGE, "stabel", "nearest")
    assert refused.value.extra["suggestions"] == ["stable"]
    assert refused.value.extra["nearest"] is None
    assert "Did you mean stable?" in str(refused.value)


def test_a_label_in_the_same_case_goes_before_one_in_another():
    releases = [Release("Edge"), Release("edge")]
    for label in ("Edge", "edge"):
        assert resolve("tool", "opaque", releases, label, "exact").resolved == label


def test_nothing_documented_is_an_unknown_version():
    for requested in (None, "latest", "13"):
        with pytest.raises(UnknownVersion):
            resolve("tool", "major", [], requested, "nearest")


def test_a_release_that_moves_is_the_newest_and_no_version_belongs_to_it():
    sdks = [Release("502.0.0", "502.0.0"), Release("528.0.0", "528.0.0"), Release("current")]
    for asked in (None, "latest", "current"):
        assert resolve("gcloud", "semver", sdks, asked, "compatible").resolved == "current"
    assert resolve("gcloud", "semver", sdks[:2], "current", "exact").resolved == "528.0.0"
    assert resolve("gcloud", "semver", sdks, "528.0.1", "compatible").resolved == "528.0.0"
    assert resolve("gcloud", "semver", sdks, "528", "compatible").resolved == "528.0.0"
    with pytest.raises(UnknownVersion) as caught:
        resolve("gcloud", "semver", sdks, "530.0.0", "compatible")
    assert caught.value.extra["nearest"] == "528.0.0"
    found = resolve("gcloud", "semver", sdks, "530.0.0", "nearest")
    assert (found.resolved, found.match) == ("528.0.0", "nearest_older")
    with pytest.raises(UnknownVersion):
        resolve("gcloud", "semver", [Release("current")], "528.0.0", "nearest")


def test_labels_that_their_scheme_cannot_read_are_found_by_name_only():
    releases = [Release("old-build"), *PG]
    assert resolve("tool", "major", releases, "old-build", "exact").resolved == "old-build"
    assert resolve("tool", "major", releases, "14", "nearest").resolved == "13"


@pytest.mark.parametrize("requested", ["", "  ", "1" * 65, "13\x00", "13\n14", "1\u202e3"])
def test_what_can_be_no_version_is_an_invalid_request(requested):
    with pytest.raises(InvalidRequest):
        resolve("tool", "major", PG, requested, "nearest")


LINES = {"major": 1, "two_part": 2, "semver": 3}
policies = st.sampled_from(["exact", "compatible", "nearest"])


@st.composite
def documented(draw):
    scheme = draw(st.sampled_from(sorted(LINES)))
    part = st.integers(0, 12)
    shape = st.tuples(*[part] * LINES[scheme])
    lines = draw(st.lists(shape, min_size=1, max_size=6, unique=True))
    suffixes = st.sampled_from(["", "", "", "rc1", "-beta.2"])
    labels = [".".join(map(str, parts)) + draw(suffixes) for parts in lines]
    full = {1: ".4", 2: ".2", 3: ""}[LINES[scheme]]
    return scheme, [
        Release(label, label + full if label[-1:].isdigit() and "-" not in label else "")
        for label in labels
    ]


requests = st.one_of(
    st.lists(st.integers(0, 13), min_size=1, max_size=4).map(lambda p: ".".join(map(str, p))),
    st.builds("{}.{}{}".format, st.integers(0, 12), st.integers(0, 12),
              st.sampled_from(["rc1", "-1", "-beta.2", "p1", ".x"])),
    st.sampled_from(["latest", "Stable"]),
    st.text(max_size=70),
)  # fmt: skip


def attempt(scheme, releases, requested, policy):
    try:
        return resolve("tool", scheme, releases, requested, policy)
    except (UnknownVersion, InvalidRequest):
        return None


@given(documented(), requests)
def test_a_looser_policy_resolves_alike_what_a_stricter_one_does(case, requested):
    exact, compatible, nearest = (
        attempt(*case, requested, policy) for policy in ("exact", "compatible", "nearest")
    )
    assert exact is None or exact == compatible
    assert compatible is None or compatible == nearest


@given(documented(), requests, policies)
def test_a_resolution_is_documented_reasoned_and_resolves_to_itself(case, requested, policy):
    found = attempt(*case, requested, policy)
    if found is not None:
        assert found.resolved in found.available
        assert found.reason.endswith(".")
        again = resolve("tool", *case, found.resolved, "exact")
        assert (again.resolved, again.match) == (found.resolved, "exact")


@given(documented(), requests)
def test_compatible_never_leaves_what_was_asked_for(case, requested):
    found = attempt(*case, requested, "compatible")
    if found is not None and found.match == "compatible":
        asked = parse(case[0], requested).numbers
        known = parse(case[0], found.resolved).numbers
        shared = min(len(asked), len(known), 2)
        assert asked[:shared] == known[:shared]


@given(documented(), st.lists(st.lists(st.integers(0, 13), min_size=4, max_size=4), max_size=5))
def test_a_newer_request_never_resolves_to_an_older_release(case, versions):
    scheme, releases = case
    asked = sort_labels(scheme, [".".join(map(str, parts)) for parts in versions])
    found = [resolve("tool", scheme, releases, one, "nearest").resolved for one in asked]
    assert [key(scheme, one) for one in found] == sorted(key(scheme, one) for one in found)


@given(documented(), st.permutations(range(6)), requests, policies)
def test_the_order_of_the_releases_does_not_matter(case, order, requested, policy):
    scheme, releases = case
    shuffled = [releases[i] for i in order if i < len(releases)]
    assert attempt(scheme, shuffled, requested, policy) == attempt(*case, requested, policy)


# --- fingerprints ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "product", "version"),
    [
        ("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgresql", "15.18"),
        ("pg_dump (PostgreSQL) 9.6.24", "postgresql", "9.6.24"),
        ("postgres (PostgreSQL) 18beta1", "postgresql", "18beta1"),
        ("psql (PostgreSQL) 19devel", "postgresql", "19devel"),
        ("PostgreSQL 13.22 (Debian 13.22-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc"
         " (Debian 12.2.0-14) 12.2.0, 64-bit", "postgresql", "13.22"),
        ("psql (16.2, server 13.14)\nType \"help\" for help.", "postgresql", "16.2"),
        (" server_version \n----------------\n 17.6 (Debian 17.6-0+deb13u1)\n(1 row)",
         "postgresql", "17.6"),
        ("git version 2.39.5", "git", "2.39.5"),
        ("git version 2.39.3 (Apple Git-146)", "git", "2.39.3"),
        ("git version 2.45.1.windows.1", "git", "2.45.1"),
        ("git version 2.49.0.rc1", "git", "2.49.0.rc1"),
        ("git version 2.47.3\r\ncpu: x86_64\r\n", "git", "2.47.3"),
        ("Docker version 28.2.2, build e6534b4", "docker", "28.2.2"),
        ("Docker version 20.10.24+dfsg1, build 297e128", "docker", "20.10.24"),
        ("mysql  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)", "mysql", "8.0.36"),
        ("mysql  Ver 14.14 Distrib 5.7.44, for Linux (x86_64) using  EditLine wrapper", "mysql",
         "5.7.44"),
        ("mysql  Ver 15.1 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)", "mariadb",
         "10.11.6"),
        ("db version v7.0.14\nBuild Info: {}", "mongodb", "7.0.14"),
        ("Terraform v1.9.8\non linux_amd64", "terraform", "1.9.8"),
        ("Google Cloud SDK 502.0.0\nbq 2.1.9\ncore 2024.11.15", "gcloud", "502.0.0"),
    ],
)  # fmt: skip
def test_a_version_line_is_read(text, product, version):
    assert read_fingerprint(PRODUCTS, text, None) == (product, version)
    assert read_fingerprint(PRODUCTS, text, product) == (product, version)


@pytest.mark.parametrize(
    ("name", "version"),
    [("docker-client-only.txt", "28.2.2"), ("docker-client-and-server.txt", "20.10.16")],
)
def test_the_long_output_of_docker_version_is_read_for_the_client(name, version):
    text = (FINGERPRINTS / name).read_text()
    assert read_fingerprint(PRODUCTS, text, None) == ("docker", version)
    assert read_fingerprint(PRODUCTS, text.replace("\n", "\r\n"), None) == ("docker", version)


def test_the_servers_part_alone_does_not_tell_the_clients_version():
    text = (FINGERPRINTS / "docker-client-and-server.txt").read_text()
    server = text[text.index("Server:") :]
    assert read_fingerprint(PRODUCTS, server, "docker") is None
    assert read_fingerprint(PRODUCTS, "Client:\n Context: default\n" + server, "docker") is None


def test_a_bare_version_is_read_only_where_the_product_is_named():
    assert read_fingerprint(PRODUCTS, "2.39.5\n", "git") == ("git", "2.39.5")
    assert read_fingerprint(PRODUCTS, "2.39.5\n", None) is None


@pytest.mark.parametrize("text", ["", "no version", "Version: 1.2.3", "digit version 2.39"])
def test_other_text_is_no_fingerprint(text):
    assert read_fingerprint(PRODUCTS, text, "docker") is None


def test_a_fingerprint_of_another_product_does_not_count():
    assert read_fingerprint(PRODUCTS, "git version 2.39.5", "docker") is None


def test_a_fingerprint_of_several_products_is_refused_by_name():
    both = "git version 2.39.5\nDocker version 28.2.2, build e6534b4"
    with pytest.raises(InvalidRequest, match=r"several products: docker, git\."):
        read_fingerprint(PRODUCTS, both, None)
    assert read_fingerprint(PRODUCTS, both, "git") == ("git", "2.39.5")


def test_a_fingerprint_for_an_unknown_product_is_refused_with_a_suggestion():
    products: dict[str, Product] = dict(PRODUCTS)
    with pytest.raises(UnknownProduct) as refused:
        read_fingerprint(products, "git version 2.39.5", "gti")
    assert refused.value.extra["suggestions"] == ["git"]


def test_a_long_fingerprint_is_refused():
    assert read_fingerprint(PRODUCTS, "x" * MAX_FINGERPRINT, None) is None
    with pytest.raises(InvalidRequest, match="4097 characters"):
        read_fingerprint(PRODUCTS, "x" * (MAX_FINGERPRINT + 1), None)


@pytest.mark.parametrize(
    "unit",
    ["Client:\n ", "Client: \n Version", " \n", "git version 2", "PostgreSQL 1", "psql (9.",
     "(PostgreSQL) 1.", "server_version |", "Docker version 1.", " Version: ", "1."],
)  # fmt: skip
def test_no_pattern_goes_astray_on_a_full_length_fingerprint(unit):
    # An exponential pattern would not come back at all.
    text = (unit * MAX_FINGERPRINT)[:MAX_FINGERPRINT]
    for product in (None, *PRODUCTS):
        read_fingerprint(PRODUCTS, text, product)


@given(st.text(max_size=200), st.sampled_from([None, *PRODUCTS]))
def test_any_text_gives_a_version_or_none(text, product):
    found = read_fingerprint(PRODUCTS, text, product)
    assert found is None or found[1] in text
