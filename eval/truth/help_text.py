"""Reading the help that a program prints: which options it lists, and how each takes its value.

It shares no code with the extraction from documentation, which is judged by what it finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.truth.facts import Flags, Taking

_ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;]*[A-Za-z]")
_LINE = re.compile(r"^(?P<indent>[ \t]{1,10})(?P<rest>(?:--?[\w?#:<-]|--\[no-\]|\+|\[-\]).*)$")
_FLAG = re.compile(r"(?:--\[no-\][\w.-]+|--?[A-Za-z0-9][\w.+-]*|-[?#:@%!])")
_PLACEHOLDER = re.compile(r"-{1,2}[A-Z][A-Z_]{2,}\Z")  # --NAME=VALUE, -COLUMN: any name, any number
_USAGE_NUMBER = re.compile(r"^Usage:.*\[-[A-Z]{3,}\]", re.MULTILINE)
_OPERAND = re.compile(r"^ {2}(?P<name>[a-z]{2,8})=[A-Z]+ {2,}", re.MULTILINE)  # dd
_BETWEEN = re.compile(r"(?:, ?| \| |\|| or | )(?=-)")
_COMMAND = re.compile(r"^ {2,4}(?P<name>[a-z][\w-]*)\*? +[A-Z]")
_COMMANDS = re.compile(r"^(?:[\w /()-]*Commands?(?: \([^)]*\))?|Commands):\s*$", re.IGNORECASE)
# Two spaces, a tab, or what kubectl before 1.23 has between an option and its text.
_GAP = re.compile(r" {2,}|\t")
_KUBECTL = re.compile(r"(--?[\w-]+(?:=(?:'(?:[^']|'(?!:))*'|\[.*?\]|\S*?))?):(?: |$)")


def flags_of(text: str, *, bracketed: bool = False) -> Flags:
    """The options listed in a help text, each spelling by itself.

    ``bracketed``: values stand in brackets, and another word begins the description (git).
    """
    found: Flags = {}
    text = _ESCAPES.sub("", text)
    if _USAGE_NUMBER.search(text):
        found["-NUM"] = "none"
    for operand in _OPERAND.finditer(text):
        found[operand["name"]] = "one"
    for head in _heads(text):
        spelled = list(_spellings(_bare(head) if bracketed else head))
        # "-a, --all=WHAT": what the last spelling takes, all of them take.
        last: Taking = next((taking for _, taking in reversed(spelled) if taking != "none"), "none")
        if head.startswith(("-<n", "-<N")):
            found["-NUM"] = "none"
        for name, _ in spelled:
            if _PLACEHOLDER.match(name):
                if not name.startswith("--"):
                    found["-NUM"] = "none"
                continue
            for one in _negated(name):
                takes: Taking = "none" if one.startswith("--no-") and one != name else last
                found.setdefault(one, takes)
    return found


def commands_of(text: str) -> tuple[str, ...]:
    """The subcommands that a help text of spf13/cobra lists."""
    found: dict[str, None] = {}
    inside = False
    for line in text.splitlines():
        if _COMMANDS.match(line):
            inside = True
        elif line and not line[0].isspace():
            inside = False
        elif inside and (match := _COMMAND.match(line)):
            found[match["name"]] = None
    return tuple(found)


def _bare(head: str) -> str:
    """Without the description that follows a long name after a single space."""
    match = re.match(r"((?:-\S, )?--\S+) [^<\[({-]", head)
    return match[1] if match else head


def _heads(text: str) -> Iterator[str]:
    for line in text.splitlines():
        match = _LINE.match(line.rstrip())
        if match is None:
            continue
        rest = match["rest"]
        head = _GAP.split(rest, maxsplit=1)[0].strip()
        kubectl = _KUBECTL.search(head)
        yield head[: kubectl.end(1)] if kubectl else head


def _spellings(head: str) -> Iterator[tuple[str, Taking]]:
    at = 0
    while match := _FLAG.match(head, at):
        following = _BETWEEN.search(head, match.end())
        while following and not _outside(head[match.end() : following.start()]):
            following = _BETWEEN.search(head, following.end())
        end = following.start() if following else len(head)
        yield match[0], _taking(head[match.end() : end])
        if following is None:
            return
        at = following.end()


def _outside(text: str) -> bool:
    """Whether ``text`` closes all the brackets that it opens."""
    return all(text.count(one) == text.count(other) for one, other in ("[]", "<>", "()", "{}"))


def _taking(value: str) -> Taking:
    value = value.strip().rstrip(",")
    if not value or value in ("=true", "=false") or value.startswith("(deprecated"):
        return "none"
    if value.startswith("["):
        return "optional"
    return "one"


def _negated(name: str) -> tuple[str, ...]:
    if name.startswith("--[no-]"):
        return f"--{name[7:]}", f"--no-{name[7:]}"
    return (name,)
