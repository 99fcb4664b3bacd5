"""``flagstone serve`` as a process of its own: answers, ends, and refuses to start."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from commandline import command
from prometheus_client.parser import text_string_to_metric_families

from api.listening import address, listen
from corpora.errors import ConfigurationError

PATIENCE = 60.0
"""Seconds until a process that says nothing is given up: far beyond what it needs."""


@contextmanager
def started(
    data: Path, *arguments: str, workers: int = 1, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A serving process and what it said until all of its workers could answer."""
    with subprocess.Popen(
        command("serve", "--data", str(data), "--port", "0", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    ) as process:
        try:
            assert process.stderr
            yield process, until(process.stderr.fileno(), b"startup complete", times=workers)
        finally:
            process.kill()


@contextmanager
def served(
    data: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A serving process and its address."""
    with started(data, *arguments, **environment) as (process, said):
        yield process, address_in(said)


def address_in(said: str) -> str:
    """Give the address that a starting service has told."""
    found = re.search(r"Answering on (http://\S+) from snapshot [0-9a-f]+", said)
    assert found, said
    return found[1]


@contextmanager
def held(pid: int) -> Iterator[None]:
    """A process that takes no connection for a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def until(descriptor: int, awaited: bytes, times: int = 1) -> str:
    """Read until a text has come so many times."""
    said = b""
    deadline = time.monotonic() + PATIENCE
    while said.count(awaited) < times:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(descriptor, 65_536) if ready else b""
        if not piece:
            raise AssertionError(f"{awaited!r} never came: {said.decode()}")
        said += piece
    return said.decode()


def test_it_answers_as_curl_asks_and_ends_cleanly_when_told(data: Path) -> None:
    question = {
        "query": "skip the data of one table when dumping",
        "product": "pg",
        "version": "13",
    }
    with served(data) as (process, url), httpx.Client(base_url=url, trust_env=False) as http:
        assert url.startswith("http://127.0.0.1:")
        answer = http.post("/context", json=question)
        assert "--exclude-table-data" in answer.json()["passages"][0]["text"]
        assert "server" not in answer.headers
        for path in ("/healthz", "/v1/readyz", "/docs", "/openapi.json"):
            assert http.get(path).status_code == 200
        assert http.get("/nothing").json()["code"] == "no_such_route"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert out == b"", "standard output is for answers: logs go to standard error"
        assert b"Traceback" not in err
        assert b"\x1b" not in err
        assert b"/healthz" in err


def test_ctrl_c_ends_it_cleanly_too(data: Path) -> None:
    with served(data) as (process, url):
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert b"Traceback" not in err


QUESTION = b'{"query": "dump", "product": "pg"}'
HEAD = (
    b"POST /context HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(QUESTION)
)


def connected(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def test_a_question_under_way_is_answered_before_it_ends(data: Path) -> None:
    with served(data) as (process, url), connected(url) as line:
        line.sendall(HEAD + QUESTION[:5])
        # Another question after it: so the first has surely been begun.
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        until(process.stderr.fileno(), b"Waiting for")
        line.sendall(QUESTION[5:])
        assert line.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_a_body_that_never_comes_is_not_waited_for(data: Path) -> None:
    with (
        served(data, FLAGSTONE_BODY_SECONDS="0.2") as (_, url),
        connected(url) as line,
    ):
        line.sendall(HEAD + QUESTION[:5])
        said = b""
        while piece := line.recv(65_536):  # until the service hangs up
            said += piece
    assert said.startswith(b"HTTP/1.1 408 Request Timeout")
    assert b"request_timeout" in said


def test_several_workers_count_together(data: Path) -> None:
    with started(data, "--workers", "2", workers=2) as (process, said):
        url = address_in(said)
        workers = set(map(int, re.findall(r" (\d+): Application startup complete", said)))
        assert len(workers) == 2, said
        # While one is held, the other answers: left to chance, one of them may answer all.
        for worker in workers:
            with held(worker):
                for path in ("/products", "/products/git/releases", "/nothing") * 4:
                    httpx.get(url + path, trust_env=False)
                # A request is counted when its answer is out: before the one after it is answered.
                httpx.get(f"{url}/healthz", trust_env=False)
        # Whichever answers knows of all of them.
        for worker in workers:
            with held(worker):
                told = httpx.get(f"{url}/metrics", trust_env=False).text
            counted = {
                sample.labels["route"]: sample.value
                for family in text_string_to_metric_families(told)
                for sample in family.samples
                if sample.name == "flagstone_requests_total"
            }
            assert counted["/products"] == counted["unmatched"] == 8
            assert "# HELP flagstone_requests_total Requests answered, by route" in told
            assert "flagstone_snapshot_age_seconds " in told
        assert process.stderr
        process.send_signal(signal.SIGTERM)
        logged = process.communicate(timeout=PATIENCE)[1].decode()
        assert set(map(int, re.findall(r'flagstone.access (\d+): "GET', logged))) == workers


def test_its_log_can_be_json_and_has_no_question(data: Path) -> None:
    with served(data, FLAGSTONE_LOG_FORMAT="json") as (process, url):
        asked = f"{url}/context?query=hunter2&product=pg"
        answer = httpx.get(asked, trust_env=False, headers={"X-Request-Id": "mine"})
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
    lines = [json.loads(line) for line in err.decode().splitlines()]
    [told] = [one for one in lines if one["logger"] == "flagstone.access"]
    assert (told["path"], told["status"], told["request_id"]) == ("/context", 200, "mine")
    assert b"hunter2" not in err


def test_a_port_in_use_is_told_with_the_way_out(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        ran = subprocess.run(
            command("serve", "--data", str(data), "--port", port),
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert ran.returncode == 1
    happened, hint = ran.stderr.splitlines()
    assert happened == f"flagstone: Can't listen on 127.0.0.1, port {port}: Address already in use."
    assert "--port" in hint


def test_without_a_snapshot_it_does_not_start(empty_data: Path) -> None:
    ran = subprocess.run(
        command("serve", "--data", str(empty_data), "--port", "0"),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.splitlines() == [
        f"flagstone: Nothing has been published in {empty_data}.",
        "Run: flagstone build",
    ]


def test_an_address_says_where_it_is() -> None:
    with listen("127.0.0.1", 0) as taken:
        assert address(taken) == f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    with (
        closing(listen("127.0.0.1", 0)) as taken,
        socket.create_connection(taken.getsockname()),
        closing(taken.accept()[0]) as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")
def test_an_address_of_ipv6_stands_in_brackets() -> None:
    try:
        taken = listen("::1", 0)
    except ConfigurationError:
        pytest.skip("no IPv6 loopback on this machine")
    with taken:
        assert address(taken) == f"http://[::1]:{taken.getsockname()[1]}"


@pytest.mark.parametrize("host", ["no such host", "a" * 70, "256.0.0.1", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_refused_in_our_words(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Can't listen on .*: .+\.$") as caught:
        listen(host, 0)
    assert "--host" in caught.value.hint
