"""Debian's spellings of upstream versions, and the templates of declarations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import ConfigurationError
from ingest.sources.base import fill, fill_whole
from ingest.sources.debian_versions import belongs_to, is_prerelease, upstream_version


@pytest.mark.parametrize(
    ("version", "upstream"),
    [
        ("1:2.39.5-0+deb12u3", "2.39.5"),
        ("20.10.24+dfsg1-1+deb12u1+b6", "20.10.24"),
        ("1:2.47.3-0+deb13u1~bpo12+1", "2.47.3"),
        ("1.1.1w-0+deb11u1", "1.1.1w"),
        ("262~rc2-1", "262~rc2"),
        ("1:9.2p1-2+deb12u5", "9.2p1"),
        ("2.0+really1.9.5-1", "1.9.5"),
        ("1.20.5+really1.20.2-1.1", "1.20.2"),
        ("3.0.1~ds2-1", "3.0.1"),
        ("1.2-rc3-4", "1.2-rc3"),
        ("20240101", "20240101"),
    ],
)
def test_the_upstream_version_is_read_out_of_the_debian_one(version: str, upstream: str) -> None:
    assert upstream_version(version) == upstream


numbers = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)


@given(numbers, numbers, st.integers(0, 3), st.sampled_from(["", "+dfsg1", "~ds", "+repack"]))
def test_whatever_a_packager_adds_the_upstream_version_is_found_again(
    upstream: str, revision: str, epoch: int, repacked: str
) -> None:
    prefix = f"{epoch}:" if epoch else ""
    assert upstream_version(f"{prefix}{upstream}{repacked}-{revision}") == upstream
    assert not is_prerelease(upstream)


@given(numbers, numbers)
def test_a_version_belongs_to_the_releases_whose_numbers_it_starts_with(
    version: str, label: str
) -> None:
    given_parts, wanted = version.split("."), label.split(".")
    assert belongs_to(version, label) == (given_parts[: len(wanted)] == wanted)


def test_a_letter_after_the_numbers_stays_in_the_release() -> None:
    assert belongs_to("1.1.1w", "1.1.1")
    assert belongs_to("9.2p1", "9.2")
    assert belongs_to("262~rc2", "262")
    assert not belongs_to("2.391", "2.39")


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=5)))
def test_values_are_never_read_as_templates(values: dict[str, str]) -> None:
    assert fill("{a}-{b}-{c}", values) == (
        f"{values.get('a', '{a}')}-{values.get('b', '{b}')}-{{c}}"
    )


def test_in_an_address_values_are_encoded_and_unknown_names_refused() -> None:
    assert fill_whole("https://e.org/{slug}", {"slug": "a/b c?"}, url=True) == (
        "https://e.org/a/b%20c%3F"
    )
    with pytest.raises(ConfigurationError, match="Known here: slug"):
        fill_whole("{slug}{other}", {"slug": "x"})
    with pytest.raises(ConfigurationError, match="brace"):
        fill("{slug", {"slug": "x"})
