"""The prompts of each arm: the same task and the same instructions, with other knowledge.

======================  ========================================================================
arm                     what stands before the task
======================  ========================================================================
none                    nothing
help                    the options that the right command's own ``--help`` lists, from the truth
context_wrong_version   ``/context`` of another release of the product
context                 ``/context`` of the right release
context+validate        the same; then one turn to repair what ``/validate`` complains of
schema                  JSON Schemas of the commands at hand, to be filled instead of a line
oracle                  the options of the gold answer: what a perfect retrieval would bring
selective               nothing; where ``/validate`` complains, a second turn with the context
======================  ========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal

from corpora.errors import FlagstoneError
from corpora.model import Frozen
from eval.answers import Arm, Grounding
from eval.arms.citations import grounding
from eval.arms.knowledge import Given, Knowledge
from eval.scoring.extract import ABSTAIN, extract
from eval.scoring.gold import gold_uses
from eval.tasks.model import Task
from eval.truth.tables import Table, Tables

SYSTEM = f"""\
You write command lines for an experienced operator. Answer with the command or commands that do \
exactly what is asked, in one fenced sh block and with nothing else. They will be run as they are, \
by exactly the release that is named: use no option that it does not have. If you do not know how \
it is done at that release, answer {ABSTAIN} and nothing else."""

TWO_TURNS: frozenset[Arm] = frozenset({"context+validate", "selective"})
GROUNDED: frozenset[Arm] = frozenset(
    {"context", "context_wrong_version", "context+validate", "schema", "selective"}
)
"""Arms that need a built corpus."""


class Message(Frozen):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Prompt(Frozen):
    """What a model is to answer. With ``answer``, nothing more is to be asked: it stands."""

    id: str
    arm: Arm
    messages: tuple[Message, ...]
    grounded: bool = True
    """Whether the arm had anything to give for this task."""
    grounding: Grounding | None = None
    """Of an arm with a context: how much of that was to the point."""
    answer: str | None = None


def first(task: Task, arm: Arm, knowledge: Knowledge, tables: Tables) -> Prompt:
    """The prompt of an arm's first turn."""
    given = _GIVEN[arm](task, knowledge, tables)
    asked = f"Product: {task.product}\nRelease: {task.release}\n\nTask: {task.question}"
    user = f"{given.text}\n\n{asked}" if given.text else asked
    return Prompt(
        id=task.id,
        arm=arm,
        messages=(Message(role="system", content=SYSTEM), Message(role="user", content=user)),
        grounded=bool(given.text) or arm in {"none", "selective"},
        grounding=grounding(task, given, tables) if arm in _WITH_CONTEXT else None,
    )


def second(task: Task, before: Prompt, answer: str, knowledge: Knowledge, tables: Tables) -> Prompt:
    """The second turn of an arm that has one; or the prompt with its answer, where it stands."""
    stands = before.model_copy(update={"answer": answer})
    if before.arm not in TWO_TURNS:
        return stands
    found = extract(answer, tables.table(task.product, task.release).programs)
    if not found.text and not (before.arm == "selective" and found.abstained):
        return stands
    complaints = knowledge.complaints(task.product, task.release, found.text) if found.text else ""
    if not complaints and not found.abstained:
        return stands
    said = f"Checked against the documentation of {task.product} {task.release}:\n{complaints}"
    parts = [said] if complaints else []
    measured = before.grounding
    if before.arm == "selective":
        given = knowledge.context(task.product, task.release, task.question)
        measured = grounding(task, given, tables)
        if not given.text and not complaints:
            return stands
        parts.append(given.text)
    parts.append("Answer again, corrected, in the same form as before.")
    return Prompt(
        id=task.id,
        arm=before.arm,
        messages=(
            *before.messages,
            Message(role="assistant", content=answer),
            Message(role="user", content="\n\n".join(part for part in parts if part)),
        ),
        grounded=before.grounded,
        grounding=measured,
    )


def rendered(task: Task, arm: Arm, answer: str, knowledge: Knowledge) -> str:
    """An answer as it is scored: in the arm ``schema``, a filled one becomes its command line.

    One that doesn't fit its schema is refused, as an agent's tool call would be: nothing is left.
    """
    if arm != "schema" or '"command"' not in answer:
        return answer
    try:
        held = json.loads(answer[answer.index("{") : answer.rindex("}") + 1])
        line = knowledge.line(
            task.product, task.release, str(held["command"]), json.dumps(held["arguments"])
        )
    except (ValueError, KeyError, TypeError, FlagstoneError):
        return ""
    return f"```sh\n{line}\n```"


def _none(task: Task, knowledge: Knowledge, tables: Tables) -> Given:  # noqa: ARG001
    return Given()


def _help(task: Task, knowledge: Knowledge, tables: Tables) -> Given:  # noqa: ARG001
    table = tables.table(task.product, task.release)
    listed = (_listed(table, path, None) for path in gold_uses(task, tables))
    return Given(text="\n\n".join(listed))


def _oracle(task: Task, knowledge: Knowledge, tables: Tables) -> Given:  # noqa: ARG001
    table = tables.table(task.product, task.release)
    listed = (_listed(table, path, used) for path, used in gold_uses(task, tables).items())
    return Given(text="\n\n".join(listed))


def _context(task: Task, knowledge: Knowledge, tables: Tables) -> Given:  # noqa: ARG001
    return knowledge.context(task.product, task.release, task.question)


def _wrong(task: Task, knowledge: Knowledge, tables: Tables) -> Given:  # noqa: ARG001
    other = knowledge.other(task.product, task.release)
    return knowledge.context(task.product, other, task.question) if other else Given()


def _schema(task: Task, knowledge: Knowledge, tables: Tables) -> Given:  # noqa: ARG001
    tools = knowledge.tools(task.product, task.release, task.question)
    if not tools:
        return Given()
    listed = "\n".join(f"{one.path}\n{one.schema_text}" for one in tools)
    return Given(
        text="Instead of a shell block, answer with one JSON object "
        '{"command": "<one of the commands below>", "arguments": {…}}, its arguments valid by the '
        f"command's JSON Schema.\n\n{listed}"
    )


_GIVEN: Mapping[Arm, Callable[[Task, Knowledge, Tables], Given]] = {
    "none": _none,
    "selective": _none,
    "help": _help,
    "oracle": _oracle,
    "context": _context,
    "context+validate": _context,
    "context_wrong_version": _wrong,
    "schema": _schema,
}
_WITH_CONTEXT: frozenset[Arm] = frozenset({"context", "context_wrong_version", "context+validate"})


def _listed(table: Table, path: tuple[str, ...], only: frozenset[str] | None) -> str:
    lines = [f"Usage: {' '.join(path)} [options]"]
    # What is used may be the program's own, or hidden; help lists neither.
    known = table.flags(path) if only else table.facts.commands.get(" ".join(path), {})
    for name, taking in sorted(known.items()):
        if only is None or name in only:
            lines.append(f"  {name}{'' if taking == 'none' else ' VALUE'}")
    return "\n".join(lines)
