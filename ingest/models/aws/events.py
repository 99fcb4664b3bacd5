"""The events by which the AWS CLI lets customisations change its tables.

As botocore's hierarchical emitter does: a handler of ``building-argument-table.ec2`` hears
``building-argument-table.ec2.run-instances``, ``*`` is any one word, and the more specific handlers
are called first. Newer releases state in a registry which function to call, before which event, for
handlers to be registered at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ingest.models.aws.names import aliased
from ingest.models.aws.values import (
    Bound,
    Exhausted,
    Function,
    Host,
    Native,
    Partial,
    Raised,
    Unsupported,
    Value,
    describe,
)

FOLLOWED = ("building-", "before-building-")
"""Events whose handlers change tables. No other is ever emitted here."""


@dataclass(slots=True)
class _Node:
    items: tuple[list[Value], list[Value], list[Value]] = field(
        default_factory=lambda: ([], [], [])
    )
    """Called first, in the middle and last."""
    children: dict[str, _Node] = field(default_factory=dict)


class _Trie:
    def __init__(self) -> None:
        self._root = _Node()

    def add(self, pattern: str, item: Value, section: int = 1) -> None:
        node = self._root
        for word in pattern.split("."):
            node = node.children.setdefault(word, _Node())
        node.items[section].append(item)

    def search(self, event: str) -> list[Value]:
        """Everything added under a pattern that ``event`` begins with, the most specific first."""
        words = event.split(".")
        found: deque[Value] = deque()
        stack = [(self._root, 0)]
        while stack:
            node, place = stack.pop()
            first, middle, last = node.items
            found.extendleft(reversed(first + middle + last))
            if place < len(words):
                stack.extend(
                    (node.children[word], place + 1)
                    for word in ("*", words[place])  # the word itself is taken first
                    if word in node.children
                )
        return list(found)


@dataclass(frozen=True, slots=True)
class Note:
    """A handler that could not be followed to its end: what it does may be missing."""

    event: str
    handler: str
    reason: str


class Events(Host):
    """The emitter. ``call`` calls a function of the source, ``member`` finds one by module."""

    exposed = frozenset(
        [
            "register",
            "register_first",
            "register_last",
            "unregister",
            "emit",
            "emit_until_response",
            "emit_first_non_none_response",
        ]
    )

    def __init__(
        self,
        call: Callable[[Value, list[Value], dict[str, Value]], Value],
        member: Callable[[str, str], Value],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._call = call
        self._member = member
        self._aliases = aliases or {}
        self._handlers = _Trie()
        self._ids: set[str] = set()
        self._registry = _Trie()
        self._initialized: set[tuple[str, str]] = set()
        self._patterns: dict[str, set[tuple[str, str]]] = {}
        self._known: dict[str, list[Value]] = {}
        self.notes: list[Note] = []
        self.register = Native("register", lambda args, named: self._register(1, args, named))
        self.register_first = Native("register", lambda args, named: self._register(0, args, named))
        self.register_last = Native("register", lambda args, named: self._register(2, args, named))
        self.unregister = Native("unregister", lambda *_: None)
        self.emit = Native("emit", lambda args, named: self.announce(str(args[0]), named))
        self.emit_until_response = Native("emit", lambda *_: (None, None))
        self.emit_first_non_none_response = Native("emit", lambda *_: None)

    def load(self, registry: Mapping[Value, Value]) -> None:
        """Take a registry of functions to call before events: pattern → (module, function)."""
        for pattern, entries in registry.items():
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, tuple) and len(entry) == 2:
                    self._registry.add(str(pattern), entry)
                    known = self._patterns.setdefault(str(pattern), set())
                    known.add((str(entry[0]), str(entry[1])))

    def skip(self, pattern: str) -> None:
        """Take the registry's functions for exactly ``pattern`` as called."""
        self._initialized |= self._patterns.get(pattern, set())

    def handlers(self, event: str) -> list[Value]:
        """Who hears ``event``, in the order in which they are called."""
        for entry in self._registry.search(event):
            if not isinstance(entry, tuple):
                continue
            module, function = str(entry[0]), str(entry[1])
            if (module, function) not in self._initialized:
                self._initialized.add((module, function))
                self.safely(event, self._member(module, function), [self], {})
        if event not in self._known:
            self._known[event] = self._handlers.search(aliased(event, self._aliases))
        return self._known[event]

    def announce(self, event: str, named: dict[str, Value]) -> Value:
        """Call who hears ``event``. One that fails is noted, and the others go on."""
        if event.startswith(FOLLOWED):
            for handler in self.handlers(event):
                self.safely(event, handler, [], {**named, "event_name": event})
        return []

    def safely(
        self, event: str, handler: Value, arguments: list[Value], named: dict[str, Value]
    ) -> Value:
        """Call a handler; note it where it can't be followed."""
        try:
            return self._call(handler, arguments, named)
        except (Raised, Unsupported, RecursionError) as error:
            self.note(event, handler_name(handler), error)
            return None

    def note(self, event: str, what: str, error: Exception) -> None:
        """Keep that something could not be followed."""
        self.notes.append(Note(event, what, f"{type(error).__name__}: {error}"))

    def _register(self, section: int, args: list[Value], named: dict[str, Value]) -> Value:
        pattern = args[0] if args else named.get("event_name")
        handler = args[1] if len(args) > 1 else named.get("handler")
        identity = args[2] if len(args) > 2 else named.get("unique_id")
        if isinstance(identity, str):
            if identity in self._ids:
                return None
            self._ids.add(identity)
        if isinstance(pattern, str) and pattern.startswith(FOLLOWED):
            self._handlers.add(aliased(pattern, self._aliases), handler, section)
            self._known.clear()
            if len(self._ids) > 100_000:
                raise Exhausted("too many handlers")
        return None


def handler_name(handler: Value) -> str:
    """Name a handler in full."""
    while isinstance(handler, Partial | Bound):
        handler = handler.function
    return handler.qualname if isinstance(handler, Function) else describe(handler)
