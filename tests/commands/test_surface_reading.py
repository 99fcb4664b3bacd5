import getopt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.dialect import DIALECTS, dialect
from commands.model import Command, Option, Positional
from commands.reading import assign, read
from corpora.errors import ConfigurationError
from tests.commands.surfaces import kubectl

GET = next(c for c in kubectl()[-1].commands if c.path == ("kubectl", "get"))

FLAGS = (
    Option(("-a", "--all"), "none"),
    Option(("-o", "--output"), "one"),
    Option(("--only",), "one"),
    Option(("--color",), "optional"),
    Option(("-v", "--verbose"), "none", repeatable=True),
    Option(("--verify",), "none", negations=("--no-verify",)),
)


def given_by(name: str, words: str, options=FLAGS, positionals=()) -> tuple:
    command = Command(("x",), options=options, positionals=positionals)
    reading = read(command, words.split(), dialect(name))
    uses = [(g.option.name, *g.values, *(["off"] if g.negated else [])) for g in reading.given]
    return (
        uses,
        [o.text for o in reading.operands],
        [(p.code, p.token) for p in reading.problems],
    )


@pytest.mark.parametrize(
    ("name", "words", "uses", "operands", "problems"),
    [
        ("gnu", "-ao x y", [("--all",), ("--output", "x")], ["y"], []),
        ("gnu", "-ox", [("--output", "x")], [], []),
        ("gnu", "-o=x", [("--output", "=x")], [], []),
        ("pflag", "-o=x", [("--output", "x")], [], []),
        ("pflag", "--all=false -a=true", [("--all", "false"), ("--all", "true")], [], []),
        ("gnu", "--all=false", [("--all", "false")], [], [("unexpected_value", "false")]),
        ("gnu", "--out x", [("--output", "x")], [], []),
        ("pflag", "--out x", [], ["x"], [("unknown_flag", "--out")]),
        ("gnu", "--o x", [], ["x"], [("ambiguous_flag", "--o")]),
        ("gnu", "--ver", [], [], [("ambiguous_flag", "--ver")]),
        ("gnu", "--no-ver", [("--verify", "off")], [], []),
        ("git", "--no-all", [("--all", "off")], [], []),
        ("apt", "-o=x -a=no", [("--output", "x"), ("--all", "no")], [], []),
        ("popt", "-o=x --out y", [("--output", "x")], ["y"], [("unknown_flag", "--out")]),
        ("pgbackrest", "--color x --reset-all", [("--color", "x"), ("--all", "off")], [], []),
        ("gnu", "--no-all", [], [], [("unknown_flag", "--no-all")]),
        ("gnu", "--color x", [("--color",)], ["x"], []),
        ("gnu", "--color=x", [("--color", "x")], [], []),
        ("argparse", "--color x", [("--color", "x")], [], []),
        ("gnu", "--output", [("--output",)], [], [("missing_value", "--output")]),
        ("gnu", "--output --all", [("--output", "--all")], [], []),
        ("argparse", "--output --all", [("--output",), ("--all",)], [],
         [("missing_value", "--output")]),
        ("argparse", "--output -5", [("--output", "-5")], [], []),
        ("gnu", "x -a -- -a", [("--all",)], ["x", "-a"], []),
        ("posix", "-a x -a", [("--all",)], ["x", "-a"], []),
        ("gnu", "- -az", [("--all",)], ["-"], [("unknown_flag", "-z")]),
        ("gnu", "-zebra", [], [], [("unknown_flag", "-zebra")]),
        ("go", "-output x --all", [("--output", "x"), ("--all",)], [], []),
        ("go", "-output=x y -all", [("--output", "x")], ["y", "-all"], []),
        ("mysql", "--skip-verify", [("--verify", "off")], [], []),
    ],
)  # fmt: skip
def test_words_are_read_as_the_dialect_reads_them(name, words, uses, operands, problems):
    assert given_by(name, words) == (uses, operands, problems)


def test_dashes_and_underscores_are_alike_in_mysql_alone():
    options = (Option(("--max-allowed-packet",), "one"),)
    assert given_by("mysql", "--max_allowed_packet=1G", options)[0] == [
        ("--max-allowed-packet", "1G")
    ]
    assert given_by("gnu", "--max_allowed_packet=1G", options)[2] == [
        ("unknown_flag", "--max_allowed_packet")
    ]


def test_options_of_other_shapes_are_read():
    many = (Option(("--ids",), "many"), Option(("--all",), "none"))
    assert given_by("aws", "--ids a b --all c", many) == (
        [("--ids", "a", "b"), ("--all",)], ["c"], [],
    )  # fmt: skip
    assert given_by("aws", "--ids --all", many)[2] == [("missing_value", "--ids")]
    some = (Option(("--tags",), "any"), Option(("--all",), "none"))
    assert given_by("argparse", "--tags a=1 b=2 --all", some)[0] == [
        ("--tags", "a=1", "b=2"), ("--all",),
    ]  # fmt: skip
    assert given_by("argparse", "--tags --all", some) == ([("--tags",), ("--all",)], [], [])
    dd = (Option(("if",), "one"), Option(("bs",), "one"))
    assert given_by("dd", "if=/dev/sda bs=1M of=x", dd) == (
        [("if", "/dev/sda"), ("bs", "1M")], [], [("unknown_flag", "of")],
    )  # fmt: skip
    find = (Option(("-name",), "one"), Option(("(",), "none"), Option((")",), "none"))
    assert given_by("find", ". ( -name *.py )", find) == (
        [("(",), ("-name", "*.py"), (")",)], ["."], [],
    )  # fmt: skip
    dig = (Option(("+short",), "none", negations=("+noshort",)), Option(("+time",), "one"))
    assert given_by("dig", "+noshort +time=2 a.example", dig) == (
        [("+short", "off"), ("+time", "2")], ["a.example"], [],
    )  # fmt: skip
    head = (Option(("-n", "--lines"), "one"), Option(("-NUM",), "one"))
    assert given_by("gnu", "-5 f", head) == ([("-NUM", "5")], ["f"], [])
    assert given_by("gnu", "-5 f") == ([], ["-5", "f"], [])


def test_a_command_line_inside_the_command_line_is_left_alone():
    run = (Positional("IMAGE"), Positional("COMMAND", required=False, remainder=True))
    uses, operands, problems = given_by("pflag", "-a image ls -l --all", FLAGS, run)
    assert (uses, operands, problems) == ([("--all",)], ["image", "ls", "-l", "--all"], [])


def test_what_may_be_the_value_of_an_unknown_option_is_doubtful():
    reading = read(GET, ["pods", "--invented", "x", "--other=1", "y"])
    assert [problem.token for problem in reading.problems] == ["--invented", "--other"]
    assert reading.doubtful == {2}


def test_operands_are_shared_out_from_the_left_and_required_ones_first():
    def shares(spec: str, count: int) -> tuple:
        positionals = tuple(
            Positional(one.strip("[]."), not one.startswith("["), one.rstrip("]").endswith("..."))
            for one in spec.split()
        )
        operands = read(Command(("x",)), [str(n) for n in range(count)]).operands
        held, left = assign(positionals, operands)
        return [[operand.text for operand in part] for _, part in held], len(left)

    assert shares("SOURCE... DEST", 3) == ([["0", "1"], ["2"]], 0)
    assert shares("NAME [KEY] [VALUE]", 2) == ([["0"], ["1"], []], 0)
    assert shares("[OLD] NEW", 1) == ([[], ["0"]], 0)
    assert shares("A", 3) == ([["0"]], 2)
    assert shares("A B", 1) == ([["0"], []], 0)


def test_an_unknown_dialect_is_named_with_those_there_are():
    with pytest.raises(ConfigurationError, match="gnu"):
        dialect("gno")


# Python's getopt is an independent reader of the GNU dialect.
LETTERS, LONGS = "abo:v", ["all", "output=", "only=", "verbose"]
GETOPT = Command(
    ("x",),
    options=tuple(
        Option((name,), "one" if takes else "none")
        for name, takes in [
            ("-a", 0), ("-b", 0), ("-o", 1), ("-v", 0),
            ("--all", 0), ("--output", 1), ("--only", 1), ("--verbose", 0),
        ]
    ),
)  # fmt: skip
token = st.sampled_from(
    ["-a", "-ab", "-o", "-ox", "-abo", "--all", "--a", "--out", "--o", "--output=", "--only=y",
     "--verb", "--all=1", "--", "-", "x", "y=z", "-z", "--zzz", "-o=1", ""]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(token, max_size=6))
def test_the_gnu_dialect_agrees_with_getopt(words):
    reading = read(GETOPT, words, DIALECTS["gnu"])
    try:
        uses, rest = getopt.gnu_getopt(words, LETTERS, LONGS)
    except getopt.GetoptError:
        assert reading.problems
    else:
        assert not reading.problems
        assert [(g.option.name, "".join(g.values)) for g in reading.given] == uses
        assert [operand.text for operand in reading.operands] == rest


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(DIALECTS)), st.lists(st.text(max_size=8) | token, max_size=8))
def test_any_words_are_read_without_loss(name, words):
    reading = read(GET, words, DIALECTS[name])
    seen = {one.index for one in (*reading.given, *reading.operands, *reading.problems)}
    for one in reading.given:
        if one.value_index is not None:
            seen.update(range(one.value_index, one.value_index + len(one.values)))
    assert set(range(len(words))) - seen <= {i for i, word in enumerate(words) if word == "--"}


def test_a_very_long_cluster_or_line_is_read_in_linear_time():
    """Quadratic, either of these would take minutes."""
    cluster = read(Command(("x",), options=FLAGS), ["-" + "a" * 200_000], DIALECTS["gnu"])
    assert len(cluster.given) == 200_000
    abbreviated = read(Command(("x",), options=FLAGS), ["--al"] * 50_000, DIALECTS["gnu"])
    assert len(abbreviated.given) == 50_000
