import pytest

from commands.merge import merge
from commands.model import (
    Claim,
    Command,
    Deprecation,
    Evidence,
    Option,
    Scope,
    Surface,
    exhaustive,
)
from corpora.errors import ParseError


def surface(source, *options, scopes=(), path=("docker", "run"), **facts):
    command = Command(path, options=options, **facts)
    return Surface("docker", "29", (source,), (command,), exhaustive=scopes)


def merged(*surfaces):
    (command,) = merge(surfaces).commands
    return command


def test_the_four_states_of_an_option_can_be_told_apart():
    page = surface(
        "documentation",
        Option(("--memory", "-m"), "one"),
        Option(("--removed-by-now",), "one"),
        Option(("--link",), "one", deprecated=Deprecation("legacy")),
    )
    program = surface(
        "binary",
        Option(("-m", "--memory"), "one"),
        Option(("--kernel-memory",), "one", hidden=True),
        Option(("--link",), "one"),
    )
    run = merged(page, program)
    assert run.option("--memory").sources == ("binary", "documentation")
    undocumented = run.option("--kernel-memory")
    assert not undocumented.documented
    assert undocumented.hidden
    assert run.option("--removed-by-now").sources == ("documentation",)
    assert run.option("--link").deprecated == Deprecation("legacy")
    assert Claim("deprecated", ("documentation",)) in run.option("--link").claims


def test_the_source_nearer_to_the_program_is_believed_and_the_other_remembered():
    page = surface("documentation", Option(("--pull",), "none", default="always"))
    program = surface("binary", Option(("--pull",), "one", default="missing"))
    option = merged(page, program).option("--pull")
    assert (option.arity, option.default) == ("one", "missing")
    assert Claim("arity", ("binary",), ("documentation",)) in option.claims
    assert Claim("default", ("binary",), ("documentation",)) in option.claims
    assert merged(program, page).option("--pull") == option


def test_silence_is_no_statement_unless_the_source_is_exhaustive():
    page = surface("documentation", Option(("--name",), "one", required=True))
    silent = surface("model", Option(("--name",), "one"))
    said = merged(page, silent).option("--name")
    assert said.required
    assert Claim("required", ("documentation",)) in said.claims
    scopes = (Scope("model", ("required",)),)
    denied = merged(page, surface("model", Option(("--name",), "one"), scopes=scopes))
    assert not denied.option("--name").required
    assert Claim("required", ("model",), ("documentation",)) in denied.option("--name").claims


def test_texts_that_differ_are_no_disagreement():
    page = surface("documentation", Option(("--name",), "one", description="Assign a name."))
    program = surface("help", Option(("--name",), "one", description="assign name"))
    option = merged(page, program).option("--name")
    assert option.description == "assign name"
    assert option.claims == (Claim("description", ("help",)),)


def test_a_spelling_is_remembered_with_who_knows_it():
    page = surface("documentation", Option(("--name",), "one"))
    program = surface("binary", Option(("-n", "--name"), "one"))
    option = merged(page, program).option("-n")
    assert option.names == ("-n", "--name")
    assert Claim("names -n", ("binary",)) in option.claims


def test_a_spelling_belongs_to_the_option_that_the_program_gives_it_to():
    page = surface("documentation", Option(("-d", "--debug"), "none"), Option(("--dbname",), "one"))
    program = surface("binary", Option(("--debug",), "none"), Option(("-d", "--dbname"), "one"))
    command = merged(page, program)
    assert command.option("-d").name == "--dbname"
    assert command.option("--debug").names == ("--debug",)


def test_a_page_that_lists_a_negation_apart_makes_no_second_option():
    page = surface(
        "documentation",
        Option(("--verify",), "none"),
        Option(("--no-verify",), "none", evidence=(Evidence("documentation", quote="--no-"),)),
    )
    program = surface("binary", Option(("--verify",), "none", negations=("--no-verify",)))
    command = merged(page, program)
    assert [option.names for option in command.options] == [("--verify",)]
    assert command.options[0].evidence == (Evidence("documentation", quote="--no-"),)


def test_a_command_is_found_again_under_its_alias():
    program = surface("binary", Option(("-d",), "none"), aliases=(("docker", "container", "run"),))
    page = surface("documentation", Option(("-i",), "none"), path=("docker", "container", "run"))
    command = merged(page, program)
    assert command.path == ("docker", "run")
    assert {option.name for option in command.options} == {"-d", "-i"}


def test_a_source_that_only_names_a_command_says_nothing_of_its_options():
    scope = Scope("binary", ("options",))
    name_only = surface("binary", partial=True, scopes=(scope,))
    page = surface("documentation", Option(("-i",), "none"))
    result = merge((name_only, page))
    (command,) = result.commands
    assert not command.partial
    assert command.sources == ("documentation",)
    assert not exhaustive(result.exhaustive, "options", command.sources)
    assert exhaustive(result.exhaustive, "options", ("binary",))


def test_only_surfaces_of_one_release_are_merged():
    other = Surface("docker", "28", ("help",), ())
    with pytest.raises(ParseError, match="docker 28"):
        merge((surface("help"), other))
    with pytest.raises(ParseError):
        merge(())
