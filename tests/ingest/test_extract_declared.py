"""What pages leave out and products declare: values, shared options, other names, dialects.

Each line is judged by the validator on a surface read from recorded pages.
"""

from pathlib import Path

import pytest
from parse_pages import read

from commands.model import Claim, Command, Surface
from commands.store import SurfaceStore
from commands.validate import Targets, programs, validate
from commands.writer import write
from corpora.catalogue import Catalogue
from corpora.model import Page
from eval.truth.facts import load
from ingest.extract.declared import unwritten
from ingest.extract.families import Family
from ingest.extract.surfaces import PageFacts, facts_of, surface_of, with_synonyms
from ingest.parse import man, parse

TRUTH = Path(__file__).parents[2] / "eval" / "truth"
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


def test_an_option_that_no_page_gives_to_a_program_says_that_it_was_declared():
    family = Family.of(CATALOGUE["util-linux"].options)
    other = man.renamed(page("swapon.8"), "usr/share/man/man8/swapoff.8.gz")
    assert other is not None
    (off,) = facts_of(other, family).commands
    by_label = off.option("-L")
    assert by_label is not None
    assert (by_label.names, by_label.arity, by_label.sources) == (("-L",), "one", ("declaration",))
    assert [(one.source, one.quote) for one in by_label.evidence] == [
        ("declaration", "swapoff -L"),
        ("documentation", "-L label"),
    ]


def small(name: str, *terms: str, section: int = 1) -> Command:
    """The command of a manual page of util-linux 2.41 that defines ``terms``."""
    lines = [f".TP\n\\fB{term}\\fR\nWhat it does.\n" for term in terms]
    text = f".TH {name} {section}\n.SH NAME\n{name} \\- x\n.SH OPTIONS\n{''.join(lines)}"
    read_page = parse("man", f"usr/share/man/man{section}/{name}.{section}", text.encode())
    (found,) = facts_of(read_page, Family.of(CATALOGUE["util-linux"].reading("2.41"))).commands
    return found


@pytest.mark.parametrize(
    ("name", "terms", "names"),
    [
        ("lscpu", ["-a"], [("-a",), ("-h", "--help"), ("-V", "--version")]),
        ("lscpu", ["--help", "-V"], [("--help", "-h"), ("-V",), ("--version",)]),
        ("fsck", ["-V", "--help"], [("-V",), ("--help",), ("--version",)]),
        ("setterm", ["-h, --help"], [("--help",), ("--version",)]),
        ("sfdisk", ["-N partno"], [("-N", "--partno")]),
        ("agetty", ["-V, --version"], [("--version",), ("-h", "--help")]),
    ],
)
def test_every_program_takes_what_is_declared_of_all(name, terms, names):
    found = [one.names for one in small(name, *terms).options]
    assert found[: len(names)] == names


def test_a_name_that_was_declared_is_told_from_those_of_the_page():
    option = small("lscpu", "--help").option("-h")
    assert option is not None
    assert option.sources == ()
    assert option.claims == (Claim("names -h", ("declaration",)),)
    assert [one.source for one in option.evidence] == ["documentation", "declaration"]


def test_what_is_declared_of_one_release_is_of_that_alone():
    product = CATALOGUE["util-linux"]
    assert "hwclock --param-index" in product.reading("2.41").unwritten
    assert "hwclock --param-index" not in product.reading("2.38").unwritten
    assert "-h, --help" in product.reading("2.38").unwritten
    assert product.reading("0.1") == product.options
    assert small("hwclock", "-r").option("--param-index")


def test_options_that_were_declared_are_stored_with_their_provenance(tmp_path):
    lines = [small("lscpu", "--help")]
    write(tmp_path / "surfaces", [surface_of("util-linux", "2.41", [PageFacts(tuple(lines))])])
    with SurfaceStore.open(tmp_path / "surfaces") as kept:
        found = kept.command("util-linux", "2.41", ("lscpu",))
    assert found is not None
    assert found.sources == ("documentation",)
    assert {one.names: one.sources for one in found.options} == {
        ("--help", "-h"): ("documentation",),
        ("-V", "--version"): ("declaration",),
    }


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


@pytest.mark.parametrize("release", CATALOGUE["util-linux"].labels)
def test_the_programs_take_what_is_declared_of_them(release):
    """As those of each release were asked; and nothing that they are declared not to take."""
    truth = load(TRUTH / f"util-linux-{release}.json.gz")
    family = Family.of(CATALOGUE["util-linux"].reading(release))
    for program, listed in truth.commands.items():
        taken = {*listed, *truth.unlisted.get(program, {})}
        named = {name for _, names, _ in unwritten(family, (program,)) for name in names}
        for key, others in family.spellings.items():
            named.update(others if key.rpartition(" ")[0] == program else ())
        assert named <= taken, program
        assert taken.isdisjoint(
            one.rpartition(" ")[2]
            for one in family.phantoms
            if one.rpartition(" ")[0] in {"", program}
        )


def test_a_declared_alias_is_the_command_and_a_guide_that_shows_it_adds_none() -> None:
    family = Family(aliases={"trivy fs": "trivy filesystem"})
    own = (
        b"## trivy filesystem\n\nScan local filesystem\n\n```\ntrivy filesystem [flags] PATH\n```\n"
    )
    own += b"\n### Options\n\n```\n      --severity strings   severities\n```\n"
    guide = (
        b"## trivy fs\n\n```\ntrivy fs [flags] PATH - if it is not there, nothing is scanned\n```\n"
    )
    facts = [
        facts_of(parse("markdown", f"{n}.md", one), family) for n, one in enumerate((own, guide))
    ]
    told = surface_of("trivy", "1", facts, family.dialect)
    [command] = [one for one in told.commands if len(one.path) == 2]
    assert (command.path, command.aliases) == (("trivy", "filesystem"), (("trivy", "fs"),))
