"""Prompts, answers from anywhere, scores, a report, and the comparison of two reports."""

import json
import re

import pytest
from typer.testing import CliRunner

from eval.answers import ARMS, Answer, Grounding, read, write
from eval.arms.citations import grounding
from eval.arms.knowledge import Cited, Given, Nothing
from eval.arms.prompts import SYSTEM, first, rendered, second
from eval.cli import app
from eval.report.plots import ceiling
from eval.scoring.statistics import wilson
from eval.tasks.aws_values import refused
from eval.tasks.model import load
from eval.truth.tables import Tables

TABLES = Tables.packaged()
DEV = load("dev")
RUNNER = CliRunner()


def _run(*words: object, status: int = 0):
    done = RUNNER.invoke(app, [str(word) for word in words])
    assert done.exit_code == status, (done.output, done.stderr, done.exception)
    return done


def _answered(prompts: list[dict], *, wrong: int = 0, arm: str = "none") -> str:
    """What an outside program makes of the prompts: gold, and the first ``wrong`` spoilt."""
    gold = {task.id: task.gold[0] for task in DEV}
    lines = []
    for at, prompt in enumerate(prompts):
        words = gold[prompt["id"]].split(" ")
        if at < wrong:
            words.insert(len([w for w in words[:3] if not w.startswith("-")]), "--frobnicate")
        text = f"```sh\n{' '.join(words)}\n```"
        lines.append({"id": prompt["id"], "answer": text, "model": "outside", "arm": arm})
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_three_commands_lead_from_prompts_to_a_report(tmp_path):
    asked, given, scores = (tmp_path / name for name in ("p.jsonl", "a.jsonl", "s.json"))
    _run("prompts", "--arm", "help", "--split", "dev", "--limit", 30, "--out", asked)
    prompts = [json.loads(line) for line in asked.read_text().splitlines()]
    assert len(prompts) == 30
    assert prompts[0]["messages"][0]["content"] == SYSTEM
    given.write_text(_answered(prompts, arm="help"))
    table = _run("score", given, "--split", "dev", "--out", scores).output
    assert "| outside | help | 30 | 30 |" in table
    assert f"No answer recorded to {len(DEV) - 30} of the tasks" in table
    _run("report", scores, "--out", tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "http://" not in page
    assert "https://" not in page.replace("https://git.example.org", "").split("What was found")[0]
    assert json.loads((tmp_path / "report" / "report.json").read_text())["dataset"]


def test_a_report_shows_what_was_invented_and_escapes_it(tmp_path):
    asked, given, scores = (tmp_path / name for name in ("p.jsonl", "a.jsonl", "s.json"))
    _run("prompts", "--arm", "none", "--split", "dev", "--limit", 3, "--out", asked)
    prompts = [json.loads(line) for line in asked.read_text().splitlines()]
    text = _answered(prompts, wrong=3).replace("--frobnicate", "--frobnicate='<script>x</script>'")
    given.write_text(text)
    _run("score", given, "--split", "dev", "--out", scores)
    _run("report", scores, "--out", tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<mark>--frobnicate</mark>" in page
    assert "<script>" not in page


def test_compare_fails_on_a_regression_and_refuses_what_says_nothing(tmp_path):
    asked = tmp_path / "p.jsonl"
    _run("prompts", "--arm", "none", "--split", "dev", "--limit", 40, "--out", asked)
    prompts = [json.loads(line) for line in asked.read_text().splitlines()]
    for name, wrong, count, split in (
        ("good", 2, 40, "dev"),
        ("bad", 30, 40, "dev"),
        ("fewer", 2, 20, "dev"),
        ("all", 2, 40, "all"),
    ):
        (tmp_path / f"{name}.jsonl").write_text(_answered(prompts[:count], wrong=wrong))
        _run("score", tmp_path / f"{name}.jsonl", "--split", split, "--out", tmp_path / name)
    assert "no worse" in _run("compare", tmp_path / "good", tmp_path / "good").output
    assert "no worse" in _run("compare", tmp_path / "bad", tmp_path / "good").output
    assert "WORSE" in _run("compare", tmp_path / "good", tmp_path / "bad", status=1).output
    assert (
        "different tasks" in _run("compare", tmp_path / "good", tmp_path / "fewer", status=2).stderr
    )
    assert (
        "different tasks" in _run("compare", tmp_path / "good", tmp_path / "all", status=2).stderr
    )
    held = json.loads((tmp_path / "good").read_text())
    (tmp_path / "judged").write_text(json.dumps({**held, "truth": "0" * 16}))
    said = _run("compare", tmp_path / "good", tmp_path / "judged", status=2).stderr
    assert "different truth" in said
    (tmp_path / "other").write_text("{}")
    assert "is no report" in _run("compare", tmp_path / "good", tmp_path / "other", status=2).stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "aws-001"}', "answer"),
        ("nonsense", "line 1"),
        ("", "holds no answers"),
        ('{"id": "aws-001", "answer": "", "model": "m", "arm": "magic"}', "arm"),
        (
            '{"id": "aws-001", "answer": "", "model": "m", "arm": "none"}\n' * 2,
            "answers aws-001 twice",
        ),
        ('{"id": "zzz", "answer": "", "model": "m", "arm": "none"}', "No task"),
    ],
)
def test_answers_that_can_not_be_read_are_refused_with_a_reason(tmp_path, line, said):
    (tmp_path / "a.jsonl").write_text(line)
    assert said in _run("score", tmp_path / "a.jsonl", status=2).stderr


def test_recorded_answers_come_back_as_they_were(tmp_path):
    answers = tuple(
        Answer(id=task.id, answer="x\ny", model="m", arm=arm, seed=1)
        for task in DEV
        for arm in ARMS
    )
    write(tmp_path / "a.jsonl", answers)
    assert read(tmp_path / "a.jsonl") == answers


def test_an_arm_that_needs_documentation_says_so():
    assert "--data DIR" in _run("prompts", "--arm", "context", status=2).stderr
    assert "is no arm" in _run("prompts", "--arm", "magic", status=2).stderr


class _Sceptic(Nothing):
    def context(self, product, release, question):
        return Given(text="CONTEXT")

    def complaints(self, product, release, text):
        return "- unknown_flag: --frobnicate" if "--frobnicate" in text else ""


def test_a_second_turn_is_asked_only_where_something_is_wrong():
    task = DEV[0]
    prompt = first(task, "context+validate", _Sceptic(), TABLES)
    assert prompt.messages[-1].content.startswith("CONTEXT")
    right = second(task, prompt, f"```sh\n{task.gold[0]}\n```", _Sceptic(), TABLES)
    assert right.answer is not None
    wrong = second(task, prompt, f"```sh\n{task.gold[0]} --frobnicate\n```", _Sceptic(), TABLES)
    assert wrong.answer is None
    assert [one.role for one in wrong.messages] == ["system", "user", "assistant", "user"]
    assert "unknown_flag" in wrong.messages[-1].content
    assert "CONTEXT" not in wrong.messages[-1].content


def test_selective_grounding_looks_things_up_only_where_the_first_answer_fails():
    task = DEV[0]
    prompt = first(task, "selective", _Sceptic(), TABLES)
    assert "CONTEXT" not in prompt.messages[-1].content
    assert second(task, prompt, f"```sh\n{task.gold[0]}\n```", _Sceptic(), TABLES).answer
    again = second(task, prompt, f"```sh\n{task.gold[0]} --frobnicate\n```", _Sceptic(), TABLES)
    assert "CONTEXT" in again.messages[-1].content
    unsure = second(task, prompt, "ABSTAIN", _Sceptic(), TABLES)
    assert "CONTEXT" in unsure.messages[-1].content


def test_a_filled_schema_that_does_not_fit_is_no_answer():
    filled = '{"command": "git commit", "arguments": {"frobnicate": true}}'
    assert rendered(DEV[0], "schema", filled, Nothing()) == ""
    assert rendered(DEV[0], "none", filled, Nothing()) == filled


def test_the_tasks_are_described_and_nothing_is_wrong_with_them():
    assert "tasks (all), dataset" in _run("tasks").output


def test_the_scorer_is_held_to_its_word_and_says_what_it_found():
    said = _run("scorer", "--split", "dev").output
    assert "invented in them: 0" in said
    assert "disagreements: 0" in said
    for kind in ("misspelt option", "added option", "invented subcommand"):
        made, found = re.search(rf"{kind}: (\d+) made, (\d+) found", said).groups()
        assert int(made) == int(found) > 50


def test_what_stood_in_the_contexts_is_taken_from_the_prompts(tmp_path):
    asked, given = tmp_path / "p.jsonl", tmp_path / "a.jsonl"
    task = DEV[0]
    prompt = first(task, "context", _Sceptic(), TABLES)
    about = Grounding(citations=4, relevant=1, needed=3, named=3)
    asked.write_text(prompt.model_copy(update={"grounding": about}).model_dump_json() + "\n")
    line = {"id": task.id, "answer": f"`{task.gold[0]}`", "model": "m", "arm": "context"}
    given.write_text(json.dumps(line))
    said = _run("score", given, "--split", "dev", "--prompts", asked).output
    assert "| m | context | 1 | 25.0 % [4.6, 69.9] | 100.0 % [43.9, 100.0] |" in said
    asked.write_text("nonsense\n")
    assert "is no prompt" in _run("score", given, "--prompts", asked, status=2).stderr


def test_a_passage_is_to_the_point_where_it_tells_an_option_of_the_right_command():
    task = next(one for one in load() if one.id == "aws-015")
    right = "aws ec2 create-image"

    def of(*cited: Cited) -> Grounding:
        text = " ".join(one.text for one in cited)
        return grounding(task, Given(text=text, cited=cited), TABLES)

    option = Cited(
        command=right,
        names=("--boot-mode-override",),
        kind="option",
        text="--boot-mode-override (string)",
    )
    other = option.model_copy(update={"command": "aws ec2 copy-image"})
    alike = option.model_copy(
        update={"names": ("--boot-mode",), "text": "--boot-mode, not --boot-mode-override-all"}
    )
    synopsis = Cited(command=right, names=(), kind="synopsis", text="create-image")
    assert of(option, other, alike, synopsis).relevant == 2
    assert (of(option, synopsis).named, of(alike).named) == (1, 0)
    whole = option.model_copy(update={"text": "--boot-mode-override --name --instance-id"})
    assert of(whole).named == 3
    assert of() == Grounding(citations=0, relevant=0, needed=3, named=0)


def test_plots_of_one_kind_have_one_scale_and_leave_nothing_out():
    rates = [wilson(count, of) for count, of in ((0, 3), (5, 10), (0, 0), (9, 9))]
    assert ceiling(rates) == 1.0
    assert ceiling([wilson(1, 100)]) == pytest.approx(0.06)
    assert ceiling([]) > 0


def test_a_value_that_a_service_does_not_know_is_found(tmp_path):
    folder = tmp_path / "awscli/botocore/data/ec2/2016-11-15"
    folder.mkdir(parents=True)
    model = {
        "operations": {"CreateImage": {"input": {"shape": "Wanted"}}},
        "shapes": {
            "Wanted": {"type": "structure", "members": {"BootModeOverride": {"shape": "Mode"}}},
            "Mode": {"type": "string", "enum": ["bios", "uefi"]},
        },
    }
    (folder / "service-2.json").write_text(json.dumps(model))
    task = next(one for one in load() if one.id == "aws-015")
    assert not list(refused(task, tmp_path))
    wrong = task.model_copy(update={"gold": (task.gold[0].replace("uefi", "efi"),)})
    assert list(refused(wrong, tmp_path)) == [
        "aws-015: --boot-mode-override efi: one of bios, uefi"
    ]
