"""Reading product and version out of a question in plain words.

A **product** is named by its id, title or an alias, or by one of its executables (``pg_dump``;
``pg_*`` declares a family). Names inside addresses, file names and other words don't count:
``github.com``, ``.git/config``, ``digit``, ``node-postgres``, ``docker-compose``. A hyphen is
allowed only where a reference page says so: ``git-rebase`` where ``git rebase`` is documented. An
executable that is an English word (``scalar``) counts only where a command stands: followed by an
option, or quoted, or after a prompt.

A **version** stands beside the name; ``retrieval.version_words`` says which numbers are versions.
Two different versions of the chosen product (``from postgres 13 to 15``) are reported and none is
chosen.

Where several products are named, one is chosen if it alone has a version, or if the question starts
with its command; where these are two, or neither holds, none is, and the caller decides. Time grows
with the length of the question; what is beyond MAX_QUESTION characters is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from corpora.catalogue import Product
from corpora.model import Frozen
from retrieval.version_words import Written, beside, elsewhere, introduced

PRODUCTS_KEPT = 512
"""Products of which the pattern is kept: each is looked for in every question that names none."""

MAX_QUESTION = 8192
"""Characters read of a question: more than a page of text, less than a pasted log."""

# fmt: off
ORDINARY_WORDS = frozenset({
    "ab", "arch", "base", "bind", "bridge", "cal", "cat", "chain", "chat", "column", "comm",
    "convert", "cut", "date", "diff", "dir", "echo", "eject", "env", "expand", "expiry", "expr",
    "factor", "file", "find", "fmt", "fold", "free", "group", "groups", "halt", "head", "host",
    "id", "import", "info", "install", "ip", "join", "kill", "last", "less", "link", "local",
    "locate", "log", "logger", "look", "mail", "make", "man", "more", "mount", "net", "nice", "od",
    "ping", "pr", "print", "profiles", "prune", "purge", "query", "random", "rename", "replace",
    "reset", "rev", "run", "scalar", "scan", "screen", "script", "seq", "service", "shred",
    "shutdown", "sleep", "sort", "split", "stat", "strings", "sum", "sync", "tail", "tee", "test",
    "time", "timeout", "top", "touch", "tree", "true", "type", "unlink", "uptime", "users", "view",
    "w", "wait", "wall", "watch", "which", "who", "yes",
})
# fmt: on
"""Names of executables that are English words: of git, coreutils, util-linux, procps, systemd."""

_NOT_BEFORE = r"(?<![\w.\-/@\\$~+])"
_NOT_AFTER = re.compile(
    r"[^\W\d]|-[^\W\d]|[/\\@][^\W\d]|\.(?!conf\b|auto\.conf\b|exe\b|service\b|sock\b)[^\W\d]"
)
"""What makes a name part of another: docker/cli, postgres@host, git.c; not postgresql.conf."""
_HYPHENATED = re.compile(r"(?:-[a-z0-9]{1,40}){1,6}(?![\w-])")
_SUBCOMMAND = re.compile(r"(?:\s{1,4}[a-z][a-z0-9-]{0,40}){1,3}")
_COMPOUND = re.compile(_NOT_BEFORE + r"[a-z][a-z0-9]{0,40}(?:[_-][a-z0-9]{1,40}){1,6}(?![\w-])")
_ADDRESS = re.compile(r"://|^www\.|\.(?:com|org|net|io|dev|edu|gov)(?![\w-])", re.IGNORECASE)
_PROMPT = re.compile(r"\s{0,8}(?P<mark>[$#>]\s{0,4}|`{1,3}|(?:sudo\s{1,4}))?")
_QUOTED = ("`", "$ ", "# ", "sudo ")
_OPTION = re.compile(r"\s{1,4}--?[A-Za-z]")
_ARGUMENT = re.compile(
    r"\s{1,4}(?!(?:and|or|vs|versus|in|inside|on|with|for|from|to|is|as|at|of|by|than|not|can|does"
    r"|has|docs|documentation|version|release)(?!\w))[a-z]"
)


class Recognised(Frozen):
    """What a question names.

    ``evidence`` is the slice of the question that it was read from, empty where nothing was chosen.
    ``candidates`` are all products named, in the order of the question. ``versions`` are all that
    stand beside the chosen one; with more than one, ``version`` is None.
    """

    product: str | None = None
    version: str | None = None
    evidence: str = ""
    candidates: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Mention:
    product: str
    start: int
    end: int
    commanding: bool
    """Whether it stands as a command where the question starts."""
    versions: tuple[Written, ...]


def recognise(
    question: str,
    products: Mapping[str, Product],
    commands: Mapping[str, Set[str]] | None = None,
) -> Recognised:
    """Read which product, and which version of it, a question is about. Never raises.

    ``commands`` maps a product to the command lines that have a reference page (``git rebase``).
    """
    text = question[:MAX_QUESTION]
    named: dict[str, list[_Mention]] = {}
    for mention in sorted(_mentions(text, products, commands or {}), key=lambda m: m.start):
        named.setdefault(mention.product, []).append(mention)
    chosen = _choose(named)
    if chosen is None:
        return Recognised(candidates=tuple(named))
    mentions = named[chosen]
    best = next(
        (m for m in mentions if m.versions),
        next((m for m in mentions if m.commanding), mentions[0]),
    )
    written = [one for mention in mentions for one in mention.versions]
    if not written:
        written = list(elsewhere(text, products[chosen]))
    versions = _distinct(written)
    ends = [best.start, best.end]
    if len(versions) == 1:
        one = next(one for one in written if one.version == versions[0])
        ends += [one.start, one.end]
    return Recognised(
        product=chosen,
        version=versions[0] if len(versions) == 1 else None,
        evidence=text[min(ends) : max(ends)],
        candidates=tuple(named),
        versions=versions,
    )


_WORD = re.compile(r"[a-z][a-z0-9_.-]*[a-z0-9]|[a-z]")


def spelled(question: str, commands: Set[str]) -> frozenset[str]:
    """Which documented command lines a question spells: ``git stash``, ``git-stash``, ``pg_dump``.

    The longest that starts at a word. A command that is an English word says nothing, and neither
    does one that all the others belong to: it names the product.
    """
    words = _WORD.findall(question[:MAX_QUESTION])
    found = set()
    for at, word in enumerate(words):
        for line in (" ".join(words[at : at + 4]), word.replace("-", " ", 1)):
            while line and line not in commands:
                line = line.rpartition(" ")[0]
            if line and (" " in line or line not in ORDINARY_WORDS):
                found.add(line)
                break
    if len(commands) > 1:
        found -= {one for one in found if all(c.startswith(one) for c in commands)}
    return frozenset(found)


def _choose(named: Mapping[str, Sequence[_Mention]]) -> str | None:
    if len(named) == 1:
        return next(iter(named))
    versioned = {name for name, found in named.items() if any(m.versions for m in found)}
    commanding = {name for name, found in named.items() if any(m.commanding for m in found)}
    strong = commanding if len(versioned) != 1 else versioned | commanding
    if len(strong) == 1 and (not versioned or strong & versioned):
        return next(iter(strong))
    return None


def _distinct(written: Sequence[Written]) -> tuple[str, ...]:
    """Keep each version once; 13 says nothing beside 13.4."""
    versions = dict.fromkeys(one.version for one in written)
    return tuple(v for v in versions if not any(other.startswith(f"{v}.") for other in versions))


def _mentions(
    text: str, products: Mapping[str, Product], commands: Mapping[str, Set[str]]
) -> Iterator[_Mention]:
    masked = _mask_addresses(text)
    prompt = _PROMPT.match(masked)
    first, prompted = (prompt.end(), prompt["mark"] is not None) if prompt else (0, False)
    for product in products.values():
        documented = commands.get(product.id, frozenset())
        names, pattern = _named(product.id, product.title, product.aliases, product.commands)
        for match in pattern.finditer(masked):
            mention = _mention(masked, match, product, names, documented)
            if mention is None:
                continue
            is_first = prompted or mention.commanding
            yield replace(mention, commanding=is_first and mention.start == first)
        for match in _COMPOUND.finditer(masked):
            if match[0] in documented and not _is_executable(match[0], product):
                versions = tuple(beside(masked, *match.span(), product))
                yield _Mention(product.id, *match.span(), match.start() == first, versions)


def _mention(
    text: str, match: re.Match[str], product: Product, names: Set[str], documented: Set[str]
) -> _Mention | None:
    """Judge one occurrence of a name; ``commanding`` says only that it looks like a command."""
    name, (start, end) = " ".join(match[0].lower().split()), match.span()
    spoken = _spoken_end(text, name, end, documented)
    if spoken is None:
        return None
    option = _OPTION.match(text, end) is not None
    quoted = text[:start].endswith(_QUOTED)
    if name in ORDINARY_WORDS and name not in names and not (option or quoted):
        return None
    versions = beside(text, start, end, product)
    if spoken > end and not versions and (late := introduced(text, spoken, product, by_word=True)):
        versions = [late]
    if text[end : end + 1].isdigit() and not versions:  # git2go, pg2
        return None
    followed = match[0].islower() and _ARGUMENT.match(text, end) is not None
    commanding = _is_executable(name, product) and (
        spoken > end or option or followed or name not in names
    )
    return _Mention(product.id, start, spoken, commanding, tuple(versions))


def _is_executable(name: str, product: Product) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in product.commands)


@lru_cache(PRODUCTS_KEPT)
def _named(
    product: str, title: str, aliases: tuple[str, ...], commands: tuple[str, ...]
) -> tuple[frozenset[str], re.Pattern[str]]:
    """A product's names, and one pattern for them and its executables, the longest first."""
    names = frozenset(name.lower() for name in (product, title, *aliases))
    spellings = sorted(names | {name.lower() for name in commands}, key=len, reverse=True)
    alternatives = "|".join(
        re.escape(name).replace(r"\*", r"\w{0,63}").replace(r"\ ", r"\s{1,3}") for name in spellings
    )
    pattern = rf"{_NOT_BEFORE}(?:{alternatives})(?![^\W\d])"
    return names, re.compile(pattern, re.IGNORECASE)


def _spoken_end(text: str, name: str, end: int, documented: Set[str]) -> int | None:
    """Where the mention ends, a documented subcommand included; None where it isn't a name."""
    hyphenated = _HYPHENATED.match(text, end)
    if hyphenated and f"{name}{hyphenated[0].replace('-', ' ')}" in documented:
        return hyphenated.end()
    if hyphenated and f"{name} {hyphenated[0][1:]}" in documented:  # git-cherry-pick
        return hyphenated.end()
    if _NOT_AFTER.match(text, end):
        return None
    following = _SUBCOMMAND.match(text, end)
    words = following[0] if following else ""
    while words:
        if f"{name} {' '.join(words.split())}" in documented:
            return end + len(words)
        words = words.rstrip()[: -len(words.split()[-1])].rstrip()
    return end


def _mask_addresses(text: str) -> str:
    """Replace every address by as many spaces."""
    return re.sub(
        r"\S+", lambda word: " " * len(word[0]) if _ADDRESS.search(word[0]) else word[0], text
    )
