"""What a product's declaration says of the options of its programs, where their pages don't."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from commands.model import Arity, Claim, Evidence, Option
from ingest.extract.families import Family


def corrected(option: Option, known: Family, path: tuple[str, ...]) -> Option:
    """An option with what the product declares of it, where the page says it wrong or not."""
    arity = known.arity(path, option.names)
    if arity is not None and option.arity == "none":
        option = replace(option, arity=arity, type="")
    if other := [
        name for name in known.other_names(path, option.names) if name not in option.names
    ]:
        option = _also(option, other, f"{' '.join(path)} {option.name}: {', '.join(other)}")
    if option.required and known.may_be_left_out(path, option.names):
        option = replace(option, required=False)
    return option


def existing(options: Iterable[Option], known: Family, path: tuple[str, ...]) -> Iterator[Option]:
    """Without the phantoms, and the command itself: ``ip route add`` is no keyword of ip."""
    command = " ".join(path)
    for option in options:
        if not known.phantoms.isdisjoint(option.names) or option.names[0] == path[0]:
            continue
        names = tuple(one for one in option.names if f"{command} {one}" not in known.phantoms)
        if names:
            yield option if names == option.names else replace(option, names=names)


def completed(
    options: Sequence[Option], page: Iterable[Option], known: Family, path: tuple[str, ...]
) -> list[Option]:
    """``options`` and those that the product declares its program to take as well.

    One that stands on the ``page``, which gives it to another program, is taken from there. Where
    the page has only the word of several names, the others are added to it; a letter alone tells
    nothing: -V of fsck(8) is no version.
    """
    out = list(options)
    described = {name: one for one in page for name in one.spellings}
    for quote, names, arity in unwritten(known, path):
        taken = {name: at for at, one in enumerate(out) for name in one.spellings}
        lacking = [name for name in names if name not in taken]
        word = next((name for name in names if name[:2] == "--" and name in taken), "")
        if not lacking:
            continue
        if word and out[taken[word]].arity == arity:
            out[taken[word]] = _also(out[taken[word]], lacking, quote)
            continue
        own = next((described[name] for name in lacking if name in described), None)
        evidence = (Evidence("declaration", quote=quote), *(own.evidence if own else ()))
        out.append(
            replace(
                own or Option(names=("-",), arity=arity, type="boolean" if arity == "none" else ""),
                names=tuple(lacking),
                arity=arity,
                sources=("declaration",),
                evidence=evidence[:16],
            )
        )
    return out


def unwritten(known: Family, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], Arity]]:
    """What is declared of a command: as it stands, names that it isn't said to lack, arity."""
    command = " ".join(path)
    for quote, arity in known.unwritten.items():
        at = 0 if quote[0] == "-" else quote.index(" -") + 1
        if quote[:at].rstrip() == (command if at else "") or (not at and len(path) == 1):
            names = quote[at:].split(", ")
            yield (
                quote,
                tuple(one for one in names if f"{command} {one}" not in known.phantoms),
                arity,
            )


def _also(option: Option, names: Iterable[str], quote: str) -> Option:
    """An option with names that are declared, each marked as such."""
    claims = (Claim(f"names {name}", ("declaration",)) for name in names)
    return replace(
        option,
        names=tuple(dict.fromkeys((*option.names, *names))),
        claims=(*option.claims, *claims),
        evidence=(*option.evidence, Evidence("declaration", quote=quote))[-16:],
    )
