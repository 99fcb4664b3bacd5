"""A client that costs next to nothing, so that what is timed is the service.

Python's own ``http.client`` takes half a millisecond for itself a call, with which it would measure
mostly itself where answers take two, and clients in one process would wait for each other.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httptools

_AT_ONCE = 1 << 18
"""Bytes read at a time: most answers whole."""


class Wire:
    """One connection to a service, which stays open from call to call.

    After an error it can't be used any more. Raises OSError where the service can't be reached or
    hangs up, also where nothing comes for ``patience`` seconds.
    """

    def __init__(self, address: str, patience: float) -> None:
        place = urlsplit(address)
        self._host = place.netloc
        there = (place.hostname or "", place.port or 80)
        self._socket = socket.create_connection(there, timeout=patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send JSON; the status and the body of the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        answer = _Answer()
        parser = httptools.HttpResponseParser(answer)
        while not answer.whole:
            received = self._socket.recv(_AT_ONCE)
            if not received:
                raise ConnectionResetError("The service hung up before its answer was whole.")
            parser.feed_data(received)
        return parser.get_status_code(), b"".join(answer.parts)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Answer:
    """What the parser tells of one answer."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.whole = False

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self.parts.append(part)

    def on_message_complete(self) -> None:
        """Its end."""
        self.whole = True
