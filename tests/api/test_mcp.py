"""The Model Context Protocol, spoken by the official client over both transports."""

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import jsonschema
import pytest
from commandline import MAIN
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent
from running import running

from api.http import create_app
from api.mcp.server import create_server
from api.mcp.shorten import MOST
from api.mcp.tools import INSTRUCTIONS, TOOLS
from api.middleware.stack import Policy
from api.problems import MAX_BODY
from api.security.keys import KeyStore
from api.serving import Serving
from api.settings import load_settings
from corpora.tokens import default_counter
from retrieval.engine import Engine

Connect = Callable[[], Any]

NAMES = {
    "get_context", "validate_command", "describe_command", "diff_versions", "resolve_version",
    "list_products", "read_passage",
}  # fmt: skip

CALLS: dict[str, dict[str, Any]] = {
    "get_context": {"query": "exclude table data", "product": "postgresql", "version": "13"},
    "validate_command": {"command": "git commit --mesage=x", "product": "git", "version": "2.39"},
    "describe_command": {"command": "git commit", "version": "2.39"},
    "diff_versions": {"product": "git", "old": "2.30", "new": "2.47"},
    "resolve_version": {"fingerprint": "git version 2.39.5"},
    "list_products": {},
}


@pytest.fixture(scope="module")
def url(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    policy = Policy.of(load_settings(data=tmp_path_factory.mktemp("mcp")))
    with running(create_app(serving, policy)) as address:
        yield f"{address}/mcp"


@pytest.fixture
def over_http(url: str) -> Connect:
    return partial(Client, url)


@pytest.fixture
def over_stdio(data: Path) -> Connect:
    started = StdioServerParameters(
        command=sys.executable,
        args=["-c", MAIN, "mcp", "--data", str(data)],
        env={**os.environ},
    )
    return partial(Client, started)


@pytest.fixture
def within(engine: Engine) -> Connect:
    """Without a transport, for what has nothing to do with one."""
    return partial(Client, create_server(lambda: engine))


def ask(connect: Connect, use: Callable[[Client], Awaitable[Any]]) -> Any:
    async def asked() -> Any:
        with anyio.fail_after(60):
            async with connect() as client:
                return await use(client)

    return anyio.run(asked)


def call(connect: Connect, name: str, /, **arguments: Any) -> CallToolResult:
    result = ask(connect, lambda client: client.call_tool(name, arguments))
    assert isinstance(result, CallToolResult)
    return result


def text(result: CallToolResult) -> str:
    [block] = result.content
    assert isinstance(block, TextContent)
    return block.text


# --- over each transport -----------------------------------------------------------------------


async def everything(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == NAMES
    for name, arguments in CALLS.items():
        result = await client.call_tool(name, arguments)
        assert isinstance(result, CallToolResult)
        assert not result.is_error, (name, text(result))
        jsonschema.validate(result.structured_content, tools[name].output_schema)
        assert text(result)
    context = await client.call_tool("get_context", CALLS["get_context"])
    told = context.structured_content
    assert "--exclude-table-data" in text(context)
    assert "--exclude-table-data" in told["context"]
    assert (told["resolution"]["resolved"], told["abstained"]) == ("13", False)
    passage = await client.call_tool("read_passage", {"id": told["sources"][0]["id"]})
    assert "--exclude-table-data" in passage.structured_content["text"]
    jsonschema.validate(passage.structured_content, tools["read_passage"].output_schema)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_lists_and_calls_every_tool_over_http(
    over_http: Connect, mode: str
) -> None:
    ask(partial(over_http, mode=mode), everything)


def test_the_official_client_lists_and_calls_every_tool_over_stdio(over_stdio: Connect) -> None:
    ask(over_stdio, everything)


def test_without_a_snapshot_the_tools_say_what_to_do(empty_data: Path) -> None:
    started = StdioServerParameters(
        command=sys.executable, args=["-c", MAIN, "mcp", "--data", str(empty_data)]
    )
    result = call(partial(Client, started), "list_products")
    assert result.is_error
    assert text(result).startswith("no_snapshot: ")
    assert "flagstone build" in text(result)


# --- what the tools cost -----------------------------------------------------------------------


def test_the_tools_cost_few_tokens(over_http: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    tools = ask(over_http, lambda client: client.list_tools()).tools
    count = default_counter()
    about = [INSTRUCTIONS, *(tool.description for tool in tools)]
    takes = [json.dumps(tool.input_schema, separators=(",", ":")) for tool in tools]
    listed = json.dumps(
        [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    )
    described = count("\n".join(about))
    with capsys.disabled():
        print(  # noqa: T201
            f"\nMCP tools: descriptions {described} tokens, arguments"
            f" {count(' '.join(takes))} tokens, the whole list {len(listed.encode())} bytes,"
            f" {count(listed)} tokens"
        )
    assert described < 600
    assert all(tool.description for tool in tools)
    assert len(listed.encode()) < 10_000


def test_tools_are_annotated_as_what_they_are(within: Connect) -> None:
    for tool in ask(within, lambda client: client.list_tools()).tools:
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False
        assert tool.title
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)


# --- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sent", "same_as"),
    [
        ("get_context", {"question": "dump", "library": "pg", "libraryVersion": "13"},
         {"query": "dump", "product": "pg", "version": "13"}),
        ("get_context", {"Query": "dump", "product": ["pg"], "version": 13, "tokens": "300"},
         {"query": "dump", "product": "pg", "version": "13", "token_budget": 300}),
        ("resolve_version", {"tool": "git", "release": "2.39.1"},
         {"product": "git", "version": "2.39.1"}),
        ("diff_versions", {"product": "git", "from": "2.30", "toVersion": "2.39"},
         {"product": "git", "old": "2.30", "new": "2.39"}),
        ("describe_command", {"path": "git commit", "product-version": "2.39"},
         {"command": "git commit", "version": "2.39"}),
        ("validate_command", {"script": "git commit -m x", "tool_version": "2.39"},
         {"command": "git commit -m x", "version": "2.39"}),
        ("list_products", {"name": "git"}, {"query": "git"}),
    ],
)  # fmt: skip
def test_arguments_are_taken_as_they_were_meant(
    within: Connect, name: str, sent: dict[str, Any], same_as: dict[str, Any]
) -> None:
    meant, plain = call(within, name, **sent), call(within, name, **same_as)
    assert not plain.is_error, text(plain)
    assert meant.structured_content == plain.structured_content


def test_what_means_nothing_is_ignored_and_said(within: Connect) -> None:
    result = call(within, "resolve_version", product="git", colour="blue")
    assert not result.is_error
    assert "ignored: colour" in text(result)
    assert result.structured_content["shortened"] == ["ignored: colour"]


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("get_context", {}, "query"),
        ("get_context", {"query": "x", "product": "kubctl"}, "unknown_product"),
        ("get_context", {"query": "x", "product": "git", "version": "99"}, "unknown_version"),
        ("get_context", {"query": "x" * 2_001}, "query"),
        ("resolve_version", {"product": "git", "version": 2.39}, '"2.39"'),
        ("read_passage", {"id": "nothing"}, "unknown_passage"),
        ("describe_command", {"command": "git comit", "product": "git"}, "unknown_command"),
        ("resolve_version", {}, "git"),
        ("validate_command", {"command": ["a", "b"]}, "command"),
    ],
)
def test_an_error_tells_the_model_what_to_do(
    within: Connect, name: str, sent: dict[str, Any], said: str
) -> None:
    result = call(within, name, **sent)
    assert result.is_error
    assert said in text(result)


def test_a_tool_that_there_is_not_is_a_protocol_error(within: Connect) -> None:
    with pytest.raises((MCPError, ExceptionGroup)) as caught:
        call(within, "get_contexts")
    error: BaseException = caught.value
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    assert "get_context" in str(error)


def test_a_fault_of_ours_is_opaque() -> None:
    def broken() -> Engine:
        raise RuntimeError("the password is hunter2")

    result = call(partial(Client, create_server(broken)), "list_products")
    assert result.is_error
    assert "hunter2" not in text(result)


def test_answers_are_capped(within: Connect) -> None:
    for name, arguments in (
        ("get_context", {"query": "git commit options", "product": "git", "token_budget": 20_000}),
        ("describe_command", {"command": "git commit", "version": "2.39"}),
        ("diff_versions", {"product": "git", "old": "2.30", "new": "2.47"}),
    ):
        result = call(within, name, **arguments)
        assert not result.is_error
        assert len(json.dumps(result.structured_content, ensure_ascii=False)) <= MOST + 2_000
        assert len(text(result)) <= MOST + 2_000
        assert default_counter()(text(result)) < 10_000


def test_a_validation_says_what_is_right(within: Connect) -> None:
    told = call(within, "validate_command", **CALLS["validate_command"]).structured_content
    assert told["valid"] is False
    [command] = told["commands"]
    [issue] = command["issues"]
    assert issue["code"] == "unknown_flag"
    assert "--message" in issue["suggestions"]


# --- who may call ------------------------------------------------------------------------------


def test_only_posts_of_this_machine_are_answered(url: str) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accepts = {"Accept": "application/json, text/event-stream"}
    with httpx.Client(trust_env=False, headers=accepts) as client:
        assert client.post(url, json=ping).status_code == 200
        assert client.get(url).status_code == 405
        assert client.delete(url).status_code == 405
        evil = client.post(url, json=ping, headers={"Origin": "https://evil.example"})
        assert (evil.status_code, evil.json()["code"]) == (403, "wrong_origin")
        assert client.get(url, headers={"Origin": "https://evil.example"}).status_code == 403
        rebound = client.post(url, json=ping, headers={"Host": "evil.example"})
        assert (rebound.status_code, rebound.json()["code"]) == (421, "wrong_host")
        large = client.post(
            url, content=b" " * (MAX_BODY + 1), headers={"Content-Type": "application/json"}
        )
        assert large.status_code == 413


def test_with_keys_every_message_needs_one_and_a_handshake_is_never_limited(
    serving: Serving, tmp_path: Path
) -> None:
    store = KeyStore(tmp_path)
    _, token = store.create("agent")
    app = create_app(serving, Policy(keys=store, per_minute=2))

    @asynccontextmanager
    async def transport(address: str) -> AsyncIterator[Any]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
            streamable_http_client(f"{address}/mcp", http_client=http) as streams,
        ):
            yield streams

    async def use(client: Client) -> list[CallToolResult]:
        for _ in range(5):
            assert len((await client.list_tools(cache_mode="bypass")).tools) == len(TOOLS)
        return [await client.call_tool("list_products", {}) for _ in range(3)]

    with running(app) as address:
        assert httpx.post(f"{address}/mcp", json={}, trust_env=False).status_code == 401
        for mode in ("legacy", "auto"):
            *_, last = ask(lambda mode=mode: Client(transport(address), mode=mode), use)
            assert last.is_error
            assert text(last).startswith("rate_limited: ")
