"""Answers → scores → a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest

from corpora.errors import InvalidRequest
from eval.answers import ARMS, Answer
from eval.report.model import Contrast, Example, Group, Report
from eval.scoring.score import Score, score
from eval.scoring.statistics import mean, paired, wilson
from eval.tasks.model import Task, dataset_hash
from eval.truth.tables import Tables

MOST_EXAMPLES = 60
"""In a report: enough to judge the judge by, few enough to read."""

Scored = tuple[Task, Answer, Score]
Key = tuple[str, str]
"""Model and arm."""

_BY: Mapping[str, Callable[[Task], str]] = {
    "all": lambda _: "all",
    "stratum": lambda task: task.stratum,
    "domain": lambda task: task.domain,
    "product": lambda task: task.product,
    "release": lambda task: f"{task.product} {task.release}",
}


def scored(tasks: Sequence[Task], answers: Iterable[Answer], tables: Tables) -> list[Scored]:
    """Score every answer. Raises InvalidRequest for one to a task that is not among ``tasks``."""
    by_id = {task.id: task for task in tasks}
    found = []
    for answer in answers:
        task = by_id.get(answer.id)
        if task is None:
            raise InvalidRequest(
                f"No task of this split has the id {answer.id!r}.",
                hint="Score with the split that the prompts were written for (--split).",
            )
        found.append((task, answer, score(task, answer.answer, tables)))
    return found


def build(tasks: Sequence[Task], results: Sequence[Scored], split: str, tables: Tables) -> Report:
    """Sum the scores up."""
    by_key: dict[Key, list[Scored]] = defaultdict(list)
    for one in results:
        by_key[one[1].model, one[1].arm].append(one)
    ordered = dict(sorted(by_key.items(), key=lambda one: (one[0][0], ARMS.index(one[0][1]))))
    clusters = {task.id: cluster(task) for task in tasks}
    outcomes = {f"{model} · {arm}": _outcomes(held) for (model, arm), held in ordered.items()}
    return Report(
        dataset=dataset_hash(tasks),
        truth=tables.fingerprint(task.product for task in tasks),
        split=split,
        tasks=len(tasks),
        missing={
            f"{model} · {arm}": len(tasks) - len({task.id for task, _, _ in held})
            for (model, arm), held in ordered.items()
        },
        groups=tuple(group for held in ordered.values() for group in _groups(held)),
        contrasts=tuple(_contrasts(ordered, outcomes, clusters, tasks)),
        outcomes=outcomes,
        clusters=clusters,
        examples=tuple(_examples(results)),
    )


def cluster(task: Task) -> str:
    """The command that a task is about: the words of its gold answer before the first option."""
    if not task.gold:
        return task.id
    words: list[str] = []
    for word in task.gold[0].split():
        if word.startswith("-") or len(words) == 4:
            break
        words.append(word)
    return " ".join(words)


def _groups(held: Sequence[Scored]) -> Iterator[Group]:
    for by, name_of in _BY.items():
        parts: dict[str, list[Scored]] = defaultdict(list)
        for one in held:
            parts[name_of(one[0])].append(one)
        for name in sorted(parts):
            yield _group(by, name, parts[name])


def _group(by: str, name: str, held: Sequence[Scored]) -> Group:
    seeds: dict[str, int] = defaultdict(int)
    for task, _, _ in held:
        seeds[task.id] += 1

    def total(value: Callable[[Score], float]) -> float:
        return sum(value(one) / seeds[task.id] for task, _, one in held)

    commands, options = total(lambda s: s.commands), total(lambda s: s.options)
    answers = [answer for _, answer, _ in held]
    destructive = total(lambda s: s.destructive)
    # A context depends on the task alone: one of its seeds speaks for all.
    contexts = {task.id: answer.grounding for task, answer, _ in held if answer.grounding}
    given = contexts.values()
    return Group(
        model=answers[0].model,
        arm=answers[0].arm,
        by=by,
        name=name,
        tasks=len(seeds),
        answered=total(lambda s: s.answered),
        abstained=total(lambda s: s.abstained),
        unanswered=total(lambda s: not s.answered and not s.abstained),
        grounded=sum(answer.grounded / seeds[task.id] for task, answer, _ in held),
        invented_commands=wilson(total(lambda s: s.invented_commands), commands),
        invented_options=wilson(total(lambda s: s.invented_options), options),
        mismatched_commands=wilson(total(lambda s: s.mismatched_commands), commands),
        deprecated_options=wilson(total(lambda s: s.deprecated_options), options),
        valid_commands=wilson(total(lambda s: s.valid_commands), commands),
        correct=wilson(total(lambda s: s.correct), len({t.id for t, _, _ in held if t.gold})),
        citation_precision=wilson(sum(g.relevant for g in given), sum(g.citations for g in given)),
        options_named=wilson(sum(g.named for g in given), sum(g.needed for g in given)),
        unchecked=wilson(total(lambda s: s.unchecked), destructive),
        unjudged=total(lambda s: s.unjudged),
        options_per_command=options / commands if commands else None,
        input_tokens=mean([a.input_tokens for a in answers if a.input_tokens is not None]),
        output_tokens=mean([a.output_tokens for a in answers if a.output_tokens is not None]),
        seconds=mean([a.seconds for a in answers if a.seconds is not None]),
        turns=mean([a.turns for a in answers]),
    )


def _outcomes(held: Sequence[Scored]) -> dict[str, tuple[float | None, float]]:
    by_task: dict[str, list[Score]] = defaultdict(list)
    for task, _, one in held:
        by_task[task.id].append(one)
    return {
        name: (
            mean([float(one.invented_commands > 0) for one in scores if one.answered]),
            sum(one.correct for one in scores) / len(scores),
        )
        for name, scores in sorted(by_task.items())
    }


def _contrasts(
    ordered: Mapping[Key, Sequence[Scored]],
    outcomes: Mapping[str, Mapping[str, tuple[float | None, float]]],
    clusters: Mapping[str, str],
    tasks: Sequence[Task],
) -> Iterator[Contrast]:
    for model, arm in ordered:
        base = outcomes.get(f"{model} · none")
        if arm == "none" or base is None:
            continue
        own = outcomes[f"{model} · {arm}"]
        for stratum in ("all", *sorted({task.stratum for task in tasks})):
            among = {task.id for task in tasks if stratum in {"all", task.stratum}}
            yield Contrast(
                model=model,
                arm=arm,
                stratum=stratum,
                invented=paired(invented(base, among), invented(own, among), clusters),
                correct=paired(correct(base, among), correct(own, among), clusters),
            )


def invented(
    outcomes: Mapping[str, tuple[float | None, float]], among: Iterable[str]
) -> dict[str, float]:
    """Task → how often something was invented, of those that were answered."""
    held = {name: outcomes[name][0] for name in among if name in outcomes}
    return {name: value for name, value in held.items() if value is not None}


def correct(
    outcomes: Mapping[str, tuple[float | None, float]], among: Iterable[str]
) -> dict[str, float]:
    """Task → how often it was correct."""
    return {name: outcomes[name][1] for name in among if name in outcomes}


def _examples(results: Sequence[Scored]) -> Iterator[Example]:
    """What was found, an arm's turn after the other's, so that each has its share."""
    found: dict[Key, dict[tuple[str, str], Example]] = defaultdict(dict)
    for task, answer, one in results:
        for finding in one.findings:
            if finding.kind.startswith(("invented", "other_release")):
                example = Example(
                    task=task.id,
                    model=answer.model,
                    arm=answer.arm,
                    product=task.product,
                    release=task.release,
                    question=task.question,
                    gold=task.gold[0] if task.gold else "",
                    finding=finding,
                )
                held = found[answer.model, answer.arm]
                held.setdefault((task.id, finding.token), example)
    turns = zip_longest(*(held.values() for held in found.values()))
    every = (one for turn in turns for one in turn if one is not None)
    yield from islice(every, MOST_EXAMPLES)
