"""ITBench's scenario files as tasks: SRE ``{id}.json`` with solutions, CISO ``goal.yml``.

A solution that the truth does not accept is left out and listed: some of ITBench's own are wrong,
an option of ``annotate`` passed to ``delete`` among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from corpora.errors import InvalidRequest
from eval.scoring.extract import extract
from eval.scoring.judge import judge
from eval.tasks.model import Task
from eval.truth.tables import Tables

MAX_BYTES = 1_000_000
"""Of one file. The largest scenario seen has 9 kB."""
_TEMPLATE = re.compile(r"\{[{%].*?[%}]\}")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a folder: tasks, and what was left out with the reason."""

    tasks: tuple[Task, ...]
    left_out: tuple[str, ...]


def read(folder: Path, *, product: str, release: str, tables: Tables) -> Imported:
    """Read every scenario below ``folder``. Raises InvalidRequest where there is none."""
    tables.table(product, release)
    tasks: list[Task] = []
    left_out: list[str] = []
    for path in sorted([*folder.rglob("*.json"), *folder.rglob("goal.yml")]):
        held = _load(path, left_out)
        if path.name == "goal.yml":
            found: Iterator[Task | str] = _ciso(path, held, product, release)
        elif isinstance(held, dict) and "solutions" in held and "description" in held:
            found = _sre(path, held, product, release, tables)
        else:
            continue
        for one in found:
            if isinstance(one, Task):
                tasks.append(one)
            else:
                left_out.append(f"{path.name}: {one}")
    if not tasks and not left_out:
        raise InvalidRequest(
            f"{folder} holds no scenario of ITBench.",
            hint="Name a folder with {id}.json files that have solutions, or with goal.yml.",
        )
    return Imported(tuple(tasks), tuple(left_out))


def _load(path: Path, left_out: list[str]) -> object:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        text = path.read_text("utf-8")
        return yaml.safe_load(text) if path.suffix == ".yml" else json.loads(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        left_out.append(f"{path.name}: can't be read: {str(error).splitlines()[0]}")
        return None


def _sre(
    path: Path, held: Mapping[str, Any], product: str, release: str, tables: Tables
) -> Iterator[Task | str]:
    solutions = held["solutions"]
    groups = solutions.get("templates") if isinstance(solutions, dict) else solutions
    for number, group in enumerate(groups if isinstance(groups, list) else ()):
        golden = []
        for one in group if isinstance(group, list) else [group]:
            text = "\n".join(_commands(one))
            wrong = _wrong(text, product, release, tables)
            if wrong:
                yield f"solution {number + 1}: {wrong}: {text}"
            else:
                golden.append(text)
        if golden:
            yield Task(
                id=f"itbench-sre-{_slug(path.stem)}-{number + 1}",
                product=product,
                release=release,
                domain="kubernetes",
                stratum="common",
                question=f"{_plain(str(held['description']))} Put it right.",
                gold=tuple(golden),
                options=(),
            )


def _commands(solution: object) -> Iterator[str]:
    steps = solution.get("steps") if isinstance(solution, dict) else None
    for step in steps if isinstance(steps, list) else ():
        command = step.get("command") if isinstance(step, dict) else None
        if isinstance(command, str) and command.strip():
            yield command.strip()


def _wrong(text: str, product: str, release: str, tables: Tables) -> str:
    """Why a solution is no gold answer; empty where it is one."""
    if _TEMPLATE.search(text):
        return "a template with nothing to fill it"
    table = tables.table(product, release)
    judged = [
        judge(one, table, tables)
        for one in extract(f"```sh\n{text}\n```", table.programs).invocations
    ]
    if not judged:
        return f"no command of {product}"
    for one in judged:
        if not one.valid:
            return f"{product} {release} does not accept it"
    return ""


def _ciso(path: Path, held: object, product: str, release: str) -> Iterator[Task | str]:
    """A playbook that states a goal in words. There is no gold answer to it."""
    goal = next(_goals(held), "")
    if not goal:
        yield "states no goal"
        return
    condition = ""
    for info in (path.parent / "info.json", path.parent.parent / "info.json"):
        if info.is_file() and info.stat().st_size <= MAX_BYTES:
            try:
                condition = str(json.loads(info.read_text("utf-8"))["goal"])
            except (ValueError, KeyError, TypeError):
                yield f"{info.name} states no goal"
            break
    text = re.sub(r"\{\{\s*info_content\.goal\s*\}\}", lambda _: condition, goal)
    yield Task(
        id=f"itbench-ciso-{_slug(path.parent.parent.name)}",
        product=product,
        release=release,
        domain="security",
        stratum="rare",
        question=_plain(_TEMPLATE.sub("<value>", text)),
        gold=(),
        options=(),
    )


def _goals(held: object) -> Iterator[str]:
    """Every text under a key ``goal``, wherever in the playbook it stands."""
    if isinstance(held, dict):
        for name, value in held.items():
            if name == "goal" and isinstance(value, str):
                yield value
            else:
                yield from _goals(value)
    elif isinstance(held, list):
        for value in held:
            yield from _goals(value)


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
