"""The file under a surface store: its connection, and its rows as plain values.

What `commands.store` asks, this answers in node numbers, bits of releases and JSON texts.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from commands import rows
from commands.dialect import Dialect
from commands.model import Evidence, Kind, Scope, Source
from corpora.errors import CorruptSnapshot

SURFACES = "surfaces.sqlite"
"""The name of the store in the folder of a snapshot."""

NODES_KEPT = 32768
"""Look-ups of a word kept; all of gcloud and aws are 36,000. About 200 bytes each."""

COMMANDS_KEPT = 256
"""Commands whose spellings are kept: 10 kB each, where a command takes a hundred options. A context
asks for the lives of many options of few commands."""


class _Spelled(BaseModel):
    """How an option is spelled, and whether commands below take it.

    Read in 1.4 µs, a whole one in 3.4.
    """

    names: tuple[str, ...]
    negations: tuple[str, ...] = ()
    inheritable: bool = False


_SPELLED = TypeAdapter(_Spelled)
_DIALECT = TypeAdapter(Dialect)
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a product in the store. ``position`` 0 is the oldest."""

    product: str
    label: str
    position: int
    sources: tuple[Source, ...]
    exhaustive: tuple[Scope, ...]
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Product:
    """One product: its number in the file, and its releases, oldest first."""

    id: int
    releases: dict[str, Release]
    factoring: dict[str, rows.Factoring]

    def labels(self, bits: int) -> tuple[str, ...]:
        """Give the labels of a set of releases, oldest first."""
        return tuple(
            label for label, release in self.releases.items() if bits >> release.position & 1
        )


@dataclass(frozen=True, slots=True)
class Version:
    """What is said of a command at a set of releases, by the numbers of its rows."""

    releases: int
    head: int
    evidence: int
    options: tuple[int, ...]


class StoreFile:
    """One surface store on disk. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises CorruptSnapshot where it isn't a store of this format."""
        self.file = path
        # Opened once and shared: the folder may be deleted while answers are still given from it.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise self.corrupt(error) from error
        self._bits = lru_cache(NODES_KEPT)(self._read_bits)
        self._word = lru_cache(NODES_KEPT)(self._read_word)
        self._held = lru_cache(COMMANDS_KEPT)(self._read_held)
        self._parent = lru_cache(NODES_KEPT)(self._read_parent)
        self.products = self._read_products()
        self.digest = str(self.query("SELECT value FROM meta WHERE key = 'digest'")[0][0])

    def close(self) -> None:
        """Close the connection. The file can't be read afterwards."""
        with self._lock:
            self._connection.close()

    def corrupt(self, detail: object) -> CorruptSnapshot:
        """Make the error that says what of the file can't be read."""
        return CorruptSnapshot(f"{self.file} can't be read: {detail}.", hint="Run: flagstone build")

    def query(self, sql: str, *values: object) -> list[Any]:
        """Run a query. Raises CorruptSnapshot."""
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self.corrupt(error) from error

    # --- the tree of words ------------------------------------------------------------------------

    def child(self, node: int, word: str, position: int) -> int:
        """Give the node that ``word`` leads to at a release, aliases followed; nought if none."""
        found = self._word(node, word)
        if found is None:
            return 0
        child, releases, aliases = found
        for target, held in aliases:
            if held >> position & 1:
                return target
        return child if releases >> position & 1 else 0

    def differing(self, product: int, one: int, other: int) -> list[int]:
        """Give the commands of which something differs between two releases, given as bits."""
        sets = self.query("SELECT id FROM release_sets WHERE product = ?", product)
        apart = {
            number
            for (number,) in sets
            if bool(self._bits(number) & one) != bool(self._bits(number) & other)
        }
        found = self.query("SELECT node, releases FROM versions")
        return sorted({node for node, releases in found if releases in apart})

    def children(self, node: int, position: int) -> tuple[str, ...]:
        """Give the words that may follow at a release, sorted."""
        return tuple(word for _, word in self._below(node, position))

    def described(self, node: int, position: int) -> Iterator[int]:
        """Give the nodes under ``node`` that are commands at a release, in the order of paths."""
        pending = [child for child, _ in self._below(node, position)][::-1]
        while pending:
            node = pending.pop()
            if self.version(node, position):
                yield node
            pending += [child for child, _ in self._below(node, position)][::-1]

    def path(self, node: int) -> tuple[Kind, tuple[str, ...]]:
        """Give the words that lead to a node, and of what kind it is."""
        words: list[str] = []
        while node > 0:
            node, word = self.query("SELECT parent, word FROM nodes WHERE id = ?", node)[0]
            words.append(word)
        return rows.KINDS[-node % len(rows.KINDS)], tuple(reversed(words))

    def parent(self, node: int) -> int:
        """Give the node above, negative above the first word."""
        return self._parent(node)

    # --- what is said of a command ----------------------------------------------------------------

    def versions(self, node: int) -> list[Version]:
        """Give everything said of a command, over all releases."""
        return [
            Version(self._bits(releases), head, evidence, tuple(rows.unpack(options)))
            for releases, head, evidence, options in self.query(
                "SELECT releases, head, evidence, options FROM versions WHERE node = ?", node
            )
        ]

    def version(self, node: int, position: int) -> Version | None:
        """Give what is said of a command at a release."""
        for version in self.versions(node):
            if version.releases >> position & 1:
                return version
        return None

    def text(self, version: Version, node: int, factoring: rows.Factoring) -> str:
        """Give the whole command as one JSON text, joined from its rows."""
        bodies = self._bodies("options", version.options)
        ((squeezed,),) = self.query("SELECT body FROM evidence WHERE id = ?", version.evidence)
        own, *quotes = rows.expand(squeezed).split("\n")
        evidence = factoring.read(own, {})
        options = ",".join(
            f'{bodies[option][:-1]},"evidence":{read}}}' if read else bodies[option]
            for option, read in zip(version.options, quotes, strict=True)
        )
        options = factoring.read(options, rows.pages(_EVIDENCE.validate_json(evidence)))
        kind, path = self.path(node)
        place = json.dumps({"path": path, "kind": kind}, ensure_ascii=False)[:-1]
        facts = self._bodies("heads", (version.head,))[version.head][1:]
        comma = "," if len(facts) > 1 else ""
        return f'{place},"options":[{options}],"evidence":{evidence}{comma}{facts}'

    def declared(self, node: int, spelling: str, *, inheritable: bool) -> int:
        """Give the bits of the releases in which a command declares an option so spelled.

        With ``inheritable``, only where the commands below take it as well.
        """
        own, passed_on = self._held(node).get(spelling, (0, 0))
        return passed_on if inheritable else own

    def _read_held(self, node: int) -> dict[str, tuple[int, int]]:
        """Read, for each spelling, the bits of where it is declared, and where inheritably."""
        found: dict[str, tuple[int, int]] = {}
        versions = self.versions(node)
        bodies = self._bodies("options", [one for version in versions for one in version.options])
        options = {number: _SPELLED.validate_json(body) for number, body in bodies.items()}
        for version in versions:
            for option in (options[number] for number in version.options if number):
                passed_on = version.releases if option.inheritable else 0
                for spelling in (*option.names, *option.negations):
                    own, below = found.get(spelling, (0, 0))
                    found[spelling] = own | version.releases, below | passed_on
        return found

    def postings(self, product: int, spelling: str) -> Iterator[tuple[int, int]]:
        """Give the commands that declare an option so spelled, with bits of the releases."""
        for (body,) in self.query(
            "SELECT body FROM postings WHERE product = ? AND name = ?", product, spelling
        ):
            numbers, node = rows.unpack(body), 0
            for step in numbers:
                node += step
                yield node, self._bits(next(numbers))

    # --- reading ----------------------------------------------------------------------------------

    def _below(self, node: int, position: int) -> list[tuple[int, str]]:
        return [
            (child, word)
            for child, word, releases in self.query(
                "SELECT id, word, releases FROM nodes WHERE parent = ? ORDER BY word", node
            )
            if self._bits(releases) >> position & 1
        ]

    def _read_word(
        self, parent: int, word: str
    ) -> tuple[int, int, tuple[tuple[int, int], ...]] | None:
        for node, releases in self.query(
            "SELECT id, releases FROM nodes WHERE parent = ? AND word = ?", parent, word
        ):
            aliases = self.query("SELECT target, releases FROM aliases WHERE node = ?", node)
            held = tuple((target, self._bits(bits)) for target, bits in aliases)
            return node, self._bits(releases), held
        return None

    def _read_parent(self, node: int) -> int:
        return int(self.query("SELECT parent FROM nodes WHERE id = ?", node)[0][0])

    def _read_bits(self, number: int) -> int:
        found = self.query("SELECT bits FROM release_sets WHERE id = ?", number)
        return int.from_bytes(found[0][0], "little")

    def _bodies(self, table: str, numbers: Sequence[int]) -> dict[int, str]:
        wanted = [number for number in dict.fromkeys(numbers) if number]
        found: dict[int, str] = {}
        for start in range(0, len(wanted), 500):  # older builds of SQLite allow 999 variables
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            sql = f"SELECT id, body FROM {table} WHERE id IN ({marks})"  # noqa: S608
            found.update(self.query(sql, *part))
        return found

    def _read_products(self) -> dict[str, Product]:
        ((application,),) = self.query("PRAGMA application_id")
        ((version,),) = self.query("PRAGMA user_version")
        if (application, version) != (rows.APPLICATION_ID, rows.FORMAT):
            raise self.corrupt(f"it is no surface store of format {rows.FORMAT}")
        products: dict[str, Product] = {}
        for number, name in self.query("SELECT id, name FROM products ORDER BY name"):
            product = products[name] = Product(number, {}, {})
            for row in self.query(
                "SELECT position, label, sources, exhaustive, dialect, bases FROM releases"
                " WHERE product = ? ORDER BY position",
                number,
            ):
                try:
                    release, bases = _release(name, *row)
                except ValueError as error:
                    raise self.corrupt(f"{name}: {error}") from error
                product.releases[release.label] = release
                product.factoring[release.label] = rows.Factoring(release.label, bases)
        return products


def _release(
    product: str, position: int, label: str, *facts: str
) -> tuple[Release, dict[Source, str]]:
    sources, exhaustive, dialect, bases = facts
    release = Release(
        product=product,
        label=label,
        position=position,
        sources=tuple(json.loads(sources)),
        exhaustive=rows.SCOPES.validate_json(exhaustive),
        dialect=_DIALECT.validate_json(dialect),
    )
    return release, json.loads(bases)
