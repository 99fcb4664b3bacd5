import re
from pathlib import Path

import pytest

from corpora.catalogue import Catalogue
from corpora.errors import ConfigurationError, UnknownProduct, UnknownVersion
from corpora.sources import DebSource

GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-product.md"

MINIMAL = """
id = "tool"
title = "Tool"
domain = "cloud"
vendor = "V"
homepage = "https://example.com"
licence = "MIT"
attribution = "V"

[versions]
scheme = "two_part"

[source.site]
start = "https://example.com/docs/{release}/"

[releases."1.10"]
[releases."1.9"]
"""


def load(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return Catalogue.load(folder)


def test_the_shipped_products_load_with_their_releases_oldest_first():
    products = Catalogue.load()
    assert list(products) == sorted(products)
    assert products["git"].labels[:2] == ("2.30", "2.39")
    assert products["postgresql"].labels[0] == "13"
    assert products["docker"].labels[-1] == "29.7"


@pytest.mark.parametrize("product", Catalogue.load().values(), ids=lambda product: product.id)
def test_every_shipped_product_can_be_fetched_cited_and_recognised(product):
    assert product.versions.fingerprints
    assert product.commands
    assert product.licence
    assert product.attribution
    for release in product.releases:
        site = release.sources.site
        assert site is None or site.trust == "official"


@pytest.mark.parametrize("product", Catalogue.load().values(), ids=lambda product: product.id)
def test_a_site_that_does_not_say_its_release_is_declared_under_one_alone(product):
    sites = [one.sources.site for one in product.releases if one.sources.site is not None]
    unversioned = [
        site for site in sites if "{release}" not in "".join((site.start, *site.include))
    ]
    assert len(unversioned) == len({site.start for site in unversioned})


def test_a_release_states_only_its_difference():
    releases = {
        release.label: release.sources.deb for release in Catalogue.load()["docker"].releases
    }
    old, new = releases["20.10"], releases["28.5"]
    assert isinstance(old, DebSource)
    assert (old.packages, new.packages) == (("docker.io",), ("docker-cli",))
    assert old.model_copy(update={"packages": new.packages}) == new


def test_a_release_lays_what_it_says_of_options_over_what_the_product_does(tmp_path):
    more = """
    options.dialect = "go"
    options.unwritten = { "tool -x, --extra" = "one" }
    [options]
    phantoms = ["-y"]
    unwritten = { "-V, --version" = "none" }
    """
    product = load(tmp_path, tool=MINIMAL + more)["tool"]
    old, new = product.reading("1.9"), product.reading("1.10")
    assert (old.dialect, old.phantoms) == ("go", ("-y",))
    assert dict(old.unwritten) == {"-V, --version": "none", "tool -x, --extra": "one"}
    assert new == product.options
    assert dict(new.unwritten) == {"-V, --version": "none"}


def test_the_example_of_the_guide_loads(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    product = load(tmp_path, rsync=example)["rsync"]
    assert product.labels == ("3.2", "3.4")
    assert [release.sources.deb.exclude for release in product.releases] == [
        ("*/rsyncd.conf.5*",),
        (),
    ]
    (pattern,) = product.versions.fingerprints
    printed = "rsync  version 3.2.7  protocol version 31"
    assert re.search(pattern, printed)["version"] == "3.2.7"


def test_the_guide_names_every_field_and_scheme():
    guide = GUIDE.read_text("utf-8")
    from corpora import catalogue as it
    from corpora import sources

    kinds = (sources.InstalledSource, sources.DebSource, sources.SiteSource)
    models = (it.Product, it.Versioning, *kinds)
    fields = {field for model in models for field in model.model_fields}
    schemes = it.Scheme.__args__
    assert [name for name in (*fields, *schemes) if not re.search(rf"\b{name}\b", guide)] == []


def test_a_minimal_declaration_is_enough_and_labels_sort_by_their_scheme(tmp_path):
    product = load(tmp_path, tool=MINIMAL)["tool"]
    assert product.labels == ("1.9", "1.10")
    assert product.release("1.10").sources.deb is None


def test_opaque_labels_keep_the_order_they_are_declared_in(tmp_path):
    text = MINIMAL.replace("two_part", "opaque").replace("1.10", "stable").replace("1.9", "edge")
    assert load(tmp_path, tool=text)["tool"].labels == ("stable", "edge")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[source.site]", "[source.site"), "is not TOML"),
        (('"two_part"', '"semverr"'), "versions.scheme: Input should be"),
        (('[versions]\nscheme = "two_part"', 'versions = "1"'), "versions: Input should be"),
        (('"1.9"', '"nine"'), "releases: 'nine' is not a version of the scheme two_part"),
        (('"1.9"', '"1"'), "releases: '1' has too few numbers"),
        (('two_part"', 'opaque"\n[releases."../x"]'), "releases.0.label: String should match"),
        (('[releases."1.10"]\n[releases."1.9"]', ""), "releases: Field required"),
        (('[releases."1.10"]\n[releases."1.9"]', "[releases]"), "releases: Tuple should have"),
        (('[releases."1.9"]', '[releases]\n"1.9" = 3'), "releases.1.9: Input should be"),
        (('"two_part"', '"two_part"\nfingerprints = ["("]'), "not a regular expression"),
        (('"two_part"', '"two_part"\nfingerprints = ["x"]'), "no group named 'version'"),
        (("[source.site]", "[other]"), "sources: Value error, no source is declared"),
        (("start =", "begin ="), "sources.site.start: Field required"),
        (('title = "Tool"', ""), "title: Field required"),
        (('title = "Tool"', 'title = "Tool"\ncolour = "red"'), "colour: Extra inputs"),
        (('"cloud"', '"kitchen"'), "domain: Input should be"),
        (('id = "tool"', 'id = "Tool"'), "id: String should match"),
        (("[source.site]", '[options.unwritten]\n"-h --help" = "none"\n[source.site]'),
         "options.unwritten: Value error, '-h --help' is not like"),
        (("[source.site]", '[options]\ntaks = 1\n[source.site]'), "options.taks: Extra inputs"),
        (('[releases."1.9"]', '[releases."1.9"]\noptions = 3'), "releases.0.options: Input should"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_by_file_and_field(tmp_path, change, told):
    assert change[0] in MINIMAL
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, tool=MINIMAL.replace(*change))
    assert refused.value.message.startswith("tool.toml")
    assert told in refused.value.message


def test_a_file_is_named_as_its_product(tmp_path):
    with pytest.raises(ConfigurationError, match=r"other\.toml declares 'tool': rename the file"):
        load(tmp_path, other=MINIMAL)


def test_a_name_stands_for_one_product(tmp_path):
    second = MINIMAL.replace('id = "tool"', 'id = "util"\naliases = ["Tool"]')
    with pytest.raises(ConfigurationError, match=r"util\.toml: the name 'tool' already stands"):
        load(tmp_path, tool=MINIMAL, util=second)


def test_an_unreadable_file_or_folder_is_told(tmp_path):
    (tmp_path / "tool.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(ConfigurationError, match=r"tool\.toml can't be read"):
        Catalogue.load(tmp_path)
    with pytest.raises(ConfigurationError, match="can't be read"):
        Catalogue.load(tmp_path / "absent")


def test_an_unknown_product_is_answered_with_what_there_is():
    with pytest.raises(UnknownProduct) as refused:
        Catalogue.load()["postgrsql"]
    assert refused.value.extra["suggestions"] == ["postgresql"]
    assert list(Catalogue.load()) == refused.value.extra["available"]


def test_an_undeclared_release_is_answered_with_the_declared_ones():
    with pytest.raises(UnknownVersion) as refused:
        Catalogue.load()["git"].release("2.31")
    assert refused.value.extra["available"] == list(Catalogue.load()["git"].labels)


def test_membership_of_something_that_is_no_text_is_false():
    assert 3 not in Catalogue.load()
    assert "git" in Catalogue.load()


def test_later_kubectls_are_read_from_the_program() -> None:
    # Debian's kubernetes-client is an empty package since 1.32.
    kubectl = Catalogue.load()["kubectl"]
    kinds = {release.label: release.sources.kinds for release in kubectl.releases}
    assert kinds == {"1.20": ("deb", "help"), "1.32": ("help",), "1.36": ("help",)}
