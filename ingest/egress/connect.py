"""The connect path: a name is looked up once, every address checked, and the checked one dialled.

There is no second look-up between check and connect, so an answer that changes has nothing to
change. The Host header and the TLS server name come from the URL, not from here.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Protocol

import httpcore

from ingest.egress.addresses import Network, refusal

log = logging.getLogger(__name__)

MAX_ADDRESSES = 4
"""Addresses of one name that are tried. Two per family are what large sites announce."""

deadline: ContextVar[float] = ContextVar("deadline")
"""When the current request must be over, on the monotonic clock. Reused connections make it a
property of the request, not of the stream."""


class Resolver(Protocol):
    """The seam to the name service."""

    def __call__(self, host: str, port: int, /) -> Sequence[str]:
        """Every address of ``host``. Raises OSError where there is none."""


class RefusedAddressError(Exception):
    """A host leads to an address that must not be connected to. Never worth another try."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the operating system, as every other program does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore.NetworkBackend):
    """Connects only to addresses that were checked, and keeps every wait within the deadline."""

    def __init__(
        self,
        resolver: Resolver,
        networks: Sequence[Network],
        monotonic: Callable[[], float],
        trusted: tuple[str, int] | None = None,
    ) -> None:
        self._resolve = resolver
        self._networks = networks
        self._monotonic = monotonic
        self._trusted = trusted
        """Host and port of the operator's own proxy, which may be anywhere."""
        self._dial = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Look ``host`` up, check all its addresses, connect to the first that answers."""
        addresses = self._look_up(host, port, timeout)
        if (host, port) != self._trusted:
            for address in addresses:
                # One bad address condemns the name: honest hosts don't mix them.
                if rule := refusal(address, self._networks):
                    log.warning("refused %s:%d: %s is %s", host, port, address, rule)
                    raise RefusedAddressError(host)
        error: Exception | None = None
        for address in addresses[:MAX_ADDRESSES]:
            try:
                stream = self._dial.connect_tcp(
                    address, port, self._left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                log.info("%s:%d at %s: %s", host, port, address, failed)
                error = failed
            else:
                log.debug("%s:%d is %s", host, port, address)
                return _TimedStream(stream, self._left)
        raise error or httpcore.ConnectError(f"{host} has no address")

    def _look_up(self, host: str, port: int, timeout: float | None) -> Sequence[str]:
        try:
            return (str(ip_address(host)),)
        except ValueError:
            pass
        answer: list[Sequence[str]] = []
        failure: list[Exception] = []

        def ask() -> None:
            try:
                answer.append(tuple(self._resolve(host, port)))
            except (OSError, UnicodeError) as error:
                failure.append(error)

        # The system's look-up knows no deadline, so it is left behind in a thread of its own.
        thread = threading.Thread(target=ask, daemon=True, name="look-up")
        thread.start()
        thread.join(self._left(timeout))
        if answer:
            return answer[0]
        if failure:
            log.info("%s can't be looked up: %s", host, failure[0])
            raise httpcore.ConnectError(str(failure[0]))
        raise httpcore.ConnectTimeout(f"the look-up of {host} took too long")

    def _left(self, timeout: float | None) -> float:
        """Seconds that a wait may last: ``timeout``, but never beyond the request's deadline."""
        left = deadline.get() - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline: dripping bytes don't extend it."""

    def __init__(
        self, stream: httpcore.NetworkStream, left: Callable[[float | None], float]
    ) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _TimedStream(stream, self._left)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
