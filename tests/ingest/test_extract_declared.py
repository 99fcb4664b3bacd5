"""What pages leave out and products declare: values, shared options, other names, dialects.

Each line is judged by the validator on a surface read from recorded pages.
"""

import pytest
from parse_pages import read

from commands.model import Surface
from commands.store import SurfaceStore
from commands.validate import Targets, programs, validate
from commands.writer import write
from corpora.catalogue import Catalogue
from corpora.model import Page
from ingest.extract.families import Family
from ingest.extract.surfaces import facts_of, surface_of, with_synonyms
from ingest.parse import man, parse

CATALOGUE = Catalogue.load()
PAGES = {
    "apt": ("apt.8", "apt-get.8"),
    "cryptsetup": ("cryptsetup.8", "cryptsetup-open.8", "cryptsetup-close.8"),
    "pgbackrest": ("pgbackrest.1",),
    "skopeo": ("skopeo-inspect.1",),
}
SYNONYMS = {"cryptsetup-open.8": "usr/share/man/man8/cryptsetup-luksOpen.8.gz"}


def page(name: str) -> Page:
    return read(f"extract/{name}")


def surface(product: str) -> Surface:
    family = Family.of(CATALOGUE[product].options)
    facts = []
    for name in PAGES[product]:
        told = facts_of(family.named(page(name)), family)
        other = man.renamed(page(name), SYNONYMS[name]) if name in SYNONYMS else None
        facts.append(with_synonyms(told, [facts_of(other, family)] if other else ()))
    return surface_of(product, "1", facts, family.dialect)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SurfaceStore:
    path = tmp_path_factory.mktemp("surfaces") / "surfaces"
    write(path, [surface(product) for product in sorted(PAGES)])
    return SurfaceStore.open(path)


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("apt-get install -y -o Dpkg::Options::=--force-confold x", []),
        ("apt-get -o=Acquire::Retries=3 -qq update", []),
        ("apt-get -q=2 update", []),
        ("apt install -y x", []),
        ("apt install --assume-yess x", ["unknown_flag"]),
        ("apt list --installed", []),
        ("apt list --upgradable", []),
        ("cryptsetup luksOpen /dev/sda1 x", []),
        ("cryptsetup open --type luks2 --token-id 1 /dev/sda1 x", []),
        ("cryptsetup --type luks2 -q open /dev/sda1 x", []),
        ("cryptsetup luksOpen --tokens 1 /dev/sda1 x", ["unknown_flag"]),
        ("cryptsetup close --type luks2 x", ["unknown_flag"]),
        ("pgbackrest --stanza=main --pg1-path=/x backup", []),
        ("pgbackrest --stanza main --no-online backup", []),
        ("pgbackrest --stanzas=main backup", ["unknown_flag"]),
        ("skopeo inspect --username u --password p docker://x/y", []),
        ("skopeo inspect --password docker://x/y", ["missing_required"]),
    ],
)
def test_lines_are_judged_by_what_is_declared(store, line, codes):
    targets = Targets(dict.fromkeys(PAGES, "1"), programs(store))
    answer = validate(line, store, targets)
    assert [issue.code for one in answer.commands for issue in one.issues] == codes


def test_a_heading_set_as_a_term_is_no_spelling_of_the_first_option():
    family = Family.of(CATALOGUE["smartmontools"].options)
    (command,) = facts_of(page("smartctl.8"), family).commands
    assert [(one.names, one.evidence[0].quote) for one in command.options] == [
        (("-h", "--help", "--usage"), "-h, --help, --usage"),
        (
            ("-V", "--version", "--copyright", "--license"),
            "-V, --version, --copyright, --license",
        ),
        (("-i", "--info"), "-i, --info"),
    ]


def test_a_page_is_read_as_each_program_that_it_documents():
    family = Family.of(CATALOGUE["util-linux"].options)
    shared = page("swapon.8")
    other = man.renamed(shared, "usr/share/man/man8/swapoff.8.gz")
    assert other is not None
    facts = with_synonyms(facts_of(shared, family), [facts_of(other, family)])
    on, off = facts.commands
    assert (on.path, off.path) == (("swapon",), ("swapoff",))
    assert all(off.option(name) for name in ("--all", "--help", "--version"))
    assert on.option("--discard")
    assert not off.option("--discard")


def test_only_pages_of_commands_have_other_names():
    assert man.renamed(page("swapon.8"), "usr/share/man/man5/swaps.5.gz") is None


def test_phantoms_are_of_pages_alone():
    """kubectl 1.20's pages list a --version that isn't; later programs print one of their own."""
    family = Family.of(CATALOGUE["kubectl"].options)
    text = b"kubectl\n\nUsage:\n  kubectl [flags]\n\nOptions:\n      --version=false: Print it\n"
    told = facts_of(parse("help", "kubectl", text), family, source="help")
    assert told.commands[0].option("--version")
    assert "--version" in family.phantoms
    (known,) = (one for one in facts_of(page("kubectl.1"), family).commands)
    assert known.option("--version") is None
