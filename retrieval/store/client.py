"""A Qdrant server: reached, checked, and asked again where it may come back."""

from __future__ import annotations

import ssl
import time
import warnings
from collections.abc import Callable, Sequence
from typing import TypeVar

from packaging.version import InvalidVersion, Version
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from corpora.errors import StoreError
from retrieval.store.location import Location

OLDEST_SERVER = Version("1.16")
"""Collections carry metadata since this release: whose one is, and whether it is whole."""

PAUSES = (0.2, 1.0, 4.0)
"""Seconds before each further attempt at a write. A node that restarts is back within them."""

READ_PAUSES = (0.2,)
"""The same for a search: somebody is waiting."""

TIMEOUT = 10
"""Seconds for one request; a search takes milliseconds, an upsert of a batch tens of them."""

LOCAL = ":memory:"
"""The client's own brute-force mode, for tests."""

_REFUSED = {
    401: "It asks for a key: set FLAGSTONE_QDRANT_API_KEY.",
    403: "It refuses the key: check FLAGSTONE_QDRANT_API_KEY.",
}

T = TypeVar("T")


def connect(location: Location) -> QdrantClient:
    """A client of a server that answers and is new enough. Raises StoreError."""
    url = location.url
    if url == LOCAL:
        return QdrantClient(LOCAL)
    if not url.startswith(("http://", "https://")):
        raise StoreError(
            f"{url!r} is not the address of a Qdrant server.",
            hint="It begins with http:// or https://.",
        )
    client = attempt(url, lambda: _client(location))
    try:
        version = Version(attempt(url, client.info).version)
    except InvalidVersion as error:
        raise StoreError(f"{url} is not a Qdrant server: {error}.") from error
    if version < OLDEST_SERVER:
        raise StoreError(
            f"{url} is Qdrant {version}; {OLDEST_SERVER} or newer is needed.",
            hint="Upgrade the server, or use the embedded engine.",
        )
    return client


def _client(location: Location) -> QdrantClient:
    trusted = {}
    if location.ca is not None:
        trusted["verify"] = ssl.create_default_context(cafile=str(location.ca))
    with warnings.catch_warnings():
        # It warns of a key without TLS at every start. On a network of containers that is the rule;
        # docs/deployment.md says when it is not.
        warnings.filterwarnings("ignore", "Api key is used with an insecure connection")
        return QdrantClient(
            url=location.url,
            api_key=location.api_key,
            timeout=TIMEOUT,
            check_compatibility=False,  # that one only warns; ours is in `connect`
            pool_size=max(8, location.parallel),
            **trusted,  # type: ignore[arg-type]  # goes on to httpx
        )


def attempt(place: str, call: Callable[[], T], pauses: Sequence[float] = PAUSES) -> T:
    """Call, and again where the server may come back. Raises StoreError."""
    left = iter(pauses)
    while True:
        try:
            return call()
        except (ApiException, QdrantException, OSError, ValueError, RuntimeError) as error:
            pause = next(left, None)
            if pause is None or not _passing(error):
                raise _failed(place, error) from error
        time.sleep(pause)


def _passing(error: Exception) -> bool:
    if isinstance(error, UnexpectedResponse):
        return error.status_code == 429 or (error.status_code or 0) >= 500
    if isinstance(error, ssl.SSLError):
        return False
    return isinstance(error, ApiException | QdrantException | OSError)


def _failed(place: str, error: Exception) -> StoreError:
    status = error.status_code if isinstance(error, UnexpectedResponse) else None
    hint = _REFUSED.get(status or 0, "Check that the server runs, and FLAGSTONE_QDRANT_URL.")
    return StoreError(f"{place} did not answer: {error}.", hint=hint)


def collection_info(client: QdrantClient, collection: str) -> models.CollectionInfo | None:
    """What the server says of a collection, None where there is none."""
    if not client.collection_exists(collection):
        return None
    return client.get_collection(collection)
