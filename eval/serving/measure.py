"""The engine in this process and a service, asked turn by turn.

Of an HTTP answer the time that the service says its engine took (``timings_ms.total``) is taken
off: what is left is routing, layers, JSON and the socket. It is asked by a client that costs
next to nothing (`eval.serving.wire`), on a connection that stays open and without compression:
httpx takes a millisecond for itself, and gzip half of one. An MCP answer doesn't tell the engine's
time.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from eval.retrieval.items import load
from eval.serving.service import PATIENCE, answer_of
from eval.serving.wire import Wire
from retrieval.engine import Engine
from retrieval.request import ContextRequest

Answer = TypeVar("Answer")

WARM = 10
"""Questions asked before the clock starts, of each."""


def requests(engine: Engine) -> list[ContextRequest]:
    """The development questions about products and releases that the snapshot has."""
    held = {
        (one.id, release.label)
        for one in engine.snapshot.products.values()
        for release in one.releases
    }
    return [
        ContextRequest(query=one.question, product=one.product, version=one.release)
        for one in load("dev")
        if (one.product, one.release) in held
    ]


def measure(
    engine: Engine, http: httpx.Client, asked: Sequence[ContextRequest], rounds: int, process: int
) -> dict[str, list[float]]:
    """Milliseconds of each way of asking, and what HTTP added to the engine in its process.

    ``process`` is the service's: its processor time is read before and after each HTTP answer.
    """
    spent: dict[str, list[float]] = defaultdict(list)
    wire = Wire(str(http.base_url), PATIENCE)
    warm = list(asked[:WARM])
    turns = [again(one, turn) for turn in range(1, rounds + 1) for one in asked]
    for number, request in enumerate(warm + turns):
        body = request.model_dump_json(exclude_none=True).encode()
        before = processor_ms(os.getpid())
        alone, context = timed(lambda one=request: engine.context(one))  # type: ignore[misc]
        ours = processor_ms(os.getpid()) - before
        before = processor_ms(process)
        over_http, answer = timed(lambda one=body: answer_of(wire, one))  # type: ignore[misc]
        theirs = processor_ms(process) - before
        # With more spaces: the vector of that string was made a moment ago, over HTTP.
        asked_so = again(request, rounds + 1).model_dump(exclude_none=True)
        over_mcp, told = timed(lambda one=asked_so: http.post("/mcp", **call(one)))  # type: ignore[misc]
        told.raise_for_status()
        if told.json()["result"].get("isError"):
            raise RuntimeError(f"the tool failed: {told.text[:200]}")
        if number < len(warm):
            continue
        spent["in process"].append(alone)
        spent["of that, the question's vector"].append(context.timings_ms["embed"])
        spent["HTTP"].append(over_http)
        spent["added by HTTP"].append(over_http - json.loads(answer)["timings_ms"]["total"])
        spent["MCP over HTTP"].append(over_mcp)
        if ours:
            spent["processor, in process"].append(ours)
            spent["processor, HTTP"].append(theirs)
            spent["processor, added by HTTP"].append(theirs - ours)
    return spent


def again(request: ContextRequest, number: int) -> ContextRequest:
    """The same question with so many spaces behind it.

    The same to the model and to the words, but not the string that its vector is remembered by:
    each is embedded anew, as those of different people are.
    """
    return request.model_copy(update={"query": request.query + " " * number})


def timed(ask: Callable[[], Answer]) -> tuple[float, Answer]:
    """Milliseconds that ``ask`` took, and its answer."""
    started = time.perf_counter()
    answer = ask()
    return 1000 * (time.perf_counter() - started), answer


def call(body: dict[str, Any]) -> dict[str, Any]:
    """The same question as a call of a tool."""
    arguments = {name: body[name] for name in ("query", "product", "version")}
    params = {"name": "get_context", "arguments": arguments}
    return {
        "json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
        "headers": {"Accept": "application/json, text/event-stream"},
    }


def processor_ms(process: int) -> float:
    """Milliseconds of processor that the threads of a process have had; 0 where nobody counts."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    spent = 0
    for one in threads:
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            spent += int(one.read_text().split()[0])
    return spent / 1e6
