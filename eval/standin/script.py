"""A scripted model that invents options at a known rate: what the suite itself is measured by.

It knows the gold answer of some tasks by heart, by a fixed coin for each. Of the others it spoils
an option, unless what it is told names the right one. So the right result of every arm
is known beforehand: ``none`` must find the rate, ``oracle`` nothing, and a context as much as it
covers.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from corpora.errors import InvalidRequest
from eval.arms.citations import named
from eval.arms.prompts import Message
from eval.scoring.gold import gold_uses
from eval.scoring.score import score
from eval.tasks.model import Task
from eval.truth.tables import Tables

INVENTED = "--frobnicate-everything"
"""Where no judged option can be spoilt."""
_ASKED = re.compile(r"Product: (.+)\nRelease: (.+)\n\nTask: ((?:.|\n)+)\Z")
_SCHEMA = re.compile(r"^(?P<path>[a-z][^\n{}]*)\n(?P<schema>\{[^\n]*\})$", re.MULTILINE)


def ignorant(task: Task, rate: float) -> bool:
    """Whether the scripted model doesn't know a task by heart: a fixed coin for each."""
    number = int.from_bytes(hashlib.sha256(f"coin {task.id}".encode()).digest()[:4], "big")
    return number / 2**32 < rate


@dataclass(frozen=True, slots=True)
class _Part:
    """One task as the scripted model plays it."""

    task: Task
    right: str
    spoilt: str
    """The answer with an invented option; equal to ``right`` where the model knows the task."""
    unknown: tuple[tuple[str, ...], ...]
    """The options that it would have to be told, each with its spellings."""


class Script:
    """Answers prompts of :mod:`eval.arms.prompts`."""

    def __init__(self, tasks: Iterable[Task], rate: float, tables: Tables) -> None:
        self._parts: dict[tuple[str, str, str], _Part] = {}
        self._tables = tables
        for task in tasks:
            if not task.gold:
                continue
            line, unknown = spoil(task, tables) if ignorant(task, rate) else (task.gold[0], ())
            key = task.product, task.release, task.question
            self._parts[key] = _Part(task, task.gold[0], line, unknown)

    @property
    def tasks(self) -> int:
        """Tasks that it plays."""
        return len(self._parts)

    @property
    def inventions(self) -> int:
        """Tasks in which it invents when it is told nothing."""
        return sum(one.spoilt != one.right for one in self._parts.values())

    def __call__(self, messages: Sequence[Message]) -> tuple[str, str]:
        """The task's id and the answer to the last turn. Raises InvalidRequest for another task."""
        part = self._part(messages)
        return part.task.id, self._answer(part, messages)

    def _answer(self, part: _Part, messages: Sequence[Message]) -> str:
        asked = [one.content for one in messages if one.role == "user"]
        told = "\n".join((_ASKED.sub("", asked[0]), *asked[1:]))
        if '{"command":' in told and (filled := self._filled(part, told)):
            return filled
        line = part.right if self._helped(part, told) else part.spoilt
        return f"```sh\n{line}\n```"

    def _part(self, messages: Sequence[Message]) -> _Part:
        first = next((one.content for one in messages if one.role == "user"), "")
        found = _ASKED.search(first)
        part = self._parts.get((found[1], found[2], found[3])) if found else None
        if part is None:
            raise InvalidRequest(
                "The stand-in knows no such task.",
                hint="It answers the prompts of its own split only (--split).",
            )
        return part

    def _helped(self, part: _Part, told: str) -> bool:
        if not told.strip():
            return False
        if part.unknown:
            return all(any(named(told, name) for name in group) for group in part.unknown)
        return any(" ".join(path) in told for path in gold_uses(part.task, self._tables))

    def _filled(self, part: _Part, told: str) -> str:
        """The gold answer as a filled schema; empty where its command's was not offered."""
        uses = gold_uses(part.task, self._tables)
        offered = {one["path"]: json.loads(one["schema"]) for one in _SCHEMA.finditer(told)}
        path = " ".join(next(iter(uses)))
        if len(uses) != 1 or path not in offered:
            return ""
        words = shlex.split(part.right)[len(path.split()) :]
        arguments = _arguments(words, offered[path].get("properties", {}))
        if arguments is None:
            return ""
        return json.dumps({"command": path, "arguments": arguments})


def spoil(task: Task, tables: Tables) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The gold answer with an option that no release has, and the options it would have to know.

    The last of the judged options that can be spoilt is: the one that a task is about mostly stands
    there. Where none can, one too many is added, and all of them would have to be known.
    """
    gold = task.gold[0]
    for group in reversed(task.required):
        for name in (one for one in group if one.startswith("--")):
            tried = re.sub(rf"(?<=\s){re.escape(name)}(?=[\s=]|$)", f"{name}-mode", gold, count=1)
            if tried != gold and _found_out(task, tried, tables):
                return tried, (group,)
    words = gold.split(" ")
    for at in range(1, len(words) + 1):
        tried = " ".join((*words[:at], INVENTED, *words[at:]))
        if _found_out(task, tried, tables):
            return tried, task.required
    return gold, ()


def _found_out(task: Task, line: str, tables: Tables) -> bool:
    got = score(task, f"```sh\n{line}\n```", tables)
    return got.invented_options == 1 and got.invented_commands == 1


def _arguments(
    words: Sequence[str], properties: Mapping[str, Mapping[str, object]]
) -> dict[str, object] | None:
    """Words of a command line as values of a schema; None where they are not options alone."""
    found: dict[str, object] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        key = name.lstrip("-").replace("-", "_")
        off = key.removeprefix("no_")
        if not name.startswith("--") or not ({key, off} & properties.keys()):
            return None
        if key not in properties:
            found[off] = False
            continue
        values = [value] if equals else []
        while not equals and rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        kind = properties[key].get("type")
        typed = [_typed(one) for one in values] if kind == "integer" else list(values)
        found[key] = typed if kind == "array" else typed[0] if len(typed) == 1 else not typed
    return found


def _typed(word: str) -> int | str:
    return int(word) if word.lstrip("-").isdigit() else word
