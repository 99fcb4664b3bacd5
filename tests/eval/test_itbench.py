"""ITBench's files become tasks, and what is wrong in them is listed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpora.errors import InvalidRequest
from eval.cli import app
from eval.itbench import read
from eval.scoring.score import score
from eval.tasks.model import load_lines
from eval.truth.tables import Tables

FIXTURES = Path(__file__).parent / "fixtures" / "itbench"
TABLES = Tables.packaged()


def _read(folder=FIXTURES):
    return read(folder, product="kubectl", release="1.32", tables=TABLES)


def test_solutions_become_gold_answers():
    tasks = {task.id: task for task in _read().tasks}
    shipping = tasks["itbench-sre-16-1"]
    assert "unable to reach the `quote` service" in shipping.question
    assert shipping.gold == (
        "kubectl -n otel-demo rollout undo deployment/shipping",
        "kubectl -n otel-demo edit deployment shipping",
    )
    for text in shipping.gold:
        assert score(shipping, f"```sh\n{text}\n```", TABLES).correct


def test_what_the_truth_does_not_accept_is_left_out_and_said():
    found = _read()
    assert any(
        "does not accept it: kubectl -n web delete pod api --overwrite" in one
        for one in found.left_out
    )
    assert any("template with nothing to fill it" in one for one in found.left_out)
    tasks = {task.id: task for task in found.tasks}
    assert tasks["itbench-sre-bad-1"].gold == ("kubectl -n web annotate pod api note-",)


def test_a_goal_of_compliance_has_no_gold_answer_and_is_judged_for_inventions_alone():
    (goal,) = [task for task in _read().tasks if task.domain == "security"]
    assert "share the host network namespace" in goal.question
    assert "{{" not in goal.question
    got = score(goal, "```sh\nkubectl get pods -A --outputt json\n```", TABLES)
    assert got.invented_options == 1
    assert not got.correct


def test_files_that_are_something_else_are_refused_or_said(tmp_path):
    with pytest.raises(InvalidRequest, match="no scenario"):
        _read(tmp_path)
    (tmp_path / "x.json").write_text("{")
    (tmp_path / "goal.yml").write_text("- goals: []")
    assert len(_read(tmp_path).left_out) == 2


def test_imported_tasks_can_be_asked_and_scored(tmp_path):
    runner = CliRunner()
    tasks, asked = tmp_path / "t.jsonl", tmp_path / "p.jsonl"
    said = runner.invoke(app, ["itbench", str(FIXTURES), "--out", str(tasks)])
    assert said.exit_code == 0
    assert "left out" in said.output
    assert len(load_lines(tasks)) == 3
    words = ["prompts", "--arm", "oracle", "--tasks", str(tasks), "--out", str(asked)]
    assert runner.invoke(app, words).exit_code == 0
    assert len(asked.read_text().splitlines()) == 3
    answer = '{"id": "itbench-sre-16-1", "answer": "`kubectl get po`", "model": "m", "arm": "none"}'
    (tmp_path / "a.jsonl").write_text(answer)
    done = runner.invoke(app, ["score", str(tmp_path / "a.jsonl"), "--tasks", str(tasks)])
    assert done.exit_code == 0, done.output
