"""A documentation page → the command it documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from commands.dialect import dialect
from commands.model import Command, Deprecation, Evidence, Option
from corpora.model import Block, Entry, Page, Section, Text
from ingest.extract import prose
from ingest.extract.declared import completed, corrected, existing
from ingest.extract.families import Family, notation
from ingest.extract.options import options_of
from ingest.extract.synopsis import Synopsis, read_synopsis
from ingest.extract.terms import Notation, parse_term
from ingest.extract.usage import usages
from ingest.parse.clean import fold

MAX_SYNOPSES = 100
MAX_OPTIONS = 5000
"""The model's limits. The most that real pages have are 51 usages and 330 options."""

_SYNOPSIS = re.compile(r"synopsis\b", re.IGNORECASE)
_USAGE = re.compile(r"usage\b", re.IGNORECASE)
_BARE_TERM = re.compile(
    r"(?P<term>(?:-\w(?:[ =]?[A-Z]+)?, )?--[a-z][\w-]*(?:\[?=[\w<>|-]+\]?)?)(?:\Z| +- )"
)
_NO_OPTIONS = re.compile(
    r"(?:examples?|see also|environment\b.*|files|history|authors?|bugs|exit status|diagnostics"
    r"|copyright|configuration|notes)\b",
    re.IGNORECASE,
)
_MODES = re.compile(r"(?:commands|functions)", re.IGNORECASE)
_INHERITED = re.compile(
    r"options inherited from parent|global (?:options|flags)|can be passed to any command",
    re.IGNORECASE,
)
_CLUSTER = re.compile(r"-([A-Za-z0-9]{2,}[#?]?)")
_STATEMENT = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_ALIAS = re.compile(r"\AAlias for (?:the )?[\"'`]?(?P<path>[a-z][\w-]*(?: [a-z][\w-]*)*)")
_SYNONYM = re.compile(r"\AThis is a synonym for (?P<first>[a-z]+)-(?P<rest>[a-z-]+)\(1\)")
_INCLUDED = re.compile(
    r"\baccepts the regular diff options \(see (?P<first>[a-z]+)-(?P<rest>[a-z-]+)\(1\)\)"
    r"|\bSee (?P<page>[a-z]+-common)\(1\) for common options\b"
)
_DEPRECATED = re.compile(
    r"\A(?:DEPRECATED|Deprecated)\b|\bThis (?:command|program|tool) (?:is|has been) "
    r"(?:deprecated|obsolete)\b"
)


def command_of(page: Page, known: Family, url: str = "") -> Command | None:
    """The command that ``page`` documents, or None where it documents none.

    ``url`` is the page's address, for evidence. Options of a section about those of parent commands
    are marked as inherited.
    """
    path = tuple(page.command.split())
    if not path or _STATEMENT.fullmatch(page.command):
        return None
    written = notation(known, page)
    program = known.commands.get(path[0], "")
    written = _of_program(written, program or known.dialect.name, path)
    options = list(_options(page, written, url))
    lines = _usages(page)
    said = read_synopsis(lines, page.command, options, written)
    options = [_valued(option, said) for option in options]
    options += [_valued(one, said) for one in _from_synopsis(said, options, lines, written, url)]
    options += _from_prose(page, options, written, url)
    defined = [
        corrected(_demanded(option, said), known, path) for option in existing(options, known, path)
    ]
    options = completed(_own(defined, page, said), defined, known, path)
    summary = fold(page.summary)[: prose.MAX_LINE]
    evidence = Evidence("documentation", url=url, quote=(lines[0] if lines else summary)[:4000])
    return Command(
        path=path,
        summary=summary,
        synopsis=lines,
        options=tuple(options[:MAX_OPTIONS]),
        positionals=said.positionals,
        groups=said.groups,
        dialect=dialect(program) if program else known.dialect,
        deprecated=_deprecation(page),
        evidence=(evidence,),
    )


def _of_program(written: Notation, dialect_name: str, path: tuple[str, ...]) -> Notation:
    """How a page is written whose program reads its words in a way of its own."""
    if dialect_name == "dd":
        return written.model_copy(update={"key_values": True})
    if dialect_name == "find":
        return written.model_copy(update={"words": True})
    if dialect_name == "iproute2":  # the words on the page of ip itself are its subcommands
        return written.model_copy(update={"words": True, "keywords": len(path) > 1})
    return written


def alias_of(page: Page) -> tuple[str, ...]:
    """The path of the command that ``page`` says its own is only another name of."""
    for section in page.sections:
        for block in section.blocks[:1]:
            if not isinstance(block, Text):
                continue
            if match := _ALIAS.match(block.text):
                return tuple(match["path"].split())
            if match := _SYNONYM.match(block.text):
                return match["first"], match["rest"]
    return ()


def included_in(page: Page) -> tuple[str, ...]:
    """The path of the command whose options ``page`` says its own takes as well."""
    for section in page.sections:
        for text in _texts(section.blocks):
            if match := _INCLUDED.search(text):
                return (match["page"],) if match["page"] else (match["first"], match["rest"])
    return ()


def _options(page: Page, written: Notation, url: str) -> Iterator[Option]:
    """Every option on the page once, in reading order; what is said of it again is evidence."""
    found: dict[str, int] = {}
    out: list[Option] = []
    operands = frozenset(
        word.strip("<>[].") for line in _usages(page) for word in line.split() if word[:2] != "[-"
    )
    for section in _sections(page):
        inherited = bool(_INHERITED.search(section.heading))
        here = written
        if _MODES.fullmatch(section.heading):
            here = written.model_copy(update={"operands": operands})
        for entry in _entries(section.blocks):
            for option in options_of(entry, here, url):
                known = sorted({found[name] for name in option.spellings if name in found})
                if known:
                    option = _joined(out[known[0]], option, frozenset(found))
                    out[known[0]] = option
                    place = known[0]
                else:
                    place = len(out)
                    out.append(replace(option, inherited=inherited))
                for name in option.spellings:
                    found.setdefault(name, place)
    yield from out


def _sections(page: Page) -> Iterator[Section]:
    """Those that may define options, in their order: not those of examples, nor below them."""
    barred = 0
    for section in page.sections:
        if barred and section.level > barred:
            continue
        barred = section.level if _NO_OPTIONS.match(section.heading) else 0
        listed = any(isinstance(block, Entry) for block in section.blocks)  # borg-common(1)
        if not barred and (listed or not _SYNOPSIS.match(section.heading)):
            yield section


def _entries(blocks: Sequence[Block]) -> Iterator[Entry]:
    for number, block in enumerate(blocks):
        if isinstance(block, Entry):
            yield block
            yield from _entries(block.body)
        elif block.type == "prose" and (term := _BARE_TERM.match(block.text)):
            # A term that the page's author set as a paragraph: help2man's ".HP", then ".IP".
            following = blocks[number + 1] if number + 1 < len(blocks) else None
            body = following.body if isinstance(following, Entry) else ()
            yield Entry(terms=(term["term"],), body=body)


def _joined(first: Option, again: Option, taken: frozenset[str]) -> Option:
    """An option that a page defines twice: the first text counts, names and evidence add up.

    A name that another option has already stays there.
    """
    names = [name for name in again.names if name not in taken]
    negations = [name for name in again.negations if name not in taken]
    arity = first.arity
    if first.arity != again.arity and "none" in {first.arity, again.arity}:
        arity = "optional"
    return replace(
        first,
        names=(*first.names, *names)[:64],
        negations=(*first.negations, *negations)[:16],
        arity=arity,
        choices=first.choices if again.choices == first.choices else (),
        metavar=first.metavar or again.metavar,
        evidence=(*first.evidence, *again.evidence)[:16],
    )


def _synopses(page: Page) -> tuple[str, ...]:
    for heading in (_SYNOPSIS, _USAGE):
        found = tuple(
            block.text
            for section in page.sections
            if heading.match(section.heading)
            for block in section.blocks
            if isinstance(block, Text) and block.type != "table"
        )
        if found:
            return found
    return ()


def _usages(page: Page) -> tuple[str, ...]:
    """The usages of the page's own command: others stand on shared pages, or show a way to it."""
    lines = usages(_synopses(page), page.command)
    program = page.command.split()[0]
    own = (line for line in lines if line.split()[0].strip("*'").startswith(program))
    return tuple(own)[:MAX_SYNOPSES]


def _from_synopsis(
    said: Synopsis,
    options: Sequence[Option],
    lines: Sequence[str],
    written: Notation,
    url: str,
) -> list[Option]:
    """The options that only the synopsis names."""
    taken = {name for option in options for name in option.spellings}
    out: list[Option] = []
    printed_words = [word for printed in said.options for word in _spread(printed, taken, written)]
    for printed in printed_words:
        for option in options_of(Entry(terms=(printed,)), written, ""):
            names = tuple(name for name in option.names if name not in taken)
            if not names:
                continue
            quote = next((line for line in lines if printed.split()[0] in line), printed)
            negations = tuple(name for name in option.negations if name not in taken)
            evidence = Evidence("documentation", url=url, quote=quote[:4000])
            out.append(replace(option, names=names, negations=negations, evidence=(evidence,)))
            taken.update(names, negations)
    return out


def _from_prose(
    page: Page, options: Sequence[Option], written: Notation, url: str
) -> Iterator[Option]:
    """The options that only a sentence speaks of."""
    taken = {name for option in options for name in option.spellings}
    for section in _sections(page):
        anchor = f"#{section.anchor}" if section.anchor and url else ""
        for text in _texts(section.blocks):
            for printed, sentence in prose.options_in(text):
                evidence = Evidence("documentation", url=f"{url}{anchor}", quote=sentence)
                # "-V and --version" are one, "--stat-width=<w> and --stat-count=<n>" are two.
                together = any(len(name) == 2 for name in printed)
                for terms in [printed] if together else [(name,) for name in printed]:
                    for option in options_of(Entry(terms=terms), written, url):
                        if taken.isdisjoint(option.spellings):
                            taken.update(option.spellings)
                            said = sentence[: prose.MAX_LINE]
                            yield replace(option, description=said, evidence=(evidence,))


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Entry):
            yield from _texts(block.body)
        elif block.type == "prose":
            yield block.text


def _spread(printed: str, taken: Collection[str], written: Notation) -> tuple[str, ...]:
    """``-fnrsvw`` in a usage is a letter each, where words have two dashes."""
    word = _CLUSTER.fullmatch(printed)
    spelled = parse_term(printed, written)
    name = printed.rstrip("#?")
    if word is None or written.words or printed in taken or spelled[0].name != name:
        return (printed,)
    if f"-{printed}" in taken:
        return ()  # "-squash" for "--squash": a slip
    return tuple(f"-{letter}" for letter in dict.fromkeys(word[1]))


def _valued(option: Option, said: Synopsis) -> Option:
    """An option whose text has no value, with the one that the usage prints: ``[-s syscall]``."""
    value = next((said.values[name] for name in option.names if name in said.values), "")
    if option.arity != "none" or not value or option.default is not None:
        return option
    return replace(option, arity="one", metavar=value, type="")


def _demanded(option: Option, said: Synopsis) -> Option:
    if option.required or said.required.isdisjoint(option.names):
        return option
    return replace(option, required=True)


def _own(options: Sequence[Option], page: Page, said: Synopsis) -> list[Option]:
    """Those of this command, where the page has several and its usages list all it takes.

    ``swapon, swapoff``: the page describes the options of both, and says ``swapoff [-va] [file…]``.
    """
    others = {name.strip() for name in page.title.split(",")} - {page.command}
    shared = page.command in page.title and others
    if not shared or said.general or not said.options:
        return list(options)
    foreign = any(line.split()[:1] == [name] for name in others for line in _usages_of(page, name))
    if not foreign:
        return list(options)
    # What asks for help is said once for all, and usages leave it out.
    named = said.named | {"--help", "--version"}
    return [option for option in options if not named.isdisjoint(option.spellings)]


def _usages_of(page: Page, command: str) -> list[str]:
    return [
        line for text in _synopses(page) for line in text.split("\n") if line.startswith(command)
    ]


def _deprecation(page: Page) -> Deprecation | None:
    texts = [page.summary]
    for section in page.sections:
        if section.heading.upper() == "DESCRIPTION":
            texts += [block.text for block in section.blocks[:2] if isinstance(block, Text)]
    for text in texts:
        for sentence in text.split(". "):
            if _DEPRECATED.search(sentence):
                return Deprecation(note=fold(sentence)[: prose.MAX_LINE])
    return None
