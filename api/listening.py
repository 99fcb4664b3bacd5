"""Listening: a socket that is ours before anything is loaded, and a server that ends cleanly."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from corpora.errors import ConfigurationError

GRACE = 10
"""Seconds that answers under way have to finish when the service is told to end."""

_BACKLOG = 2_048


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes any free one. Raises ConfigurationError where it is not free.

    Done before the server starts, so that a port in use is told at once, and in our words.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        why = str(error.strerror) if isinstance(error, OSError) else "not the name of a host"
        reason = why.partition(" (while ")[0]  # the address again, as Python has it
        raise ConfigurationError(
            f"Can't listen on {host}, port {port}: {reason}.",
            hint="Choose another with --port or --host (FLAGSTONE_PORT, FLAGSTONE_HOST).",
        ) from error
<<<<<<< HEAD
    # Connections inherit it. asyncio sets it too, but not on sockets that don't name their
    # protocol, as these don't; then an answer's body waits 40 ms for its head to be acknowledged.
=======
    # Connections inherit it. asyncio sets it too, but only on sockets that name their protocol, and
    # these don't: without it the body of an answer waits 40 ms for its head to be acknowledged.
>>>>>>> service
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken


def address(taken: socket.socket) -> str:
    """The address of a socket as a URL."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, taken: socket.socket) -> None:
    """Answer on ``taken`` until SIGINT or SIGTERM; both are the ordinary way to end."""
    config = uvicorn.Config(
        app,
        # What is logged goes where the rest of the process logs: to standard error.
        log_config=None,
        log_level="info",
        # Our own line says the same without the question (`api.middleware.observe`).
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    # After its graceful end the server raises the signal again, for whoever started it.
    signal.signal(signal.SIGTERM, _end)
    try:
        uvicorn.Server(config).run(sockets=[taken])
    except KeyboardInterrupt:
        return
    finally:
        taken.close()


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise SystemExit(0)
