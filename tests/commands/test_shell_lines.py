from collections import Counter

import pytest

from commands.shell import Invocation, parse
from tests.commands.shell_lines import LINES


def words_of(invocation: Invocation) -> list[str]:
    return [word.text if word.value is None else word.value for word in invocation.words]


@pytest.mark.parametrize(("line", "expected"), LINES, ids=[line[:60] for line, _ in LINES])
def test_every_command_of_a_real_line_is_found_with_its_words(line, expected):
    script = parse(line)
    found = [words_of(invocation) for invocation in script.invocations]
    wanted = [command.split() if isinstance(command, str) else command for command in expected]
    assert sorted(found) == sorted(wanted)
    assert script.problems == ()


@pytest.mark.parametrize("line", [line for line, _ in LINES])
def test_windows_line_ends_change_nothing(line):
    unix = [words_of(i) for i in parse(line).invocations]
    windows = [words_of(i) for i in parse(line.replace("\n", "\r\n")).invocations]
    assert windows == unix


@pytest.mark.parametrize("line", [line for line, _ in LINES if "<<" not in line])
def test_a_pasted_prompt_and_a_fence_are_looked_through(line):
    plain = [words_of(i) for i in parse(line).invocations]
    prompted = "$ " + line.replace("\n", "\n> ")
    assert [words_of(i) for i in parse(prompted).invocations] == plain
    assert [words_of(i) for i in parse(f"```bash\n{line}\n```\n").invocations] == plain
    assert [words_of(i) for i in parse(f"```console\n{prompted}\nout (put\n```").invocations] == (
        plain
    )


def test_the_table_is_large_and_varied():
    assert len(LINES) >= 120
    programs = Counter(i.program for line, _ in LINES for i in parse(line).invocations)
    assert len(programs) > 60
