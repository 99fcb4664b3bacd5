"""An httpx transport on the pinned connect path, with httpcore's errors mapped to httpx's.

httpx's own transport can't be given a connect path but through a private attribute, and would
connect unchecked on the day that attribute is renamed.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator

import httpcore
import httpx

from ingest.egress.connect import PinnedBackend

_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.ProtocolError, httpx.LocalProtocolError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.ConnectionNotAvailable, httpx.ConnectError),
)
"""Most special first. A test walks httpcore's exceptions and fails for one without a partner."""


def httpx_error(error: Exception) -> httpx.TransportError | None:
    """Return the httpx error that says the same, None where ``error`` is none of httpcore's."""
    for mine, theirs in _ERRORS:
        if isinstance(error, mine):
            return theirs(str(error))
    return None


class PinnedTransport(httpx.BaseTransport):
    """HTTP/1.1 over checked connections, which are kept open for the next request."""

    def __init__(
        self, backend: PinnedBackend, *, verify: ssl.SSLContext, proxy: str, connections: int
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=verify,
            proxy=_proxy(proxy) if proxy else None,
            max_connections=connections,
            keepalive_expiry=5.0,  # below the 5 to 75 s after which common servers hang up
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. The answer's body is not read yet. Raises httpx.TransportError."""
        content = request.stream if isinstance(request.stream, httpx.SyncByteStream) else None
        with _mapped():
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=content,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _mapped():
            self._answer.close()


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        mapped = httpx_error(error)
        if mapped is None:
            raise
        raise mapped from error


def _proxy(address: str) -> httpcore.Proxy:
    url = httpx.URL(address)
    auth = (url.username, url.password) if url.username else None
    plain = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/")
    return httpcore.Proxy(plain, auth=auth)
