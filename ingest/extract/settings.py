"""Configuration parameters of a page: PostgreSQL's ``wal_level (enum)``, with what is said of them.

A parameter's unit shows in its type and metavar: ``work_mem`` is a size in kilobytes, and takes
``64MB`` as well. When it may be changed stands as a second quotation in its evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from commands.dialect import dialect
from commands.model import Command, Evidence, Option, ValueType
from corpora.model import Block, Entry, Page
from ingest.extract import prose
from ingest.parse.clean import words

FILE = "postgresql.conf"

Changeable = Literal["server start", "reload", "superuser", "session start", "any time"]
"""When a parameter may be changed. superuser: at any time, by those."""

_TERM = re.compile(
    r"(?P<name>[A-Za-z_][\w.]*) \((?P<type>integer|boolean|enum|string|floating point|real"
    r"|timestamp|pg_lsn)(?:, [^)]*)?\)"
)
_ONLY = re.compile(r"(?P<name>[a-z_]+) = '(?P<value>\w+)'")  # recovery_target = 'immediate'
_TYPES: dict[str, ValueType] = {
    "integer": "integer",
    "boolean": "boolean",
    "enum": "string",
    "string": "string",
    "floating point": "number",
    "real": "number",
    "timestamp": "timestamp",
    "pg_lsn": "string",
}
_UNIT = re.compile(
    r"without units, it is taken as (?P<unit>kilobytes|bytes|megabytes|blocks|milliseconds|seconds"
    r"|minutes|microseconds|hours|days)"
)
_SIZES = frozenset({"kilobytes", "bytes", "megabytes", "blocks"})
_CHANGE: tuple[tuple[re.Pattern[str], Changeable], ...] = (
    (
        re.compile(r"\bcan only be set (?:at server start|on the postgres command line)"),
        "server start",
    ),
    (re.compile(r"\bcan only be set in the postgresql\.conf file\b"), "reload"),
    (
        re.compile(r"\bcan change this parameter at session start|cannot be changed after session"),
        "session start",
    ),
    (re.compile(r"\bOnly superusers\b.* can change th(?:is|ese) settings?\b"), "superuser"),
)
_LISTED = re.compile(
    r"\b(?:[Vv]alid|[Pp]ossible|[Aa]llowed|[Aa]vailable) (?:values|options)(?: are|:)\s+"
    r"(?P<list>.+?)(?:\.(?=\s|\Z)|;|\Z)",
    re.DOTALL,
)
_REMARK = re.compile(r"\s*\([^()]*\)|, (?:which|the default)\b[^,]*(?=,|\Z)|\s+\(.*\Z")
_MEMBER = re.compile(r"[\"'`“]?(?P<word>[A-Za-z][\w-]{0,40})[\"'`”]?")
_BULLET = re.compile(r"- (?P<word>[a-z][\w-]{0,40}) \(")
_POSSIBLE = re.compile(r"\b(?:[Pp]ossible|[Vv]alid) (?:values|options) are:\Z")
_THE_DEFAULT = (
    re.compile(
        r"(?<![\w.-])[\"“]?(?P<value>[\w.-]+)[\"”]? "
        r"\((?:which is )?the default(?: setting| value)?\b"
    ),
    re.compile(
        r"\b[Tt]he default (?:value |setting )?(?:for this (?:setting|parameter) )?is "
        r"(?:(?P<unit>[\w-]+ )??)(?:the value )?[\"“']?(?P<value>-?[\w./:%$,-]*\w)[\"”']?"
        r"(?=[\s.,;)(]|\Z)"
    ),
    re.compile(r"\bThis parameter is (?P<value>on|off) by default\b"),
    re.compile(r"\b(?P<value>on|off) by default\b"),
    re.compile(r"\bBy default, this is set to (?P<value>on|off)\b"),
    re.compile(r"\bset to (?P<value>on|off), which is the default\b"),
)
_NUMERIC = frozenset({"integer", "floating point", "real"})
_AMOUNT = re.compile(
    r"(?P<number>-?\d[\d.]*(?<!\.)(?:(?:[kMGT]?B|ms|s|min|h|d|us)\b)?)"
    r"(?: (?P<word>[A-Za-z]+))?(?: (?:of WAL )?\((?P<exact>\d+(?:[kMGT]?B|ms|s|min|h|d))\))?"
)
_MULTIPLES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_UNITS = {
    "byte": "B",
    "kilobyte": "kB",
    "megabyte": "MB",
    "gigabyte": "GB",
    "millisecond": "ms",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "day": "d",
    "kB": "kB",
    "MB": "MB",
    "GB": "GB",
}
"""Units as the text has them, and as a file takes them."""
_NO_VALUES = words("to the not a an chosen taken determined empty read")
_NOT_READ = frozenset({"runtime-config-preset"})
"""Read-only: they report how the server was built, and no file may set them."""


def settings_of(page: Page, url: str = "") -> Command | None:
    """The parameters that ``page`` describes, as part of the configuration file they belong in.

    None where it describes none. Storage parameters and options of foreign servers are not in it.
    """
    if page.slug in _NOT_READ:
        return None
    options: dict[str, Option] = {}
    for section in page.sections:
        for entry in _entries(section.blocks):
            for option in _parameters(entry, url):
                options.setdefault(option.names[0], option)
    if not options:
        return None
    return Command(
        path=(FILE,),
        kind="configuration",
        options=tuple(options.values()),
        dialect=dialect("configuration"),
        evidence=(Evidence("documentation", url=url, quote=page.title[: prose.MAX_LINE]),),
    )


def changeable(texts: Sequence[str]) -> tuple[Changeable, str]:
    """When a parameter may be changed, and the sentence that says so (empty: none does)."""
    for sentence in (one for text in texts for one in prose.sentences(text)):
        for pattern, when in _CHANGE:
            if pattern.search(sentence):
                return when, sentence
    return "any time", ""


def _entries(blocks: Sequence[Block]) -> Iterator[Entry]:
    for block in blocks:
        if isinstance(block, Entry):
            yield block
            yield from _entries(block.body)


def _parameters(entry: Entry, url: str) -> Iterator[Option]:
    for term in entry.terms:
        match = _TERM.fullmatch(term)
        if match is None and entry.anchor.startswith("GUC-") and (only := _ONLY.fullmatch(term)):
            yield Option(
                names=(only["name"],),
                arity="one",
                type="string",
                choices=(only["value"],),
                description=prose.first_sentence(_first(entry)),
                evidence=(Evidence("documentation", url=f"{url}#{entry.anchor}", quote=term),),
            )
        if match is None or not (entry.anchor.startswith("GUC-") or "." in match["name"]):
            continue
        texts = prose.paragraphs(entry.body)
        anchor = f"#{entry.anchor}" if entry.anchor and url else ""
        evidence = [Evidence("documentation", url=f"{url}{anchor}", quote=term)]
        _, sentence = changeable(texts)
        if sentence:
            evidence.append(Evidence("documentation", url=f"{url}{anchor}", quote=sentence[:4000]))
        kind = _TYPES[match["type"]]
        unit = next((m["unit"] for text in texts if (m := _UNIT.search(text))), "")
        if unit:
            kind = "size" if unit in _SIZES else "duration"
        yield Option(
            names=(match["name"],),
            arity="one",
            metavar=unit or match["type"],
            type=kind,
            choices=_choices(texts) if match["type"] == "enum" else (),
            default=_default(texts, match["type"]),
            deprecated=prose.deprecation_in(texts),
            description=prose.first_sentence(_first(entry)),
            evidence=tuple(evidence),
        )


def _first(entry: Entry) -> str:
    return next(iter(prose.paragraphs(entry.body)), "")


def _choices(texts: Sequence[str]) -> tuple[str, ...]:
    """All values of an enum where the text lists them; other lists are told apart by their form."""
    for number, text in enumerate(texts):
        if _POSSIBLE.search(text):
            found = [m["word"] for other in texts[number + 1 :] if (m := _BULLET.match(other))]
            return tuple(dict.fromkeys(found))
        match = _LISTED.search(text)
        if match is None:
            continue
        bare = _REMARK.sub("", match["list"])
        parts = [part for part in re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", bare) if part]
        words = [_MEMBER.fullmatch(part.strip()) for part in parts]
        if len(parts) > 1 and all(words):
            return tuple(dict.fromkeys(word["word"] for word in words if word))
    return ()


def _default(texts: Sequence[str], kind: str) -> str | None:
    for pattern in _THE_DEFAULT:
        for text in texts:
            match = pattern.search(text)
            if match is None:
                continue
            if kind in _NUMERIC and (number := _AMOUNT.match(text, match.start("value"))):
                return _amount(number)
            if _fits(match["value"], kind):
                return match["value"]
    return None


def _amount(match: re.Match[str]) -> str:
    """``10 megabytes (10MB)`` → ``10MB``; ``30 seconds`` → ``30s``; ``50 million`` → 50000000."""
    word = match["word"] or ""
    if match["exact"]:
        return match["exact"]
    if word in _MULTIPLES:
        return str(int(Decimal(match["number"]) * _MULTIPLES[word]))
    return match["number"] + _UNITS.get(word.removesuffix("s"), "")


def _fits(value: str, kind: str) -> bool:
    """Whether a word can be a value of that type: "the default is to …" states none."""
    if kind == "boolean":
        return value in {"on", "off", "true", "false"}
    return (
        kind == "enum"
        and re.fullmatch(r"[a-z][\w-]*", value) is not None
        and (value not in _NO_VALUES)
    )
