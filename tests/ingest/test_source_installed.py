"""Installed tools as a source: folders of this machine, read as they are."""

from pathlib import Path

import pytest
from google_sdk import URL, install

from api.folders import catalogue, named_folders
from api.settings import Settings, load_settings
from api.supply import Supply
from corpora.catalogue import Catalogue, Product
from corpora.errors import ConfigurationError, Reason, SourceError, UnknownProduct
from ingest.sources.archive import Limits
from ingest.sources.base import Source
from ingest.sources.installed import InstalledSource, installed_version

GCLOUD = Catalogue.load()["gcloud"]
DECLARED = GCLOUD.installed


def product(*versions: str) -> Product:
    return GCLOUD.with_installed(versions)


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    return install(tmp_path / "sdk")


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INSTALLED", "SOURCE_ROOTS", "SOURCES", "PRODUCTS"):
        monkeypatch.delenv(f"FLAGSTONE_{name}", raising=False)


def test_every_folder_is_the_release_that_is_installed_there(sdk: Path, tmp_path: Path) -> None:
    older = install(tmp_path / "older", "502.0.0", tree=False)
    seam: Source = InstalledSource(product("528.0.0", "502.0.0"), [sdk, older])
    found = seam.releases()
    assert [(one.label, one.upstream, one.format, one.trust) for one in found] == [
        ("502.0.0", "502.0.0", "gcloud", "official"),
        ("528.0.0", "528.0.0", "gcloud", "official"),
    ]
    assert [one.origin for one in found][1] == "Google Cloud CLI 528.0.0, installed"
    assert [[one.name for one in seam.fetch(seam.prepare(one))] for one in found] == [
        ["data/cli/gcloud_completions.py"],
        ["data/cli/gcloud_completions.py", "data/cli/gcloud.json"],
    ]
    document = next(seam.fetch(found[1]))
    assert (document.slug, document.url) == ("gcloud_completions", URL)
    assert document.data == (sdk / document.name).read_bytes()


def test_the_fingerprint_changes_with_the_files_and_nothing_else(sdk: Path, tmp_path: Path) -> None:
    here = InstalledSource(product("528.0.0"), [sdk]).releases()
    elsewhere = install(tmp_path / "other")
    (elsewhere / "README").write_text("of no interest")
    assert InstalledSource(product("528.0.0"), [elsewhere]).releases() == here
    (elsewhere / "data/cli/gcloud.json").unlink()
    assert InstalledSource(product("528.0.0"), [elsewhere]).releases() != here


def test_what_is_updated_meanwhile_is_not_taken_for_the_same(sdk: Path) -> None:
    source = InstalledSource(product("528.0.0"), [sdk])
    (found,) = source.releases()
    (sdk / "data/cli/gcloud.json").unlink()
    with pytest.raises(SourceError, match="updated"):
        source.prepare(found)
    (sdk / "VERSION").write_text("529.0.0\n")
    with pytest.raises(SourceError) as caught:
        list(source.fetch(found))
    assert caught.value.reason is Reason.NOT_FOUND
    assert InstalledSource(product("528.0.0"), [sdk]).releases() == ()


def test_a_release_that_is_not_installed_is_left_to_other_sources(sdk: Path) -> None:
    assert InstalledSource(product(), [sdk]).releases() == ()
    assert InstalledSource(product("528.0.0"), []).releases() == ()


def test_a_link_that_leads_out_of_the_folder_is_no_file(sdk: Path, tmp_path: Path) -> None:
    tree = sdk / "data/cli/gcloud.json"
    outside = tmp_path / "secret.json"
    tree.rename(outside)
    tree.symlink_to(outside)
    source = InstalledSource(product("528.0.0"), [sdk])
    (found,) = source.releases()
    assert [one.slug for one in source.fetch(found)] == ["gcloud_completions"]
    (sdk / "VERSION").unlink()
    (sdk / "VERSION").symlink_to("/etc/hostname")
    assert source.releases() == ()
    assert DECLARED is not None
    with pytest.raises(SourceError) as caught:
        installed_version(sdk, DECLARED)
    assert caught.value.reason is Reason.NOT_FOUND


def test_files_that_are_too_large_are_refused(sdk: Path) -> None:
    small = InstalledSource(product("528.0.0"), [sdk], limits=Limits(member_bytes=1000))
    with pytest.raises(SourceError) as caught:
        small.releases()
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("text", ["", "\n", "HEAD\n", "../../etc\n", "5" * 65, "\xff\xfe"])
def test_a_version_is_one_or_is_refused(sdk: Path, text: str) -> None:
    (sdk / "VERSION").write_bytes(text.encode("latin-1"))
    assert DECLARED is not None
    with pytest.raises(SourceError) as caught:
        installed_version(sdk, DECLARED)
    assert caught.value.reason is Reason.MALFORMED


def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **given: object) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(f"FLAGSTONE_{name.upper()}", str(value))
    return load_settings(data=tmp_path / "data")


def test_the_setting_adds_releases_to_the_catalogue(
    sdk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = install(tmp_path / "older", "99.0.1", tree=False)
    read = settings(tmp_path, monkeypatch, installed=f"gcloud={sdk}, gcloud={older}")
    there = catalogue(read)
    assert there["gcloud"].labels == ("99.0.1", "528.0.0", "current")
    assert there["gcloud"].release("528.0.0").sources.kinds == ("installed",)
    assert there["kubectl"] == Catalogue.load()["kubectl"]
    with Supply(read) as supply:
        source = supply.source(there["gcloud"].only(("528.0.0",)))
        assert [one.label for one in source.releases()] == ["528.0.0"]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ("gcloud", "PRODUCT=FOLDER"),
        ("gcloud={0}/none", "PRODUCT=FOLDER"),
        ("gcloud={0}", "VERSION: not_found"),
        ("kubectl={0}/sdk", "kubectl is not read from an installation"),
    ],
)
def test_a_folder_that_is_none_is_told_with_its_setting(
    sdk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, wrong: str
) -> None:
    read = settings(tmp_path, monkeypatch, installed=given.format(tmp_path))
    with pytest.raises(ConfigurationError, match=wrong) as caught:
        catalogue(read)
    assert "FLAGSTONE_INSTALLED" in str(caught.value)


def test_a_folder_must_be_below_the_roots_and_its_product_declared(
    sdk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "srv").mkdir()
    read = settings(tmp_path, monkeypatch, installed=f"gcloud={sdk}", source_roots=tmp_path / "srv")
    with pytest.raises(ConfigurationError, match="FLAGSTONE_SOURCE_ROOTS"):
        catalogue(read)
    (tmp_path / "srv/link").symlink_to(sdk)
    with pytest.raises(ConfigurationError, match="FLAGSTONE_SOURCE_ROOTS"):
        list(named_folders("INSTALLED", "PRODUCT", [f"g={tmp_path}/srv/link"], read.source_roots))
    monkeypatch.delenv("FLAGSTONE_SOURCE_ROOTS")
    with pytest.raises(UnknownProduct):
        catalogue(settings(tmp_path, monkeypatch, installed=f"gcluod={sdk}"))
