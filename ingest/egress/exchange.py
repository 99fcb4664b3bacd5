"""One request and its answer under limits, and the retries around it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from corpora.errors import Reason, SourceError
from ingest.egress.body import ACCEPT_ENCODING, Decoder
from ingest.egress.connect import RefusedAddressError, deadline
from ingest.egress.pace import Pace, retry_after
from ingest.egress.policy import Clock, Limits, Retry
from ingest.egress.response import MAY_PASS, Tally

log = logging.getLogger(__name__)

_ERROR_BODY = 64 * 1024
"""Bytes of an error's or a redirect's body that are read, so that its connection can go on."""

_FAULTS: tuple[tuple[type[httpx.TransportError], Reason, bool], ...] = (
    (httpx.TimeoutException, Reason.TIMED_OUT, True),
    (httpx.RemoteProtocolError, Reason.MALFORMED, True),  # also: hung up without an answer
    (httpx.NetworkError, Reason.UNREACHABLE, True),
    (httpx.ProxyError, Reason.UNREACHABLE, True),
    (httpx.TransportError, Reason.MALFORMED, False),
)
"""The fault, what it is called outward, and whether asking again may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers of an answer whose body went to the sink."""

    status: int
    headers: Mapping[str, str]


class Sink:
    """Where a body goes. ``reset`` is called before each attempt."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def reset(self) -> None:
        """Forget what came so far: the next attempt begins at the beginning."""
        self.parts.clear()

    def take(self, data: bytes) -> None:
        """Take the next part of the body, unpacked."""
        self.parts.append(data)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Sends requests through a transport, politely and again where that may help."""

    transport: httpx.BaseTransport
    pace: Pace
    retry: Retry
    clock: Clock
    user_agent: str

    def send(
        self, url: httpx.URL, headers: Mapping[str, str], limits: Limits, sink: Sink, tally: Tally
    ) -> Answer:
        """Return the answer of the last attempt, whatever its status. Raises SourceError."""
        host, name = url.host, str(url)
        for failed in range(1, self.retry.attempts + 1):
            self.pace.turn(host)
            tally.add(requests=1, retries=int(failed > 1))
            last = failed == self.retry.attempts
            wait = self.retry.wait(failed, self.clock.jitter())
            sink.reset()
            try:
                answer = self._attempt(url, headers, limits, sink, tally)
            except RefusedAddressError:
                raise SourceError(name, Reason.REFUSED, "not allowed") from None
            except httpx.TransportError as error:
                log.info("%s, attempt %d: %s: %s", name, failed, type(error).__name__, error)
                reason, again = _fault(error)
                if last or not again or self._late():
                    raise SourceError(name, reason) from error
                self.clock.sleep(wait)
                continue
            if answer.status not in MAY_PASS or last:
                return answer
            asked = retry_after(answer.headers.get("retry-after"), self.clock.now())
            # The host is busy, not only this page: everyone waits.
            pause = wait if asked is None else min(asked, self.retry.retry_after_cap)
            log.info("%s: status %d, next try in %.1f s", name, answer.status, pause)
            self.pace.hold(host, pause)
        raise ValueError("at least one attempt must be allowed")

    def _attempt(
        self, url: httpx.URL, headers: Mapping[str, str], limits: Limits, sink: Sink, tally: Tally
    ) -> Answer:
        begun = self.clock.monotonic()
        deadline.set(begun + limits.seconds)
        idle, connect = limits.idle_seconds, limits.connect_seconds
        request = httpx.Request(
            "GET",
            url,
            headers={
                "User-Agent": self.user_agent,
                "Accept-Encoding": ACCEPT_ENCODING,
                "Accept": "*/*",
                **headers,
            },
            extensions={
                "timeout": {"connect": connect, "read": idle, "write": idle, "pool": limits.seconds}
            },
        )
        response = self.transport.handle_request(request)
        try:
            size = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
            if size > limits.header_bytes:
                raise SourceError(str(url), Reason.TOO_LARGE, f"{size:,} bytes of headers")
            if response.is_success:
                self._receive(str(url), response, limits, sink, tally, begun)
            else:
                _pass_over(response, tally)
        finally:
            response.close()
        return Answer(response.status_code, dict(response.headers))

    def _receive(
        self,
        name: str,
        response: httpx.Response,
        limits: Limits,
        sink: Sink,
        tally: Tally,
        begun: float,
    ) -> None:
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > limits.body_bytes:
            raise SourceError(name, Reason.TOO_LARGE, f"{declared[:20]} bytes announced")
        decoder = Decoder(name, response.headers.get("content-encoding", ""), limits.body_bytes)
        received = 0
        for raw in _parts(response):
            tally.add(bytes_received=len(raw))
            received += len(raw)
            spent = self.clock.monotonic() - begun
            if spent > limits.seconds or (
                spent > limits.grace_seconds and received < limits.bytes_per_second * spent
            ):
                log.info("%s: broken off after %.1f s and %d bytes", name, spent, received)
                raise SourceError(name, Reason.TIMED_OUT, "too slow")
            for part in decoder.feed(raw):
                sink.take(part)
        decoder.end()

    def _late(self) -> bool:
        return self.clock.monotonic() >= deadline.get()


def _parts(response: httpx.Response) -> httpx.SyncByteStream:
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise TypeError("the transport answered with an asynchronous body")
    return stream


def _pass_over(response: httpx.Response, tally: Tally) -> None:
    size = 0
    for raw in _parts(response):
        size += len(raw)
        if size > _ERROR_BODY:
            break
    tally.add(bytes_received=size)


def _fault(error: httpx.TransportError) -> tuple[Reason, bool]:
    return next((reason, again) for kind, reason, again in _FAULTS if isinstance(error, kind))
