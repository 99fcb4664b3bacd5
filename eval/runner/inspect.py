"""The evaluation as inspect_ai runs it: a dataset, a solver for each arm, scorers.

inspect_ai brings the models, concurrency, retries, limits, logs and the viewer (``inspect view``);
what a paid answer was is also in our own journal, so that no kill can lose it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import inspect_ai
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    get_model,
)
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from eval.answers import Answer, Arm
from eval.arms.knowledge import Knowledge
from eval.arms.prompts import Message, Prompt, first, rendered, second
from eval.report.build import cluster
from eval.runner.journal import Journal, Turn, key
from eval.scoring.score import score
from eval.tasks.model import Task
from eval.truth.tables import Tables


@dataclass(frozen=True)
class Setting:
    """All that a run is given besides the arm."""

    tasks: tuple[Task, ...]
    knowledge: Knowledge
    tables: Tables
    journal: Journal
    model: str
    """Its name in the recorded answers."""
    config: GenerateConfig
    replay: Mapping[tuple[str, Arm, int], Answer]
    """Recorded answers; where there are any, no model is asked."""


def run(
    setting: Setting,
    arms: Sequence[Arm],
    model: Model | str,
    *,
    logs: Path,
    seeds: int = 1,
    connections: int = 8,
) -> tuple[list[Answer], list[EvalLog]]:
    """Run every arm; give the answers and inspect's logs.

    An answer that could not be had after all retries is missing from the answers.
    """
    found = inspect_ai.eval(
        [_task(setting, arm, seeds) for arm in arms],
        model=model,
        log_dir=str(logs),
        display="none",
        fail_on_error=False,
        retry_on_error=1,
        max_connections=connections,
        max_tasks=1,
        score_display=False,
    )
    answers = [
        Answer.model_validate(sample.store["answer"])
        for log in found
        for sample in log.samples or ()
        if sample.store.get("answer")
    ]
    return answers, found


def open_model(name: str, *, base_url: str | None, api_key: str | None) -> Model:
    """A model by inspect's name for it, or by the address of any OpenAI-compatible server.

    Without ``api_key`` inspect reads the provider's own variable, ``ANTHROPIC_API_KEY`` for one.
    """
    if base_url is None:
        return get_model(name, api_key=api_key)
    return get_model(f"openai-api/compatible/{name}", base_url=base_url, api_key=api_key or "none")


def _task(setting: Setting, arm: Arm, seeds: int) -> inspect_ai.Task:
    samples = [
        Sample(
            id=task.id,
            input=task.question,
            target=list(task.gold),
            metadata={
                "product": task.product,
                "release": task.release,
                "stratum": task.stratum,
                "command": cluster(task),
            },
        )
        for task in setting.tasks
    ]
    return inspect_ai.Task(
        name=f"flagstone_{arm.replace('+', '_')}",
        dataset=MemoryDataset(samples, name="flagstone"),
        solver=answering(setting, arm),
        scorer=[invention(setting), correctness(setting)],
        config=setting.config,
        epochs=seeds,
        metadata={"arm": arm},
    )


@solver
def answering(setting: Setting, arm: Arm) -> Solver:
    """Answer a task in an arm: one turn, or two where the arm has them."""
    by_id = {task.id: task for task in setting.tasks}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        task, seed = by_id[str(state.sample_id)], state.epoch - 1
        if setting.replay:
            answer = setting.replay.get((task.id, arm, seed))
            if answer is not None:
                state.output = ModelOutput.from_content("replay", answer.answer)
                state.store.set("answer", answer.model_dump())
            return state

        def begin() -> Prompt:
            return first(task, arm, setting.knowledge, setting.tables)

        prompt = await anyio.to_thread.run_sync(begin)
        turns = [await turn(setting, state, generate, prompt.messages, seed)]

        def go_on() -> Prompt:
            return second(task, prompt, turns[0].answer, setting.knowledge, setting.tables)

        again = await anyio.to_thread.run_sync(go_on)
        if again.answer is None:
            turns.append(await turn(setting, state, generate, again.messages, seed))
        text = rendered(task, arm, turns[-1].answer, setting.knowledge)
        answer = Answer(
            id=task.id,
            answer=text,
            model=setting.model,
            arm=arm,
            seed=seed,
            grounded=prompt.grounded,
            grounding=prompt.grounding if len(turns) == 1 else again.grounding,
            input_tokens=sum(one.input_tokens for one in turns),
            output_tokens=sum(one.output_tokens for one in turns),
            seconds=sum(one.seconds for one in turns),
            turns=len(turns),
        )
        state.store.set("answer", answer.model_dump())
        return state

    return solve


async def turn(
    setting: Setting,
    state: TaskState,
    generate: Generate,
    messages: Sequence[Message],
    seed: int,
) -> Turn:
    """One turn: from the journal, else from the model and then into the journal."""
    config = setting.config.model_dump_json(exclude_none=True)
    name = key(setting.model, config, messages, seed)
    state.messages = [_chat(one) for one in messages]
    held = setting.journal.get(name)
    if held is not None:
        state.output = ModelOutput.from_content(setting.model, held.answer)
        return held
    began = time.monotonic()
    state = await generate(state)
    usage = state.output.usage
    paid = Turn(
        key=name,
        answer=state.output.completion,
        input_tokens=usage.input_tokens if usage else 0,
        output_tokens=usage.output_tokens if usage else 0,
        seconds=round(time.monotonic() - began, 3),
    )
    setting.journal.add(paid)
    return paid


def _chat(one: Message) -> ChatMessage:
    if one.role == "system":
        return ChatMessageSystem(content=one.content)
    if one.role == "assistant":
        return ChatMessageAssistant(content=one.content)
    return ChatMessageUser(content=one.content)


@scorer(metrics=[mean(), stderr()])
def invention(setting: Setting) -> Scorer:
    """1 where something was invented, 0 where not; unscored where nothing was answered."""
    by_id = {task.id: task for task in setting.tasks}

    async def judge(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        held = state.store.get("answer") or {}
        got = score(by_id[str(state.sample_id)], str(held.get("answer", "")), setting.tables)
        said = "; ".join(f"{one.kind} {one.token}" for one in got.findings)
        if not got.answered:
            return Score.unscored(explanation="abstained" if got.abstained else "unanswered")
        return Score(value=float(got.invented_commands > 0), explanation=said)

    return judge


@scorer(metrics=[mean(), stderr()])
def correctness(setting: Setting) -> Scorer:
    """1 where the answer is right."""
    by_id = {task.id: task for task in setting.tasks}

    async def judge(state: TaskState, target: Target) -> Score:
        held = state.store.get("answer") or {}
        text = str(held.get("answer", ""))
        got = score(by_id[str(state.sample_id)], text, setting.tables)
        return Score(value=float(got.correct), answer=text, explanation=f"gold: {target.text}")

    return judge
