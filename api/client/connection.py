"""Where a service is looked for, and how it is spoken to."""

from __future__ import annotations

ADDRESS = "http://127.0.0.1:8600"

TIMEOUT = 35.0
"""Seconds. The service itself gives up after 30."""


def headers(key: str | None) -> dict[str, str]:
    """What each request carries."""
    said = {"Accept": "application/json"}
    return {**said, "Authorization": f"Bearer {key}"} if key else said
