"""A local server that speaks the chat API of OpenAI, and invents options at a known rate.

It knows the right answer of some tasks; of the others it invents an option, unless what it is told
names the options that it needs.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from eval.tasks.model import Task

INVENTED = "--frobnicate-everything"


def ignorant(task: Task, rate: float) -> bool:
    """Whether the stand-in doesn't know this task by heart: a fixed coin for each."""
    number = int.from_bytes(hashlib.sha256(f"coin {task.id}".encode()).digest()[:4], "big")
    return number / 2**32 < rate


class StandIn:
    """Answers on 127.0.0.1; counts what it was asked."""

    def __init__(self, tasks: tuple[Task, ...], rate: float, *, fail_first: int = 0) -> None:
        self.asked: list[str] = []
        self.rate = rate
        self._fail = fail_first
        by_question = {(task.product, task.release, task.question): task for task in tasks}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer._fail > 0:
                    outer._fail -= 1
                    self._send(503, {"error": {"message": "busy", "type": "server_error"}})
                    return
                text = outer.answer(body["messages"], by_question)
                usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
                choice = {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text},
                }
                self._send(
                    200,
                    {
                        "id": "x",
                        "object": "chat.completion",
                        "created": 0,
                        "model": body["model"],
                        "choices": [choice],
                        "usage": usage,
                    },
                )

            def _send(self, status, content):
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def answer(self, messages, by_question) -> str:
        told = "\n".join(_text(one["content"]) for one in messages if one["role"] == "user")
        first = next(_text(one["content"]) for one in messages if one["role"] == "user")
        head, _, question = first.rpartition("\n\nTask: ")
        lines = dict(line.split(": ", 1) for line in head.splitlines()[-2:])
        task = by_question[lines["Product"], lines["Release"], question]
        self.asked.append(task.id)
        gold = task.gold[0]
        # What it is told helps only where it names every option that is needed.
        helped = all(any(name in told for name in group) for group in task.required)
        if ignorant(task, self.rate) and not (helped and task.required):
            words = gold.split(" ")
            gold = " ".join([words[0], *words[1:2], INVENTED, *words[2:]])
        return f"```sh\n{gold}\n```"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()


def _text(content) -> str:
    return content if isinstance(content, str) else "".join(one.get("text", "") for one in content)
