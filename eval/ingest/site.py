"""A folder served on 127.0.0.1 by a process of its own, so that its work isn't counted as ours."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

STARTING = 60
"""Seconds after which a server that says nothing is given up."""


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(tree: Path) -> Iterator[str]:
    """Serve a folder, with Last-Modified and conditional requests; its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    server = context.Process(target=_serve, args=(str(tree), theirs), daemon=True)
    server.start()
    try:
        if not ours.poll(STARTING):
            raise TimeoutError(f"The server of {tree} did not start in {STARTING} s.")
        yield f"http://127.0.0.1:{ours.recv()}/"
    finally:
        server.terminate()
        server.join()


def _serve(tree: str, told: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=tree))
    server.daemon_threads = True
    told.send(server.server_address[1])
    server.serve_forever()
