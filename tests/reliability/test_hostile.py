"""Ten thousand requests that nobody sends by mistake: each is answered, and none with a fault."""

import json
import os
import random
import socket
import string
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import QUESTIONS
from corpus import SmallCorpus
from service import Service, report, serving

REQUESTS = int(os.environ.get("RELIABILITY_HOSTILE", "1000"))
pytestmark = pytest.mark.slow

HEAD = "Host: 127.0.0.1\r\nConnection: close\r\n"
PATHS = (
    "/context", "/search", "/resolve", "/v1/context", "/validate", "/diff", "/products",
    "/products/git/releases", "/healthz", "/readyz", "/openapi.json",
)  # fmt: skip
TRICKS = (
    "/passages/../../etc/passwd", "/passages/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/products/%00",
    "/products/..%5c..%5cwindows/releases", "//etc/passwd", "/passages/" + "a" * 5_000,
    "/commands/git/2.30/%2e%2e/%2e%2e", "/%ff%fe", "/products/git/releases?x=" + "%41" * 2_000,
    "/passages/' OR 1=1 --", "/passages/${jndi:ldap://x}", "/v1/v1/v1/context", "/static/../api",
)  # fmt: skip
STRINGS: tuple[str, ...] = (
    "", " ", "\0", "a" * 100_000, "\u202e\u2066", "\ud800".encode("utf-16", "surrogatepass").hex(),
    "💥" * 500, "'; DROP TABLE passages; --", "../../etc/passwd", "{{7*7}}", "%s%n%x", "\r\nX: y",
    "(" * 2_000, "git " * 3_000, "1." * 1_000, "-" * 1_500, "NaN", "\x1b[2J", "<script>", "\uffff",
    "\u0000\u0001\u0002", "a\u0300" * 900, "٣٫١٤", "İ" * 800, "&&|;`$(reboot)`",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, -1, 0, 2**31, 2**63, 10**400, -0.0, 1e308, [], {}, [[]], {"a": {"b": {}}},
)  # fmt: skip
FIELDS = (
    "query", "product", "version", "fingerprint", "version_policy", "token_budget", "format",
    "cursor", "limit", "command", "from", "to", "__proto__", "snapshot",
)  # fmt: skip


class Attacker:
    """Makes requests, as bytes on the wire."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311  no secret
        self.cut = False
        self.kinds: tuple[Callable[[], bytes], ...] = (
            self.body, self.body, self.body, self.query, self.path, self.headers, self.noise,
            self.nested, self.lies,
        )  # fmt: skip

    def request(self) -> bytes:
        kind = self.dice.choice(self.kinds)
        self.cut = kind in (self.noise, self.lies, self.headers)
        return kind()

    def value(self) -> object:
        kind = self.dice.random()
        if kind < 0.4:
            return self.dice.choice(STRINGS)
        if kind < 0.7:
            return self.dice.choice(VALUES)
        size = self.dice.randrange(60)
        return "".join(chr(self.dice.randrange(0x20, 0x2FFF)) for _ in range(size))

    def post(self, path: str, raw: bytes, media: str = "application/json") -> bytes:
        head = f"POST {path} HTTP/1.1\r\n{HEAD}Content-Type: {media}\r\n"
        return f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw

    def body(self) -> bytes:
        """JSON of the right shape with the wrong things in it."""
        asked: dict[str, object] = {"query": "stage files", "product": "git"}
        for _ in range(self.dice.randrange(1, 5)):
            asked[self.dice.choice(FIELDS)] = self.value()
        raw = json.dumps(asked).encode()
        if self.dice.random() < 0.2:
            raw = raw[: self.dice.randrange(len(raw))]
        media = self.dice.choice(("application/json",) * 8 + ("text/plain", "image/png", ""))
        return self.post(self.dice.choice(PATHS), raw, media)

    def nested(self) -> bytes:
        """JSON that is deep, long, or no JSON."""
        depth = self.dice.choice((100, 5_000, 60_000))
        raw = self.dice.choice((
            b"[" * depth, b'{"a":' * depth, b'{"query":' + b"[" * depth + b"]" * depth + b"}",
            b'{"token_budget": ' + b"9" * depth + b"}", b'{"query": "\\ud800"}', b"\xff" * depth,
            b'{"query": "a", "query": "b"}', b"NaN", b'"' + b"\\u0000" * (depth // 8) + b'"',
            b" " * 200_000,
        ))  # fmt: skip
        return self.post("/context", raw)

    def query(self) -> bytes:
        characters = string.printable.replace(" ", "").replace("\n", "").replace("\r", "")
        noise = "".join(self.dice.choice(characters) for _ in range(self.dice.randrange(300)))
        return f"GET /context?query={noise} HTTP/1.1\r\n{HEAD}\r\n".encode("latin-1", "replace")

    def path(self) -> bytes:
        method = self.dice.choice(("GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"))
        path = self.dice.choice(TRICKS)
        return f"{method} {path} HTTP/1.1\r\n{HEAD}\r\n".encode()

    def headers(self) -> bytes:
        extra = self.dice.choice((
            "X: " + "a" * 70_000, "Content-Length: -1", "Content-Length: 99999999999999",
            "Transfer-Encoding: chunked", "Authorization: Bearer " + "x" * 9_000,
            "Cookie: \x01\x02", "Host: evil\r\nHost: two", "Expect: 100-continue",
            "Content-Encoding: gzip", "X-Forwarded-For: ' OR 1", "Range: bytes=0-9999999",
        ))  # fmt: skip
        return f"POST /context HTTP/1.1\r\n{HEAD}{extra}\r\n\r\n".encode()

    def noise(self) -> bytes:
        """No HTTP at all."""
        return self.dice.randbytes(self.dice.randrange(1, 400)) + b"\r\n\r\n"

    def lies(self) -> bytes:
        """A body that is not as long as it says, and no more is coming."""
        raw = self.post("/context", b'{"query": "a"}')
        return raw.replace(b"Length: 14", b"Length: 9") if self.dice.random() < 0.5 else raw[:-5]


def send(service: Service, raw: bytes, *, cut: bool) -> tuple[int, bytes]:
    """Status and answer; status 0 where the connection was closed without one.

    ``cut``: nothing more is coming, and the wire says so; else the service would wait for it.
    """
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as wire:
        try:
            wire.sendall(raw)
            if cut:
                wire.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := wire.recv(65_536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError):
            return 0, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head.startswith(b"HTTP/") else 0), body


def test_ten_thousand_hostile_requests_are_all_answered_and_none_with_a_fault(
    small: SmallCorpus, model_folder: Path, log: Path
) -> None:
    attacker = Attacker(20_251_126)
    statuses: Counter[int] = Counter()
    with serving(small.data, model_folder, log) as service:
        expected = service.ask(QUESTIONS[0])[1]["context"]
        warm, slowest = service.rss(), 0.0
        for number in range(REQUESTS):
            raw = attacker.request()
            began = time.monotonic()
            status, body = send(service, raw, cut=attacker.cut)
            slowest = max(slowest, time.monotonic() - began)
            statuses[status] += 1
            assert status < 500, (number, raw[:300], body[:300])
            assert b"Traceback" not in body
            assert b"/site-packages/" not in body
            if number % 1_000 == 0:
                assert service.ask(QUESTIONS[0])[1]["context"] == expected
        assert service.ask(QUESTIONS[0])[1]["context"] == expected
        grown = service.rss() - warm
        said = log.read_text(errors="replace")
    report(
        "hostile",
        requests=REQUESTS,
        statuses={str(one): number for one, number in sorted(statuses.items())},
        slowest_s=round(slowest, 2),
        grown_mb=round(grown / 1e6, 1),
    )
    assert {200, 404, 422} <= statuses.keys(), "most must get past the door"
    assert statuses[421] < REQUESTS / 10
    assert "Traceback" not in said
    assert "incident" not in said
    assert grown < 100_000_000
