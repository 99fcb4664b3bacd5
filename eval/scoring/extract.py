"""An answer's text → the commands in it. Prose around them is not judged."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from commands.shell import MAX_CHARACTERS, Invocation, Script, parse

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n(?P<body>.*?)"
    r"(?:^[ \t]*(?P=fence)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_SHELLS = frozenset({"", "bash", "sh", "shell", "zsh", "console", "shell-session", "terminal"})
_INLINE = re.compile(r"`([^`\n]+)`")
_PROMPT = re.compile(r"^[ \t]*(?:[$%❯#]|[-*] |\d+[.)])[ \t]*")

ABSTAIN = "ABSTAIN"
"""What the prompts ask a model to answer where it does not know."""
_ABSTAINING = re.compile(rf"^\W*(?:{ABSTAIN}|I (?:do not|don't|can't|cannot) (?:know|tell|verify))")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The shell text of an answer, and its commands of the programs asked for."""

    text: str
    script: Script
    invocations: tuple[Invocation, ...]
    abstained: bool = False
    """The answer says that it doesn't know, and gives no command."""


def extract(answer: str, programs: Collection[str]) -> Extracted:
    """Find the commands of ``programs`` in an answer: in its fences, else in its lines."""
    answer = answer[:MAX_CHARACTERS]
    for text in _candidates(answer, programs):
        script = parse(text[:MAX_CHARACTERS])
        found = tuple(one for one in script.invocations if one.words and one.program in programs)
        if found:
            return Extracted(text, script, found)
    return Extracted("", parse(""), (), abstained=bool(_ABSTAINING.match(answer.strip())))


def _candidates(answer: str, programs: Collection[str]) -> Iterator[str]:
    fenced = [
        match["body"] for match in _FENCE.finditer(answer) if match["language"].lower() in _SHELLS
    ]
    if fenced:
        yield "\n".join(fenced)
    lines = list(_lines(answer, programs))
    if lines:
        yield "\n".join(lines)
    inline = [one for one in _INLINE.findall(answer) if _begins(one, programs)]
    if inline:
        yield "\n".join(inline)


def _lines(answer: str, programs: Collection[str]) -> Iterator[str]:
    """Lines that begin with one of the programs, and those that go on behind a backslash."""
    going_on = False
    for line in answer.splitlines():
        plain = _PROMPT.sub("", line).strip().strip("`")
        if going_on or _begins(plain, programs):
            yield plain
            going_on = plain.endswith("\\")


def _begins(line: str, programs: Collection[str]) -> bool:
    words = line.split()
    while words and (words[0] in {"sudo", "env", "time"} or "=" in words[0].split("/")[0]):
        words = words[1:]
    # A word behind it: prose begins with `kubectl is …` too, which the parser then reads.
    return bool(words) and words[0].rsplit("/", 1)[-1] in programs and len(words) > 1
