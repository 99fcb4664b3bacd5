"""Whatever is sent, the parser answers, its spans hold, and its work grows with the text."""

import shlex
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commands.shell import (
    MAX_CHARACTERS,
    MAX_COMMANDS,
    MAX_DEPTH,
    MAX_PROBLEMS,
    Script,
    Span,
    Word,
    parse,
)
from corpora.errors import InvalidRequest

split = str.split

FRAGMENTS = (
    *split("""
    $( ${ ` ' " \\ ( ) { } [[ ]] (( )) | || & && ; ;; < > << <<- <<< >> 2>&1 &> # = += ! * ? @(
    if then elif else fi for in do done while until case esac function time coproc select ... é 日本
    {{x}} {{.x}} <pod> <a|b> [x] $x ${x} ${x:-y} $@ "$@" $' $" $(( a=( a=b EOF 'EOF' {a,b} ~ % -u
    sudo env ssh eval bash -c -- -exec {} xargs find su docker run exec kubectl --entrypoint -it ls
    --x=y watch flock timeout 5 parallel ::: YOUR_X -s /bin/sh"""),
    *(
        "\n",
        "\\\n",
        "\r\n",
        "$ ",
        "\n$ ",
        "\n> ",
        "\t",
        " ",
        "```\n",
        "\n```",
        "<<EOF\n",
        "\nEOF\n",
    ),
    *("\0", "\r", "\u00a0"),
)

texts = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(" ".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join),
    st.text(max_size=60),
)


def check_span(text: str, span: Span, cut: str, outer: Span | None = None) -> None:
    assert 0 <= span.start <= span.end <= len(text)
    assert text[span.start : span.end] == cut
    if outer is not None:
        assert outer.start <= span.start <= span.end <= outer.end


def check_word(text: str, word: Word, outer: Span) -> None:
    check_span(text, word.span, word.text, outer)
    assert (word.value is None) == (word.kind == "dynamic") or word.kind == "placeholder"
    assert word.value is None or word.value == word.prefix


def check(text: str, script: Script) -> None:
    starts = [invocation.span.start for invocation in script.invocations]
    assert starts == sorted(starts)
    for invocation in script.invocations:
        check_span(text, invocation.span, invocation.text)
        for word in invocation.words:
            check_word(text, word, invocation.span)
        for assignment in invocation.assignments:
            check_word(text, assignment.value, invocation.span)
        for redirection in invocation.redirections:
            check_word(text, redirection.target, redirection.span)
            assert invocation.span.start <= redirection.span.start
            assert redirection.span.end <= invocation.span.end
        assert invocation.words or invocation.redirections
        assert invocation.name == (invocation.words[0].value or "" if invocation.words else "")
    for problem in script.problems:
        assert 0 <= problem.span.start <= problem.span.end <= len(text)
        assert problem.reason


@settings(max_examples=600, deadline=None)
@given(texts)
@example('bash -c "A=\'\'"""; b')
@example("`\\``")
@example("@(")
@example("ls <<a <<b")
@example("`coproc " * 50)
def test_any_text_is_answered_and_every_span_slices_back(text):
    check(text, parse(text))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_quoted_words_come_back_as_they_were(arguments):
    script = parse(shlex.join(["echo", *arguments]))
    assert script.problems == ()
    assert [word.value for word in script.invocations[0].words] == ["echo", *arguments]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
        max_size=4,
    )
)
def test_a_command_quoted_into_a_shell_comes_back_with_exact_spans(arguments):
    line = shlex.join(["mytool", *arguments])
    text = shlex.join(["sudo", "bash", "-c", line])
    script = parse(text)
    inner = [i for i in script.invocations if i.via == ("sudo", "bash")]
    assert [word.value for word in inner[0].words] == ["mytool", *arguments]
    check(text, script)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_the_same_text_gives_the_same_answer(text):
    assert parse(text) == parse(text)


def test_a_text_that_is_too_long_is_refused_politely():
    with pytest.raises(InvalidRequest, match=r"1000000 characters; at most 262144") as raised:
        parse("a" * 1_000_000)
    assert raised.value.hint
    assert parse("a" * MAX_CHARACTERS).problems == ()


def test_deep_nests_are_told_and_what_stands_around_them_is_read():
    text = "ls\n" + "echo $(" * 500 + ")" * 500 + "\npwd"
    script = parse(text)
    assert [problem.reason for problem in script.problems] == [
        f"constructs are nested deeper than {MAX_DEPTH}"
    ]
    assert [invocation.name for invocation in script.invocations] == ["ls", "pwd"]


def test_more_commands_than_the_limit_are_told():
    script = parse("ls;" * (MAX_COMMANDS + 1))
    assert len(script.invocations) == MAX_COMMANDS
    assert "the rest is not read" in script.problems[-1].reason


def test_more_problems_than_the_limit_end_the_reading():
    script = parse("ls\n)\n" * 1000)
    assert len(script.problems) == MAX_PROBLEMS
    assert "the rest is not read" in script.problems[-1].reason


def calls(work: Callable[[], object]) -> int:
    """How many calls, of Python and of C, some work takes."""
    count = 0

    def counting(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


PIECES = (
    *split("( $( ${ ` \" ' { $(( $((( <( [[ a=( $' @(a| {{ {, <a|b x[a YOUR_ é \"$( \r", " "),
    *("( ", "if ", "case x in ", "a | ", "a && ", "x() ", "((a) ", "<<a ", "<<a\n", "<<a\na\n"),
    *("bash <<a\n", "$(cat <<a\n", "\"'\n", "a\n)\n", "$ a\n", "$ 'a\n> b\n", "\\\n", "# a\n"),
    *("sudo ", "eval ", "bash -c 'x' ", "find -exec ", "kubectl exec ", "docker run -e "),
    *("coproc ", "time ", "! ", "```\n", "ssh h 'a b' "),
)


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_no_faster_than_the_text(piece):
    small, large = piece * (500 // len(piece)), piece * (2_000 // len(piece))
    check(large, parse(large))
    # Four times the text, plus what is bounded anyway: up to MAX_PROBLEMS attempts at a bad text.
    assert calls(lambda: parse(large)) <= 5 * calls(lambda: parse(small)) + 200
