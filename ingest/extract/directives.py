"""Parameters of configuration files, from the manual pages about them: sshd_config(5).

A page writes its parameters in one form throughout, so the form that most of its terms have is
taken, and what has another form (tokens, units, values) is none. Names of several words can't be
names of options and are left out, as smb.conf(5) has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from commands.dialect import dialect
from commands.model import Arity, Command, Evidence, Option, ValueType
from corpora.model import Block, Entry, Page
from ingest.extract import prose
from ingest.extract.families import Family

LEAST = 3
"""Parameters of one form that make a page one of a configuration file; the shortest real page
(timesyncd.conf) has five."""

_FORMS = tuple(
    re.compile(form)
    for form in (
        # postconf(5): "bounce_queue_lifetime (default: 5d)"
        r"(?P<name>[A-Za-z0-9_]+) \(default: (?P<default>[^\n]*)\)",
        r"(?P<name>[A-Za-z0-9][\w.@-]*)\s?=(?P<value>[^\n]*)",  # systemd's "Type="
        r"(?P<name>[A-Z][A-Za-z0-9]+)(?P<value>)",  # ssh's "PermitRootLogin"
        # chrony's "server hostname [option]"
        r"(?P<name>[a-z][\w.-]*)(?P<value>(?:\s+[^\s(][^\n]*)?)",
    )
)
_NO_PARAMETERS = re.compile(
    r"(?:name|synopsis|see also|notes|history|bugs|authors?|files|examples?|copyright|patterns"
    r"|tokens|time formats|environment\b.*|exit status|diagnostics)\b",
    re.IGNORECASE,
)
_BOOLEAN = re.compile(r"\b(?:[Tt]akes|[Aa]ccepts|[Ee]xpects|is) a boolean\b|\(boolean\)")
_DEFAULT_NO = re.compile(r"\b[Dd]efault(?:s| value)? (?:is|to) [\"“']?no[\"”']?(?=[.,;)]|\Z)")
_TRUTH = (frozenset({"yes", "no"}), frozenset({"on", "off"}), frozenset({"true", "false"}))
_ANNOTATION = re.compile(r"\A[\[(].*[\])]\Z")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What may be a parameter: its terms, its text and where it stands."""

    terms: tuple[str, ...]
    body: tuple[Block, ...]
    anchor: str


def directives_of(page: Page, known: Family, url: str = "") -> Command | None:
    """The parameters that ``page`` describes, as part of the file that it is named after.

    None where the product doesn't declare it as a page about a configuration file, or where it
    describes no parameters.
    """
    if page.command or not any(fnmatchcase(page.slug, glob) for glob in known.parameters):
        return None
    written = [(form, said) for said in _candidates(page) for form in _FORMS]
    counts = [
        sum(form.fullmatch(term) is not None for one in said for term in one.terms)
        for form, said in written
    ]
    best = max(counts)
    if best < LEAST:
        return None
    form, candidates = written[counts.index(best)]
    options: dict[str, Option] = {}
    for candidate in candidates:
        for option in _parameters(candidate, form, url):
            options.setdefault(option.names[0], option)
    return Command(
        path=(page.slug,),
        kind="configuration",
        summary=page.summary[: prose.MAX_LINE],
        options=tuple(options.values()),
        dialect=dialect("configuration"),
        evidence=(Evidence("documentation", url=url, quote=page.title[: prose.MAX_LINE]),),
    )


def _candidates(page: Page) -> tuple[list[_Candidate], list[_Candidate]]:
    """Everything that may be a parameter: headings with their text (postconf(5)), or entries.

    Where parameters have headings, entries are their values.
    """
    headings, entries = [], []
    barred = 0
    for section in page.sections:
        if barred and section.level > barred:
            continue
        barred = section.level if _NO_PARAMETERS.match(section.heading) else 0
        if barred:
            continue
        headings.append(_Candidate((section.heading,), section.blocks, section.anchor))
        entries += [
            _Candidate(block.terms, block.body, block.anchor)
            for block in section.blocks
            if isinstance(block, Entry)
        ]
    return headings, entries


def _parameters(said: _Candidate, form: re.Pattern[str], url: str) -> Iterator[Option]:
    texts = prose.paragraphs(said.body)
    choices, is_open = prose.choices_of(said.body)
    anchor = f"#{said.anchor}" if said.anchor and url else ""
    for term in said.terms:
        match = form.fullmatch(term)
        if match is None:
            continue
        given = match.groupdict()
        value = (given.get("value") or "").strip()
        default = given.get("default")
        yield Option(
            names=(match["name"],),
            arity=_arity(value),
            metavar=value[:200],
            type=_type(texts, choices),
            choices=choices,
            open_choices=is_open,
            default=_default(texts) if default is None else _stated(default),
            repeatable=prose.is_repeatable(texts),
            deprecated=prose.deprecation_in(texts),
            description=prose.first_sentence(texts[0]) if texts else "",
            evidence=(
                Evidence("documentation", url=f"{url}{anchor}", quote=term[: prose.MAX_LINE]),
            ),
        )


def _arity(value: str) -> Arity:
    """Of one value, where the page prints none: most pages print the name alone."""
    if " " in value:
        return "many"
    return "optional" if _ANNOTATION.match(value) else "one"


def _type(texts: Sequence[str], choices: Sequence[str]) -> ValueType:
    if set(choices) in _TRUTH or any(_BOOLEAN.search(text) for text in texts[:2]):
        return "boolean"
    return ""


def _default(texts: Sequence[str]) -> str | None:
    found = prose.default_in(texts)
    if found is None and any(_DEFAULT_NO.search(text) for text in texts):
        return "no"
    return found


def _stated(default: str) -> str | None:
    return default if default and default != "empty" else None
