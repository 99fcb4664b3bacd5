"""A local server that speaks the chat API of OpenAI, and answers as a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openai import OpenAI

Model = Callable[[list[dict[str, Any]]], str]
"""The messages that were sent → what the model says."""


@contextmanager
def model(answer: Model) -> Iterator[OpenAI]:
    """A client of a model that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            message = {"role": "assistant", "content": answer(body["messages"])}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            data = json.dumps(
                {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"],
                 "choices": [choice]}
            ).encode()  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        with OpenAI(base_url=address, api_key="none", max_retries=0) as client:
            yield client
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
