"""Outside services as contenders: a program and an endpoint, real ones."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from corpora.errors import InvalidRequest, ToolMissing
from eval.retrieval.items import Question
from eval.retrieval.outside import Outside, Service, load_services

QUESTION = Question(
    id="q",
    question='mirror "a b"; echo $HOME {limit}',
    product="rsync",
    release="3.2.7",
    gold=("--delete",),
    pages=("rsync",),
    key="--delete",
    kind="option",
    version_specific=False,
    twin=None,
)
ECHO = "import json,sys; print(json.dumps([{'content': one} for one in sys.argv[1:]]))"


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say({"asked": self.path})

    def do_POST(self) -> None:
        self._say(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _say(self, asked: dict[str, str]) -> None:
        hits = [{"body": json.dumps(asked), "href": "https://x/man1/rsync.1.en.html"}, {"no": 1}]
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"hits": hits}}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_program_gets_the_question_as_one_argument_and_no_shell_sees_it() -> None:
    service = Service(
        name="echo",
        program=(sys.executable, "-c", ECHO, "{question}", "{product}@{release}", "{limit}"),
    )
    texts = Outside(service).ranked(QUESTION)
    assert [one.text for one in texts] == [QUESTION.question, "rsync@3.2.7", "10"]
    assert {(one.product, one.releases, one.page) for one in texts} == {("rsync", ("3.2.7",), "")}


def test_an_endpoint_is_asked_with_a_body_or_with_its_address(address: str) -> None:
    found = {"results": "data.hits", "text": "body", "page": "href"}
    post = Service(name="post", url=f"{address}/search", body={"q": "{question}"}, **found)
    [text] = Outside(post).answer(QUESTION).texts
    assert json.loads(text.text) == {"q": QUESTION.question}
    assert text.page == "rsync"
    get = Service(name="get", url=f"{address}/search?q={{question}}&v={{release}}", **found)
    [text] = Outside(get).ranked(QUESTION)
    assert "v=3.2.7" in text.text
    assert "%24HOME" in text.text


def test_what_fails_says_so_and_what_has_another_shape_is_an_empty_answer(address: str) -> None:
    with pytest.raises(InvalidRequest, match="500"):
        Outside(Service(name="broken", url=f"{address}/broken")).ranked(QUESTION)
    with pytest.raises(ToolMissing):
        Outside(Service(name="none", program=("no-such-program-here",))).ranked(QUESTION)
    with pytest.raises(InvalidRequest):
        Outside(Service(name="dies", program=(sys.executable, "-c", "1/0"))).ranked(QUESTION)
    other = Outside(Service(name="other", url=f"{address}/", results="data.nothing"))
    assert other.answer(QUESTION).abstained


def test_services_are_declared_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text('[[service]]\nname = "x"\nprogram = ["x", "{question}"]\n')
    assert [one.name for one in load_services(file)] == ["x"]
    for wrong in ('[[service]]\nname = "x"\n', "[[service", '[[service]]\nurl = "u"\n'):
        file.write_text(wrong)
        with pytest.raises(InvalidRequest):
            load_services(file)
