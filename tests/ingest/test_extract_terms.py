"""The grammar of terms and usages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.terms import NUMBER, Notation, parse_term
from ingest.extract.usage import Choice, Word, parse_usage, usages, words
from ingest.extract.values import choices_in

GNU = Notation()
GIT = Notation(spaced_optional=True, letters_take=True)
COBRA = Notation(defaults=True, several_words="many")
OPENSSL = Notation(words=True, several_words="one")


def read(term: str, notation: Notation = GNU) -> list[tuple[str, str, str]]:
    """Name, arity and metavar of every spelling."""
    return [(s.name, s.value.arity, s.value.metavar) for s in parse_term(term, notation)]


@pytest.mark.parametrize(
    ("notation", "term", "expected"),
    [
        (
            GNU,
            "-C <commit>, --reuse-message=<commit>",
            [("-C", "one", "commit"), ("--reuse-message", "one", "commit")],
        ),
        (GNU, "-T pattern", [("-T", "one", "pattern")]),
        (GNU, "-W[=path]", [("-W", "optional", "path")]),
        (GNU, "--color[=when]", [("--color", "optional", "when")]),
        (GNU, "-Z method[:detail]", [("-Z", "one", "method[:detail]")]),
        (GNU, "-j njobs --jobs=njobs", [("-j", "one", "njobs"), ("--jobs", "one", "njobs")]),
        (GNU, "-nNUM", [("-n", "one", "NUM")]),
        (GNU, "-vv", [("-vv", "none", "")]),
        (
            GNU,
            "[-d] dbname, [--dbname=]dbname",
            [("-d", "one", "dbname"), ("--dbname", "one", "dbname")],
        ),
        (GNU, "--getepoch; --setepoch", [("--getepoch", "none", ""), ("--setepoch", "none", "")]),
        (GNU, "--list [device...]", [("--list", "none", "")]),
        (GNU, "--associated file [-o offset]", [("--associated", "one", "file")]),
        (GNU, "--rate <max request rate>", [("--rate", "one", "max request rate")]),
        (GNU, "--full-history with parent rewriting", [("--full-history", "none", "")]),
        (GIT, "--contains [<commit>]", [("--contains", "optional", "commit")]),
        (GIT, "-U<n>", [("-U", "one", "n")]),
        (GIT, "-<n>", [(NUMBER, "none", "")]),
        (GIT, "--add <name> <value>", [("--add", "none", "")]),
        (
            GIT,
            "--reference[-if-able] <r>",
            [("--reference", "one", "r"), ("--reference-if-able", "one", "r")],
        ),
        (OPENSSL, "-CAfile file", [("-CAfile", "one", "file")]),
        (OPENSSL, "-revoke certfile [reason]", [("-revoke", "one", "certfile")]),
        (Notation(plus=True), "+x", [("+x", "none", "")]),
        (Notation(key_values=True), "if=FILE", [("if", "one", "FILE")]),
        (
            GNU,
            "--make-[shared|private]",
            [("--make-shared", "none", ""), ("--make-private", "none", "")],
        ),
        (
            GNU,
            "--make-[r]{shared|slave}",
            [
                ("--make-shared", "none", ""),
                ("--make-slave", "none", ""),
                ("--make-rshared", "none", ""),
                ("--make-rslave", "none", ""),
            ],
        ),
    ],
)
def test_terms_of_every_form_give_their_names_and_values(notation, term, expected):
    assert read(term, notation) == expected


@pytest.mark.parametrize(
    "term", ["", "-", "--", "dbname", "-500", "[-D]", "- A MAC of the file.", "\\dt", "+ TOKEN"]
)
def test_what_is_no_option_gives_none(term):
    assert parse_term(term, GNU) == ()


@pytest.mark.parametrize(
    ("term", "arity", "default", "repeatable"),
    [
        ("--cap-add=[]", "one", None, True),
        ("--cap-add=", "one", None, False),
        ('--user=""', "one", None, False),
        ('--driver="local"', "one", "local", False),
        ("--cpu-shares=0", "one", "0", False),
        ("--detach[=false]", "none", "false", False),
        ("--attach=true", "none", "true", False),
        ("--quiet true|false", "none", None, False),
        ("--privileged [true|false]", "none", None, False),
        ("--opt=map[]", "one", None, True),
        ("--memory MEMORY", "one", None, False),
        ("--volume[=[HOST-DIR:]CONTAINER-DIR]", "one", None, False),
        ('--dry-run[="unchanged"]', "optional", "unchanged", False),
    ],
)
def test_cobra_prints_defaults_where_others_print_what_a_value_is(term, arity, default, repeatable):
    value = parse_term(term, COBRA)[0].value
    assert (value.arity, value.default, value.repeatable) == (arity, default, repeatable)


def test_an_optional_negation_is_not_another_name():
    (spelling,) = parse_term("--[no-]verify", GIT)
    assert (spelling.name, spelling.negation) == ("--verify", "--no-verify")


def test_a_note_marks_the_spelling_that_is_given_up():
    assert [s.deprecated for s in parse_term("--large-objects, --blobs (deprecated)", GNU)] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a|b|c>", (("a", "b", "c"), False)),
        ("(always|never|auto)", (("always", "never", "auto"), False)),
        ("keep|clear|<signal>", (("keep", "clear"), True)),
        ("=4|=6", (("4", "6"), False)),
        ("filename|uri", None),
        ("<commit>", None),
        ("ip:[host]:port | host:port", None),
    ],
)
def test_only_literal_lists_are_choices(text, expected):
    assert choices_in(text) == expected


NOTATIONS = [GNU, GIT, COBRA, OPENSSL, Notation(plus=True, key_values=True, literals=True)]
PIECES = st.one_of(
    st.sampled_from("[]<>(){}=|,+/;é \n\x00"),
    st.sampled_from(("-", "--", "...", "no-", "-a", "--name", "VALUE", "[=when]", "[no-]")),
    st.just("true|false"),
)
TERMS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))


@given(TERMS, st.sampled_from(NOTATIONS))
def test_any_term_can_be_read_and_names_are_slices_of_it(term, notation):
    for spelling in parse_term(term, notation):
        assert spelling.value.text in term
        if spelling.name != NUMBER:
            assert spelling.name == "".join(term[start:end] for start, end in spelling.spans)
            assert not any(char.isspace() for char in spelling.name)


@given(st.text(min_size=2001, max_size=2100))
def test_a_term_too_long_to_be_one_is_left(term):
    assert parse_term(f"-x {term}", GNU) == ()


@given(TERMS)
def test_any_usage_can_be_read_and_its_words_stand_in_it(line):
    for branch in parse_usage(line):
        assert all(word.text in line for word in words(branch))


def test_brackets_nested_without_end_are_refused():
    assert parse_usage("[" * 5000) == ()
    assert parse_usage("[" * 9000) == ()


def test_a_usage_is_a_tree_of_words_and_alternatives():
    ((run, options, image, rest),) = parse_usage("run [OPTIONS] IMAGE [COMMAND [ARG...]]")
    assert (run, image) == (Word("run"), Word("IMAGE"))
    assert options == Choice(((Word("OPTIONS"),),), optional=True)
    assert rest == Choice(
        ((Word("COMMAND"), Choice(((Word("ARG", repeated=True),),), optional=True)),), optional=True
    )


def test_a_word_keeps_the_brackets_inside_it():
    ((choice,),) = parse_usage("[--mirror=(fetch|push) | -u<mode>]")
    assert isinstance(choice, Choice)
    assert choice.branches == ((Word("--mirror=(fetch|push)"),), (Word("-u<mode>"),))


def test_lines_that_go_on_belong_to_the_usage_before_them():
    text = "git tag [-a]\n        <name>\ngit tag -d <name>..."
    assert usages((text,), "git tag") == ("git tag [-a] <name>", "git tag -d <name>...")


def test_a_word_may_begin_with_brackets():
    ((choice,),) = parse_usage("[(-c | -C) <commit> | --fixup [(amend|reword):]<commit>]")
    assert isinstance(choice, Choice)
    assert choice.branches[1] == (Word("--fixup"), Word("[(amend|reword):]<commit>"))
    assert parse_usage("scp [[user@]host:]file...") == (
        (Word("scp"), Word("[[user@]host:]file", repeated=True)),
    )
    ((option, operand),) = parse_usage("[-o x=]<file>")
    assert (isinstance(option, Choice), operand) == (True, Word("<file>"))
