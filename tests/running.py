"""Runs the service on a real socket, in a thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from api.listening import address, listen

PATIENCE = 30.0


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The address at which ``app`` answers."""
    with listen("127.0.0.1", 0) as taken:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            yield address(taken)  # connections wait in the socket until it is served
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()
