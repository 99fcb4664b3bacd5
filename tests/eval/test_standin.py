"""The scripted model: what it invents is known beforehand, and it speaks like a real server."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from eval.answers import read
from eval.arms.knowledge import Nothing
from eval.arms.prompts import Message, first
from eval.cli import app
from eval.report.build import build, scored
from eval.scoring.score import score
from eval.standin.script import Script, ignorant, spoil
from eval.standin.server import StandIn
from eval.tasks.model import load
from eval.truth.tables import Tables

TABLES = Tables.packaged()
DEV = load("dev")


def _run(*words: object, status: int = 0):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == status, (done.output, done.exception)
    return done


def test_every_task_but_a_few_can_be_spoilt_and_each_is_found_out():
    changed = {task.id: spoil(task, TABLES)[0] for task in DEV}
    assert sum(changed[task.id] != task.gold[0] for task in DEV) == len(DEV)
    for task in DEV:
        got = score(task, f"```sh\n{changed[task.id]}\n```", TABLES)
        assert (got.invented_commands, got.correct) == (1, False), changed[task.id]


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_what_it_invents_is_what_the_suite_finds(tmp_path, rate):
    prompts, answers = tmp_path / "p.jsonl", tmp_path / "a.jsonl"
    _run("prompts", "--arm", "none", "--split", "dev", "--out", prompts)
    said = _run("standin", "--split", "dev", "--rate", rate, "--prompts", prompts, "--out", answers)
    wrong = sum(ignorant(task, rate) for task in DEV)
    assert f"invents in {wrong} of {len(DEV)} tasks" in said.output
    report = build(DEV, scored(DEV, read(answers), TABLES), "dev", TABLES)
    assert report.group("standin", "none").invented_commands.count == wrong


def test_it_reads_what_it_is_told():
    task = next(one for one in DEV if ignorant(one, 0.5) and len(one.required) > 1)
    script = Script([task], 0.5, TABLES)
    alone = first(task, "none", Nothing(), TABLES).messages
    wrong, unknown = spoil(task, TABLES)
    told = first(task, "oracle", Nothing(), TABLES).messages
    assert script(alone) == (task.id, f"```sh\n{wrong}\n```")
    assert script(told)[1] == f"```sh\n{task.gold[0]}\n```"
    for group in task.required:
        more = Message(role="user", content=f"{group[0]}\n\n{alone[1].content}")
        helped = script((alone[0], more)) == script(told)
        assert helped == (group in unknown)  # only what it does not know helps


def test_a_schema_is_filled_where_the_command_is_offered():
    task = next(one for one in DEV if one.id == "aws-015")
    schema = {
        "type": "object",
        "properties": {
            "instance_id": {"type": "string"},
            "name": {"type": "string"},
            "boot_mode_override": {"type": "string"},
        },
    }
    offer = f'Answer with {{"command": …}}.\n\naws ec2 create-image\n{json.dumps(schema)}'
    asked = first(task, "none", Nothing(), TABLES).messages[1].content
    messages = (Message(role="user", content=f"{offer}\n\n{asked}"),)
    filled = json.loads(Script([task], 0.0, TABLES)(messages)[1])
    assert filled["command"] == "aws ec2 create-image"
    assert filled["arguments"]["boot_mode_override"] == "uefi"
    other = messages[0].content.replace("aws ec2 create-image", "aws ec2 copy-image")
    answer = Script([task], 0.0, TABLES)((Message(role="user", content=other),))[1]
    assert answer == f"```sh\n{task.gold[0]}\n```"


def test_what_it_is_not_made_for_is_refused(tmp_path):
    with StandIn(Script(DEV[:1], 0.5, TABLES), len) as server:
        for body in (b"{}", b"nonsense", b'{"messages": [{"role": "user", "content": "Hello"}]}'):
            request = urllib.request.Request(f"{server.url}/chat/completions", body)  # noqa: S310
            with pytest.raises(urllib.error.HTTPError, match="400"):
                urllib.request.urlopen(request, timeout=10)  # noqa: S310
    _run("prompts", "--arm", "none", "--split", "dev", "--limit", 1, "--out", tmp_path / "p")
    assert _run("standin", "--prompts", tmp_path / "p", status=2)


@pytest.mark.slow
def test_it_serves_until_it_is_told_to_stop():
    words = [sys.executable, "-m", "eval", "standin", "--split", "dev", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(2)]
        address = lines[1].split()[1]
        asked = first(DEV[0], "none", Nothing(), TABLES).messages
        body = json.dumps({"messages": [one.model_dump() for one in asked]}).encode()
        request = urllib.request.Request(f"{address}/chat/completions", body)  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            assert json.load(answer)["usage"]["prompt_tokens"] > 50
        process.send_signal(signal.SIGTERM)
        assert "1 requests answered" in process.stdout.read()
        assert process.wait(timeout=20) == 0
