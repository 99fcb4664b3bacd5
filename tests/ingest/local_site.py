"""A web site on 127.0.0.1 that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from ingest.egress import Cache, Clock, Door, Limits, Policy, Retry

LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)
"""Only this one address: 127.0.0.2 stands for every private neighbour."""


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def html(body: str = "", title: str = "A page", head: str = "") -> Reply:
    text = (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    )
    return Reply(text.encode(), headers={"Content-Type": "text/html"})


def links(*targets: str, title: str = "A page", text: str = "") -> Reply:
    return html("".join(f'<p><a href="{one}">{one}</a></p>' for one in targets) + text, title)


def redirect(target: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": target})


Route = Reply | Callable[[BaseHTTPRequestHandler], Reply | None]
"""A function may write the answer itself, and then returns None."""


class Site:
    def __init__(self, routes: Mapping[str, Route] | None = None, address: str = "127.0.0.1"):
        self.routes: dict[str, Route] = dict(routes or {})
        self.default: Route = Reply(status=404)
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.headers.append({name.lower(): value for name, value in self.headers.items()})
                reply = site.routes.get(self.path, site.default)
                if callable(reply):
                    try:
                        written = reply(self)
                    except (BrokenPipeError, ConnectionResetError):
                        self.close_connection = True
                        return
                    if written is None:
                        self.close_connection = True
                        return
                    reply = written
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 304:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server((address, 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://{address}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def forget(self) -> None:
        self.asked.clear()
        self.headers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class FakeTime:
    """Time that passes by itself, and jumps where someone sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._jumped = 0.0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._jumped += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self._jumped

    def clock(self) -> Clock:
        return Clock(
            monotonic=self.monotonic,
            sleep=self.sleep,
            now=lambda: datetime.now(UTC),
            jitter=lambda: 0.0,
        )


def local_door(
    clock: Clock | None = None,
    *,
    policy: Policy | None = None,
    limits: Limits | None = None,
    attempts: int = 3,
    cache: Cache | None = None,
    **more: object,
) -> Door:
    return Door(
        policy or Policy(networks=LOOPBACK),
        limits=limits,
        retry=Retry(attempts=attempts),
        clock=clock or FakeTime().clock(),
        cache=cache,
        **more,  # type: ignore[arg-type]
    )
