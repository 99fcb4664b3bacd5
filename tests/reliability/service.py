"""``flagstone serve`` as processes, and clients that ask them without a pause."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAIN = "from api.cli import main; main()"
ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds until a process that says nothing is given up: this is no test of speed."""

KEPT_ALIVE = 3.0
"""Seconds after which a client does not trust a connection any more: the server closes one that
nobody has used for five, and a client that is short of processor may be that late."""


@dataclass
class Service:
    """A serving process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ask(self, body: object, path: str = "/context") -> tuple[int, Any]:
        """One question, on a connection of its own: status and answer."""
        return ask(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE), body, path)

    def get(self, path: str) -> tuple[int, Any]:
        """One GET: status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def rss(self) -> int:
        """Bytes of memory that the process holds now (Linux)."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def ask(
    connection: http.client.HTTPConnection, body: object, path: str = "/context"
) -> tuple[int, Any]:
    """One question on a connection that stays open."""
    raw = json.dumps(body).encode()
    connection.request("POST", path, raw, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@contextmanager
def serving(
    data: Path,
    models: Path,
    log: Path,
    *options: str,
    before: Sequence[str] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[Service]:
    """Start a service on a free port; end it with SIGKILL. ``before`` goes before its command."""
    words = [*before, sys.executable, "-c", MAIN, "serve", "--data", str(data), "--port", "0"]
    with log.open("ab") as file:
        process = subprocess.Popen(
            [*words, *options],
            stdout=file,
            stderr=file,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "PYTHONUNBUFFERED": "1",
                "FLAGSTONE_MODELS": str(models),
                **(environment or {}),
            },
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (found := re.findall(r"Answering on http://127.0.0.1:(\d+)", log.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it did not start: {log.read_text()}")
            time.sleep(0.05)
        service = Service(process, int(found[-1]), log)
        while True:
            try:
                service.get("/healthz")
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"it does not answer: {log.read_text()}") from None
                time.sleep(0.05)
        yield service
    finally:
        process.kill()
        process.wait()


@dataclass
class Load:
    """Clients that ask one after the other; ``rate`` requests a second all together, or as fast as
    answers come. What they saw is counted here."""

    port: int
    questions: Sequence[object]
    clients: int
    rate: float | None = None
    check: Callable[[Any], None] = lambda answer: None
    statuses: Counter[int | str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Load:
        self._threads = [
            threading.Thread(target=self._client, args=(number,)) for number in range(self.clients)
        ]
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for one in self._threads:
            one.join()

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    def quantile(self, share: float) -> float:
        """Seconds within which this share of the requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0

    def _client(self, number: int) -> None:
        answered = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        pause = self.clients / self.rate if self.rate else 0.0
        due = time.monotonic() + pause * number / self.clients
        turn = number
        while not self._end.wait(max(0.0, due - time.monotonic())):
            # When it was due, not when it was sent: a service that stalls is not let off.
            began = due if self.rate else time.monotonic()
            due += pause
            status: int | str
            if time.monotonic() - answered > KEPT_ALIVE:
                connection.close()  # or the server does, just when the question is under way
            try:
                status, answer = ask(connection, self.questions[turn % len(self.questions)])
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, answer = type(error).__name__, None
                connection.close()
            answered = time.monotonic()
            spent = answered - began
            turn += self.clients
            with self._lock:
                self.statuses[status] += 1
                if status == 200:
                    self.seconds.append(spent)
                elif answer:
                    self.refusals[answer["code"]] += 1
            if status == 200:
                try:
                    self.check(answer)
                except AssertionError as error:
                    self.wrong.append(str(error))


def report(name: str, **figures: object) -> None:
    """Print a line of figures, and append it to the file that ``RELIABILITY_FIGURES`` names."""
    line = json.dumps({"run": name, **figures})
    print(line)  # noqa: T201
    if file := os.environ.get("RELIABILITY_FIGURES"):
        with Path(file).open("a") as out:
            out.write(f"{line}\n")
