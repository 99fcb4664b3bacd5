"""An agent that writes a command with any OpenAI-compatible model, held to the documentation.

    plan → ground → propose → validate → human checkpoint when destructive, repair when wrong

It prints the command, and runs nothing.

    python -m examples.agent_loop "dump the database shop without the rows of audit_log"
        --product postgresql --version 13 --model gpt-5-mini

The model's address and key are those of the ``openai`` package (``OPENAI_BASE_URL``,
``OPENAI_API_KEY``), so that any server which speaks that protocol will do. It needs the extra
``eval`` (``pip install flagstone[eval]``), which has that package.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openai import OpenAI

from api.client import Client, inject
from api.client.calls import WhereOptions
from commands.risk import Risk
from corpora.errors import FlagstoneError
from retrieval.answers import ValidationAnswer

ROUNDS = 3
"""Proposals before the loop gives up: what three corrections don't mend, a fourth won't."""

PLAN = (
    "You will be asked for a shell command. First say what you would look up in the manual of the"
    " tool: one short question, without quotation marks, and nothing else."
)
PROPOSE = "Answer with exactly one shell command in a ```sh block, and nothing else."
REPAIR = "That command is wrong at this version:\n{issues}\nWrite it again, corrected."

Confirm = Callable[[str, Risk], bool]


@dataclass
class Outcome:
    """What came of a task. ``command`` may be run only where ``ready`` is true."""

    command: str = ""
    ready: bool = False
    why: str = ""
    steps: list[str] = field(default_factory=list)


class Agent:
    """Plans, grounds, proposes, validates, repairs. What it may not decide it asks ``confirm``."""

    def __init__(
        self, model: OpenAI, name: str, flagstone: Client, where: WhereOptions, confirm: Confirm
    ) -> None:
        self._model = model
        self._name = name
        self._flagstone = flagstone
        self._where = where
        self._confirm = confirm

    def solve(self, task: str) -> Outcome:
        """A command for a task, checked; or why there is none."""
        outcome = Outcome()
        question = self._plan(task)
        outcome.steps.append(f"plan: {question}")
        messages = self._ground(question, task, outcome)
        for _ in range(ROUNDS):
            command = self._propose(messages)
            outcome.steps.append(f"propose: {command}")
            checked = self._flagstone.validate(command, **self._where)
            outcome.steps.append(f"validate: {verdict(checked)}")
            risk = checked.risk
            if checked.valid is False and checked.repaired:
                # Certain, and validated already: no need to ask the model.
                command, risk = checked.repaired.text, checked.repaired.risk
                outcome.steps.append(f"repair: {command}")
            elif checked.valid is False:
                messages += [
                    {"role": "assistant", "content": f"```sh\n{command}\n```"},
                    {"role": "user", "content": REPAIR.format(issues="\n".join(issues(checked)))},
                ]
                continue
            outcome.command = command
            return self._decide(outcome, risk, known=checked.valid is not None)
        outcome.why = f"After {ROUNDS} proposals none was right."
        return outcome

    def _plan(self, task: str) -> str:
        said = self._say([{"role": "system", "content": PLAN}, {"role": "user", "content": task}])
        return said.strip().strip("\"'").splitlines()[0] if said.strip() else task

    def _ground(self, question: str, task: str, outcome: Outcome) -> list[Any]:
        """The conversation, with what the documentation says on ``question`` before the task."""
        asked = [{"role": "user", "content": question}]
        told = inject(asked, self._flagstone, **self._where)[:-1]
        outcome.steps.append(f"ground: {'found' if told else 'nothing answers'}")
        return [{"role": "system", "content": PROPOSE}, *told, {"role": "user", "content": task}]

    def _propose(self, messages: list[Any]) -> str:
        said = self._say(messages)
        block = re.search(r"```(?:\w+)?\n(.*?)```", said, re.DOTALL)
        return (block[1] if block else said).strip()

    def _decide(self, outcome: Outcome, risk: Risk, *, known: bool) -> Outcome:
        """Whether it may be run: what destroys, or could not be checked, a human decides."""
        if risk.level == "destructive" or not known:
            outcome.ready = self._confirm(outcome.command, risk)
            said = "agreed" if outcome.ready else "refused"
            outcome.steps.append(f"checkpoint: a human {said}")
            outcome.why = "" if outcome.ready else "A human refused it."
        else:
            outcome.ready = True
        return outcome

    def _say(self, messages: list[Any]) -> str:
        answer = self._model.chat.completions.create(model=self._name, messages=messages)
        return answer.choices[0].message.content or ""


def issues(checked: ValidationAnswer) -> list[str]:
    """What is wrong, in lines."""
    found = (*checked.issues, *(one for each in checked.commands for one in each.issues))
    return [one.message for one in found if one.severity == "error"]


def verdict(checked: ValidationAnswer) -> str:
    """The result in one line."""
    said = {True: "valid", False: "invalid", None: "nothing could be checked"}[checked.valid]
    return "; ".join([f"{said}, {checked.risk.level}", *issues(checked)])


def ask_on_terminal(command: str, risk: Risk) -> bool:
    """Ask whoever sits there; nobody there is a no."""
    if not sys.stdin.isatty():
        return False
    reasons = "; ".join(one.text for one in risk.reasons)
    return input(f"{command}\n{risk.level}: {reasons}\nAgree? [y/N] ").strip().lower() == "y"


def main(arguments: list[str] | None = None) -> int:
    """Solve one task. The exit status is 0 where there is a command that may be run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task")
    parser.add_argument("--product")
    parser.add_argument("--version", help="of the product, as you run it")
    parser.add_argument("--fingerprint", help="or what it prints for its version")
    parser.add_argument("--model", required=True)
    parser.add_argument("--flagstone", default="http://127.0.0.1:8600", help="its address")
    parser.add_argument("--key", help="an API key of it")
    given = parser.parse_args(arguments)
    where: WhereOptions = {
        "product": given.product,
        "version": given.version,
        "fingerprint": given.fingerprint,
    }
    with Client(given.flagstone, key=given.key) as flagstone:
        agent = Agent(OpenAI(), given.model, flagstone, where, ask_on_terminal)
        try:
            outcome = agent.solve(given.task)
        except FlagstoneError as error:
            print(error, file=sys.stderr)
            return 1
    for step in outcome.steps:
        print(step, file=sys.stderr)
    print(outcome.command if outcome.ready else f"# {outcome.why}")
    return 0 if outcome.ready else 1


if __name__ == "__main__":
    sys.exit(main())
