"""Several processes on one port: each opens the snapshot for itself, read-only.

The supervisor is uvicorn's: it starts a worker anew that has died, and ends all of them when it is
told to. Pages of the index are mapped from the same files, so they are in memory once. What they
count, they count together: whichever answers `/metrics` tells of all of them.
"""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.listening import GRACE
from api.logs import log_requests
from api.settings import Settings, counting_in


class Application:
    """Makes the service inside a worker: a process is given this, not what it makes."""

    def __init__(self, settings: Settings, level: int, counters: Path) -> None:
        self._settings = settings
        self._level = level
        self._counters = counters

    def __call__(self) -> FastAPI:
        """The service, its snapshot open."""
        # Here, because that module starts the workers, and because what counts is loaded there.
        from api.metrics import Metrics
        from api.wiring import application, open_serving

        logging.basicConfig(
            level=self._level,
            format="%(asctime)s %(levelname)s %(name)s %(process)d: %(message)s",
            stream=sys.stderr,
        )
        log_requests(as_json=self._settings.log_format == "json")
        metrics = Metrics(shared=self._counters)
        return application(self._settings, open_serving(self._settings, metrics), metrics)


def run_workers(settings: Settings, taken: socket.socket) -> None:
    """Answer on ``taken`` with ``settings.workers`` processes, until SIGINT or SIGTERM."""
    with TemporaryDirectory(prefix="flagstone-counters-") as folder, counting_in(Path(folder)):
        config = uvicorn.Config(
            Application(settings, logging.getLogger().level, Path(folder)),
            factory=True,
            workers=settings.workers,
            log_config=None,
            log_level="info",
            access_log=False,  # our own line has no question in it (`api.middleware.observe`)
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        try:
            Multiprocess(config, sockets=[taken]).run()
        finally:
            taken.close()
