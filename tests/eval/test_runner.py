"""The runner against a stand-in for a model: rates, order of the arms, kill and resume."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

pytest.importorskip("inspect_ai")

from inspect_ai.model import GenerateConfig

from eval.arms.knowledge import Cited, Given, Nothing
from eval.report.build import build, scored
from eval.runner.inspect import Setting, open_model, run
from eval.runner.journal import Journal, Turn
from eval.scoring.extract import extract
from eval.scoring.gold import gold_uses
from eval.scoring.judge import judge
from eval.standin.script import Script, ignorant, spoil
from eval.standin.server import StandIn
from eval.tasks.model import load
from eval.truth.tables import Tables

pytestmark = pytest.mark.filterwarnings("default")

TABLES = Tables.packaged()
# Answers to which an option can be added anywhere: nothing of another program behind them.
SIMPLE = tuple(
    task
    for task in load()
    if task.product in {"aws", "az", "gcloud"} and task.required and "|" not in task.gold[0]
)
RATE = 0.4
COUNT = len
"""Of tokens: characters will do."""


class Documented(Nothing):
    """Documentation that names the options of two tasks in three, and a check that sees all."""

    def __init__(self, tasks):
        self.tasks = {(task.product, task.release, task.question): task for task in tasks}

    def context(self, product, release, question):
        task = self.tasks.get((product, release, question))
        if task is None or task.id[-1] in "147":
            return Given()
        names = tuple(name for group in task.required for name in group)
        (path,) = gold_uses(task, TABLES)
        right = Cited(command=" ".join(path), names=names, kind="option", text=" ".join(names))
        other = Cited(command="aws zz", names=names, kind="option", text=right.text)
        return Given(text=right.text, cited=(right, other))

    def other(self, product, release):
        return "0.1"

    def complaints(self, product, release, text):
        table = TABLES.table(product, release)
        wrong = []
        for one in extract(text, table.programs).invocations:
            judged = judge(one, table, TABLES)
            if not judged.valid:
                wrong.append(" ".join(sorted(table.flags(judged.path))))
        return "\n".join(wrong)


def _standin(tasks, rate=RATE, **more):
    return StandIn(Script(tasks, rate, TABLES), COUNT, **more)


def _setting(tasks, folder, knowledge):
    return Setting(
        tasks=tasks,
        knowledge=knowledge,
        tables=TABLES,
        journal=Journal(folder / "journal.jsonl"),
        model="standin",
        config=GenerateConfig(max_retries=3, timeout=20),
        replay={},
    )


def _run(tasks, arms, folder, server, knowledge, seeds=1):
    model = open_model("standin", base_url=server.url, api_key="none")
    setting = _setting(tasks, folder, knowledge)
    return run(setting, arms, model, logs=folder / "logs", seeds=seeds)


@pytest.mark.parametrize("size", [24, pytest.param(150, marks=pytest.mark.slow)])
def test_the_rate_is_recovered_and_the_arms_order_as_they_must(tmp_path, size):
    tasks = SIMPLE[:: len(SIMPLE) // size][:size]
    arms = ("none", "context_wrong_version", "context", "context+validate", "selective", "oracle")
    with _standin(tasks) as server:
        answers, logs = _run(tasks, arms, tmp_path, server, Documented(tasks))
    assert all(log.status == "success" for log in logs)
    report = build(tasks, scored(tasks, answers, TABLES), "test", TABLES)
    rates = {arm: report.group("standin", arm).invented_commands for arm in arms}
    exact = sum(ignorant(task, RATE) for task in tasks)
    assert rates["none"].count == exact
    assert rates["none"].low <= RATE <= rates["none"].high
    assert rates["none"].rate == rates["context_wrong_version"].rate
    assert rates["none"].rate > rates["context"].rate >= rates["context+validate"].rate
    assert rates["context"].rate > 0 or size < 100
    precise = {arm: report.group("standin", arm).citation_precision for arm in arms}
    assert precise["none"].rate is precise["oracle"].rate is None
    assert precise["context"].rate == 0.5
    told = report.group("standin", "context").options_named
    assert 0 < told.count < told.of == sum(len(task.required) for task in tasks)
    assert rates["selective"].rate == rates["context+validate"].rate == rates["oracle"].rate == 0
    turns = {arm: report.group("standin", arm).turns for arm in arms}
    assert turns["context"] == 1 < turns["context+validate"] < turns["selective"] < 2
    contrast = next(
        one for one in report.contrasts if one.arm == "context" and one.stratum == "all"
    )
    assert contrast.invented.clear or size < 100
    assert contrast.invented.only_second == 0


def test_an_answer_is_asked_for_once_whatever_arms_and_runs_share_it(tmp_path):
    tasks = SIMPLE[:6]
    with _standin(tasks, fail_first=2) as server:
        _run(tasks, ("none",), tmp_path, server, Nothing())
        assert sorted(server.asked) == sorted(task.id for task in tasks)
        answers, _ = _run(tasks, ("none",), tmp_path, server, Nothing())
        assert len(server.asked) == len(tasks)
    assert len(answers) == len(tasks)
    assert all(one.input_tokens > 100 and one.turns == 1 for one in answers)


def test_recorded_answers_are_replayed_without_a_model(tmp_path):
    tasks = SIMPLE[:5]
    with _standin(tasks, 1.0) as server:
        answers, _ = _run(tasks, ("none",), tmp_path / "a", server, Nothing())
    wrong = [spoil(task, TABLES)[0] for task in tasks]
    assert all(line in one.answer for line, one in zip(wrong, answers, strict=True))
    setting = _setting(tasks, tmp_path / "b", Nothing())
    replay = {(one.id, one.arm, one.seed): one for one in answers}
    setting = Setting(**{**vars(setting), "replay": replay})
    again, logs = run(setting, ("none",), "mockllm/model", logs=tmp_path / "b" / "logs")
    assert again == answers
    assert {s.name: s.metrics["mean"].value for s in logs[0].results.scores}["invention"] == 1.0


@pytest.mark.slow
def test_a_killed_run_goes_on_without_paying_twice(tmp_path):
    tasks = SIMPLE[:40]
    program = textwrap.dedent(f"""
        import sys
        sys.path[:0] = {sys.path!r}
        from pathlib import Path
        from tests.eval.test_runner import *
        from tests.eval.test_runner import _setting
        tasks = SIMPLE[:40]
        model = open_model("standin", base_url=sys.argv[1], api_key="none")
        folder = Path(sys.argv[2])
        run(_setting(tasks, folder, Nothing()), ("none",), model, logs=folder / "logs",
            connections=1)
    """)
    with _standin(tasks) as server:
        server.delay = 0.2
        process = subprocess.Popen([sys.executable, "-c", program, server.url, str(tmp_path)])
        journal = tmp_path / "journal.jsonl"
        until = time.monotonic() + 120
        while not (journal.exists() and journal.read_bytes().count(b"\n") >= 5):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)  # what was under way when it was killed is answered to nobody
        held = len(Journal(journal))
        before = len(server.asked)
        assert 5 <= held < len(tasks)
        assert before - held <= 1  # only the one that was under way
        server.delay = 0.0
        answers, _ = _run(tasks, ("none",), tmp_path, server, Nothing())
        assert len(server.asked) - before == len(tasks) - held
    assert len(answers) == len(tasks)


def test_a_line_cut_off_by_a_kill_is_dropped_and_written_over(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.add(Turn(key="a", answer="one"))
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"key": "b", "ans')
    again = Journal(path)
    assert len(again) == 1
    again.add(Turn(key="b", answer="two"))
    again.close()
    last = Journal(path)
    assert len(last) == 2
    last.close()


def test_incidents_are_played_through_the_runner(tmp_path):
    from eval.incidents.model import load as load_incidents
    from eval.runner.incidents import run as play

    held = load_incidents()
    fixes = {one.report: one for one in held}

    def answer(messages):
        told = [one.content for one in messages if one.role == "user"]
        incident = next(one for report, one in fixes.items() if report in told[0])
        script = (incident.shows[0].command, incident.fixes[0].command, incident.verify[0])
        text = f"```sh\n{script[len(told) - 1]}\n```" if len(told) <= 3 else "DONE"
        return incident.id, text

    with StandIn(answer, COUNT) as server:
        model = open_model("standin", base_url=server.url, api_key="none")
        setting = _setting((), tmp_path, Nothing())
        for _ in range(2):  # the second time nothing is asked
            outcomes = play(setting, held, model, logs=tmp_path / "logs", grounded=False)
            assert len(outcomes) == len(held)
            assert all(one.resolved and one.turns == 4 for one in outcomes)
        assert len(server.asked) == 4 * len(held)
