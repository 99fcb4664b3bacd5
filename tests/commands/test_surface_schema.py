import argparse
import json
import re
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commands.argv import argv, filling
from commands.dialect import DIALECTS
from commands.model import Command, Deprecation, Group, Option, Positional
from commands.schema import anthropic_tool, json_schema, model, openai_tool, properties
from corpora.errors import InvalidRequest
from tests.commands.surfaces import kubectl

REAL = [replace(c, dialect=s.dialect) for s in kubectl() for c in s.commands]
GET = next(c for c in REAL[::-1] if c.path == ("kubectl", "get"))

RUN = Command(
    ("docker", "run"),
    dialect=DIALECTS["pflag"],
    options=(
        Option(("-d", "--detach"), "none"),
        Option(("-e", "--env"), "one", repeatable=True),
        Option(("-m", "--memory"), "one", type="size", metavar="bytes"),
        Option(("--cpus",), "one", type="number"),
        Option(("--pull",), "one", choices=("always", "missing", "never")),
        Option(("--old",), "one", deprecated=Deprecation("use --new")),
        Option(("--secret",), "one", hidden=True),
        Option(("--name",), "one", required=True),
    ),
    positionals=(
        Positional("IMAGE"),
        Positional("COMMAND", required=False, repeatable=True, remainder=True),
    ),
)


def test_a_schema_holds_the_agent_to_the_options_of_the_release():
    schema = json_schema(RUN)
    assert list(schema["properties"]) == [
        "detach", "env", "memory", "cpus", "pull", "name", "image", "command",
    ]  # fmt: skip
    assert schema["required"] == ["name", "image"]
    check = jsonschema.Draft202012Validator(schema)
    good = {"name": "web", "image": "nginx", "env": ["A=1"], "cpus": 1.5, "pull": "never"}
    assert check.is_valid(good)
    for wrong in ({"pull": "maybe"}, {"env": []}, {"cpus": "many"}, {"gpus": "all"}, {"name": 1}):
        assert not check.is_valid(good | wrong), wrong
    assert "old" in json_schema(RUN, deprecated=True)["properties"]
    assert "secret" in json_schema(RUN, hidden=True)["properties"]


def test_a_filled_schema_is_rendered_in_its_order():
    filled = {"name": "web", "detach": True, "env": ["A=1", "B=-2"], "cpus": 1.5, "image": "nginx"}
    assert argv(RUN, filled) == [
        "docker", "run", "--name", "web", "--detach", "--env", "A=1", "--env", "B=-2",
        "--cpus", "1.5", "nginx",
    ]  # fmt: skip
    inner = argv(RUN, {"name": "web", "image": "nginx", "command": ["ls", "-l", "--all"]})
    assert inner[-4:] == ["nginx", "ls", "-l", "--all"]


def test_the_generated_model_takes_and_refuses_the_same():
    made = model(RUN)
    filled = made(name="web", image="nginx", pull="never")
    assert argv(RUN, filled) == ["docker", "run", "--pull", "never", "--name", "web", "nginx"]
    with pytest.raises(ValueError, match="gpus"):
        made(name="web", image="nginx", gpus="all")
    with pytest.raises(InvalidRequest, match=r"pull: Input should be 'always'"):
        argv(RUN, {"name": "web", "image": "nginx", "pull": "maybe"})
    with pytest.raises(InvalidRequest, match="image"):
        argv(RUN, {"name": "web"})


@pytest.mark.parametrize(
    ("dialect", "option", "value", "words"),
    [
        ("gnu", Option(("--color",), "optional"), "auto", ["--color=auto"]),
        ("gnu", Option(("--color",), "optional"), True, ["--color"]),
        ("gnu", Option(("-O",), "optional"), "3", ["-O3"]),
        ("gnu", Option(("-v",), "none", repeatable=True), 2, ["-v", "-v"]),
        ("gnu", Option(("-x", "--extra"), "one"), "", ["--extra", ""]),
        ("argparse", Option(("-x", "--extra"), "one"), "-y", ["--extra=-y"]),
        ("argparse", Option(("--offset",), "one", type="integer"), -5, ["--offset", "-5"]),
        ("pflag", Option(("--wait",), "none"), False, ["--wait=false"]),
        ("gnu", Option(("--wait",), "none"), False, []),
        ("git", Option(("--edit",), "none", negations=("--no-edit",)), False, ["--no-edit"]),
        ("aws", Option(("--ids",), "many"), ["a", "b"], ["--ids", "a", "b"]),
        ("argparse", Option(("--tags",), "any"), ["a", "b"], ["--tags", "a", "b"]),
        ("pflag", Option(("--ids",), "many"), ["a", "b"], ["--ids", "a", "--ids", "b"]),
        ("go", Option(("-var",), "one", repeatable=True), ["a=1"], ["-var", "a=1"]),
        ("go", Option(("-lock",), "one", type="boolean"), False, ["-lock", "false"]),
        ("dd", Option(("if",), "one"), "/dev/sda", ["if=/dev/sda"]),
        ("gnu", Option(("-NUM",), "one", type="integer"), 5, ["-5"]),
        ("dig", Option(("+time",), "one", type="integer"), 2, ["+time=2"]),
    ],
)
def test_each_dialect_has_its_own_way_to_write_an_option(dialect, option, value, words):
    command = Command(("x",), options=(option,), dialect=DIALECTS[dialect])
    (one,) = properties(command)
    rendered = argv(command, {one.key: value})
    assert rendered == ["x", *words]
    assert filling(command, words) == ({one.key: value} if words else {})


def test_operands_that_look_like_options_stand_behind_two_dashes():
    rm = Command(
        ("rm",),
        options=(Option(("-f",), "none"),),
        positionals=(Positional("FILE", repeatable=True),),
        dialect=DIALECTS["gnu"],
    )
    assert argv(rm, {"file": ["-f", "x"], "f": True}) == ["rm", "-f", "--", "-f", "x"]
    find = replace(rm, dialect=DIALECTS["find"], path=("find",))
    assert argv(find, {"f": True, "file": ["."]}) == ["find", ".", "-f"]
    with pytest.raises(InvalidRequest, match="can't be told apart"):
        argv(find, {"file": ["-f"]})


def test_a_list_before_an_operand_does_not_swallow_it():
    command = Command(
        ("x",),
        options=(Option(("--ids",), "many"),),
        positionals=(Positional("FILE"),),
        dialect=DIALECTS["aws"],
    )
    rendered = argv(command, {"ids": ["a", "b"], "file": "f"})
    assert filling(command, rendered[1:]) == {"ids": ["a", "b"], "file": "f"}


def test_groups_bind_in_the_schema_and_in_the_model():
    options = tuple(Option((f"--{name}",), "one") for name in "abc")
    for kind, good, bad in [
        ("at_most_one", [{}, {"a": "1"}], [{"a": "1", "c": "2"}]),
        ("exactly_one", [{"b": "1"}], [{}, {"a": "1", "b": "2"}]),
        ("at_least_one", [{"a": "1"}, {"a": "1", "b": "2"}], [{}]),
        ("all_or_none", [{}, {"a": "1", "b": "2", "c": "3"}], [{"a": "1"}]),
    ]:
        command = Command(("x",), options=options, groups=(Group(kind, ("--a", "--b", "--c")),))
        check = jsonschema.Draft202012Validator(json_schema(command))
        for filled in good:
            assert check.is_valid(filled), (kind, filled)
            argv(command, filled)
        for filled in bad:
            assert not check.is_valid(filled), (kind, filled)
            with pytest.raises(InvalidRequest):
                argv(command, filled)


@pytest.mark.parametrize("command", REAL, ids=lambda c: " ".join(c.path))
def test_every_tool_definition_has_the_shape_its_api_asks_for(command):
    name = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
    claude = anthropic_tool(command)
    assert name.match(claude["name"])
    assert claude["input_schema"]["type"] == "object"
    assert not {"allOf", "oneOf", "anyOf"} & set(claude["input_schema"])
    strict = openai_tool(command)["function"]
    assert name.match(strict["name"])
    parameters = strict["parameters"]
    assert parameters["required"] == list(parameters["properties"])
    assert parameters["additionalProperties"] is False
    for key, schema in parameters["properties"].items():
        assert name.match(key)
        assert "$ref" not in json.dumps(schema)
    jsonschema.Draft202012Validator.check_schema(json_schema(command))


def test_keys_stay_apart_and_long_ones_are_cut():
    options = (
        Option(("--a-b",), "none"),
        Option(("--a_b",), "none"),
        Option(("--file",), "one"),
        Option(("--" + "x" * 80,), "none"),
        Option(("-1",), "none"),
        Option(("--class",), "one"),
        Option(("--copy",), "one"),
    )
    command = Command(("x",), options=options, positionals=(Positional("FILE", False),))
    keys = [one.key for one in properties(command)]
    assert keys[:3] == ["a_b", "a_b_2", "file"]
    assert keys[-1] == "file_argument"
    assert max(map(len, keys)) == 64
    made = model(command)
    filled = made(**{"1": True, "class": "c", "copy": "d", "file_argument": "f"})
    assert argv(command, filled) == ["x", "-1", "--class", "c", "--copy", "d", "f"]


# --- anything that may be filled in ---------------------------------------------------------------

plain = st.text("ab1-=. ", max_size=5)


def strategy(one) -> st.SearchStrategy:
    source = one.source
    if one.counted:
        return st.integers(1, 3)
    if one.switch:
        return st.booleans()
    if source.choices and source.type not in {"list", "map", "object"}:
        value = st.sampled_from(source.choices)
    else:
        value = {
            "integer": st.integers(-9, 99),
            "number": st.floats(allow_nan=False, allow_infinity=False),
            "boolean": st.booleans(),
        }.get(source.type, plain)
    if one.bare:
        value = st.just(True) | value
    return st.lists(value, min_size=1, max_size=3) if one.many else value


def filled_schemas(command: Command) -> st.SearchStrategy:
    held = properties(command, hidden=True, deprecated=True)
    return st.fixed_dictionaries(
        {one.key: strategy(one) for one in held if one.required},
        optional={one.key: strategy(one) for one in held if not one.required},
    )


@st.composite
def invented(draw):
    """A command of any dialect with options of every shape, and a filled schema for it."""
    dialect = DIALECTS[draw(st.sampled_from(sorted(DIALECTS)))]
    dashes = "+" if dialect.plus and draw(st.booleans()) else "--"
    dashes = "-" if dialect.single_dash_words else dashes
    dashes = "" if dialect.key_values else dashes
    options = tuple(
        Option(
            (f"{dashes}{name}",),
            draw(st.sampled_from(["one"] if dialect.key_values else
                                 ["none", "one", "optional", "many", "any"])),
            type=draw(st.sampled_from(["", "integer", "number", "boolean", "list"])),
            choices=draw(st.sampled_from([(), ("red", "blue")])),
            repeatable=draw(st.booleans()),
        )
        for name in ("alpha", "beta", "beta-max")
    )  # fmt: skip
    positionals = draw(
        st.sampled_from([(), (Positional("ONE"),), (Positional("MANY", False, repeatable=True),)])
    )
    command = Command(("x",), options=options, positionals=positionals, dialect=dialect)
    return command, draw(filled_schemas(command))


def without_false(command: Command, filled: dict) -> dict:
    keep = command.dialect.boolean_values
    switches = {one.key for one in properties(command) if one.switch}
    return {k: v for k, v in filled.items() if keep or k not in switches or v is not False}


@settings(max_examples=300, deadline=None)
@given(invented())
def test_what_is_rendered_is_read_back_as_it_was_filled(case):
    command, filled = case
    assert jsonschema.Draft202012Validator(json_schema(command)).is_valid(filled)
    try:
        rendered = argv(command, filled)
    except InvalidRequest:
        return  # some values can't be written in some dialects: an operand `a=b` of dd
    assert filling(command, rendered[1:]) == without_false(command, filled)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(REAL).flatmap(lambda c: st.tuples(st.just(c), filled_schemas(c))))
def test_every_filling_of_a_real_command_can_be_rendered_and_read_back(case):
    command, filled = case
    rendered = argv(command, filled)
    assert rendered[: len(command.path)] == list(command.path)
    assert filling(command, rendered[len(command.path) :]) == filled


ARGPARSE = Command(
    ("x",),
    dialect=DIALECTS["argparse"],
    options=(
        Option(("-s", "--switch"), "none"),
        Option(("-o", "--one"), "one"),
        Option(("--number",), "one", type="integer"),
        Option(("--maybe",), "optional"),
        Option(("--many",), "many"),
        Option(("--again",), "one", repeatable=True),
        Option(("--pick",), "one", choices=("red", "blue")),
    ),
)


@settings(max_examples=200, deadline=None)
@given(filled_schemas(ARGPARSE))
def test_argparse_reads_what_is_rendered_for_it(filled):
    """An independent reader of the argparse dialect."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-s", "--switch", action="store_true", default=None)
    parser.add_argument("-o", "--one")
    parser.add_argument("--number", type=int)
    parser.add_argument("--maybe", nargs="?", const=True)
    parser.add_argument("--many", nargs="+")
    parser.add_argument("--again", action="append")
    parser.add_argument("--pick", choices=("red", "blue"))
    try:
        rendered = argv(ARGPARSE, filled)
    except InvalidRequest:
        # argparse has no way either to give --many a value that looks like an option
        assert any(text.startswith("-") for text in filled.get("many", []))
        return
    # Up to Python 3.12 argparse loses a value `--`, and takes no option with a space in it.
    assume(not any(word == "--" or word.endswith("=--") or " " in word for word in rendered))
    read = {k: v for k, v in vars(parser.parse_args(rendered[1:])).items() if v is not None}
    assert read == without_false(ARGPARSE, filled)
