"""The calls on command surfaces: validate, describe, schema, diff.

Each resolves the version asked for as `/context` does, and says in its answer how.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from commands.diff import diff
from commands.model import Command, Kind
from commands.schema import anthropic_tool, json_schema, openai_tool
from commands.shell import parse
from commands.store import SurfaceStore
from commands.validate import Targets, programs, validate
from corpora.errors import InvalidRequest, UnknownCommand
from corpora.model import Resolution
from corpora.suggest import closest
from retrieval.answers import CommandAnswer, DiffAnswer, SchemaAnswer, ValidationAnswer
from retrieval.request import ValidateRequest, Where
from retrieval.usage import CommandAt, life

_KINDS: tuple[Kind, ...] = ("command", "statement", "configuration")


class Resolver(Protocol):
    """Resolves versions: the engine's own rules."""

    def product_id(self, name: str) -> str:
        """The id of a product, by id, title or alias. Raises UnknownProduct."""

    def resolved(self, product: str, version: str | None, where: Where, told: str) -> Resolution:
        """How a version becomes a documented one. Raises UnknownVersion."""

    def stated(self, where: Where) -> tuple[str | None, str | None, str]:
        """Product and version that a request states, and how they were read."""


class Surfaces:
    """The surfaces of one snapshot, as answers. Safe to use from several threads."""

    def __init__(
        self, store: SurfaceStore, products: Collection[str], resolver: Resolver, snapshot: str
    ) -> None:
        self.store = store
        self.products = tuple(name for name in store.products if name in products)
        self._resolver = resolver
        self._snapshot = snapshot
        self._programs = {
            program: product
            for program, product in programs(store).items()
            if product in self.products
        }
        # A text is checked at the newest release of every product, but for those it asks for.
        self._newest = {
            product: resolver.resolved(product, None, Where(), "") for product in self.products
        }

    def validate(self, request: ValidateRequest) -> ValidationAnswer:
        """Check every command of a text. Raises UnknownProduct, UnknownVersion, InvalidRequest."""
        asked = self._asked(request)
        resolutions = {**self._newest, **asked}
        stated = self._resolver.product_id(request.product) if request.product else ""
        targets = Targets(
            {product: one.resolved for product, one in resolutions.items()},
            self._programs,
            stated if stated in self.products else "",
        )
        said = validate(request.command, self.store, targets)
        used = dict.fromkeys([*asked, *(one.product for one in said.commands if one.product)])
        return ValidationAnswer(
            valid=said.valid,
            resolutions=tuple(resolutions[product] for product in used),
            commands=said.commands,
            issues=said.issues,
            risk=said.risk,
            repaired=said.repaired,
            snapshot=self._snapshot,
        )

    def describe(self, product: str, version: str, path: str) -> CommandAnswer:
        """What a command accepts. Raises UnknownProduct, UnknownVersion, UnknownCommand."""
        resolution, command = self._command(product, version, path)
        held = self.store.releases_of(resolution.product, command.path, command.kind)
        at = CommandAt.of(resolution.product, resolution.resolved, command)
        since: dict[str, str] = {}
        gone: dict[str, str] = {}
        for option in command.options:
            lived = life(self.store, at, option)
            if lived.since:
                since[option.name] = lived.since
            if lived.removed_in:
                gone[option.name] = lived.removed_in
        return CommandAnswer(
            resolution=resolution,
            command=command,
            releases=held,
            since=since,
            removed_in=gone,
            snapshot=self._snapshot,
        )

    def schema(self, product: str, version: str, path: str) -> SchemaAnswer:
        """A command as schemas. Raises UnknownProduct, UnknownVersion, UnknownCommand."""
        resolution, command = self._command(product, version, path)
        return SchemaAnswer(
            resolution=resolution,
            path=" ".join(command.path),
            json_schema=json_schema(command),
            openai=openai_tool(command),
            anthropic=anthropic_tool(command),
            snapshot=self._snapshot,
        )

    def diff(self, product: str, old: str, new: str, path: str = "") -> DiffAnswer:
        """What changed from ``old`` to ``new``, or under ``path`` alone.

        Raises UnknownProduct, UnknownVersion.
        """
        name = self._known(product)
        one, other = (self._resolver.resolved(name, label, Where(), "") for label in (old, new))
        found = diff(self.store, name, one.resolved, other.resolved, _words(path))
        return DiffAnswer(
            old=one, new=other, diff=found, text=found.text(), snapshot=self._snapshot
        )

    def _asked(self, request: ValidateRequest) -> Mapping[str, Resolution]:
        """The resolutions that a request asks for, by product."""
        product, version, told = self._resolver.stated(request)
        wanted = {self._resolver.product_id(name): one for name, one in request.versions.items()}
        if product is None and version is not None:
            product = self._named(request.command)
            told += f"The product was read from the command ({product}). "
        if product is not None:
            wanted.setdefault(product, version or "")
        return {
            name: self._resolver.resolved(name, label or None, request, told)
            for name, label in wanted.items()
            if name in self.products
        }

    def _named(self, text: str) -> str:
        """The product of the first command of a text that belongs to one."""
        targets = Targets({}, self._programs)
        for invocation in parse(text).invocations:
            if found := targets.product(invocation.program):
                return found
        raise InvalidRequest(
            "A version is given, and no command of the text is of a known product.",
            hint=f"Send `product`, one of: {', '.join(self.products)}.",
        )

    def _known(self, product: str) -> str:
        name = self._resolver.product_id(product)
        self.store.releases(name)  # a product may have passages and no surface
        return name

    def _command(self, product: str, version: str, path: str) -> tuple[Resolution, Command]:
        name = self._known(product)
        resolution = self._resolver.resolved(name, version, Where(), "")
        at = resolution.resolved
        words = _words(path)
        roots = self.store.children(name, at)
        tries = [words] if words else []
        if len(roots) == 1 and words[:1] != roots:
            tries.append((*roots, *words))  # `commit` of git
        for kind in _KINDS:
            for attempt in tries:
                command = self.store.command(name, at, attempt, kind)
                if command is not None:
                    return resolution, command
        known = [" ".join(one) for one in self.store.paths(name, at)]
        raise UnknownCommand(
            name,
            at,
            " ".join(words),
            suggestions=closest(" ".join(words), known),
            exists_in=[
                label for attempt in tries for label in self.store.releases_of(name, attempt)
            ],
        )


def _words(path: str) -> tuple[str, ...]:
    """``git commit`` and ``git/commit`` are one path."""
    return tuple(path.replace("/", " ").split())
