"""Reading getopt_long(3) tables out of an executable: the options it accepts, listed or not.

A table is an array of ``struct option {const char *name; int has_arg; int *flag; int val;}``: 32
bytes each on 64-bit systems, ended by zeros. In a position-independent executable the pointers are
relocations, so that a table is a run of addresses, 32 bytes apart, that will point at short words.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.truth.facts import Flags, Taking

_RELATIVE = 8  # R_X86_64_RELATIVE
_RELA = 4  # SHT_RELA
_ENTRY = 32
_TAKING: tuple[Taking, ...] = ("none", "one", "optional")
_NAME = re.compile(rb"[A-Za-z0-9][\w.+-]{0,60}\Z")
_SHORT = re.compile(rb"[+:-]{0,2}(?:[A-Za-z0-9?@#%.-]:{0,2}){1,80}\Z")
_SHORT_ENTRY = re.compile(r"([A-Za-z0-9?@#%.])(:{0,2})")
_STRINGS = re.compile(rb"[\x20-\x7e]{2,}(?=\x00)")

AGREEMENT = 0.75
"""Share of a table's letters that a string must have, with the same values, to be its short form.

Of coreutils and util-linux, the right string has 0.9 or more and the next best below 0.5.
"""


@dataclass(frozen=True, slots=True)
class _Section:
    kind: int
    address: int
    offset: int
    size: int


def tables(program: Path, listed: Flags) -> Flags:
    """Every option in the program's tables. Empty where it has none, or is no such executable.

    ``listed``: what its help says, to know the string of letters by where it has no long options.
    """
    data = program.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return {}
    try:
        sections = list(_sections(data))
        long, letters = _long(data, sections)
    except (struct.error, OverflowError):  # cut short, or addresses that can't be
        return {}
    found: Flags = {f"--{name}": taking for name, taking in long.items()}
    hinted = {name[1]: taking for name, taking in listed.items() if len(name) == 2}
    short = _short(data, letters) or _short(data, hinted)
    found.update({f"-{letter}": taking for letter, taking in short.items()})
    return found


def _sections(data: bytes) -> Iterator[_Section]:
    (at,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    for number in range(count):
        _, kind, _, address, offset, length = struct.unpack_from(
            "<IIQQQQ", data, at + number * size
        )
        yield _Section(kind, address, offset, length)


def _long(data: bytes, sections: list[_Section]) -> tuple[dict[str, Taking], dict[str, Taking]]:
    """Names of all tables, and the letters that their entries stand for."""
    pointers: dict[int, int] = {}
    for section in sections:
        if section.kind == _RELA:
            for at in range(section.offset, section.offset + section.size, 24):
                where, info, addend = struct.unpack_from("<QQq", data, at)
                if info & 0xFFFFFFFF == _RELATIVE:
                    pointers[where] = addend
    names: dict[str, Taking] = {}
    letters: dict[str, Taking] = {}
    for table in _runs(data, sections, pointers):
        for name, taking, value in table:
            names.setdefault(name, taking)
            if 32 < value < 127:
                letters.setdefault(chr(value), taking)
    return names, letters


def _runs(
    data: bytes, sections: list[_Section], pointers: Mapping[int, int]
) -> Iterator[list[tuple[str, Taking, int]]]:
    seen: set[int] = set()
    for start in sorted(pointers):
        table: list[tuple[str, Taking, int]] = []
        at = start
        while at not in seen and (entry := _entry(data, sections, pointers, at)):
            table.append(entry)
            seen.add(at)
            at += _ENTRY
        end = _bytes(data, sections, at, _ENTRY)
        if end == bytes(_ENTRY) and at not in pointers and any(value for _, _, value in table):
            yield table


def _entry(
    data: bytes, sections: list[_Section], pointers: Mapping[int, int], at: int
) -> tuple[str, Taking, int] | None:
    if at not in pointers or at + 8 in pointers or at + 24 in pointers:
        return None
    body = _bytes(data, sections, at, _ENTRY)
    text = _bytes(data, sections, pointers[at], 64)
    if body is None or text is None:
        return None
    name = text.split(b"\x00", 1)[0]
    argument, padding, _, value, after = struct.unpack_from("<iiqii", body, 8)
    if not _NAME.match(name) or not 0 <= argument <= 2 or padding or after or abs(value) > 1 << 24:
        return None
    return name.decode(), _TAKING[argument], value


def _bytes(data: bytes, sections: list[_Section], address: int, size: int) -> bytes | None:
    for section in sections:
        if section.address and section.address <= address < section.address + section.size:
            if section.kind == 8:  # SHT_NOBITS
                return None
            at = section.offset + address - section.address
            return data[at : at + size].ljust(size, b"\x00")
    return None


def _short(data: bytes, letters: Mapping[str, Taking]) -> dict[str, Taking]:
    """The string of short options that agrees best with the letters of the long ones."""
    best: dict[str, Taking] = {}
    best_score = AGREEMENT
    for match in _STRINGS.finditer(data):
        if not _SHORT.match(match[0]) or len(match[0]) < 2:
            continue
        entries = {
            letter: _TAKING[len(colons)]
            for letter, colons in _SHORT_ENTRY.findall(match[0].decode().lstrip("+-:"))
        }
        known = [letter for letter in letters if letter.isalnum()]
        if not known:
            return {}
        agreed = sum(entries.get(letter) == letters[letter] for letter in known)
        score = agreed / len(known) - 0.001 * len(set(entries) - set(known))
        if score > best_score:
            best, best_score = entries, score
    return best
