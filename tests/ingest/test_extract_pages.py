"""Real pages against what the programs that they document accept."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_pages import FIXTURES, read

from commands.model import Command, Group, Positional, Surface
from corpora.catalogue import Catalogue
from corpora.errors import ParseError
from corpora.model import Entry, Page, Section, Text
from eval.extraction.compare import compare
from eval.truth.facts import Facts, load
from ingest.extract.families import Family
from ingest.extract.pages import alias_of, command_of
from ingest.extract.surfaces import facts_of, surface_of
from ingest.parse import parse

TRUTH = Path(__file__).parents[2] / "eval" / "truth"


CATALOGUE = Catalogue.load()


def family(product: str) -> Family:
    """As the catalogue declares it; of a product that it hasn't, only what most have."""
    return Family.of(CATALOGUE[product].options) if product in CATALOGUE else Family()


@cache
def page(name: str) -> Page:
    return read(f"extract/{name}")


def command(product: str, name: str) -> Command:
    found = command_of(page(name), family(product), "https://docs.example/page")
    assert found is not None
    return found


def surface(product: str, *names: str) -> Surface:
    known = family(product)
    return surface_of(product, "1", [facts_of(page(name), known) for name in names], known.dialect)


def facts(name: str, *commands: str) -> Facts:
    known = load(TRUTH / f"{name}.json.gz")
    return Facts(
        product=known.product,
        release=known.release,
        origin=known.origin,
        method=known.method,
        commands={one: known.commands[one] for one in commands},
        unlisted=known.unlisted,
    )


@pytest.mark.parametrize(
    ("truth", "program", "product", "pages"),
    [
        ("coreutils-9.7", "timeout", "coreutils", ["timeout.1"]),
        ("postgresql-17", "clusterdb", "postgresql", ["app-clusterdb.html"]),
        ("postgresql-17", "pg_controldata", "postgresql", ["app-pgcontroldata.html"]),
        ("kubectl-1.20", "kubectl", "kubectl", ["kubectl.1", "kubectl-cordon.1"]),
        ("kubectl-1.20", "kubectl cordon", "kubectl", ["kubectl.1", "kubectl-cordon.1"]),
        ("docker-20.10", "docker start", "docker", ["docker-start.1", "docker-container-start.1"]),
    ],
)
def test_the_pages_and_the_program_agree_on_every_option(truth, program, product, pages):
    result = compare(facts(truth, program), surface(product, *pages).commands)
    assert [str(one) for one in result.differences] == []
    assert result.exact == 1
    assert result.found == result.flags == len(facts(truth, program).commands[program])


def test_a_difference_of_each_kind_is_named():
    told = facts("coreutils-9.7", "timeout")
    flags = {**told.commands["timeout"], "--new": "none", "-k": "none"}
    del flags["--foreground"]
    other = Facts("coreutils", "9.7", "", "help", {"timeout": flags, "gone": {"-x": "none"}})
    result = compare(other, surface("coreutils", "timeout.1").commands)
    assert sorted(str(one) for one in result.differences) == [
        "arity timeout -k takes none, the pages say one",
        "extra timeout --foreground",
        "missing timeout --new",
        "no page gone",
    ]
    assert (result.exact, result.commands, result.flags) == (0, 2, len(flags) + 1)


def test_what_was_overlooked_is_told_from_what_no_page_has():
    told = facts("coreutils-9.7", "timeout")
    commands = told.commands | {"timeout": told.commands["timeout"] | {"-Q": "none", "-R": "none"}}
    other = Facts(
        product="coreutils", release="9.7", origin="test", method="help",
        commands=commands, unlisted={"timeout": {"--hidden": "none"}},
    )  # fmt: skip
    read = surface("coreutils", "timeout.1").commands
    result = compare(other, read, {"timeout": "timeout [-xRy] DURATION"})
    assert [str(one) for one in result.differences] == [
        "missing timeout -Q (not on the page)",
        "missing timeout -R",
    ]
    assert (result.flags - result.found, result.unwritten) == (2, 1)
    assert (result.hidden, result.hidden_found) == (1, 0)


def test_help2man_paragraphs_before_an_indented_text_are_options_too():
    option = command("coreutils", "timeout.1").option("--kill-after")
    assert option is not None
    assert (option.names, option.arity, option.metavar) == (
        ("-k", "--kill-after"),
        "one",
        "DURATION",
    )
    assert option.description.startswith("also send a KILL signal")


def test_every_option_quotes_the_line_it_was_read_from():
    for option in command("postgresql", "app-clusterdb.html").options:
        (evidence,) = option.evidence
        assert evidence.source == "documentation"
        assert evidence.url.startswith("https://docs.example/page")
        assert all(name.lstrip("-") in evidence.quote for name in option.names)


def test_a_command_of_its_own_begins_where_the_synopsis_says_so():
    duration, program, arguments = command("coreutils", "timeout.1").positionals
    assert (duration.name, duration.remainder) == ("DURATION", False)
    assert (program.name, program.remainder) == ("COMMAND", True)
    assert (arguments.name, arguments.required, arguments.repeatable) == ("ARG", False, True)


def test_a_value_that_only_the_usage_shows_is_seen():
    option = command("util-linux", "enosys.1").option("-s")
    assert option is not None
    assert (option.names, option.arity, option.metavar) == (("-s", "--syscall"), "one", "syscall")


def test_options_that_only_a_sentence_speaks_of_are_found():
    found = command("postgresql", "app-pgcontroldata.html")
    option = found.option("-V")
    assert option is not None
    assert option.names == ("-V", "--version")
    assert "supports the options -V and --version" in option.evidence[0].quote


def test_two_commands_on_a_page_have_their_own_options():
    data = (FIXTURES / "extract/swapon.8").read_bytes()
    known = family("util-linux")
    pages = [facts_of(parse("man", name, data), known) for name in ("swapon.8", "swapoff.8")]
    swapon, swapoff = surface_of("util-linux", "2.41", pages).commands
    assert swapon.option("--discard") is not None
    assert swapoff.option("--discard") is None
    assert {name for option in swapoff.options for name in option.names} >= {"-v", "-a", "--all"}


def test_inherited_options_stand_with_the_command_that_declares_them():
    root, cordon = surface("kubectl", "kubectl.1", "kubectl-cordon.1").commands
    namespace = root.option("-n")
    assert namespace is not None
    assert namespace.inheritable
    assert cordon.option("-n") is None
    assert root.children == ("cordon",)
    assert root.option("--docker-tls") is None  # listed by the page, unknown to the program
    alone = command("kubectl", "kubectl-cordon.1").option("-n")
    assert alone is not None
    assert alone.inherited


def test_cobra_pages_tell_type_default_and_choices():
    found = command("kubectl", "kubectl-cordon.1")
    run, selector = found.option("--dry-run"), found.option("-l")
    assert run is not None
    assert (run.default, run.choices, run.open_choices) == (
        "none",
        ("none", "server", "client"),
        False,
    )
    assert selector is not None
    assert (selector.arity, selector.default, selector.type) == ("one", None, "string")


def test_pages_of_one_command_under_two_names_are_put_together():
    assert alias_of(page("docker-start.1")) == ("docker", "container", "start")
    first, second = surface("docker", "docker-start.1", "docker-container-start.1").commands
    assert {o.names for o in first.options} == {o.names for o in second.options}
    assert second.path in first.aliases
    assert first.path in second.aliases


def made(*terms: str, body: str = "Text.", usage: str = "tool [options] FILE") -> Command:
    """The command of a page with one option."""
    sections = (
        Section(heading="Synopsis", blocks=(Text(type="code", text=usage),)),
        Section(heading="Options", blocks=(Entry(terms=terms, body=(Text(text=body),)),)),
    )
    found = command_of(Page(slug="tool", title="tool", command="tool", sections=sections), Family())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "default"),
    [
        ("The default is 5.", "5"),
        ("Number of jobs (default: 10).", "10"),
        ('Defaults to "plain".', "plain"),
        ("The default is to ask.", None),
        ("The default is taken from the file.", None),
        ("Defaults to diff.renameLimit.", None),
    ],
)
def test_a_default_is_a_value_that_the_text_states(body, default):
    assert made("--level=NUM", body=body).options[0].default == default


@pytest.mark.parametrize(
    ("body", "choices"),
    [
        ('Must be "none", "server", or "client".', ("none", "server", "client")),
        ("Legal values [Always, OnFailure, Never].", ("Always", "OnFailure", "Never")),
        ("Namespace to use (host|private).", ("host", "private")),
        ("Time to wait (ms|s|m|h).", ()),
        ("It must be 512 or larger.", ()),
        ("It must be set or the command fails.", ()),
        ("On Windows, the service must be stopped and started.", ()),
    ],
)
def test_choices_are_a_list_that_the_text_calls_closed(body, choices):
    assert made("--mode=MODE", body=body).options[0].choices == choices


def test_a_switch_never_has_the_choices_of_its_text():
    assert made("--verbose", body="One of: a|b|c.").options[0].choices == ()


def test_what_the_text_says_of_use_is_read():
    option = made(
        "--new=X", body="This option is required. It can be used more than once."
    ).options[0]
    assert (option.required, option.repeatable) == (True, True)
    gone = made("--old", body="This option is deprecated. Use --new instead.").options[0]
    assert gone.deprecated is not None
    assert gone.deprecated.replacement == "--new"


def test_a_spelling_given_up_is_an_option_of_its_own():
    kept, gone = made("--large-objects", "--blobs (deprecated)").options
    assert kept.deprecated is None
    assert gone.names == ("--blobs",)
    assert gone.deprecated is not None
    assert gone.deprecated.replacement == "--large-objects"


def test_a_pair_of_opposites_is_one_option():
    (option,) = made("-p", "--progress", "--no-progress").options
    assert (option.names, option.negations) == (("-p", "--progress"), ("--no-progress",))


def test_a_letter_printed_bare_before_an_optional_value_takes_none():
    long, letter = sorted(made("-F", "--classify[=WHEN]").options, key=lambda one: one.arity)[::-1]
    assert (long.names, long.arity) == (("--classify",), "optional")
    assert (letter.names, letter.arity) == (("-F",), "none")


def test_usages_tell_what_excludes_what_and_what_must_be_given():
    blocks = tuple(Entry(terms=terms) for terms in (("-a", "--all"), ("--mirror",), ("-o FILE",)))
    usage = Text(type="code", text="tool -o FILE [-a | --all | --mirror] [-q] NAME...")
    sections = (
        Section(heading="Synopsis", blocks=(usage,)),
        Section(heading="Options", blocks=blocks),
    )
    found = command_of(Page(slug="tool", title="tool", command="tool", sections=sections), Family())
    assert found is not None
    assert found.groups == (Group("at_most_one", ("--all", "--mirror")),)
    assert [option.name for option in found.options if option.required] == ["-o"]
    assert [option.name for option in found.options] == ["--all", "--mirror", "-o", "-q"]
    assert [(one.name, one.repeatable) for one in found.positionals] == [("NAME", True)]


def test_a_page_that_documents_no_command_gives_none():
    text = Page(slug="intro", title="Introduction", sections=(Section(heading="", blocks=()),))
    assert command_of(text, Family()) is None


LINES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ("-a, --all", "--x[=y]", "-f FILE", "--[no-]z", "One of: a|b.", "tool [-a | -b] X")
    ),
)
BLOCKS = st.one_of(
    LINES.map(lambda text: Text(text=text)),
    st.tuples(st.lists(LINES, min_size=1, max_size=3), LINES).map(
        lambda pair: Entry(terms=tuple(pair[0]), body=(Text(text=pair[1]),))
    ),
)
SECTIONS = st.tuples(
    st.sampled_from(("SYNOPSIS", "OPTIONS", "COMMANDS", "EXAMPLES", "")),
    st.lists(BLOCKS, max_size=4),
).map(lambda pair: Section(heading=pair[0], blocks=tuple(pair[1])))


@given(st.lists(SECTIONS, max_size=4), st.sampled_from(("tool", "docker", "git", "openssl")))
def test_any_page_is_read_or_refused_with_a_reason(sections, product):
    page = Page(slug="tool", title="tool", command="tool", sections=tuple(sections))
    refused: ParseError | None = None
    try:
        facts = facts_of(page, family(product))
    except ParseError as error:
        refused = error
    if refused:
        assert "tool" in str(refused)
    else:
        assert len(surface_of(product, "1", [facts]).commands) == 1


def test_a_page_that_breaks_the_limits_is_refused_by_its_name():
    page = Page(
        slug="bad",
        title="bad",
        command="bad",
        sections=(Section(heading="OPTIONS", blocks=(Entry(terms=("--x=\ufdd0",)),)),),
    )
    with pytest.raises(ParseError, match="bad"):
        facts_of(page, Family())


def test_the_value_of_an_option_in_the_synopsis_is_no_operand():
    found = command_of(read("git-2.47/git-commit.1"), family("git"))
    assert found is not None
    assert "--fixup [(amend|reword):]<commit>]" in found.synopsis[0]
    assert found.positionals == (Positional("pathspec", required=False, repeatable=True),)


def test_a_word_about_an_option_in_the_synopsis_is_no_operand():
    line = "docker build [--label[=[]]] [-squash] Experimental [--force-rm] PATH | URL | -"
    sections = (Section(heading="SYNOPSIS", blocks=(Text(type="code", text=line),)),)
    page = Page(slug="docker-build", title="x", command="docker build", sections=sections)
    found = command_of(page, family("docker"))
    assert found is not None
    assert [one.name for one in found.positionals] == ["PATH|URL|-"]
