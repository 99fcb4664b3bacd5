"""The scripted model behind the chat API of OpenAI, on this machine alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from corpora.errors import FlagstoneError
from corpora.tokens import TokenCounter
from eval.arms.prompts import Message

Player = Callable[[Sequence[Message]], tuple[str, str]]
"""A conversation → a name for the log, and the answer. May raise FlagstoneError."""

HOST = "127.0.0.1"
MAX_BODY = 4_000_000
"""Bytes of one request. The longest conversation of an arm has some 40,000."""

_MESSAGES = TypeAdapter(tuple[Message, ...])


class StandIn:
    """Answers ``POST /v1/chat/completions``; remembers what it was asked.

    ``fail_first`` requests are refused with 503 at first, and every answer takes ``delay`` seconds.
    """

    def __init__(
        self,
        player: Player,
        count: TokenCounter,
        *,
        port: int = 0,
        fail_first: int = 0,
        delay: float = 0.0,
    ) -> None:
        self.asked: list[str] = []
        self.delay = delay
        self._player, self._count = player, count
        self._failing = fail_first
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                status, body = (
                    outer.reply(self.rfile.read(size))
                    if size <= MAX_BODY
                    else (413, _error("too long"))
                )
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked was killed meanwhile
                    self.wfile.write(data)

        self._server = ThreadingHTTPServer((HOST, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """What ``--base-url`` takes."""
        return f"http://{HOST}:{self._server.server_port}/v1"

    def reply(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and body of one request's answer."""
        with self._lock:
            if self._failing > 0:
                self._failing -= 1
                return 503, _error("busy")
        try:
            asked = json.loads(body)
            messages = _MESSAGES.validate_python([_plain(one) for one in asked["messages"]])
            name, text = self._player(messages)
        except (ValueError, TypeError, KeyError, ValidationError, FlagstoneError) as error:
            return 400, _error(str(error))
        self.asked.append(name)
        time.sleep(self.delay)
        sent = sum(self._count(one.content) for one in messages)
        answered = self._count(text)
        message = {"role": "assistant", "content": text}
        return 200, {
            "id": "standin",
            "object": "chat.completion",
            "created": 0,
            "model": asked.get("model", "standin"),
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {
                "prompt_tokens": sent,
                "completion_tokens": answered,
                "total_tokens": sent + answered,
            },
        }

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _plain(message: dict[str, Any]) -> dict[str, str]:
    content = message["content"]
    if not isinstance(content, str):  # the API's other form: a list of parts
        content = "".join(part.get("text", "") for part in content)
    return {"role": message["role"], "content": content}


def _error(what: str) -> dict[str, Any]:
    return {"error": {"message": what, "type": "standin_error"}}
