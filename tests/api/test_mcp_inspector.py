"""The tools as the MCP inspector's command line sees them: another client, in another language."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import MAIN
from running import running
from test_mcp import CALLS, NAMES

from api.http import create_app
from api.serving import Serving

INSPECTOR = "@modelcontextprotocol/inspector@0.15.0"
"""The last that runs on the Node 20 of Debian; later ones want 22.19."""

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]

Inspect = Callable[..., Any]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The inspector, from the npm registry of this machine; no script of a package is run."""
    folder = tmp_path_factory.mktemp("inspector")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]
    subprocess.run(
        ["npm", "install", "--prefix", str(folder), *quiet, INSPECTOR], check=True, timeout=600
    )
    return str(folder / "node_modules/.bin/mcp-inspector")


@pytest.fixture(scope="module", params=["stdio", "http"])
def inspect(
    request: pytest.FixtureRequest, program: str, data: Path, serving: Serving
) -> Iterator[Inspect]:
    """Asks by one of the transports."""

    def asking(*server: str) -> Inspect:
        def ask(method: str, *arguments: str) -> Any:
            done = subprocess.run(
                [program, "--cli", *server, "--method", method, *arguments],
                capture_output=True, text=True, timeout=300, env={**os.environ}, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        return ask

    if request.param == "stdio":
        yield asking(sys.executable, "-c", MAIN, "mcp", "--data", str(data))
    else:
        with running(create_app(serving)) as address:
            yield asking(f"{address}/mcp", "--transport", "http")


def test_it_lists_and_calls_every_tool(inspect: Inspect) -> None:
    tools = {tool["name"]: tool for tool in inspect("tools/list")["tools"]}
    assert set(tools) == NAMES
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools.values())
    answers = {name: call(inspect, name, arguments) for name, arguments in CALLS.items()}
    assert "--exclude-table-data" in answers["get_context"]["context"]
    source = answers["get_context"]["sources"][0]["id"]
    passage = call(inspect, "read_passage", {"id": source})
    assert "--exclude-table-data" in passage["text"]


def call(inspect: Inspect, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    words = [word for one, value in arguments.items() for word in ("--tool-arg", f"{one}={value}")]
    answer = inspect("tools/call", "--tool-name", name, *words)
    assert not answer.get("isError"), (name, answer)
    assert answer["content"][0]["text"]
    structured: dict[str, Any] = answer["structuredContent"]
    return structured
