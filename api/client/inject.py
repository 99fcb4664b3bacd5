"""Documentation into a conversation: for agents that call no tools, or not in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from api.client.asynchronous import AsyncClient
from api.client.calls import ContextOptions
from api.client.synchronous import Client
from corpora.model import Context
from retrieval.request import MAX_QUERY

Message = Mapping[str, Any]
"""One message as OpenAI-compatible services take it: ``{"role": "user", "content": …}``."""

LABEL = "Documentation for the next message, quoted:"
"""What stands before it. It says what it is, and tells nobody what to do."""


def inject(
    messages: Sequence[Message], client: Client, **options: Unpack[ContextOptions]
) -> list[Message]:
    """The messages with what the documentation says on the last question of the user before it.

    It goes in as a message of the user, fenced, because it is data: a system's word has more weight
    than documentation should have. Where nothing answers, the messages are as they were. Raises as
    `Client.context` does.
    """
    question = asked(messages)
    found = client.context(question, **options) if question else None
    return _with(messages, found)


async def ainject(
    messages: Sequence[Message], client: AsyncClient, **options: Unpack[ContextOptions]
) -> list[Message]:
    """The same with `AsyncClient`."""
    question = asked(messages)
    found = await client.context(question, **options) if question else None
    return _with(messages, found)


def asked(messages: Sequence[Message]) -> str:
    """The text of the user's last message, as far as a question may be long; empty: none."""
    place = _last(messages)
    if place is None:
        return ""
    content = messages[place].get("content") or ""
    if not isinstance(content, str):
        content = "\n".join(
            part.get("text", "") for part in content if part.get("type") in ("text", "input_text")
        )
    return str(content).strip()[:MAX_QUERY]


def _with(messages: Sequence[Message], found: Context | None) -> list[Message]:
    place = _last(messages)
    if found is None or not found.context or place is None:
        return list(messages)
    told = {"role": "user", "content": f"{LABEL}\n\n{found.context}"}
    return [*messages[:place], told, *messages[place:]]


def _last(messages: Sequence[Message]) -> int | None:
    places = (at for at in reversed(range(len(messages))) if messages[at].get("role") == "user")
    return next(places, None)
