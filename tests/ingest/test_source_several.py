"""Several sources as one, and the settings that choose among them."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.settings import load_settings
from api.supply import Supply
from corpora.catalogue import Catalogue, Product
from corpora.errors import ConfigurationError, Reason, SourceError
from corpora.sources import SOURCE_KINDS
from ingest.refresh import discovery, later_lines, prune_downloads
from ingest.sources.base import Document, Found, silent
from ingest.sources.several import SeveralSources

PRODUCT = Catalogue.load()["git"]


class Fake:
    """A source that has some releases, and remembers over which it was opened."""

    def __init__(self, product: Product, name: str, has: tuple[str, ...], *, broken: bool = False):
        self.product, self.name, self.has, self.broken = product, name, has, broken

    def releases(self, *, on_progress: object = silent) -> tuple[Found, ...]:
        if self.broken:
            raise SourceError(self.name, Reason.UNREACHABLE)
        return tuple(
            Found(one, one, self.name, "0" * 64, "man", "official")
            for one in self.product.labels
            if one in self.has
        )

    def prepare(self, found: Found, *, on_progress: object = silent) -> Found:
        return replace(found, upstream=f"{found.label}.9")

    def fetch(self, found: Found, *, on_progress: object = silent):
        yield Document(self.name, b"", "u", "s", datetime.now(UTC))

    def versions(self) -> tuple[str, ...]:
        return ("2.39.5", "99.1.0", "99.1.2", "nonsense")


def several(*described: tuple[str, tuple[str, ...], bool]) -> tuple[SeveralSources, list[Fake]]:
    opened: list[Fake] = []

    def opener(name: str, has: tuple[str, ...], broken: bool):
        def open_(product: Product) -> Fake:
            opened.append(Fake(product, name, has, broken=broken))
            return opened[-1]

        return open_

    return SeveralSources(PRODUCT, [opener(*one) for one in described]), opened


def test_each_release_comes_from_the_first_that_has_it() -> None:
    labels = PRODUCT.labels
    source, opened = several(
        ("deb", labels[:2], False), ("git", labels[1:3], False), ("site", labels, False)
    )
    found = {one.label: one for one in source.releases()}
    assert tuple(found) == labels
    assert [found[label].origin for label in labels[:3]] == ["deb", "deb", "git"]
    assert opened[1].product.labels == labels[2:]  # only what the one before lacks
    assert opened[2].product.labels == labels[3:]
    ready = source.prepare(found[labels[2]])
    assert ready.upstream == f"{labels[2]}.9"
    assert [one.name for one in source.fetch(ready)] == ["git"]


def test_a_source_that_has_nothing_left_to_give_is_not_even_opened() -> None:
    source, opened = several(("deb", PRODUCT.labels, False), ("site", PRODUCT.labels, False))
    source.releases()
    assert [one.name for one in opened] == ["deb"]


def test_a_broken_source_is_passed_over_and_told_where_there_is_no_other() -> None:
    source, _ = several(("deb", (), True), ("git", PRODUCT.labels[:1], False))
    assert [one.origin for one in source.releases()] == ["git"]
    with pytest.raises(SourceError, match="deb"):
        several(("deb", (), True))[0].releases()


def test_later_lines_are_named_and_nothing_is_made_of_what_no_scheme_reads() -> None:
    source, _ = several(("deb", PRODUCT.labels, False))
    source.releases()
    assert later_lines(PRODUCT, source.versions()) == ("99.1",)


def test_a_release_that_moves_is_in_no_line() -> None:
    gcloud = Catalogue.load()["gcloud"]
    assert gcloud.labels == ("current",)
    assert later_lines(gcloud, ()) == ()
    assert later_lines(gcloud.with_installed(["528.0.0"]), ("530.0.0", "99.0.0")) == ("530.0",)


def test_the_settings_choose_and_order_the_kinds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load_settings(data=tmp_path).sources == SOURCE_KINDS
    monkeypatch.setenv("FLAGSTONE_SOURCES", "git, deb")
    monkeypatch.setenv("FLAGSTONE_EGRESS_NETWORKS", "10.0.0.0/8")
    settings = load_settings(data=tmp_path)
    assert settings.sources == ("git", "deb")
    with Supply(settings) as supply:
        assert [str(one) for one in supply.policy.networks] == ["10.0.0.0/8"]
        with pytest.raises(ConfigurationError, match="none of the sources"):
            supply.source(Catalogue.load()["postgresql"].model_copy(update={"releases": ()}))
    monkeypatch.setenv("FLAGSTONE_SOURCES", "carrier-pigeon")
    with pytest.raises(ConfigurationError, match="FLAGSTONE_SOURCES"):
        load_settings(data=tmp_path)


def test_a_mirror_must_be_a_folder_below_the_roots(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "srv/docker").mkdir(parents=True)
    monkeypatch.setenv("FLAGSTONE_SOURCES", "git")
    product = Catalogue.load()["etcd"]
    for given, wrong in ((tmp_path / "none", "REPOSITORY=FOLDER"), (tmp_path, "SOURCE_ROOTS")):
        monkeypatch.setenv("FLAGSTONE_SOURCE_ROOTS", str(tmp_path / "srv"))
        monkeypatch.setenv("FLAGSTONE_MIRRORS", f"etcd-io/website={given}")
        with (
            Supply(load_settings(data=tmp_path)) as supply,
            pytest.raises(ConfigurationError, match=wrong),
        ):
            supply.source(product).releases()


def test_old_downloads_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    import os

    old, new, other = (tmp_path / name for name in ("debs/a.deb", "debs/b.deb", "lists/index"))
    for file in (old, new, other):
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
    for file in (old, other):
        os.utime(file, (1_000_000, 1_000_000))
    assert prune_downloads(tmp_path, 0) == 0
    assert prune_downloads(tmp_path, 30) == 1
    assert (old.exists(), new.exists(), other.exists()) == (False, True, True)


def test_discovery_tells_what_is_not_declared_and_what_is_not_there() -> None:
    git = Catalogue.load()["git"]  # 2.30, 2.39, 2.47, 2.53, 2.55
    found = discovery(git, ("2.30", "2.39"), ("2.39.5", "2.40.1", "2.40.3", "2.99.0", "next"))
    assert found.undeclared == {"2.40": "2.40.3", "2.99": "2.99.0"}
    assert found.later == ("2.99",)
    assert found.missing == tuple(one for one in git.labels if one not in ("2.30", "2.39"))
    opaque = git.model_copy(
        update={"versions": git.versions.model_copy(update={"scheme": "opaque"})}
    )
    assert discovery(opaque, (), ("2.99.0",)).undeclared == {}
