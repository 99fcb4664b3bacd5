r"""How often the validator refuses what is right, accepts what is wrong, and why.

::

    python -m eval.validator --truth kubectl-1.30.json.gz --truth kubectl-1.32.json.gz \
        --examples kubectl@1.30=docs/argo-cd --reviewed eval/validator/reviewed.toml
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from commands.store import SurfaceStore
from commands.validate import Targets, programs
from commands.writer import write
from corpora.errors import FlagstoneError
from eval.validator import examples, score
from eval.validator.mutate import Mutation, mutations
from eval.validator.truth import Truth, load

SEED = 20_250
MIN_CODED = 0.98
"""The goal: the share of right codes at least."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Exit status 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m eval.validator", description=__doc__)
    parser.add_argument("--truth", type=Path, action="append", required=True)
    parser.add_argument(
        "--examples", action="append", required=True, metavar="PRODUCT@RELEASE=PATH"
    )
    parser.add_argument(
        "--reviewed", type=Path, help="lines known to be wrong in the documentation"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--at-most", type=int, default=4000, help="lines of one product and release"
    )
    parser.add_argument("--out", type=Path, help="write every line that is judged wrong, as JSON")
    options = parser.parse_args(arguments)
    try:
        truths = [load(path) for path in options.truth]
        reviewed = examples.reviewed(options.reviewed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "surfaces"
            write(path, (truth.surface for truth in _oldest_first(truths)))
            with SurfaceStore.open(path) as store:
                return _run(options, truths, reviewed, store)
    except FlagstoneError as error:
        _say(f"error: {error}")
        return 1


@dataclass(slots=True)
class _Results:
    """What a run has counted."""

    real: dict[str, score.Tally] = field(default_factory=dict)
    made: dict[str, score.Tally] = field(default_factory=dict)
    states: Counter[tuple[score.State, score.State]] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    wrong: list[dict[str, object]] = field(default_factory=list)


def _run(
    options: argparse.Namespace,
    truths: Sequence[Truth],
    reviewed: Mapping[str, str],
    store: SurfaceStore,
) -> int:
    rng = random.Random(options.seed)  # noqa: S311  (a sample, not a secret)
    results = _Results()
    names = programs(store)
    left_out = 0
    for key, lines in examples.collected(options.examples).items():
        product, _, release = key.partition("@")
        truth = next((t for t in truths if (t.product, t.release) == (product, release)), None)
        if truth is None:
            _say(f"no truth for {key}")
            return 1
        others = [t for t in truths if t.product == product and t is not truth]
        foreign = sorted({n for t in truths if t.product != product for n in _some(t, rng)})
        targets = Targets({product: release}, names)
        chosen = lines if len(lines) <= options.at_most else rng.sample(lines, options.at_most)
        for line in chosen:
            if examples.digest(line) in reviewed:
                left_out += 1
            elif _real(line, key, product, store, targets, results):
                for one in mutations(line, truth, others, foreign, rng):
                    _mutated(one, key, product, store, targets, results)
    _say(score.table("real lines", results.real, "false rejects"))
    _say(f"({left_out} lines that are wrong in the documentation left out)\n")
    _say(score.table("mutations", results.made, "false accepts") + "\n")
    _say(score.matrix(results.states) + "\n")
    _say(_speed(results.times))
    if options.out:
        options.out.write_text(json.dumps(results.wrong, indent=1) + "\n", "utf-8")
    return 0 if _good(results) else 1


def _real(
    line: str,
    key: str,
    product: str,
    store: SurfaceStore,
    targets: Targets,
    results: _Results,
) -> bool:
    """Judge a line of the documentation; True where it may be made wrong."""
    tally = results.real.setdefault(key, score.Tally())
    started = time.perf_counter()
    verdict = score.judge(line, store, targets, product)
    results.times.append(time.perf_counter() - started)
    tally.lines += 1
    tally.partly += verdict.checked == "partly"
    tally.unchecked += verdict.checked == "no"
    results.states["valid", verdict.state] += 1
    if not verdict.accepted:
        tally.wrong += 1
        held: dict[str, object] = {
            "of": key,
            "sha256": examples.digest(line),
            "line": line,
            "said": verdict.messages,
        }
        results.wrong.append(held)
    return verdict.accepted and verdict.checked == "fully"


def _mutated(
    one: Mutation,
    key: str,
    product: str,
    store: SurfaceStore,
    targets: Targets,
    results: _Results,
) -> None:
    verdict = score.judge(one.text, store, targets, product)
    tally = results.made.setdefault(one.kind, score.Tally())
    right = not verdict.accepted and bool(set(verdict.codes) & set(one.codes))
    tally.lines += 1
    tally.wrong += verdict.accepted
    tally.coded += right
    tally.partly += verdict.checked == "partly"
    tally.unchecked += verdict.checked == "no"
    results.states[score.expected(one.codes), verdict.state] += 1
    if not right:
        held: dict[str, object] = {"of": key, "line": one.text, "kind": one.kind, "what": one.what}
        results.wrong.append({**held, "right": one.codes, "said": verdict.messages})


def _good(results: _Results) -> bool:
    real, made = results.real.values(), results.made.values()
    rejected = sum(one.wrong for one in real) / max(sum(one.lines for one in real), 1)
    mutated = sum(one.lines for one in made)
    if not mutated:
        return rejected <= score.MAX_WRONG
    accepted, coded = sum(one.wrong for one in made), sum(one.coded for one in made)
    return (
        rejected <= score.MAX_WRONG
        and accepted / mutated <= score.MAX_WRONG
        and coded / mutated >= MIN_CODED
    )


def _some(truth: Truth, rng: random.Random) -> list[str]:
    paths = sorted(truth.options)
    chosen = rng.sample(paths, min(200, len(paths)))
    return [name for path in chosen for name in truth.options[path] if name.startswith("--")]


def _oldest_first(truths: Sequence[Truth]) -> list[Truth]:
    return sorted(truths, key=lambda t: (t.product, [int(n) for n in t.release.split(".")]))


def _speed(times: list[float]) -> str:
    ordered = sorted(times) or [0.0]
    p50, p99 = (1000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"each line once, repair included: p50 {p50:.2f} ms, p99 {p99:.2f} ms "
        f"(most commands cold); this process, dumps and all, {memory:.0f} MB at most"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
