"""One command → the reasons why it reads, writes or destroys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType

from commands.risk import statements, verbs
from commands.risk.families import FAMILIES
from commands.risk.line import Line, Use
from commands.risk.model import Level, higher
from commands.risk.rules import Family, Rule, words

Told = tuple[Level, str]

_DRY = words(
    "--dry-run --dryrun --simulate --noop --no-act --what-if --whatif -WhatIf --just-print"
)
_NOT_DRY = frozenset({"none", "false", "no", "0"})
_DANGEROUS: Mapping[str, str] = MappingProxyType(
    {
        "--force": "overrides a safeguard",
        "--delete": "deletes",
        "--prune": "deletes what isn't listed",
        "--purge": "deletes for good",
        "--hard": "keeps nothing",
        "--destroy": "destroys",
        "--wipe": "erases",
        "--truncate": "cuts",
        "--drop": "drops",
        "--no-preserve-root": "allows the whole file system to be deleted",
        "--skip-final-snapshot": "leaves no backup",
    }
)
_WIDE = words("--all --all-namespaces -A --selector -l --field-selector --all-tags --recursive")
_GLOB = re.compile(r"(?:.*[*?].*|/\*?)\Z", re.DOTALL)
LONGEST_OPERAND = 1000
"""Of an operand so much is matched: what tells stands in front."""

_EXACT: dict[str, Family] = {}
_PATTERNS: list[tuple[str, Family]] = []
for _family in FAMILIES:
    for _name in _family.programs:
        if "*" in _name:
            _PATTERNS.append((_name, _family))
        else:
            _EXACT.setdefault(_name, _family)
_NOTHING_KNOWN = Family((), "")


def known(program: str) -> bool:
    """Tell whether there are rules for a program."""
    return _family_of(program) is not _NOTHING_KNOWN


def judge(line: Line) -> tuple[Told, ...]:
    """Give the reasons that a command itself has, the level it has by itself first.

    What it runs (``sudo``, ``sh -c``), where its output goes, and what stands beside it are not
    its own. Without a reason it reads.
    """
    family = _family_of(line.program)
    if line.helps and not (family.runs_files and line.operands):
        return ()
    if _rehearses(line, family):
        return ()
    base = _base(line, family)
    said = list(_statements(line, family))
    if said and family.level:
        base = said.pop(0)  # statements are told: no session is opened
    told = [base, *_raised(line, family), *said]
    level = higher(one[0] for one in told)
    if level != "read" and not (base[0] == "read" and family.level == "read"):
        told += _dangerous(line, family)
    if higher(one[0] for one in told) == "destructive":
        told += _wide(line)
    return tuple(dict.fromkeys(one for one in told if one[0] != "read"))


@lru_cache(512)
def _family_of(program: str) -> Family:
    found = _EXACT.get(program)
    if found is None:
        found = next((f for name, f in _PATTERNS if fnmatchcase(program, name)), None)
    return found or _NOTHING_KNOWN


def _rehearses(line: Line, family: Family) -> bool:
    for use in line.uses:
        if use.names & _DRY and use.value.lower() not in _NOT_DRY:
            return True
        if use.names & family.dry:
            return True
        if "-n" in use.names and any(head[:1] and head[0] in family.dry_n for head in line.heads()):
            return True
    return False


def _base(line: Line, family: Family) -> Told:
    """Give what the subcommand says by itself: of several readings of the words, the worst."""
    found = [told for head in line.heads() if (told := _of_path(head, family))]
    if found:
        return max(found, key=lambda one: ("read", "write", "destructive").index(one[0]))
    if family.level:
        return family.level, family.reason
    if family.statements & {"operand", "operands"} and line.operands:
        return "read", ""
    verb = verbs.of_path(line.path) if line.surveyed else None
    for head in line.heads():
        verb = verb or verbs.of_words(head)
    if verb:
        return verb[0], f"its subcommand is {verb[1]}"
    if not line.operands and not line.path:
        return "write", "what it does isn't known here"
    return "write", "what it changes isn't known here"


def _of_path(head: tuple[str, ...], family: Family) -> Told | None:
    fitting = [one for one in family.rules if not one.conditional and _begins(head, one.path)]
    best = max(fitting, key=_nearness, default=None)
    return (best.level, best.reason) if best else None


def _nearness(one: Rule) -> tuple[int, int]:
    """Order rules: longer paths first, and of equally long ones those with fewer patterns."""
    return len(one.path), -sum("*" in word for word in one.path)


def _begins(head: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return (
        bool(path)
        and len(head) >= len(path)
        and all(
            word == pattern or ("*" in pattern and fnmatchcase(word[:200], pattern))
            for word, pattern in zip(head, path, strict=False)
        )
    )


def _raised(line: Line, family: Family) -> Iterator[Told]:
    for one in family.rules:
        if not one.conditional:
            continue
        if one.path and not any(_begins(head, one.path) for head in line.heads()):
            continue
        if one.flags and not any(_given(use, flag) for use in line.uses for flag in one.flags):
            continue
        if one.operand and not any(
            re.match(one.operand, operand[:LONGEST_OPERAND]) for operand in line.operands
        ):
            continue
        if any(use.names & one.without for use in line.uses):
            continue
        yield one.level, one.reason


def _given(use: Use, flag: str) -> bool:
    name, equals, value = flag.partition("=")
    return name in use.names and (not equals or fnmatchcase(use.value[:200], value))


def _dangerous(line: Line, family: Family) -> Iterator[Told]:
    for use in line.uses:
        for name in sorted(use.names):
            told = _DANGEROUS.get(name)
            off = use.value.lower() in _NOT_DRY
            if told and name not in family.tolerates and not off:
                yield "destructive", f"{name} {told}"
                break


def _wide(line: Line) -> Iterator[Told]:
    for use in line.uses:
        wide = sorted(use.names & _WIDE, key=len)
        if wide:
            yield "destructive", f"{wide[-1]} reaches more than one names"
    for operand in line.operands:
        if _GLOB.match(operand[:LONGEST_OPERAND]):
            yield "destructive", f"{operand[:100]} reaches more than one names"


def _statements(line: Line, family: Family) -> Iterator[Told]:
    texts = [use.value for use in line.uses if use.names & family.statements and use.value]
    if "operands" in family.statements and line.operands:
        texts += (" ".join(head) for head in line.heads() if head)
    elif "operand" in family.statements and len(line.operands) > 1:
        texts.append(line.operands[-1])
    for text in texts:
        yield statements.judge(text)


def takes_statements(program: str) -> bool:
    """Tell whether a program reads statements from its input."""
    return bool(_family_of(program).statements)
