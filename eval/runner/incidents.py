"""Incidents as inspect_ai runs them: one command a turn, answered from the recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio.to_thread
import inspect_ai
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import Model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from eval.arms.prompts import Message
from eval.incidents.model import Incident
from eval.incidents.play import SYSTEM, Outcome, Play
from eval.runner.inspect import Setting, turn


def run(
    setting: Setting,
    incidents: Sequence[Incident],
    model: Model | str,
    *,
    logs: Path,
    grounded: bool,
    seeds: int = 1,
    connections: int = 8,
) -> list[Outcome]:
    """Play every incident; what could not be played to its end is missing."""
    (log,) = inspect_ai.eval(
        inspect_ai.Task(
            name="flagstone_incidents" + ("_context" if grounded else ""),
            dataset=MemoryDataset(
                [Sample(id=one.id, input=one.report, target="resolved") for one in incidents]
            ),
            solver=playing(setting, {one.id: one for one in incidents}, grounded=grounded),
            scorer=resolution(),
            config=setting.config,
            epochs=seeds,
        ),
        model=model,
        log_dir=str(logs),
        display="none",
        fail_on_error=False,
        retry_on_error=1,
        max_connections=connections,
    )
    return [
        Outcome.model_validate(sample.store["outcome"])
        for sample in log.samples or ()
        if sample.store.get("outcome")
    ]


@solver
def playing(setting: Setting, incidents: Mapping[str, Incident], *, grounded: bool) -> Solver:
    """Play one incident. ``grounded``: with what the documentation says to the report."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        incident = incidents[str(state.sample_id)]
        play = Play(incident, setting.tables)

        def look_up() -> str:
            about = incident.product, incident.release, incident.report
            return setting.knowledge.context(*about).text if grounded else ""

        given = await anyio.to_thread.run_sync(look_up)
        told = f"Tool: {incident.product} {incident.release}\n\nIncident: {incident.report}"
        user = f"{given}\n\n{told}" if given else told
        messages = [Message(role="system", content=SYSTEM), Message(role="user", content=user)]
        while not play.over:
            said = await turn(setting, state, generate, messages, state.epoch - 1)
            messages.append(Message(role="assistant", content=said.answer))
            shown = play.say(said.answer)
            messages.append(Message(role="user", content=shown or "(over)"))
        state.store.set("outcome", play.outcome().model_dump())
        return state

    return solve


@scorer(metrics={"*": [mean()]})
def resolution() -> Scorer:
    """What became of it; unscored where it was not played to its end."""

    async def judge(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        held = state.store.get("outcome")
        if not held:
            return Score.unscored(explanation="not played to its end")
        got = Outcome.model_validate(held)
        return Score(
            value={
                "resolved": float(got.resolved),
                "diagnosed": float(got.diagnosed),
                "verified": float(got.verified),
                "falsely": float(got.falsely),
                "harmed": float(got.harmed),
                "unasked": float(got.unasked > 0),
                "invented": float(got.invented > 0),
            }
        )

    return judge
