"""Which names the service goes by, and which web pages may call it.

A web page can point its own name at 127.0.0.1 (DNS rebinding) and so reach a service that listens
there; the ``Host`` header then still has the page's name, and its ``Origin`` is not ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import ECHOED, problem_of
from corpora.errors import FlagstoneError, WrongHost, WrongOrigin

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = "*"

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing: without a CORS header no page of another origin sees the answer."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Hosts:
    """Refuses requests for other hosts than ``hosts``, and calls from pages that are not ours.

    A host is a name without its port, ``*.example.org``, or ``*`` for any. ``origins`` may call
    besides the service's own. To a path that is ``closed`` others may not even send a GET.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Sequence[str],
        origins: Sequence[str],
        closed: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._hosts = {one.lower() for one in hosts}
        self._origins = {one.lower().rstrip("/") for one in origins}
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] == "http" and (refused := self._refused(scope)):
            await problem_of(refused)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope) -> FlagstoneError | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(_name(host)):
            return WrongHost(
                f"This service does not go by the name {host[:ECHOED]!r}.",
                hint="Whoever runs it can add the name to FLAGSTONE_ALLOWED_HOSTS.",
            )
        origin = headers.get("origin", "")
        harmless = scope["method"] in _HARMLESS and not self._closed(scope["path"])
        if origin and not harmless and not self._may_call(origin, host):
            return WrongOrigin(
                f"Pages of {origin[:ECHOED]!r} may not call this service.",
                hint="Whoever runs it can add the origin to FLAGSTONE_CORS_ORIGINS.",
            )
        return None

    def _is_ours(self, name: str) -> bool:
        if ANY in self._hosts or name in self._hosts:
            return True
        return any(one.startswith("*.") and name.endswith(one[1:]) for one in self._hosts)

    def _may_call(self, origin: str, host: str) -> bool:
        said = origin.lower()
        if said in self._origins or ANY in self._origins:
            return True
        scheme, _, place = said.partition("://")
        return scheme in ("http", "https") and place == host.lower()


def _name(host: str) -> str:
    """The name in a ``Host`` header, without its port; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
