"""One entry of a definition list → the options it defines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from commands.model import Arity, Deprecation, Evidence, Option, ValueType
from corpora.model import Entry
from ingest.extract import prose
from ingest.extract.terms import NUMBER, Notation, Spelling, parse_term
from ingest.extract.values import Value
from ingest.parse.clean import words as word_set
from ingest.parse.markdown import term_line

HOSTS = 8
"""Numbers that a numbered name is known with. pgBackRest takes up to 256; eight hosts are many."""

MAX_QUOTE = 4000
"""Characters of a quoted term line; the model's limit."""

_COUNT = re.compile(r"number of \w", re.IGNORECASE)
"""How the text of an option begins that takes a number, also where none is printed: borg's
``--keep-daily``, "number of daily archives to keep"."""
_LITERAL = re.compile(r"[a-z][a-z|-]*")
_PATHS = word_set("file filename path pathname dir directory pidfile logfile")
_URLS = frozenset({"url", "uri"})


def options_of(entry: Entry, notation: Notation, url: str) -> tuple[Option, ...]:
    """The options that ``entry`` defines, none where it defines something else.

    ``url`` is that of the page. Mostly they are one option with all its spellings; several where
    the page puts under one text what takes its values differently, or gives up only one spelling.
    """
    spelled = _spelled(entry, notation)
    if not spelled:
        return ()
    anchor = f"#{entry.anchor}" if entry.anchor and "#" not in url else ""
    evidence = Evidence(
        "documentation",
        url=f"{url}{anchor}" if url else "",
        quote=term_line(entry)[:MAX_QUOTE],
    )
    texts = prose.paragraphs(entry.body)
    choices, is_open = prose.choices_of(entry.body)
    found = []
    for group in _groups(spelled, notation):
        option = _option(group)
        if numbered := list(_numbered(option.names, notation)):
            option = replace(option, names=(*option.names, *numbered))
        if notation.unprinted and option.arity == "none":
            option = replace(option, arity="optional", type="")
        elif option.arity == "none" and texts and _COUNT.match(texts[0]):
            option = replace(option, arity="one", type="integer")
        takes = option.arity != "none"
        given = choices if takes and not option.choices else option.choices
        default = option.default
        if default is None and takes:
            default = prose.default_in(texts)
        found.append(
            replace(
                option,
                choices=given,
                open_choices=option.open_choices if option.choices else is_open and takes,
                default=default,
                repeatable=option.repeatable or prose.is_repeatable(texts),
                required=prose.is_required(texts),
                deprecated=option.deprecated or prose.deprecation_in(texts),
                description=prose.first_sentence(texts[0]) if texts else "",
                evidence=(evidence,),
            )
        )
    return tuple(_replaced(found))


def _numbered(names: Iterable[str], notation: Notation) -> Iterator[str]:
    """Every name with the numbers that may stand in it: ``--pg1-path`` of ``--pg-path``."""
    for name in names:
        for start in notation.numbered:
            if name.startswith(start):
                stem, rest = start.removesuffix("-"), name.removeprefix(start)
                yield from (f"{stem}{number}-{rest}" for number in range(1, HOSTS + 1))


def _spelled(entry: Entry, notation: Notation) -> list[Spelling]:
    """Every spelling once: ``-Z level`` and ``-Z method[:detail]`` are one."""
    found: dict[str, Spelling] = {}
    for term in entry.terms:
        for spelling in parse_term(term, notation):
            known = found.get(spelling.name)
            found[spelling.name] = _both(known, spelling) if known else spelling
    return list(found.values())


def _both(one: Spelling, other: Spelling) -> Spelling:
    arities: set[Arity] = {one.value.arity, other.value.arity}
    arity: Arity = one.value.arity
    if len(arities) > 1:
        arity = "many" if "many" in arities and "none" not in arities else "optional"
    metavar = "|".join(dict.fromkeys(filter(None, (one.value.metavar, other.value.metavar))))
    choices = one.value.choices if one.value.choices == other.value.choices else ()
    value = replace(one.value, arity=arity, metavar=metavar[:200], choices=choices)
    return replace(one, value=value, negation=one.negation or other.negation)


def _groups(spelled: Sequence[Spelling], notation: Notation) -> list[list[Spelling]]:
    """What is one option. Spellings that take their values differently are several."""
    names = {one.name for one in spelled}
    groups: list[list[Spelling]] = []
    plain: list[Spelling] = []
    kept = any(not one.deprecated for one in spelled)
    for one in spelled:
        if one.name == NUMBER or (one.deprecated and kept):
            groups.append([one])
        else:
            plain.append(one)
    for group in _apart(plain, names, notation):
        groups.append(group)
        plain = [one for one in plain if one not in group]
    return [plain, *groups] if plain else groups


def _apart(
    spelled: Sequence[Spelling], names: Iterable[str], notation: Notation
) -> list[list[Spelling]]:
    """Spellings that the page prints as taking no value, beside others of another kind.

    A letter printed bare before ``--name=value`` takes the value too; before ``--name[=value]`` it
    takes none, where the page prints the value of letters that do: ``-S[<keyid>]``.
    """
    takers = [one for one in spelled if one.value.arity != "none" and not _is_negation(one, names)]
    bare = [one for one in spelled if one.value.arity == "none" and not _is_negation(one, names)]
    if not any(_is_long(one) for one in takers):
        return []
    # "--rfc, --subject-prefix=<prefix>" are two; "-w, --wait, --timeout seconds" are one.
    attached = any(one.value.text[:1] in ("=", "[") for one in takers if _is_long(one))
    words = [[one] for one in bare if _is_long(one)] if attached else []
    letters = [one for one in bare if not _is_long(one)]
    long_optional = {one.value.arity for one in takers if _is_long(one)} == {"optional"}
    if not bare and long_optional and any(one.value.arity == "one" for one in takers):
        return [[one for one in takers if not _is_long(one)]]  # "-S BYTES, --strings[=BYTES]"
    optional = all(one.value.arity == "optional" for one in takers)
    literal = notation.literals and all(_LITERAL.fullmatch(one.value.metavar) for one in takers)
    if letters and ((optional and not notation.letters_take) or literal):
        return [*words, letters]
    return words


def _is_long(spelling: Spelling) -> bool:
    return len(spelling.name) > 2


def _is_negation(spelling: Spelling, names: Iterable[str]) -> bool:
    return spelling.name.startswith("--no-") and f"--{spelling.name[5:]}" in names


def _option(group: Sequence[Spelling]) -> Option:
    names = [one.name for one in group]
    negations = [one.name for one in group if _is_negation(one, names)]
    negations += [one.negation for one in group if one.negation and one.negation not in names]
    kept = [one for one in group if one.name not in negations]
    # A short name is often printed bare before a long one that shows the value of both.
    value = next((one.value for one in reversed(kept) if one.value.arity != "none"), kept[-1].value)
    metavar = next((one.value.metavar for one in kept if one.value.metavar), "")
    deprecated = all(one.deprecated for one in group)
    return Option(
        names=tuple(one.name for one in kept),
        arity=value.arity,
        metavar=metavar,
        type=_type(value, metavar),
        choices=value.choices,
        open_choices=value.open_choices,
        default=value.default,
        repeatable=value.repeatable,
        negations=tuple(dict.fromkeys(negations)),
        deprecated=Deprecation(note="deprecated") if deprecated else None,
    )


def _type(value: Value, metavar: str) -> ValueType:
    if value.type:
        return value.type
    if value.arity == "none":
        return "boolean"
    word = metavar.lower().strip("<>")
    if word in _PATHS:
        return "path"
    return "url" if word in _URLS else ""


def _replaced(found: Sequence[Option]) -> list[Option]:
    """Name what takes the place of a spelling that is given up: the option beside it."""
    kept = [one for one in found if one.deprecated is None]
    return [
        replace(
            one,
            deprecated=replace(one.deprecated, replacement=kept[0].name),
        )
        if one.deprecated and kept and not one.deprecated.replacement
        else one
        for one in found
    ]
