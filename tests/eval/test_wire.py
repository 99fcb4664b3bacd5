"""The client of the benchmarks, against sockets that answer as servers may."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httptools
import pytest

from eval.serving.service import answer_of
from eval.serving.wire import Wire

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"


@contextmanager
def answering(*answers: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A server of one connection that gives these answers, in parts, and then hangs up."""
    got: list[bytes] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for parts in answers:
                got.append(connection.recv(65_536))
                for part in parts:
                    connection.sendall(part)

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", got
        served.result(10)


def test_a_call_is_sent_whole_and_its_answer_read_whole() -> None:
    with answering([WHOLE]) as (address, got), Wire(address, 10) as wire:
        assert wire.post("/context", b'{"query": "a"}') == (200, b"hello")
    head, _, body = got[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /context HTTP/1.1"
    assert b"Content-Length: 14" in head
    assert f"Host: {address.removeprefix('http://')}".encode() in head
    assert json.loads(body) == {"query": "a"}


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["length", "chunked"])
def test_an_answer_may_come_in_any_parts(answer: bytes) -> None:
    with answering([answer[at : at + 1] for at in range(len(answer))]) as (address, _):  # noqa: SIM117
        with Wire(address, 10) as wire:
            assert wire.post("/", b"{}") == (200, b"hello")


def test_a_connection_is_used_again() -> None:
    with answering([WHOLE], [CHUNKED], [WHOLE]) as (address, got), Wire(address, 10) as wire:
        assert [wire.post("/", b"{}") for _ in range(3)] == 3 * [(200, b"hello")]
    assert len(got) == 3


def test_half_an_answer_is_an_error() -> None:
    with (
        answering([WHOLE[:-1]]) as (address, _),
        Wire(address, 10) as wire,
        pytest.raises(ConnectionResetError, match="hung up"),
    ):
        wire.post("/", b"{}")


def test_what_is_not_http_is_an_error() -> None:
    with (
        answering([b"220 mail.example.org ESMTP\r\n"]) as (address, _),
        Wire(address, 10) as wire,
        pytest.raises(httptools.HttpParserError),
    ):
        wire.post("/", b"{}")


def test_a_refusal_is_no_answer() -> None:
    refusal = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy"
    with (
        answering([refusal]) as (address, _),
        Wire(address, 10) as wire,
        pytest.raises(RuntimeError, match="answered 503: b'busy'"),
    ):
        answer_of(wire, b"{}")
