"""Several surfaces of one release → one: the union, in which each fact remembers who said it.

Where two sources disagree, the one nearer to the running program is believed (`model.TRUST`), and
the other is remembered as against. Silence says nothing, unless the source is exhaustive about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from commands.model import (
    TRUST,
    Claim,
    Command,
    Evidence,
    Facet,
    Kind,
    Option,
    Scope,
    Source,
    Surface,
    exhaustive,
)
from corpora.errors import ParseError, Reason

EVIDENCE_KEPT = 16
"""What the model allows; the most trusted comes first."""

_OPTION_FACTS: Mapping[str, Facet | None] = MappingProxyType(
    {
        "arity": None,
        "metavar": None,
        "type": None,
        "choices": "choices",
        "open_choices": None,
        "default": "default",
        "required": "required",
        "repeatable": "repeatable",
        "waives_required": None,
        "deprecated": None,
        "hidden": "hidden",
        "inheritable": None,
        "inherited": None,
        "description": None,
    }
)
_COMMAND_FACTS: Mapping[str, Facet | None] = MappingProxyType(
    {
        "summary": None,
        "synopsis": None,
        "positionals": None,
        "dialect": None,
        "deprecated": None,
        "hidden": "hidden",
    }
)
"""Facts that are one value, and the facet by which a source may be exhaustive about each."""

_TEXTS = frozenset({"metavar", "description", "summary", "synopsis"})
"""What no two sources word alike: to differ is not to disagree."""

_Place = tuple[Kind, tuple[str, ...]]
_Of = TypeVar("_Of", Command, Option)


def merge(surfaces: Sequence[Surface]) -> Surface:
    """Merge surfaces of one product at one release.

    Commands are matched by path or alias, options by any spelling they share. Raises ParseError,
    naming the releases, where the surfaces aren't of one release or there are none.
    """
    ordered = sorted(surfaces, key=lambda surface: min(map(TRUST.index, surface.sources)))
    if len({(surface.product, surface.release) for surface in ordered}) != 1:
        named = ", ".join(f"{one.product} {one.release}" for one in ordered) or "nothing"
        raise ParseError(named, Reason.MALFORMED, "one release is merged at a time")
    first = ordered[0]
    if len(ordered) == 1:
        return first
    scopes = tuple(dict.fromkeys(scope for surface in ordered for scope in surface.exhaustive))
    told: dict[_Place, list[_Told[Command]]] = {}
    stands_for: dict[_Place, tuple[str, ...]] = {}
    for surface in ordered:
        for command in surface.commands:
            path = stands_for.setdefault((command.kind, command.path), command.path)
            said = _Told(command, command.sources or surface.sources)
            told.setdefault((command.kind, path), []).append(said)
        for command in surface.commands:
            for alias in command.aliases:
                path = stands_for[command.kind, command.path]
                stands_for.setdefault((command.kind, alias), path)
    return replace(
        first,
        sources=_by_trust(source for surface in ordered for source in surface.sources),
        commands=tuple(_command(place[1], said, scopes) for place, said in told.items()),
        exhaustive=scopes,
    )


@dataclass(frozen=True, slots=True)
class _Told(Generic[_Of]):
    """What some sources say of one command or option."""

    fact: _Of
    sources: tuple[Source, ...]


@dataclass(slots=True)
class _Bucket:
    """One option as several sources tell it, the most trusted first."""

    told: list[_Told[Option]]
    names: set[str] = field(default_factory=set)
    evidence: list[Evidence] = field(default_factory=list)


def _command(
    path: tuple[str, ...], told: Sequence[_Told[Command]], scopes: Sequence[Scope]
) -> Command:
    # One that merely names the command says nothing of its options.
    full = [one for one in told if not one.fact.partial] or list(told)
    if len(told) == 1:
        return _signed(told[0])
    facts, claims = _facts(full, _COMMAND_FACTS, scopes)
    aliases = dict.fromkeys(
        other for one in told for other in (*one.fact.aliases, one.fact.path) if other != path
    )
    merged = replace(
        full[0].fact,
        path=path,
        aliases=tuple(aliases),
        options=_options(full, scopes),
        groups=tuple(dict.fromkeys(group for one in full for group in one.fact.groups)),
        children=tuple(dict.fromkeys(child for one in told for child in one.fact.children)),
        sources=_by_trust(source for one in full for source in one.sources),
        evidence=_evidence(one for told_by in told for one in told_by.fact.evidence),
        claims=(),
    )
    return _with(merged, facts, claims)


def _options(told: Sequence[_Told[Command]], scopes: Sequence[Scope]) -> tuple[Option, ...]:
    buckets: list[_Bucket] = []
    by_name: dict[str, _Bucket] = {}
    for one in told:
        for option in one.fact.options:
            sources = option.sources or one.sources
            # A long name tells options apart better than a short one, which pages mix up.
            shared = [
                name for name in sorted(option.names, key=len, reverse=True) if name in by_name
            ]
            bucket = by_name[shared[0]] if shared else _Bucket([])
            if not shared:
                buckets.append(bucket)
            if shared and all(name not in bucket.names for name in option.names):
                bucket.evidence += option.evidence  # a page lists apart what the program negates
                continue
            bucket.told.append(_Told(option, sources))
            bucket.evidence += option.evidence
            bucket.names.update(option.names)
            for name in option.spellings:
                by_name.setdefault(name, bucket)
    return tuple(_option(bucket, by_name, scopes) for bucket in buckets)


def _option(bucket: _Bucket, owners: Mapping[str, _Bucket], scopes: Sequence[Scope]) -> Option:
    if len(bucket.told) == 1:
        only = _signed(bucket.told[0])
        names = tuple(name for name in only.names if owners[name] is bucket)
        evidence = _evidence(bucket.evidence)
        return replace(only, names=names or only.names, evidence=evidence)
    facts, claims = _facts(bucket.told, _OPTION_FACTS, scopes)
    everyone = _by_trust(source for one in bucket.told for source in one.sources)
    spelt: dict[str, list[Source]] = {}
    for one in bucket.told:
        for name in one.fact.spellings:
            if owners[name] is bucket:
                spelt.setdefault(name, []).extend(one.sources)
    for name, sources in spelt.items():
        if (by := _by_trust(sources)) != everyone:
            claims.append(Claim(f"names {name}", by))
    negations = {name for one in bucket.told for name in one.fact.negations}
    named = {name for name in bucket.told[0].fact.names if name in spelt}
    merged = replace(
        bucket.told[0].fact,
        names=tuple(name for name in spelt if name in named or name not in negations),
        negations=tuple(name for name in spelt if name in negations and name not in named),
        sources=everyone,
        evidence=_evidence(bucket.evidence),
        claims=(),
    )
    return _with(merged, facts, claims)


def _facts(
    told: Sequence[_Told[_Of]], names: Mapping[str, Facet | None], scopes: Sequence[Scope]
) -> tuple[dict[str, Any], list[Claim]]:
    """Choose each fact that is one value, and note who said it where not everyone did."""
    everyone = _by_trust(source for one in told for source in one.sources)
    silent = {one.name: one.default for one in fields(told[0].fact)}
    facts: dict[str, Any] = {}
    claims: list[Claim] = []
    for name, facet in names.items():
        stated = [
            (getattr(one.fact, name), one.sources)
            for one in told
            if getattr(one.fact, name) != silent[name]
            or (facet and exhaustive(scopes, facet, one.sources))
        ]
        if not stated:
            continue
        value = facts[name] = stated[0][0]
        agreed = _by_trust(source for said, by in stated if said == value for source in by)
        against = _by_trust(source for said, by in stated if said != value for source in by)
        if name in _TEXTS:
            against = ()
        if agreed != everyone:
            claims.append(Claim(name, agreed, against))
    return facts, claims


def _with(merged: _Of, facts: Mapping[str, Any], claims: Sequence[Claim]) -> _Of:
    return replace(merged, **facts, claims=tuple(claims))


def _signed(told: _Told[_Of]) -> _Of:
    """Say who told it; in a merged surface nothing else does."""
    fact = told.fact
    if isinstance(fact, Command):
        signed = tuple(
            option if option.sources else replace(option, sources=told.sources)
            for option in fact.options
        )
        return replace(fact, sources=told.sources, options=signed)
    return replace(fact, sources=told.sources)


def _by_trust(sources: Iterable[Source]) -> tuple[Source, ...]:
    known = frozenset(sources)
    return tuple(source for source in TRUST if source in known)


def _evidence(given: Iterable[Evidence]) -> tuple[Evidence, ...]:
    ordered = sorted(dict.fromkeys(given), key=lambda one: TRUST.index(one.source))
    return tuple(ordered[:EVIDENCE_KEPT])
