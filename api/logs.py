"""How a serving process logs: lines for people, or one JSON object a line.

Neither holds API keys; what was asked is in them only where ``FLAGSTONE_LOG_QUERIES`` says so.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from api.middleware.observe import access, request_id

FIELDS = ("method", "path", "status", "ms", "key")
"""What the line of a request says besides its text (``api.middleware.observe``)."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the request's id and fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            told["request_id"] = current
        told |= {name: vars(record)[name] for name in FIELDS if vars(record).get(name)}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def log_requests(*, as_json: bool) -> None:
    """Have the requests logged, where the rest of the process logs to."""
    access.setLevel(logging.INFO)
    if as_json:
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
