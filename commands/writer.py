"""Writing surfaces into a store in which a release costs only its difference."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from commands import rows
from commands.dialect import Dialect
from commands.model import Command, Evidence, Kind, Surface
from corpora.errors import ParseError, Reason

_DIALECT = TypeAdapter(Dialect)


@dataclass(frozen=True, slots=True)
class Written:
    """What a store holds. ``commands`` and ``options`` are counted in each release they are in."""

    digest: str
    """SHA-256 over the facts, whatever the bytes of the file."""
    bytes: int
    commands: int
    options: int
    distinct_commands: int
    distinct_options: int
    distinct_evidence: int


def write(path: Path, surfaces: Iterable[Surface]) -> Written:
    """Write ``surfaces`` to ``path``, each product's oldest first.

    They are taken one by one, so that a generator needs memory for one release only. What stood at
    ``path`` is replaced at the end, by one rename. Raises ParseError, naming the release, where one
    is given twice or has two commands of the same path.
    """
    builder = _Builder()
    for surface in surfaces:
        builder.add(surface)
    staged = path.with_name(f"{path.name}.writing")
    staged.unlink(missing_ok=True)
    try:
        digest = builder.save(staged)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
    return Written(
        digest=digest,
        bytes=path.stat().st_size,
        commands=builder.commands_seen,
        options=builder.options_seen,
        distinct_commands=sum(map(len, builder.versions.values())),
        distinct_options=len(builder.options.ids),
        distinct_evidence=len(builder.evidence),
    )


@dataclass(slots=True)
class _Pool:
    """Equal texts are one row, numbered from 1."""

    ids: dict[str, int] = field(default_factory=dict)

    def add(self, body: str) -> int:
        return self.ids.setdefault(body, len(self.ids) + 1)


@dataclass(slots=True)
class _Node:
    id: int
    parent: _Node | None
    above: int
    word: str
    product: int
    releases: int = 0
    """Bits of the releases in which it, or something below it, is known."""

    def mark(self, releases: int) -> None:
        node: _Node | None = self
        while node is not None:
            node.releases |= releases
            node = node.parent


@dataclass(frozen=True, slots=True)
class _Release:
    """The one being read."""

    surface: Surface
    product: int
    bit: int
    factoring: rows.Factoring
    described: frozenset[tuple[Kind, tuple[str, ...]]]


_Version = tuple[int, int, bytes]
"""Head, evidence, and packed options."""


@dataclass(slots=True)
class _Builder:
    products: dict[str, int] = field(default_factory=dict)
    releases: dict[tuple[int, str], tuple[int | str, ...]] = field(default_factory=dict)
    digests: dict[tuple[str, int], str] = field(default_factory=dict)
    heads: _Pool = field(default_factory=_Pool)
    options: _Pool = field(default_factory=_Pool)
    evidence: dict[bytes, int] = field(default_factory=dict)
    spellings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    nodes: dict[tuple[int, str], _Node] = field(default_factory=dict)
    versions: dict[int, dict[_Version, int]] = field(default_factory=dict)
    aliases: dict[tuple[int, int], int] = field(default_factory=dict)
    sets: dict[tuple[int, int], int] = field(default_factory=dict)
    commands_seen: int = 0
    options_seen: int = 0

    def add(self, surface: Surface) -> None:
        name = f"{surface.product} {surface.release}"
        product = self.products.setdefault(surface.product, len(self.products) + 1)
        if (product, surface.release) in self.releases:
            raise ParseError(name, Reason.MALFORMED, "given twice: merge its surfaces first")
        position = sum(1 for other, _ in self.releases if other == product)
        bases = rows.bases(_evidence(surface))
        facts = (
            surface.release,
            json.dumps(surface.sources),
            rows.SCOPES.dump_json(surface.exhaustive).decode(),
            _DIALECT.dump_json(surface.dialect, exclude_defaults=True).decode(),
            json.dumps(bases, ensure_ascii=False, sort_keys=True),
        )
        self.releases[product, surface.release] = (product, position, *facts)
        release = _Release(
            surface,
            product,
            1 << position,
            rows.Factoring(surface.release, bases),
            frozenset((command.kind, command.path) for command in surface.commands),
        )
        digest = hashlib.sha256(json.dumps(facts).encode())
        last: tuple[Kind, tuple[str, ...]] | None = None
        for command in sorted(surface.commands, key=lambda one: (one.kind, one.path)):
            if last == (command.kind, command.path):
                raise ParseError(name, Reason.MALFORMED, f"{' '.join(command.path)!r} twice")
            last = command.kind, command.path
            for body in self._add(release, command):
                digest.update(body.encode() + b"\x00")
        self.digests[surface.product, position] = digest.hexdigest()

    def _add(self, release: _Release, command: Command) -> Iterator[str]:
        """Take one command in; give the texts that its digest is made of."""
        surface = release.surface
        if command.dialect == surface.dialect:
            command = replace(command, dialect=None)
        pages = rows.pages(command.evidence)
        head = rows.head_body(command, surface.sources)
        read = [release.factoring.write(command.evidence, {})]
        yield from (command.kind, *command.path, head)
        numbers: list[int] = []
        for option in command.options:
            body = rows.option_body(option, surface.sources)
            yield body
            number = self.options.add(body)
            self.spellings.setdefault(number, option.spellings)
            numbers.append(number)
            read.append(release.factoring.write(option.evidence, pages) if option.evidence else "")
        node = self._node(release.product, command.kind, command.path)
        node.mark(release.bit)
        evidence = "\n".join(read)
        yield evidence
        version = (self.heads.add(head), self._evidence(evidence), rows.pack(numbers))
        known = self.versions.setdefault(node.id, {})
        known[version] = known.get(version, 0) | release.bit
        for alias in command.aliases:
            if (command.kind, alias) in release.described:
                continue  # what is said of that path itself comes first
            other = self._node(release.product, command.kind, alias)
            other.mark(release.bit)
            key = other.id, node.id
            self.aliases[key] = self.aliases.get(key, 0) | release.bit
        self.commands_seen += 1
        self.options_seen += len(command.options)

    def _node(self, product: int, kind: Kind, path: tuple[str, ...]) -> _Node:
        parent: _Node | None = None
        above = rows.root(product, kind)
        for word in path:
            node = self.nodes.get((above, word))
            if node is None:
                node = _Node(len(self.nodes) + 1, parent, above, word, product)
                self.nodes[above, word] = node
            parent, above = node, node.id
        if parent is None:
            raise ParseError("surface", Reason.EMPTY, "a command without a path")
        return parent

    def _evidence(self, lines: str) -> int:
        # Kept squeezed: whole, the evidence of a large product would fill the memory.
        body = rows.squeeze(lines)
        return self.evidence.setdefault(body, len(self.evidence) + 1)

    def _set(self, product: int, releases: int) -> int:
        return self.sets.setdefault((product, releases), len(self.sets) + 1)

    def _postings(self) -> Iterator[tuple[int, str, bytes]]:
        """Per product and spelling: pairs of the step to the next command and a release set."""
        found: dict[tuple[int, str], dict[int, int]] = {}
        product_of = {node.id: node.product for node in self.nodes.values()}
        for node, versions in self.versions.items():
            for (_, _, options), releases in versions.items():
                for option in rows.unpack(options):
                    for name in self.spellings[option]:
                        places = found.setdefault((product_of[node], name), {})
                        places[node] = places.get(node, 0) | releases
        for (product, name), places in sorted(found.items()):
            numbers: list[int] = []
            last = 0
            for node, releases in sorted(places.items()):
                numbers += (node - last, self._set(product, releases))
                last = node
            yield product, name, rows.pack(numbers)

    def digest(self) -> str:
        """Digest all facts: products by name, releases in their order."""
        return hashlib.sha256(json.dumps(sorted(self.digests.items())).encode()).hexdigest()

    def save(self, path: Path) -> str:
        """Write the file and give the digest."""
        product_of = {node.id: node.product for node in self.nodes.values()}
        connection = sqlite3.connect(path)
        try:
            # Nobody reads the file before the rename: a journal would be written for nothing.
            connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
            connection.execute(f"PRAGMA application_id={rows.APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={rows.FORMAT}")
            connection.executescript(rows.SCHEMA)

            def fill(table: str, values: Iterable[tuple[object, ...]], columns: int) -> None:
                marks = ",".join("?" * columns)
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608

            fill("meta", [("digest", self.digest())], 2)
            fill("products", ((number, name) for name, number in self.products.items()), 2)
            fill("releases", sorted(self.releases.values()), 7)
            for table, pool in (("heads", self.heads), ("options", self.options)):
                fill(table, ((number, body) for body, number in pool.ids.items()), 2)
            fill("evidence", ((number, body) for body, number in self.evidence.items()), 2)
            fill(
                "nodes",
                (
                    (n.id, n.above, n.word, self._set(n.product, n.releases))
                    for n in self.nodes.values()
                ),
                4,
            )
            fill(
                "aliases",
                (
                    (*key, self._set(product_of[key[0]], releases))
                    for key, releases in sorted(self.aliases.items())
                ),
                3,
            )
            fill(
                "versions",
                (
                    (node, number, self._set(product_of[node], releases), *version)
                    for node, versions in sorted(self.versions.items())
                    for number, (version, releases) in enumerate(versions.items())
                ),
                6,
            )
            fill("postings", self._postings(), 3)
            fill(
                "release_sets",
                (
                    (number, product, rows.bits(held))
                    for (product, held), number in self.sets.items()
                ),
                3,
            )
            connection.executescript(rows.INDEXES)
            connection.commit()
        finally:
            connection.close()
        return self.digest()


def _evidence(surface: Surface) -> Iterator[Evidence]:
    for command in surface.commands:
        yield from command.evidence
        for option in command.options:
            yield from option.evidence
