"""How a call goes, without saying by whom it is sent: for threads and for asyncio alike.

A call is a generator. It yields what to `Send` and how long to `Wait`, is given what came of it,
and returns the answer.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from api.client.problems import error_of, is_passing, retry_after, unreachable

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Send:
    """One request."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause before the same request is sent again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and after what time, a call is sent again that may be answered then.

    Every call only reads, so that none does harm by being sent twice.
    """

    most: int = 3
    first: float = 0.5
    """Seconds before the first one; each takes twice as long as the one before."""
    longest: float = 30.0
    """Where the service asks for a longer pause, it is left to the caller."""

    def pause(self, tried: int, asked: float | None) -> float | None:
        """Seconds to wait after so many tries; None: no more."""
        if tried > self.most or (asked or 0) > self.longest:
            return None
        # Spread out, so that those who were refused together don't come back together.
        spread = random.uniform(0.5, 1)  # noqa: S311
        return max(asked or 0.0, min(self.first * 2.0 ** (tried - 1), self.longest) * spread)


Steps = Generator[Send, httpx.Response, Answer]
"""A call: requests out, responses in, and what they make in the end."""

Reply = httpx.Response | httpx.TransportError | None
"""What came of a `Send`; None after a `Wait`."""


def flow(steps: Steps[Answer], retries: Retries) -> Generator[Send | Wait, Reply, Answer]:
    """The call with its retries. Raises what it was answered with, Unreachable, ServiceError."""
    try:
        send = next(steps)
        while True:
            send = steps.send((yield from _answered(send, retries)))
    except StopIteration as end:
        answer: Answer = end.value
        return answer


def _answered(send: Send, retries: Retries) -> Generator[Send | Wait, Reply, httpx.Response]:
    tried = 0
    while True:
        reply = yield send
        tried += 1
        if isinstance(reply, httpx.Response):
            if reply.is_success:
                return reply
            pause = retries.pause(tried, retry_after(reply)) if is_passing(reply) else None
            if pause is None:
                raise error_of(reply)
        else:
            error = reply or httpx.TransportError("nothing was sent")
            # One that took too long would do so again; one that never arrived may now.
            again = isinstance(error, (httpx.ConnectError, httpx.RemoteProtocolError))
            pause = retries.pause(tried, None) if again else None
            if pause is None:
                raise unreachable(error) from error
        yield Wait(pause)
