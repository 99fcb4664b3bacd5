import contextlib
import re
import shutil
import subprocess
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.labels import (
    distance,
    is_prerelease,
    key,
    line,
    normalise,
    parse,
    sort_labels,
)

ORDERED = {
    "semver": (
        # SemVer 2.0.0, section 11, and then plain releases
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11"
        " 1.0.0-rc.1 1.0.0 v1.0.1 1.0.10 1.9.0 1.10.0 1.27.4-gke.900 1.27.4-gke.1000 2.61.0"
    ),
    "two_part": "1.1 1.1.1 1.9 1.29 1.30-rc.1 1.30-rc.2 1.30 v1.31 20.10 26.1",
    "major": "9.6 10 17 18devel 18alpha1 18beta1 18beta2 18rc1 18 100",
    "calendar": (
        "2019 22.10 2023-07-01-preview 2023-07-01 2024.04 24.04.1 202405 20240611 2025-06-24"
    ),
    # Debian Policy 5.6.12: "~~", "~~a", "~", the empty part, "a"; then versions of bookworm
    "debian": (
        "0.1~~-1 0.1~~a-1 0.1~-1 0.1-1 0.1a-1 0.1+-1 1.0~rc1-1 1.0-1~bpo12+1 1.0-1 1.0-1.1"
        " 1.0+dfsg-1 1.0.1-1 2.39.2-1 2.39.10-1 15.18-0+deb12u1 1:0.5-1 1:2.39.5-0+deb12u3"
    ),
}


@pytest.mark.parametrize(("scheme", "labels"), ORDERED.items())
def test_labels_sort_oldest_first(scheme, labels):
    assert sort_labels(scheme, reversed(labels.split())) == labels.split()


def test_what_moves_comes_after_every_version():
    assert sort_labels("semver", ["current", "528.0.0", "99.0.1"]) == [
        "99.0.1",
        "528.0.0",
        "current",
    ]
    assert sort_labels("two_part", ["current"]) == ["current"]
    with pytest.raises(ValueError, match="newest"):
        sort_labels("semver", ["newest", "528.0.0"])


def test_opaque_labels_keep_the_declared_order():
    assert sort_labels("opaque", ["stable", "edge", "release-1-12-0"]) == [
        "stable",
        "edge",
        "release-1-12-0",
    ]


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="asks dpkg itself")
def test_debian_order_agrees_with_dpkg():
    versions = [*ORDERED["debian"].split(), "1.0", "1.0-0", "1.00-1", "1.0-1a", "1.0z-1", "1.0.-1"]
    for a, b in list(combinations(versions, 2))[::3]:
        order = "lt" if key("debian", a) < key("debian", b) else "ge"
        done = subprocess.run(["dpkg", "--compare-versions", a, order, b], check=False)
        assert done.returncode == 0, (a, order, b)


@pytest.mark.parametrize(
    ("scheme", "label", "plain"),
    [
        ("semver", " v1.29.0 ", "1.29.0"),
        ("semver", "V2.0.0-rc.1", "2.0.0-rc.1"),
        ("semver", "1.27.4+k3s1", "1.27.4"),
        ("two_part", "1:2.39.5-0+deb12u3", "2.39.5"),
        ("two_part", "2.39.5.windows.1", "2.39.5"),
        ("two_part", "20.10.24+dfsg1", "20.10.24"),
        ("two_part", "2.39.x", "2.39"),
        ("two_part", "9.2p1", "9.2p1"),
        ("two_part", "1.1.1w", "1.1.1w"),
        ("major", "15-alpine", "15"),
        ("major", "18beta1", "18beta1"),
        ("major", "18~beta1-1", "18-beta1-1"),
        ("calendar", "2023-07-01-preview", "2023-07-01-preview"),
        ("debian", "0:1.0-1", "1.0-1"),
        ("debian", "1:1.0-1", "1:1.0-1"),
        ("opaque", " stable ", "stable"),
    ],
)
def test_a_label_is_stripped_of_what_does_not_count(scheme, label, plain):
    assert normalise(scheme, label) == plain


@pytest.mark.parametrize(
    ("scheme", "version", "of"),
    [
        ("two_part", "2.39.5", "2.39"),
        ("two_part", "2.39", "2.39"),
        ("two_part", "2", "2"),
        ("major", "13.4", "13"),
        ("major", "18beta1", "18"),
        ("semver", "2.61.3", "2.61"),
        ("semver", "v1.30.0-rc.1", "1.30"),
        ("calendar", "24.04.3", "24.04"),
        ("calendar", "2025-06-24", "2025-06-24"),
        ("calendar", "2023-07-01-preview", "2023-07-01"),
        ("debian", "1:2.39.5-0+deb12u3", "2.39.5"),
        ("debian", "20.10.24+dfsg1-1", "20.10.24"),
        ("debian", "2.40~rc1-1", "2.40"),
        ("opaque", "stable", "stable"),
    ],
)
def test_a_full_version_belongs_to_a_line(scheme, version, of):
    assert line(scheme, version) == of


@pytest.mark.parametrize(
    ("scheme", "label"),
    [("major", "18beta1"), ("major", "18devel"), ("two_part", "1.30-rc.1"), ("semver", "3.13.0b2"),
     ("calendar", "2023-07-01-preview"), ("debian", "2.40~rc1-1")],
)  # fmt: skip
def test_a_prerelease_is_told_from_a_release(scheme, label):
    assert is_prerelease(scheme, label)


@pytest.mark.parametrize(
    ("scheme", "label"),
    [("major", "18"), ("two_part", "1.1.1b"), ("two_part", "9.2p1"), ("semver", "1.27.4-gke.900"),
     ("debian", "1.0-1~bpo12+1"), ("debian", "1.0~dfsg-1"), ("opaque", "beta")],
)  # fmt: skip
def test_a_packagers_build_or_a_patch_letter_is_no_prerelease(scheme, label):
    assert not is_prerelease(scheme, label)


@pytest.mark.parametrize(
    ("scheme", "label"),
    [("major", ""), ("major", "13x"), ("major", "13foo"), ("major", "thirteen"), ("major", "-1"),
     ("major", "13 14"), ("two_part", "2..39"), ("two_part", "2.39."), ("two_part", "²"),
     ("two_part", "١٣.٤"), ("semver", "release-1-12-0"), ("calendar", "2025-02-30"),
     ("calendar", "24.13"), ("calendar", "20251301"), ("calendar", "0000-01-01"),
     ("debian", "a1.0"), ("debian", "1.0_1"), ("semver", "1" * 65), ("opaque", "stable")],
)  # fmt: skip
def test_a_malformed_label_is_refused_by_name(scheme, label):
    with pytest.raises(ValueError, match=re.escape(repr(label[:64]))):
        parse(scheme, label)


@pytest.mark.parametrize(("scheme", "label"), [("semver", "1.29"), ("two_part", "13")])
def test_a_label_with_too_few_numbers_for_its_scheme_is_refused(scheme, label):
    with pytest.raises(ValueError, match="too few numbers"):
        sort_labels(scheme, [label])


def test_distance_counts_the_first_component_that_differs():
    assert distance("two_part", "2.39", "2.47") > distance("two_part", "2.39", "2.40")
    assert distance("two_part", "2.39", "3.0") > distance("two_part", "2.39", "2.99")
    assert distance("two_part", "2.60", "3.0") == distance("two_part", "2.60", "3.9")
    assert distance("major", "14", "13") == distance("major", "14", "15")
    assert distance("major", "18", "18beta1") > distance("major", "18", "18") == (0,) * 8


def test_distance_counts_days_between_dates():
    assert distance("calendar", "2024-02-28", "2024-03-01")[1] == 2
    assert distance("calendar", "24.04", "2024.05")[1] == 30
    assert distance("calendar", "2024.4.0", "2024.4.1") > distance("calendar", "24.04", "24.04")


numbers = st.lists(st.integers(0, 99), min_size=3, max_size=3).map(
    lambda parts: ".".join(map(str, parts))
)
suffixes = st.sampled_from(["", "-rc.1", "rc1", "-beta.2", "-0+deb12u1", "+dfsg1", "p1"])
schemes = st.sampled_from(["semver", "two_part", "major", "debian"])


@given(schemes, st.builds("{}{}".format, numbers, suffixes))
def test_a_normalised_label_is_the_same_version_and_normal(scheme, label):
    plain = normalise(scheme, label)
    assert normalise(scheme, plain) == plain
    assert parse(scheme, plain).identity == parse(scheme, label).identity
    assert key(scheme, f"v{label} ") == key(scheme, label)


@given(schemes, st.lists(st.builds("{}{}".format, numbers, suffixes), max_size=8))
def test_sorting_is_a_permutation_and_does_not_depend_on_the_order_given(scheme, labels):
    ordered = sort_labels(scheme, labels)
    assert sorted(ordered) == sorted(labels)
    assert ordered == sort_labels(scheme, reversed(labels))
    assert [key(scheme, label) for label in ordered] == sorted(key(scheme, x) for x in labels)


@given(schemes, numbers, numbers)
def test_numbers_compare_as_numbers(scheme, a, b):
    by_number = [int(part) for part in a.split(".")] < [int(part) for part in b.split(".")]
    assert (key(scheme, a) < key(scheme, b)) == by_number


@given(schemes, numbers, numbers, numbers)
def test_distance_is_symmetric_and_grows_outwards(scheme, a, b, c):
    assert distance(scheme, a, b) == distance(scheme, b, a)
    assert (key(scheme, a) == key(scheme, b)) == (not any(distance(scheme, a, b)))
    near, middle, far = sort_labels(scheme, [a, b, c])
    assert distance(scheme, near, middle) <= distance(scheme, near, far)
    assert distance(scheme, middle, far) <= distance(scheme, near, far)


dates = st.dates(min_value=date(1000, 1, 1))


@given(dates, dates)
def test_dates_sort_and_lie_apart_as_dates_do(a, b):
    compact = b.strftime("%Y%m%d")
    assert (key("calendar", a.isoformat()) < key("calendar", compact)) == (a < b)
    assert distance("calendar", a.isoformat(), compact)[1] == abs((a - b).days)


@given(st.sampled_from([*ORDERED, "opaque"]), st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_valueerror(scheme, label):
    for function in (parse, key, line, normalise, is_prerelease):
        with contextlib.suppress(ValueError):
            function(scheme, label)


debian_parts = st.text(alphabet="019az.+~", max_size=6)


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="asks dpkg itself")
@settings(max_examples=60, deadline=None)  # each starts a process
@given(debian_parts, debian_parts)
def test_any_debian_order_agrees_with_dpkg(a, b):
    one, other = key("debian", f"1{a}-1"), key("debian", f"1{b}-1")
    order = "lt" if one < other else "eq" if one == other else "gt"
    done = subprocess.run(["dpkg", "--compare-versions", f"1{a}-1", order, f"1{b}-1"], check=False)
    assert done.returncode == 0, order
