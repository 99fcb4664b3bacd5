"""The server: lists the tools and calls them, whatever the transport."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import anyio.to_thread
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)

from api.mcp.arguments import read
from api.mcp.shorten import MOST, shortened
from api.mcp.tools import INSTRUCTIONS, TOOLS, EngineTool
from api.security.access import METERED
from corpora.errors import FlagstoneError
from corpora.suggest import closest
from retrieval.engine import Engine

log = logging.getLogger(__name__)

_BY_NAME = {tool.name: tool for tool in TOOLS}


def create_server(engine: Callable[[], Engine]) -> Server[Any]:
    """A server over whatever ``engine`` gives at the time of a call."""

    async def list_tools(_: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
        del params  # there is one page
        return ListToolsResult(tools=[tool.declared() for tool in TOOLS])

    async def call_tool(_: Any, params: CallToolRequestParams) -> CallToolResult:
        tool = _BY_NAME.get(params.name)
        if tool is None:
            meant = closest(params.name, list(_BY_NAME))
            hint = f" Did you mean {' or '.join(meant)}?" if meant else ""
            raise MCPError(INVALID_PARAMS, f"No tool is named {params.name[:64]!r}.{hint}")
        try:
            # Paid for here, so that shaking hands and listing tools never meets a limit.
            if bucket := METERED.get():
                bucket.take()
            return await anyio.to_thread.run_sync(_answer, tool, engine, params.arguments)
        except FlagstoneError as error:
            return _failed(f"{error.code}: {error}")
        except Exception:
            log.exception("tool %s failed", tool.name)
            return _failed("internal: Something went wrong inside the service; its log has it.")

    return Server(
        "flagstone",
        version=_version(),
        title="Flagstone",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _answer(
    tool: EngineTool[Any, Any], engine: Callable[[], Engine], sent: dict[str, Any] | None
) -> CallToolResult:
    asked, unread = read(tool.takes, sent)
    answer = tool.call(engine(), asked)
    told, cuts = shortened(answer.model_dump(mode="json", exclude_defaults=True))
    # As text it is said once, not twice: the whole where a reader has a form of it, else as JSON.
    text = tool.text(answer) if tool.text else json.dumps(told, ensure_ascii=False)
    if len(text) > MOST:
        text = text[:MOST] + "…"
    notes = [*(f"ignored: {name[:64]}" for name in unread[:5]), *cuts]
    if notes:
        text += f"\n({'; '.join(notes)})"
        told["shortened"] = notes
    return CallToolResult(content=[TextContent(text=text)], structured_content=told)


def _failed(text: str) -> CallToolResult:
    """An error as the model reads it, so that it can ask again."""
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


def _version() -> str:
    try:
        return version("flagstone")
    except PackageNotFoundError:
        return ""
