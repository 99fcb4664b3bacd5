"""Services that are not ours, measured side by side where they are installed.

A TOML file declares them (``--outside FILE``), an HTTP endpoint or a program each::

    [[service]]
    name = "docs-mcp-server"
    program = ["docs-mcp-server", "search", "{product}", "{question}",
               "--version", "{release}", "--limit", "{limit}", "--output", "json"]
    text = "content"

    [[service]]
    name = "some endpoint"
    url = "http://127.0.0.1:9000/search"
    body = { q = "{question}", library = "{product}", version = "{release}" }
    results = "data.hits"
    text = "body"
    page = "href"

``{question}``, ``{product}``, ``{release}`` and ``{limit}`` are filled in, inside one argument or
value at a time and never through a shell. The answer is JSON: ``results`` leads to the list of
texts, ``text`` and ``page`` to their parts. A text is taken to be of the product and release that
were asked for, because a service has no way to say otherwise, and where no page is told, the key
alone decides: both in the service's favour.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import Field, ValidationError, model_validator

from corpora.errors import InvalidRequest, ToolMissing
from corpora.model import Frozen
from eval.retrieval.contenders import RANKS, Answer, Retrieved
from eval.retrieval.items import Question, Unanswerable

TOP_K = 5
"""Texts in the prompt, as for LlamaIndex."""

SECONDS = 60
MOST_BYTES = 20_000_000

_PLACEHOLDER = re.compile(r"\{(question|product|release|limit)\}")


class Service(Frozen):
    """How a service is asked, and where its texts stand in what it answers."""

    name: str
    program: tuple[str, ...] = ()
    url: str = ""
    body: dict[str, str] = Field(default_factory=dict)
    """Sent as JSON; without it, the URL is fetched, with its placeholders filled in."""
    results: str = ""
    """Dotted path to the list; empty: the answer is the list."""
    text: str = "content"
    page: str = "url"

    @model_validator(mode="after")
    def _one_way(self) -> Service:
        if bool(self.program) == bool(self.url):
            raise ValueError(f"{self.name}: give either a program or a url")
        return self


class Outside:
    """One service as a contender."""

    points: int = 0
    size: int | None = None

    def __init__(self, service: Service) -> None:
        self.name = service.name
        self._service = service

    def answer(self, question: Question | Unanswerable) -> Answer:
        """Its first texts, joined."""
        texts = self._ask(question, TOP_K)
        return Answer(
            context="\n\n".join(one.text for one in texts), texts=texts, abstained=not texts
        )

    def ranked(self, question: Question) -> tuple[Retrieved, ...]:
        """Its ten best texts."""
        return self._ask(question, RANKS)

    def pool(self, question: Question) -> list[Retrieved]:
        """Unknown: what a ranking lacks is not held against it."""
        del question
        return []

    def _ask(self, question: Question | Unanswerable, limit: int) -> tuple[Retrieved, ...]:
        values = {
            "question": question.question,
            "product": question.product or "",
            "release": question.release or "",
            "limit": str(limit),
        }
        said = self._run(values) if self._service.program else self._fetch(values)
        return read(self._service, said, question)[:limit]

    def _run(self, values: Mapping[str, str]) -> bytes:
        command = [_filled(part, values) for part in self._service.program]
        try:
            done = subprocess.run(  # noqa: S603 - what the user declared, and no shell
                command, capture_output=True, timeout=SECONDS, check=True
            )
        except FileNotFoundError as error:
            raise ToolMissing(command[0], hint=f"Install it to measure {self.name}.") from error
        except subprocess.SubprocessError as error:
            raise self._unusable(str(error)) from error
        return done.stdout

    def _fetch(self, values: Mapping[str, str]) -> bytes:
        service = self._service
        try:
            if service.body:
                body = {key: _filled(value, values) for key, value in service.body.items()}
                answer = httpx.post(service.url, json=body, timeout=SECONDS, trust_env=False)
            else:
                url = httpx.URL(service.url)
                asked = {key: _filled(value, values) for key, value in url.params.items()}
                answer = httpx.get(
                    url.copy_with(query=None), params=asked, timeout=SECONDS, trust_env=False
                )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise self._unusable(str(error)) from error
        return answer.content

    def _unusable(self, why: str) -> InvalidRequest:
        return InvalidRequest(
            f"{self.name} doesn't answer: {why[:300]}",
            hint="Start it, index the products and releases of the questions, and try again.",
        )


def load_services(file: Path) -> tuple[Service, ...]:
    """The services that a file declares. Raises InvalidRequest."""
    try:
        declared = tomllib.loads(file.read_text("utf-8")).get("service", [])
        return tuple(Service.model_validate(one) for one in declared)
    except (OSError, ValueError, ValidationError) as error:
        raise InvalidRequest(
            f"{file} declares no services that can be asked: {error}",
            hint="eval/retrieval/outside.py shows what it has to look like.",
        ) from error


def read(service: Service, said: bytes, question: Question | Unanswerable) -> tuple[Retrieved, ...]:
    """The texts in an answer; what has another shape than declared is an empty answer."""
    try:
        found: Any = json.loads(said[:MOST_BYTES])
    except ValueError:
        return ()
    for part in filter(None, service.results.split(".")):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, Sequence) or isinstance(found, str):
        return ()
    return tuple(
        Retrieved(
            text=one[service.text],
            product=question.product or "",
            releases=(question.release or "",),
            page=_slug(one.get(service.page)),
        )
        for one in found
        if isinstance(one, dict) and isinstance(one.get(service.text), str)
    )


def _slug(address: object) -> str:
    """The page's name as ours are: the last part of an address, without what ends it."""
    if not isinstance(address, str):
        return ""
    last = unquote(urlsplit(address).path).rstrip("/").rsplit("/", 1)[-1]
    for ending in (".html", ".htm", ".md", ".en", *(f".{section}" for section in range(1, 9))):
        last = last.removesuffix(ending)
    return last


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Fill in the placeholders in one pass: a question may hold braces itself."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)
