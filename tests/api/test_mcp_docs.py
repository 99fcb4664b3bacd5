"""docs/mcp.md names the tools that there are, and its configurations start what there is."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from api.mcp.tools import TOOLS
from api.middleware.stack import MCP
from api.reference import ADDRESS, commands

TEXT = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text("utf-8")
BLOCKS: list[dict[str, Any]] = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
]


def test_every_tool_is_named() -> None:
    named = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert named == [tool.name for tool in TOOLS]
    snippet = TEXT.split("```markdown\n")[1].split("```")[0]
    assert set(re.findall(r"`(\w+_\w+)`", snippet)) <= set(named)


def test_there_is_one_for_each_client() -> None:
    for client in ("Claude Code", "Claude Desktop", "Cursor", "VS Code"):
        assert f"## {client}\n" in TEXT
    assert len(BLOCKS) == 6


@pytest.mark.parametrize("block", BLOCKS)
def test_a_configuration_names_a_server_that_there_is(block: dict[str, Any]) -> None:
    [(kind, servers)] = block.items()
    assert kind in ("mcpServers", "servers")
    server = servers["flagstone"]
    if "url" in server:
        assert server["url"] in (f"{ADDRESS}{MCP}", f"https://flagstone.example.org{MCP}")
    else:
        assert (server["command"], *server["args"]) == ("flagstone", "mcp")
        assert "mcp" in dict(commands())


def test_the_command_lines_are_right() -> None:
    lines = re.findall(r"^\$ (claude .*)$", TEXT, re.MULTILINE)
    stdio, http = map(shlex.split, lines)
    assert stdio[stdio.index("--") + 1 :] == ["flagstone", "mcp"]
    assert http[-1] == f"{ADDRESS}{MCP}"
