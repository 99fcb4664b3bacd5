"""The layers around the service, and the policy that they follow."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from api.bodies import keeps_time
from api.middleware.admission import Admission
from api.middleware.guard import Guard
from api.middleware.hosts import ANY, LOOPBACK, Hosts, is_loopback
from api.middleware.observe import HEADER, Observe, Watcher
from api.middleware.tags import SnapshotTags
from api.middleware.timing import TimeLimit
from api.security.access import Access
from api.security.keys import KeyStore
from api.serving import Serving
from api.settings import Settings
from api.web.problems import ErrorPages
from corpora.errors import ConfigurationError

MCP = "/mcp"

COMPRESSED = 1_000
"""Bytes. Smaller answers fit into one packet as they are."""

COMPRESSION = 5
"""zlib's level: on answers of /context 9 takes twice as long for 1 % less."""

EXPOSED = (
    HEADER, "ETag", "Link", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining",
    "RateLimit-Reset", "Mcp-Session-Id", "X-Flagstone-Snapshot", "X-Flagstone-Release",
    "X-Flagstone-Match", "X-Flagstone-Abstained", "X-Flagstone-Next-Cursor",
)  # fmt: skip
"""Headers that a page of an allowed origin may read."""

ACCEPTED = (
    "Authorization", "Content-Type", "If-None-Match", HEADER, "Mcp-Session-Id",
    "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-Id",
)  # fmt: skip
"""Headers that a page of an allowed origin may send."""


@dataclass(frozen=True)
class Policy:
    """Who may ask what of the service. As it stands it is for use inside one process."""

    hosts: tuple[str, ...] = (ANY,)
    origins: tuple[str, ...] = ()
    body_seconds: float = 10.0
    answer_seconds: float = 30.0
    log_queries: bool = False
    keys: KeyStore | None = None
    keys_required: bool = False
    """Also where there is none yet: then nobody gets in."""
    per_minute: int = 0
    open_probes: bool = False
    active: int = 0
    """Requests that are answered at the same time; 0: as many as come."""
    waiting: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """What the settings say.

        Raises ConfigurationError where others could reach the service, and nothing keeps them out.
        """
        named = _listed(settings.allowed_hosts)
        # Whoever can reach nothing but loopback must not get here by a name of a page's choosing.
        usual = (*LOOPBACK, settings.host) if is_loopback(settings.host) else (ANY,)
        keys = KeyStore(settings.data)
        if not (is_loopback(settings.host) or keys.is_on or settings.allow_anonymous):
            raise ConfigurationError(
                f"{settings.host} can be reached from other machines, and there are no API keys.",
                hint="Make one: flagstone keys create NAME. Or say --allow-anonymous.",
            )
        return cls(
            hosts=named or usual,
            origins=_listed(settings.cors_origins),
            body_seconds=settings.body_seconds,
            answer_seconds=settings.answer_seconds,
            log_queries=settings.log_queries,
            keys=keys,
            keys_required=not (is_loopback(settings.host) or settings.allow_anonymous),
            per_minute=settings.rate_limit,
            open_probes=settings.open_probes,
            active=settings.active,
            waiting=settings.waiting,
        )


def protect(app: FastAPI, serving: Serving, policy: Policy, watcher: Watcher | None = None) -> None:
    """Put the layers around ``app``. The first that is added here is the innermost."""
    app.add_middleware(SnapshotTags, serving=serving)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED, compresslevel=COMPRESSION)
    app.add_middleware(TimeLimit, answer=policy.answer_seconds, themselves=keeps_time)
    if policy.active:
        app.add_middleware(
            Admission,
            active=policy.active,
            waiting=policy.waiting,
            arrival=policy.body_seconds,
        )
    if policy.keys:
        app.add_middleware(
            Access,
            keys=policy.keys,
            required=policy.keys_required,
            per_minute=policy.per_minute,
            open_probes=policy.open_probes,
            paid_within=is_mcp,
        )
    if policy.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=policy.origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=ACCEPTED,
            expose_headers=EXPOSED,
        )
    app.add_middleware(Hosts, hosts=policy.hosts, origins=policy.origins, closed=is_mcp)
    app.add_middleware(Guard)
    app.add_middleware(ErrorPages)
    app.add_middleware(Observe, watcher=watcher, log_queries=policy.log_queries)


def is_mcp(path: str) -> bool:
    """Whether a path is that of the Model Context Protocol."""
    return path.removeprefix("/v1").rstrip("/") == MCP


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
