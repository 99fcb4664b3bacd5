"""What an arm may know: the service in process, behind a seam that tests can fill."""

from __future__ import annotations

import json
import shlex
from typing import Protocol

from commands.argv import argv
from corpora.errors import InvalidRequest, RequestError
from corpora.model import Frozen, PassageKind
from eval.truth.tables import release_key
from retrieval.engine import Engine
from retrieval.request import ContextRequest, ValidateRequest, Where

TOKENS = 2000
"""Of a context: the service's own default."""
MOST_TOOLS = 3
"""Commands whose schemas are offered: those that the context is about."""


class Tool(Frozen):
    """A command that a model may fill instead of writing a line."""

    path: str
    schema_text: str


class Cited(Frozen):
    """A passage of a context, as the measure of its precision needs it."""

    command: str
    """The command whose page it stands on; empty where it is none's."""
    names: tuple[str, ...]
    """The options that it defines."""
    kind: PassageKind
    text: str


class Given(Frozen):
    """What the documentation has to say to a question."""

    text: str = ""
    """Ready for a prompt; empty where there is no answer."""
    cited: tuple[Cited, ...] = ()


class Knowledge(Protocol):
    """Where grounding comes from."""

    def context(self, product: str, release: str, question: str) -> Given:
        """What the documentation says to a question."""

    def other(self, product: str, release: str) -> str:
        """The documented release furthest from this one; empty where there is none."""

    def complaints(self, product: str, release: str, text: str) -> str:
        """What is wrong with the commands of a text; empty where nothing was found."""

    def tools(self, product: str, release: str, question: str) -> tuple[Tool, ...]:
        """Schemas of the commands that the question is about."""

    def line(self, product: str, release: str, path: str, filled: str) -> str:
        """A filled schema as a command line. Raises InvalidRequest."""


class Nothing:
    """No documentation at all: what ``none``, ``help`` and ``oracle`` need."""

    def context(self, product: str, release: str, question: str) -> Given:  # noqa: D102, ARG002
        return Given()

    def other(self, product: str, release: str) -> str:  # noqa: D102, ARG002
        return ""

    def complaints(self, product: str, release: str, text: str) -> str:  # noqa: D102, ARG002
        return ""

    def tools(self, product: str, release: str, question: str) -> tuple[Tool, ...]:  # noqa: D102, ARG002
        return ()

    def line(self, product: str, release: str, path: str, filled: str) -> str:  # noqa: D102, ARG002
        raise InvalidRequest("No schema was offered.", hint="Answer with a command line.")


class Service:
    """The service over a built corpus, called in process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def context(self, product: str, release: str, question: str) -> Given:
        """See Knowledge. A product or release that is not documented gives nothing."""
        request = ContextRequest(
            query=question, product=product, version=release, token_budget=TOKENS
        )
        try:
            found = self._engine.context(request)
        except RequestError:
            return Given()
        passages = (self._engine.passage(one.id) for one in found.passages)
        return Given(
            text=found.context,
            cited=tuple(
                Cited(command=one.command, names=one.names, kind=one.kind, text=one.text)
                for one in passages
            ),
        )

    def other(self, product: str, release: str) -> str:
        """See Knowledge."""
        try:
            labels = [one.label for one in self._engine.record(product).releases]
        except RequestError:
            return ""
        # 2.38.1 is documented as 2.38, which then is no other release.
        own = self.documented(product, release)
        others = [one for one in labels if one != own]
        if not others:
            return ""
        older = [one for one in others if release_key(one) < release_key(release)]
        return older[0] if older else others[-1]

    def documented(self, product: str, release: str) -> str:
        """The label that a release is documented under; empty where it is not."""
        try:
            found = self._engine.resolve(Where(product=product, version=release))
        except RequestError:
            return ""
        return found.resolved if found else ""

    def complaints(self, product: str, release: str, text: str) -> str:
        """See Knowledge. What could not be checked is not complained of."""
        request = ValidateRequest(command=text, product=product, version=release)
        try:
            answer = self._engine.validate(request)
        except RequestError:
            return ""
        issues = [issue for one in answer.commands for issue in one.issues]
        issues += answer.issues
        lines = []
        for issue in issues:
            meant = f" Likely meant: {', '.join(issue.suggestions)}." if issue.suggestions else ""
            lines.append(f"- {issue.code}: {issue.token}: {issue.message}{meant}")
        return "\n".join(lines)

    def tools(self, product: str, release: str, question: str) -> tuple[Tool, ...]:
        """See Knowledge."""
        request = ContextRequest(
            query=question, product=product, version=release, token_budget=TOKENS
        )
        found = []
        try:
            for used in self._engine.context(request).commands[:MOST_TOOLS]:
                schema = self._engine.schema(product, release, used.path)
                found.append(Tool(path=schema.path, schema_text=json.dumps(schema.json_schema)))
        except RequestError:
            return ()
        return tuple(found)

    def line(self, product: str, release: str, path: str, filled: str) -> str:
        """See Knowledge."""
        try:
            values = json.loads(filled)
        except ValueError as error:
            raise InvalidRequest(f"No JSON: {error}.") from None
        if not isinstance(values, dict):
            raise InvalidRequest("A filled schema is a JSON object.")
        command = self._engine.describe(product, release, path).command
        return shlex.join(argv(command, values))
