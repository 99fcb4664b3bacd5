"""The examples run: against the real service, and a model that stands in for a real one."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from chatting import Model, model
from mcp import Client as McpClient
from mcp_types import TextContent

from api.client import Client
from commands.risk import Risk
from examples import agent_loop, llamaindex_agent
from examples.agent_loop import ROUNDS, Agent, Outcome
from retrieval.engine import Engine
from retrieval.llama import FlagstoneRetriever, flagstone_tools

ROOT = Path(__file__).parents[2]
CLAUDE = ROOT / "examples" / "claude_code"
TASK = "dump the database shop without the rows of audit_log"
RIGHT = "pg_dump --exclude-table-data=audit_log shop"
INVENTED = "pg_dump --skip-rows-of-table=audit_log shop"


def nobody(command: str, risk: Risk) -> bool:
    raise AssertionError(f"Nobody is asked about {command}.")


def solve(flagstone: Client, answer: Model, confirm: agent_loop.Confirm = nobody) -> Outcome:
    with model(answer) as service:
        where: agent_loop.WhereOptions = {"product": "postgresql", "version": "13"}
        return Agent(service, "stand-in", flagstone, where, confirm).solve(TASK)


def is_planning(messages: list[dict[str, Any]]) -> bool:
    return "what you would look up" in messages[0]["content"]


# --- the agent loop ----------------------------------------------------------------------------


def test_what_the_documentation_says_reaches_the_model(flagstone: Client) -> None:
    def careful(messages: list[dict[str, Any]]) -> str:
        if is_planning(messages):
            return '"skip the data of one table when dumping"\n'
        told = messages[1]["content"]
        assert messages[-1]["content"] == TASK
        found = re.search(r"^(--[\w-]+)=pattern$", told, re.MULTILINE)
        assert found, told
        return f"Here it is:\n```sh\npg_dump {found[1]}=audit_log shop\n```"

    outcome = solve(flagstone, careful)
    assert (outcome.command, outcome.ready, outcome.why) == (RIGHT, True, "")
    assert [one.partition(":")[0] for one in outcome.steps] == [
        "plan", "ground", "propose", "validate",
    ]  # fmt: skip


def test_an_invented_flag_is_told_and_written_again(flagstone: Client) -> None:
    def stubborn(messages: list[dict[str, Any]]) -> str:
        if is_planning(messages):
            return "the weather tomorrow"
        corrected = "wrong at this version" in messages[-1]["content"]
        if corrected:
            assert "--skip-rows-of-table" in messages[-1]["content"]
        return f"```sh\n{RIGHT if corrected else INVENTED}\n```"

    outcome = solve(flagstone, stubborn)
    assert (outcome.command, outcome.ready) == (RIGHT, True)
    proposed = [one for one in outcome.steps if one.startswith("propose")]
    assert proposed == [f"propose: {INVENTED}", f"propose: {RIGHT}"]
    assert "ground: nothing answers" in outcome.steps


def test_one_that_never_learns_gets_nothing_through(flagstone: Client) -> None:
    outcome = solve(flagstone, lambda _: f"```\n{INVENTED}\n```")
    assert (outcome.command, outcome.ready) == ("", False)
    assert len([one for one in outcome.steps if one.startswith("propose")]) == ROUNDS


@pytest.mark.parametrize("agreed", [True, False])
@pytest.mark.parametrize("line", ["rm -rf /var/lib/postgresql", "frobnicate --all"])
def test_what_destroys_or_is_unknown_is_a_humans_business(
    flagstone: Client, line: str, agreed: bool
) -> None:
    asked: list[str] = []

    def human(command: str, risk: Risk) -> bool:
        asked.append(command)
        return agreed

    outcome = solve(flagstone, lambda _: f"```sh\n{line}\n```", human)
    assert asked == [line]
    assert outcome.ready is agreed


def test_as_a_program(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with model(lambda _: f"```sh\n{RIGHT}\n```") as service:
        monkeypatch.setenv("OPENAI_BASE_URL", str(service.base_url))
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        common = ["--product", "postgresql", "--model", "m", "--flagstone", address]
        assert agent_loop.main([TASK, "--version", "13", *common]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n"
        assert agent_loop.main([TASK, "--version", "9", *common]) == 1
        assert "not documented" in capsys.readouterr().err


# --- LlamaIndex --------------------------------------------------------------------------------


def acting(tool: str, **arguments: str) -> str:
    return f"Thought: I need it.\nAction: {tool}\nAction Input: {json.dumps(arguments)}"


def test_a_llamaindex_agent_uses_the_tools(flagstone: Client) -> None:
    heard: list[str] = []

    def reacting(messages: list[dict[str, Any]]) -> str:
        heard.append(messages[-1]["content"])
        if len(heard) == 1:
            return acting("get_context", query="skip the data of one table when dumping")
        if len(heard) == 2:
            return acting("validate_command", command=INVENTED)
        return f"Thought: I can answer without using any more tools.\nAnswer: {RIGHT}"

    with model(reacting) as service:
        said = asyncio.run(
            llamaindex_agent.answer(TASK, service, "stand-in", flagstone, "postgresql", "13")
        )
    assert said == RIGHT
    assert len(heard) == 3
    assert "--exclude-table-data" in heard[1]
    assert "unknown_flag at '--skip-rows-of-table'" in heard[2]


def test_tools_and_retriever_take_an_engine_or_a_client(flagstone: Client, engine: Engine) -> None:
    told = []
    for answers in (flagstone, engine):
        context, validate = flagstone_tools(answers, product="git", version="2.39")
        found = str(context.call(query="stage all modified files when committing"))
        assert found.startswith("git 2.39 (exact)")
        wrong = str(context.call(query="x", product_version="1.0"))
        assert "not documented" in wrong
        assert "Nothing in the documentation" in str(context.call(query="apple pie recipe"))
        assert "query" in str(context.call(query=""))
        checked = str(validate.call(command="git commit --all; rm -rf /srv"))
        assert checked.startswith("valid\n")
        assert "A human must agree" in checked
        nodes = FlagstoneRetriever(answers, product="git", version="2.39").retrieve("stage files")
        told.append((found, checked, [one.node.node_id for one in nodes]))
    assert told[0] == told[1]
    assert told[0][2]


# --- Claude Code -------------------------------------------------------------------------------


def test_the_walk_through_for_claude_code_is_true(address: str) -> None:
    page = (CLAUDE / "README.md").read_text("utf-8")
    calls = [
        json.loads(one)
        for one in re.findall(r"^```json\n(.*?)\n```", page, re.MULTILINE | re.DOTALL)
    ]
    assert len(calls) == 4

    async def walk() -> list[str]:
        async with McpClient(f"{address}/mcp") as client:
            known = {one.name for one in (await client.list_tools()).tools}
            assert {one["tool"] for one in calls} <= known
            said = []
            for one in calls:
                result = await client.call_tool(one["tool"], one["arguments"])
                assert not result.is_error, result.content
                told = [part.text for part in result.content if isinstance(part, TextContent)]
                said.append("\n".join([*told, json.dumps(result.structured_content)]))
            return said

    context, caught, corrected, destructive = asyncio.run(walk())
    assert "--exclude-table-data" in context
    assert "postgresql.org/docs/13" in context
    assert "unknown_flag" in caught
    assert "--exclude-table-data" in caught
    assert "unknown_flag" not in corrected
    assert "destructive" in destructive


def test_the_configuration_is_that_of_the_guide() -> None:
    guide = (ROOT / "docs" / "mcp.md").read_text("utf-8")
    shown = [
        json.loads(one)
        for one in re.findall(r"^```json\n(.*?)\n```", guide, re.MULTILINE | re.DOTALL)
    ]
    assert json.loads((CLAUDE / ".mcp.json").read_text("utf-8")) in shown
    assert (CLAUDE / "CLAUDE.md").read_text("utf-8").strip() in guide
