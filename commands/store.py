"""The surface store, open for reading: one command at one release, and where an option exists.

One file that never changes, written by `commands.writer`. Opening reads the list of products and
releases; a command is decoded when it is asked for, and the last ones are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from commands import rows
from commands.model import Command, Kind, Option
from commands.storefile import Release, StoreFile
from corpora.errors import NoSnapshot, UnknownProduct, UnknownVersion
from corpora.suggest import closest

COMMANDS_KEPT = 2048
"""Decoded commands kept. One of AWS takes about 5 kB, so 10 MB when full."""

_FACTS = tuple(field.name for field in fields(Option))

LIVES_KEPT = 16_384
"""Options whose releases are kept: some 4 MB when full."""


@dataclass(frozen=True, slots=True)
class Match:
    """The command that words name.

    ``named`` are the indices of the words of its path, aliases as they were typed; the words
    between them and before ``consumed`` are options of the commands above it.
    """

    command: Command
    consumed: int
    named: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A command that declares an option, and the releases in which it does, oldest first."""

    path: tuple[str, ...]
    kind: Kind
    releases: tuple[str, ...]


class SurfaceStore:
    """Every surface of a snapshot. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._file = StoreFile(path)
        self._command = lru_cache(COMMANDS_KEPT)(self._decode)
        self._lives = lru_cache(LIVES_KEPT)(self._releases_with)
        self._nodes = lru_cache(COMMANDS_KEPT)(self._nodes_at)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store. Raises NoSnapshot where there is none, CorruptSnapshot where it is bad."""
        if not path.is_file():
            raise NoSnapshot(f"{path} is not there.", hint="Run: flagstone build")
        return cls(path)

    def close(self) -> None:
        """Close the file. The store can't be used afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- what there is ----------------------------------------------------------------------------

    @property
    def digest(self) -> str:
        """SHA-256 over the facts in it, whatever the bytes of the file."""
        return self._file.digest

    @property
    def products(self) -> tuple[str, ...]:
        """The products that have a surface, by name."""
        return tuple(self._file.products)

    def releases(self, product: str) -> tuple[Release, ...]:
        """Give all releases of a product, oldest first. Raises UnknownProduct."""
        try:
            return tuple(self._file.products[product].releases.values())
        except KeyError:
            raise UnknownProduct(
                product, available=self.products, suggestions=closest(product, self.products)
            ) from None

    def release(self, product: str, label: str) -> Release:
        """Give one release. Raises UnknownProduct or UnknownVersion."""
        try:
            return self._file.products[product].releases[label]
        except KeyError:
            known = [release.label for release in self.releases(product)]
            raise UnknownVersion(
                product,
                label,
                available=known,
                suggestions=closest(label, known),
                policy="exact",
            ) from None

    # --- one command ------------------------------------------------------------------------------

    def command(
        self, product: str, release: str, path: Sequence[str], kind: Kind = "command"
    ) -> Command | None:
        """Give the command at ``path`` (or at an alias of it), or None where there is none.

        Its options include those inherited from above. A word that leads to other commands and is
        described nowhere gives a partial one. Raises UnknownProduct, UnknownVersion.
        """
        node = self._walk(self.release(product, release), path, kind)
        return self._command(product, release, node) if node else None

    def match(
        self, product: str, release: str, words: Sequence[str], kind: Kind = "command"
    ) -> Match | None:
        """Give the command with the longest path that ``words`` begin with, or None.

        Options of the commands above may stand between the words of the path: ``git -C dir log``.
        The first word is the executable's name without a folder.
        """
        at = self.release(product, release)
        node = self._walk(at, words[:1], kind)
        if not node:
            return None
        command = self._command(product, release, node)
        named = [0]
        while command.children:
            step = _skip_options(command, words, named[-1] + 1)
            below = self._file.child(node, words[step], at.position) if step < len(words) else 0
            if not below:
                break
            node = below
            named.append(step)
            command = self._command(product, release, node)
        return Match(command, named[-1] + 1, tuple(named))

    def children(
        self, product: str, release: str, path: Sequence[str] = (), kind: Kind = "command"
    ) -> tuple[str, ...]:
        """Give the words that may follow ``path`` at that release, sorted, aliases among them."""
        at = self.release(product, release)
        node = self._walk(at, path, kind) if path else self._root(product, kind)
        return self._file.children(node, at.position) if node else ()

    def paths(
        self, product: str, release: str, kind: Kind = "command"
    ) -> Iterator[tuple[str, ...]]:
        """Give all paths of a release in order, aliases left out. Decodes no command."""
        at = self.release(product, release)
        for node in self._file.described(self._root(product, kind), at.position):
            yield self._file.path(node)[1]

    def commands(self, product: str, release: str, kind: Kind = "command") -> Iterator[Command]:
        """Give all commands of a release in the order of their paths, decoded one by one."""
        at = self.release(product, release)
        for node in self._file.described(self._root(product, kind), at.position):
            yield self._decode(product, release, node)

    # --- where something exists -------------------------------------------------------------------

    def releases_of(
        self, product: str, path: Sequence[str], kind: Kind = "command"
    ) -> tuple[str, ...]:
        """Give the releases, oldest first, that have such a command (or alias)."""
        return tuple(at.label for at in self.releases(product) if self._walk(at, path, kind))

    def releases_with(
        self, product: str, path: Sequence[str], option: str, kind: Kind = "command"
    ) -> tuple[str, ...]:
        """Give the releases, oldest first, in which the command takes ``option``.

        Inherited options count; ``option`` is one exact spelling, negations included.
        """
        return self._lives(product, tuple(path), option, kind)

    def _releases_with(
        self, product: str, path: tuple[str, ...], option: str, kind: Kind
    ) -> tuple[str, ...]:
        bits: dict[int, int] = {}
        found: list[str] = []
        for at, node in self._nodes(product, path, kind):
            if node not in bits:
                bits[node] = self._declared(node, option)
            if bits[node] >> at.position & 1:
                found.append(at.label)
        return tuple(found)

    def _nodes_at(
        self, product: str, path: tuple[str, ...], kind: Kind
    ) -> tuple[tuple[Release, int], ...]:
        """Where ``path`` leads at each release that has it: asked for each option of a command."""
        nodes = ((at, self._walk(at, path, kind)) for at in self.releases(product))
        return tuple((at, node) for at, node in nodes if node)

    def options_anywhere(
        self, product: str, option: str, *, at_most: int | None = None
    ) -> tuple[Place, ...]:
        """Give the commands that declare ``option`` in any release, in the order of their paths.

        With ``at_most``, some so many of them: 19,000 commands of aws take ``--cli-input-json``.
        """
        self.releases(product)
        known = self._file.products[product]
        places = (
            (*self._file.path(node), known.labels(bits))
            for node, bits in islice(self._file.postings(known.id, option), at_most)
        )
        return tuple(Place(path, kind, releases) for kind, path, releases in sorted(places))

    def changed(
        self, product: str, old: str, new: str
    ) -> Iterator[tuple[Command | None, Command | None]]:
        """Give the commands of which a fact or its evidence differs between two releases.

        Pairs of before and after, None where there is none, with the options that each declares
        itself. Commands that are alike aren't decoded.
        """
        one, other = (1 << self.release(product, label).position for label in (old, new))
        nodes = self._file.differing(self._file.products[product].id, one, other)
        for node in sorted(nodes, key=self._file.path):
            held = [version.releases for version in self._file.versions(node)]
            before, after = (
                self._own(product, label, node) if any(bits & bit for bits in held) else None
                for label, bit in ((old, one), (new, other))
            )
            yield before, after

    # --- decoding ---------------------------------------------------------------------------------

    def _root(self, product: str, kind: Kind) -> int:
        return rows.root(self._file.products[product].id, kind)

    def _walk(self, at: Release, path: Sequence[str], kind: Kind) -> int:
        """Give the node at ``path``, aliases followed; nought where the release has none."""
        node = self._root(at.product, kind)
        for word in path:
            node = self._file.child(node, word, at.position)
            if not node:
                return 0
        return max(node, 0)

    def _declared(self, node: int, option: str) -> int:
        held = self._file.declared(node, option, inheritable=False)
        while (node := self._file.parent(node)) > 0:
            held |= self._file.declared(node, option, inheritable=True)
        return held

    def _own(self, product: str, release: str, node: int) -> Command:
        """Decode a command with the options that it declares itself."""
        known = self._file.products[product]
        at = known.releases[release]
        children = self._file.children(node, at.position)
        version = self._file.version(node, at.position)
        if version is None:
            kind, path = self._file.path(node)
            return Command(path, kind, children=children, dialect=at.dialect, partial=True)
        try:
            text = self._file.text(version, node, known.factoring[release])
            command: Command = rows.COMMAND.validate_json(text)
        except (ValueError, KeyError) as error:
            raise self._file.corrupt(f"{' '.join(self._file.path(node)[1])}: {error}") from error
        return replace(
            command,
            children=children,
            dialect=command.dialect or at.dialect,
            sources=command.sources or at.sources,
            options=tuple(
                option if option.sources else _stated(option, sources=at.sources)
                for option in command.options
            ),
        )

    def _decode(self, product: str, release: str, node: int) -> Command:
        own = self._own(product, release, node)
        parent = self._file.parent(node)
        if parent < 0:
            return own
        inherited = _inherited(own, self._command(product, release, parent))
        return replace(own, options=(*own.options, *inherited))


def _inherited(command: Command, above: Command) -> Iterator[Option]:
    """Give the options of the command above that hold here too, unless one here has the name."""
    taken = {name for option in command.options for name in option.spellings}
    for option in above.options:
        if option.inheritable and taken.isdisjoint(option.spellings):
            yield option if option.inherited else _stated(option, inherited=True)


def _stated(option: Option, **facts: object) -> Option:
    """As `replace`, for facts that are known to be valid.

    It would validate all the others again: 12 µs instead of 4, for most options of a command.
    """
    made = object.__new__(Option)
    for name in _FACTS:
        object.__setattr__(made, name, facts[name] if name in facts else getattr(option, name))
    return made


def _skip_options(command: Command, words: Sequence[str], index: int) -> int:
    """Give the index of the first word from ``index`` on that is no option of ``command``."""
    while index < len(words) and words[index].startswith("-") and words[index] != "--":
        word = words[index]
        index += 1
        option = command.option(word)
        if option is not None and option.arity in {"one", "many"}:
            index += 1
        elif option is None and "=" not in word and index + 1 < len(words):
            # Unknown: it takes the next word if that is neither a subcommand nor an option, and the
            # one after is.
            after = words[index + 1]
            taken = words[index] not in command.children and (
                after in command.children
                or (after.startswith("-") and not words[index].startswith("-"))
            )
            index += taken
    return index
