"""Looking truth up: what a product's programs accept at one release, and at which others.

::

    tables = Tables.packaged()
    table = tables.table("kubectl", "1.32")
    table.locate(["kubectl", "-n", "web", "get", "pods"]).path      # ("kubectl", "get")
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from commands.dialect import Dialect, dialect
from commands.model import Arity, Command, Option
from commands.risk.rules import words
from corpora.errors import InvalidRequest, UnknownVersion
from eval.truth.facts import Facts, Flags, Taking, load

FOLDER = Path(__file__).parent

_DIALECTS: Mapping[str, str] = {
    "aws": "aws",
    "az": "argparse",
    "gcloud": "gcloud",
    "docker": "pflag",
    "kubectl": "pflag",
    "podman": "pflag",
    "restic": "pflag",
    "git": "git",
    "openssl": "openssl",
}
"""How each product reads its options; all others are GNU's getopt_long(3)."""
_INHERITING = frozenset({"aws", "az", "gcloud", "kubectl", "podman", "restic"})
"""Products whose program's own options are accepted behind every subcommand as well. Docker's are
not: ``TraverseChildren`` in docker/cli."""
PLUGINS: Mapping[str, frozenset[str]] = {
    "docker": frozenset({"buildx", "compose", "scout", "model", "mcp", "ai", "debug", "sandbox"}),
    "kubectl": frozenset({"krew", "ctx", "ns", "neat", "tree", "argo"}),
    "git": words(
        """
        bisect bundle config credential daemon fast-import filter-branch filter-repo flow
        history hook index-pack instaweb lfs maintenance mergetool reflog refs repo request-
        pull shell sparse-checkout stash submodule subtree unpack-objects var worktree
        """
    ),
}
"""First words of which nothing can be said: programs of their own, and commands of git that don't
tell their options (``git --list-cmds=main`` names them)."""


_BEFORE: Mapping[str, Flags] = {
    "git": {
        **dict.fromkeys(("-C", "-c", "--config-env", "--attr-source", "--list-cmds"), "one"),
        **dict.fromkeys(("--git-dir", "--work-tree", "--namespace"), "one"),
        "--exec-path": "optional",
        **dict.fromkeys(("-p", "--paginate", "-P", "--no-pager", "--bare", "--no-advice"), "none"),
        **dict.fromkeys(("--no-replace-objects", "--no-lazy-fetch"), "none"),
        **dict.fromkeys(("--no-optional-locks", "--literal-pathspecs"), "none"),
        **dict.fromkeys(("--html-path", "--man-path", "--info-path"), "none"),
    }
}
"""Options of a program before its subcommand, where asking it lists only those of the subcommands:
the usage that ``git`` prints, and handle_options() in its git.c."""


@dataclass(frozen=True, slots=True)
class Located:
    """Which command some words are, and what is left of them.

    ``before`` are the words between the names of the path: options of the commands above.
    """

    path: tuple[str, ...]
    before: tuple[str, ...]
    rest: tuple[str, ...]
    unknown: str = ""
    """The word that stands where a subcommand must, and is none."""


@dataclass(frozen=True)
class Table:
    """One release of one product."""

    facts: Facts
    _commands: dict[str, Command] = field(default_factory=dict, repr=False)

    @property
    def release(self) -> str:
        """The release as the facts label it."""
        return self.facts.release

    @cached_property
    def dialect(self) -> Dialect:
        """How options are read."""
        found = dialect(_DIALECTS.get(self.facts.product, "gnu"))
        # gcloud has --no-x for every switch --x; its dump lists only some of them.
        return replace(found, negations=("no-",)) if self.facts.product == "gcloud" else found

    @cached_property
    def programs(self) -> frozenset[str]:
        """The names of the executables."""
        return frozenset(path.partition(" ")[0] for path in self.facts.commands)

    @cached_property
    def children(self) -> Mapping[str, frozenset[str]]:
        """Path → the words that may follow it."""
        found: dict[str, set[str]] = {}
        for path in self.facts.commands:
            words = path.split()
            for length in range(1, len(words)):
                found.setdefault(" ".join(words[:length]), set()).add(words[length])
        return {path: frozenset(words) for path, words in found.items()}

    def known(self, path: Sequence[str]) -> bool:
        """Whether it is a command or a group of commands."""
        name = " ".join(path)
        return name in self.facts.commands or name in self.children

    def flags(self, path: Sequence[str]) -> Flags:
        """Every spelling accepted by the command, its program's inherited ones included."""
        name = " ".join(path)
        found: Flags = {}
        if self.facts.product in _INHERITING:
            found.update(self._own(path[0]))
        found.update(self._own(name))
        return found

    def _own(self, name: str) -> Flags:
        above = _BEFORE.get(name, {})
        return {**above, **self.facts.unlisted.get(name, {}), **self.facts.commands.get(name, {})}

    def command(self, path: Sequence[str]) -> Command:
        """The command as readers of words want it, each spelling an option of its own."""
        name = " ".join(path)
        if name not in self._commands:
            choices = self.facts.choices.get(name, {})
            self._commands[name] = Command(
                tuple(path),
                options=tuple(
                    Option((spelling,), _ARITY[taking], choices=choices.get(spelling, ()))
                    for spelling, taking in sorted(self.flags(path).items())
                ),
                dialect=self.dialect,
            )
        return self._commands[name]

    def open(self, path: Sequence[str]) -> bool:
        """Whether the command accepts more than is known: absence proves nothing."""
        return " ".join(path) in self.facts.open

    def deprecated(self, path: Sequence[str]) -> frozenset[str]:
        """Spellings that are accepted with a warning."""
        return frozenset(self.facts.deprecated.get(" ".join(path), ()))

    def required(self, path: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Options that the command can't do without, each with all its spellings."""
        return tuple(tuple(one.split("|")) for one in self.facts.required.get(" ".join(path), ()))

    def locate(self, words: Sequence[str]) -> Located:
        """Find the command that ``words`` are; the first is the program."""
        path, at = [words[0]], 1
        before: list[str] = []
        while (below := self.children.get(" ".join(path))) and at < len(words):
            word = words[at]
            if word in below:
                path.append(word)
                at += 1
            elif word.startswith("-") and word not in {"-", "--"}:
                length = 1 + self._takes_next(path, word)
                before += words[at : at + length]
                at += length
            else:
                lone = " ".join(path) in self.facts.commands and len(path) > 1
                takes = lone and self.facts.product in {"git", "docker", "podman"}
                unknown = "" if takes or word == "--" else word
                return Located(tuple(path), tuple(before), tuple(words[at:]), unknown)
        return Located(tuple(path), tuple(before), tuple(words[at:]))

    def _takes_next(self, path: Sequence[str], word: str) -> int:
        taking = self.flags(path).get(word)
        if taking is None and self.facts.product in _INHERITING:
            # An option of a command further down, given too early: --filter in `docker --filter x`.
            taking = self.flags(path[:1]).get(word)
        return int(taking in {"one", "many"} and "=" not in word)


_ARITY: Mapping[Taking, Arity] = {
    "none": "none",
    "one": "one",
    "optional": "optional",
    "many": "many",
    "any": "any",
    "unknown": "optional",
}


class Tables:
    """All releases of all products that there are facts of."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files: dict[str, dict[str, Path]] = {}
        for file in sorted(files):
            product, _, release = file.name.removesuffix(".json.gz").rpartition("-")
            self._files.setdefault(product, {})[release] = file
        for product, held in self._files.items():
            self._files[product] = dict(sorted(held.items(), key=lambda one: release_key(one[0])))
        self._open: dict[tuple[str, str], Table] = {}

    @classmethod
    def packaged(cls) -> Tables:
        """The facts that come with this package."""
        return cls(FOLDER.glob("*.json.gz"))

    @property
    def products(self) -> tuple[str, ...]:
        """Products with facts."""
        return tuple(self._files)

    def releases(self, product: str) -> tuple[str, ...]:
        """The releases of a product, oldest first. Raises InvalidRequest."""
        if product not in self._files:
            raise InvalidRequest(
                f"There is no truth for {product!r}.", hint=f"There is for: {', '.join(self)}."
            )
        return tuple(self._files[product])

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def table(self, product: str, release: str) -> Table:
        """One release. Raises InvalidRequest, UnknownVersion."""
        held = self.releases(product)
        if release not in held:
            raise UnknownVersion(product, release, available=held, policy="exact")
        key = product, release
        if key not in self._open:
            self._open[key] = Table(load(self._files[product][release]))
        return self._open[key]

    def fingerprint(self, products: Iterable[str]) -> str:
        """Names exactly what is known of some products, all their releases included."""
        digest = hashlib.sha256()
        for product in sorted({*products} & self._files.keys()):
            for release, file in self._files[product].items():
                digest.update(f"{product} {release}\n".encode() + file.read_bytes())
        return digest.hexdigest()[:16]

    def others(self, product: str, release: str) -> Iterator[Table]:
        """The product's other releases, oldest first."""
        for other in self.releases(product):
            if other != release:
                yield self.table(product, other)


def release_key(release: str) -> tuple[int, ...]:
    """Order releases by their numbers: 2.9 comes before 2.17."""
    return tuple(int(part) for part in release.split(".") if part.isdigit())
