"""What a surface adds to the engine's own call: ``python -m eval.serving --data DIR``.

The engine is asked in this process, and ``flagstone serve`` as a process of its own over loopback,
turn by turn with the same questions (development split). Of an HTTP answer the time that the
service says its engine took (``timings_ms.total``) is taken off: what is left is routing, layers,
JSON and the socket. It is asked by Python's own ``http.client``, on a connection that stays open
and without compression: httpx takes a millisecond for itself, and gzip half of one. An MCP answer
doesn't tell the engine's time, so there medians are compared.

On a machine with other things to do, waiting for a processor is most of what a clock sees. So the
processor time of both is told as well, where the system counts it by the nanosecond (Linux): what
HTTP adds to that is work, and no waiting.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

import httpx

from corpora.errors import FlagstoneError
from eval.opening import open_engine
from eval.retrieval.items import load
from retrieval.engine import Engine
from retrieval.request import ContextRequest

Answer = TypeVar("Answer")

SERVE = "from api.cli import main; main()"
"""The service as a process; its code is never imported here (`eval` stands below `api`)."""

WARM = 10
"""Questions asked before the clock starts, of each."""

PATIENCE = 120
"""Seconds until a service that does not start is given up."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, and print its table."""
    parser = argparse.ArgumentParser(prog="python -m eval.serving", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, built")
    parser.add_argument("--rounds", type=int, default=10, help="how often each question is asked")
    options = parser.parse_args(arguments)
    try:
        engine = open_engine(options.data)
    except FlagstoneError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    asked = requests(engine)
    with (
        served(options.data) as (address, process),
        httpx.Client(base_url=address, trust_env=False) as http,
    ):
        sys.stdout.write(table(measure(engine, http, asked, options.rounds, process)))
    return 0


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
    plain = HTTPConnection(http.base_url.host, http.base_url.port)
    for number, request in enumerate([*asked[:WARM], *(list(asked) * rounds)]):
        body = request.model_dump(exclude_none=True)
        before = processor_ms(os.getpid())
        alone, _ = timed(lambda one=request: engine.context(one))  # type: ignore[misc]
        ours = processor_ms(os.getpid()) - before
        before = processor_ms(process)
        over_http, answer = timed(lambda one=body: post(plain, one))  # type: ignore[misc]
        theirs = processor_ms(process) - before
        over_mcp, told = timed(lambda one=body: http.post("/mcp", **call(one)))  # type: ignore[misc]
        told.raise_for_status()
        if told.json()["result"].get("isError"):
            raise RuntimeError(f"the tool failed: {told.text[:200]}")
        if number < WARM:
            continue
        spent["in process"].append(alone)
        spent["HTTP"].append(over_http)
        spent["added by HTTP"].append(over_http - json.loads(answer)["timings_ms"]["total"])
        spent["MCP over HTTP"].append(over_mcp)
        if ours:
            spent["processor, in process"].append(ours)
            spent["processor, HTTP"].append(theirs)
            spent["processor, added by HTTP"].append(theirs - ours)
    return spent


def post(plain: HTTPConnection, body: dict[str, Any]) -> bytes:
    """The answer of ``POST /context``. Raises RuntimeError where it is none."""
    plain.request(
        "POST", "/context", json.dumps(body), headers={"Content-Type": "application/json"}
    )
    with plain.getresponse() as response:
        said = response.read()
    if response.status != HTTPStatus.OK:
        raise RuntimeError(f"the service answered {response.status}: {said[:200]!r}")
    return said


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
    return sum(int(one.read_text().split()[0]) for one in threads) / 1e6


def timed(ask: Callable[[], Answer]) -> tuple[float, Answer]:
    """Milliseconds that ``ask`` took, and its answer."""
    started = time.perf_counter()
    answer = ask()
    return 1000 * (time.perf_counter() - started), answer


def table(spent: dict[str, list[float]]) -> str:
    """Tenth percentile (what a busy machine disturbs least), median and 95th, in Markdown."""
    rows = ["| ms | answers | p10 | p50 | p95 |", "|---|---|---|---|---|"]
    for name, each in spent.items():
        steps = statistics.quantiles(each, n=20)
        shown = " | ".join(f"{one:.2f}" for one in (steps[1], statistics.median(each), steps[-1]))
        rows.append(f"| {name} | {len(each)} | {shown} |")
    return "\n".join(rows) + "\n"


@contextmanager
def served(data: Path) -> Iterator[tuple[str, int]]:
    """The address and process of a service of its own over the same data directory."""
    command = [sys.executable, "-c", SERVE, "serve", "--data", str(data), "--port", "0"]
    # A file, not a pipe: nobody reads what it says of each request, and a full pipe would hold it.
    with (
        TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603  our own service, with our own arguments
            command, stdout=subprocess.DEVNULL, stderr=log, env=dict(os.environ)
        ) as process,
    ):
        try:
            yield _address(process, log), process.pid
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], log: IO[str]) -> str:
    deadline = time.monotonic() + PATIENCE
    said = ""
    while process.poll() is None and time.monotonic() < deadline:
        log.seek(0)
        said = log.read()
        if (found := re.search(r"Answering on (http://\S+)", said)) and "startup complete" in said:
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start: {said[-500:]}")


if __name__ == "__main__":
    sys.exit(main())
