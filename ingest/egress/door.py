"""The door itself: every outgoing request of Flagstone passes here."""

from __future__ import annotations

import copy
import hashlib
import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import IO, Self

import httpx

from corpora.errors import Reason, SourceError
from ingest.egress.addresses import refusal
from ingest.egress.cache import Cache, Kept
from ingest.egress.connect import PinnedBackend, Resolver, system_resolver
from ingest.egress.exchange import Exchange, Sink
from ingest.egress.files import read_file
from ingest.egress.pace import Pace
from ingest.egress.policy import USER_AGENT, Clock, Limits, Policy, Retry
from ingest.egress.response import GONE, REDIRECTS, Counts, Response, Tally, Via
from ingest.egress.target import checked, hop, port_of, refused
from ingest.egress.transport import PinnedTransport

_KEPT = REDIRECTS | GONE | {200}
"""Statuses worth keeping. The others say something about the moment, not about the page."""


class Door:
    """Asks for what is elsewhere, within a policy. Thread-safe; close it, or use ``with``.

    It has no cookies, reads no environment, and sends nothing but GET.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        limits: Limits | None = None,
        retry: Retry | None = None,
        cache: Cache | None = None,
        resolver: Resolver = system_resolver,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        user_agent: str = USER_AGENT,
        connections: int = 16,
    ) -> None:
        self._policy = policy or Policy()
        self._limits = limits or Limits()
        self._clock = clock or Clock()
        self._cache = cache
        self._tally = Tally()
        self._resolver = resolver
        self.user_agent = user_agent
        self.pace = Pace(self._clock)
        self._transport = transport or _transport(self._policy, resolver, self._clock, connections)
        self._exchange = Exchange(
            self._transport, self.pace, retry or Retry(), self._clock, user_agent
        )

    def using(self, cache: Cache | None) -> Door:
        """Give the same door another cache and its own counts. Closing either closes both."""
        other = copy.copy(self)
        other._cache, other._tally = cache, Tally()
        return other

    @property
    def counts(self) -> Counts:
        """What has passed so far."""
        return self._tally.counts

    def now(self) -> datetime:
        """Return the time that answers are stamped with."""
        return self._clock.now()

    def addresses(self, url: str) -> tuple[str, ...]:
        """Check ``url`` for a program that connects by itself; where it may connect to.

        Empty where a proxy does the look-up. Raises SourceError: REFUSED, UNREACHABLE.
        """
        target = checked(url, self._policy)
        if self._policy.proxy:
            return ()
        host = target.raw_host.decode("ascii")
        try:
            found = tuple(self._resolver(host, port_of(target)))
        except (OSError, UnicodeError) as error:
            raise SourceError(url, Reason.UNREACHABLE, "its name can't be looked up") from error
        for one in found:
            if rule := refusal(one, self._policy.networks):
                raise refused(url, f"{one} is {rule}")
        return found

    def ask(
        self,
        url: str,
        *,
        accept: str = "",
        fresh_since: datetime | None = None,
        limits: Limits | None = None,
    ) -> Response:
        """Answer one GET, whatever its status; redirects are not followed.

        With a cache: an answer that was checked since ``fresh_since`` is given without asking, and
        an older one is asked for conditionally. Raises SourceError: REFUSED, UNREACHABLE,
        TIMED_OUT, TOO_LARGE, DAMAGED_ARCHIVE (a broken compressed body) or MALFORMED.
        """
        target = checked(url, self._policy)
        name = str(target)
        key = _key(name, accept)
        kept = self._cache.find(key) if self._cache else None
        if kept and fresh_since and kept.checked_at >= fresh_since:
            self._tally.add(kept=1)
            return _kept(name, kept, "kept")
        sink = Sink()
        headers = {"Accept": accept} if accept else {}
        headers |= _conditions(kept)
        answer = self._exchange.send(target, headers, limits or self._limits, sink, self._tally)
        moment = self._clock.now()
        if answer.status == httpx.codes.NOT_MODIFIED and kept and self._cache:
            self._cache.confirm(key, moment)
            self._tally.add(revalidated=1)
            return _kept(name, kept, "revalidated")
        body = b"".join(sink.parts)
        if self._cache and answer.status in _KEPT:
            self._cache.keep(key, answer.status, answer.headers, body, moment)
        return Response(name, answer.status, answer.headers, body, moment, "network")

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        fresh_since: datetime | None = None,
        limits: Limits | None = None,
    ) -> Response:
        """Fetch the document at ``url``, redirects followed.

        ``file://`` addresses are read where the policy allows their folder. Raises SourceError as
        :meth:`follow`, and for every status but 2xx: NOT_FOUND for 404 and 410, else UNREACHABLE.
        """
        if url[:7].lower() == "file://":
            body = read_file(url, self._policy.roots, (limits or self._limits).body_bytes)
            return Response(url, 200, {}, body, self._clock.now(), "file")

        return _good(self.follow(url, accept=accept, fresh_since=fresh_since, limits=limits))

    def follow(
        self,
        url: str,
        *,
        accept: str = "",
        fresh_since: datetime | None = None,
        limits: Limits | None = None,
    ) -> Response:
        """Answer one GET after all redirects, whatever its last status. Each hop is checked.

        Raises SourceError as :meth:`ask`, and REFUSED for a redirect from https to http or for more
        of them than the policy allows.
        """

        def once(address: str) -> Response:
            return self.ask(address, accept=accept, fresh_since=fresh_since, limits=limits)

        return self._follow(url, once)

    def kept(self, url: str, *, accept: str = "") -> Response | None:
        """Return what the cache has for ``url``, however old, without asking; None for nothing."""
        name = str(checked(url, self._policy))
        kept = self._cache.find(_key(name, accept)) if self._cache else None
        return _kept(name, kept, "kept") if kept else None

    def download(self, url: str, target: Path, *, limits: Limits, sha256: str = "") -> Response:
        """Write the file at ``url`` to ``target``, whole or not at all, never in memory.

        The response's body is empty. Raises SourceError as :meth:`get`, and CHECKSUM_MISMATCH
        where it is not the file of ``sha256`` (hex).
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            part = Path(file.name)
            try:
                sink = _FileSink(file)

                def once(address: str) -> Response:
                    asked = checked(address, self._policy)
                    answer = self._exchange.send(asked, {}, limits, sink, self._tally)
                    return Response(
                        str(asked), answer.status, answer.headers, b"", self._clock.now(), "network"
                    )

                response = _good(self._follow(url, once))
                if sha256 and sink.digest.hexdigest() != sha256.lower():
                    raise SourceError(url, Reason.CHECKSUM_MISMATCH, sink.digest.hexdigest())
                file.flush()
                os.fsync(file.fileno())
                part.replace(target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        return response

    def _follow(self, url: str, once: Callable[[str], Response]) -> Response:
        hops: list[str] = []
        while True:
            response = once(url)
            if response.location:
                hops.append(response.url)
                if len(hops) > self._policy.redirects:
                    raise refused(hops[0], f"more than {self._policy.redirects} redirects")
                url = str(hop(httpx.URL(response.url), response.location, self._policy))
                continue
            return replace(response, hops=tuple(hops))

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _FileSink(Sink):
    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self.digest = hashlib.sha256()

    def reset(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.digest = hashlib.sha256()

    def take(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)


def _transport(
    policy: Policy, resolver: Resolver, clock: Clock, connections: int
) -> httpx.BaseTransport:
    proxy = httpx.URL(policy.proxy) if policy.proxy else None
    trusted = (proxy.host, port_of(proxy)) if proxy else None
    backend = PinnedBackend(resolver, policy.networks, clock.monotonic, trusted)
    return PinnedTransport(
        backend, verify=_trusted(policy.ca_file), proxy=policy.proxy, connections=connections
    )


@lru_cache(maxsize=4)
def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    # Reading the public authorities' certificates takes 20 to 50 ms.
    return httpx.create_ssl_context(verify=str(ca_file) if ca_file else True, trust_env=False)


def _good(response: Response) -> Response:
    if response.status in GONE:
        raise SourceError(response.url, Reason.NOT_FOUND, f"status {response.status}")
    if not 200 <= response.status < 300:
        raise SourceError(response.url, Reason.UNREACHABLE, f"status {response.status}")
    return response


def _key(url: str, accept: str) -> str:
    return f"{url} {accept}" if accept else url


def _kept(url: str, kept: Kept, via: Via) -> Response:
    return Response(url, kept.status, kept.headers, kept.body, kept.fetched_at, via)


def _conditions(kept: Kept | None) -> dict[str, str]:
    if kept is None or kept.status != httpx.codes.OK:
        return {}
    headers = {}
    if etag := kept.headers.get("etag"):
        headers["If-None-Match"] = etag
    if modified := kept.headers.get("last-modified"):
        headers["If-Modified-Since"] = modified
    return headers
