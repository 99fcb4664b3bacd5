"""What is printed after an option's name: how many values it takes, their name, the closed list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from commands.model import Arity, ValueType
from ingest.parse.clean import words as word_set


@dataclass(frozen=True, slots=True)
class Value:
    """The value of one spelling. ``text`` is what stands on the page."""

    text: str = ""
    arity: Arity = "none"
    metavar: str = ""
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    default: str | None = None
    repeatable: bool = False
    type: ValueType = ""


MAX_METAVAR = 200
"""Characters; the longest real one, of openssl's ``-proxy``, has 72."""

# Words that stand for a value rather than being one: "filename|uri" is no list of choices.
_PLACEHOLDERS = word_set(
    "arg argument args address addr bytes cap color command commit count cpu-list data date dev "
    "device devices dir directory directories expr expression fd file filename filenames filter "
    "format gid glob group groups host hostname id ids int integer ip key keyid label length level "
    "limit limits line list mask max method min mode msg message n name names nr num number object "
    "offset option options param path pathname paths pattern pid pgid pid port prefix range rate "
    "ref refname regex regexp rev seconds secs size spec string strings subids tag text time "
    "timeout token type types uid uri uris url user username value values version when width word "
    "8-color 16-color"
)
_ATOM = re.compile(r"=?[\w.+*@:/-]{1,80}")
_RANGE = re.compile(r"\d+-\d+")
_PROSE = word_set(
    "a an the this that these is are was if with without and for from to in of on only as by "
    "same has have will can may must equivalent"
)
_BOOLEAN = frozenset({"true", "false"})
_TRUTH_VALUE = re.compile(r"\[?=?(?P<value>true|false)\]?")
_TRUTH_VALUES = re.compile(r"[=\s]\s*\[?(?:true\|false|false\|true)\]?")
_DEFAULT = re.compile(r"[-+]?\d|[~/.:^*]")
_SHOWN = re.compile(r"[\"'\d]")  # how cobra shows the value that a bare --name stands for
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+")
_INTEGER = re.compile(r"[-+]?\d+")
_NUMERIC = re.compile(r"[-+]?\d+\.\d+")
_PAIRS = {"[": "]", "<": ">", "(": ")", "{": "}", '"': '"', "'": "'"}


def read_value(
    text: str,
    *,
    defaults: bool = False,
    words: bool = False,
    spaced_optional: bool = False,
    several_words: Arity = "none",
    operands: frozenset[str] = frozenset(),
) -> Value:
    """Read what stands between a name and the next. The flags are those of a Notation."""
    text = text.rstrip(" ,;")
    bare = text.strip()
    if bare in ("...", "…"):  # lvm: "-q|--quiet ..." may be repeated
        return Value(text, repeatable=True)
    if not bare or bare == "=":
        # cobra prints the empty default of a list so: "--add-host="
        return Value(text, "one" if bare else "none")
    if defaults:
        if found := _TRUTH_VALUE.fullmatch(bare):
            return Value(text, "none", default=found["value"], type="boolean")
        if _TRUTH_VALUES.fullmatch(text):
            return Value(text, "none", type="boolean")
    if bare.startswith("[") and not text[0].isspace() and _closes(bare):
        return _described(text, "optional", bare[1:-1].lstrip(" ").removeprefix("="), defaults)
    if bare.startswith("=") or not text[0].isspace():
        if bare.startswith("[") and bare.split("] ", 1)[0].count("[") <= 2 and "] " in bare:
            head = bare[: bare.index("] ") + 1]  # "--reflog[=<n>[,<base>]] [<ref>]"
            if _closes(head):
                return _described(text, "optional", head[1:-1].removeprefix("="), defaults)
        return _described(text, "one", bare.removeprefix("="), defaults)
    if bare in operands:
        return Value(text)
    return _spaced(text, bare, defaults, words, spaced_optional, several_words)


def _spaced(
    text: str,
    bare: str,
    defaults: bool,
    single_dash_words: bool,
    spaced_optional: bool,
    several: Arity,
) -> Value:
    """A value, or whatever else, in words of its own."""
    parts = split_words(bare)
    first = parts[0]
    if first.lower() in _PROSE or (len(parts) > 2 and first[:1].isupper() and first[1:].islower()):
        return Value(text)
    if first.startswith("[") and _closes(first.removesuffix("...")) and not defaults:
        if spaced_optional and len(parts) == 1 and not first.endswith("..."):
            return _described(text, "optional", first[1:-1].removeprefix("="), defaults)
        return Value(text)
    if len(parts) == 1:
        return _described(text, "one", bare, defaults)
    if all(part.endswith(",") for part in parts[:-1]):  # "-N big, little, host"
        return _described(text, "one", "|".join(part.rstrip(",") for part in parts), defaults)
    if parts[1] in {"|", "or"} or first.endswith("|"):
        return _described(text, "one", bare, defaults)
    if single_dash_words or parts[1].startswith(("[-", "[:", "[,")):
        return _described(text, "one", first, defaults)
    return Value(text, several, metavar=bare[:MAX_METAVAR] if several != "none" else "")


def split_words(text: str) -> list[str]:
    """Split at white space that no bracket encloses."""
    out: list[str] = []
    depth, start = 0, 0
    for at, char in enumerate(text):
        if char in "[<({":
            depth += 1
        elif char in "]>)}":
            depth = max(depth - 1, 0)
        elif char.isspace() and not depth:
            if start < at:
                out.append(text[start:at])
            start = at + 1
    if start < len(text):
        out.append(text[start:])
    return out or [text]


def _closes(text: str) -> bool:
    """Whether the bracket that ``text`` begins with closes at its very end."""
    opening, closing = text[0], _PAIRS.get(text[0], "")
    depth = 0
    for at, char in enumerate(text):
        if char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if not depth:
                return at == len(text) - 1
    return False


def _described(text: str, arity: Arity, inner: str, defaults: bool) -> Value:
    inner = inner.strip()
    listed = choices_in(inner)
    if listed is not None:
        choices, is_open = listed
        return Value(text, arity, choices=choices, open_choices=is_open)
    if defaults:
        if arity == "optional" and not _SHOWN.match(inner):
            arity = "one"  # pages written by hand: "--volume[=HOST-DIR:CONTAINER-DIR]"
        return _defaulted(text, arity, inner)
    return Value(text, arity, metavar=_metavar(inner))


def _defaulted(text: str, arity: Arity, inner: str) -> Value:
    """What a page made by cobra prints after a name: the default, of a type that shows in it."""
    if inner in {"[]", "map[]"}:
        return Value(text, arity, repeatable=True, type="list" if inner == "[]" else "map")
    if len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "\"'":
        return Value(text, arity, default=inner[1:-1] or None, type="string")
    if inner.startswith("[") and _closes(inner) and len(inner) < MAX_METAVAR:
        return Value(text, arity, default=inner[1:-1], repeatable=True, type="list")
    if not _DEFAULT.match(inner):
        return Value(text, arity, metavar=_metavar(inner))
    kind: ValueType = ""
    if _INTEGER.fullmatch(inner):
        kind = "integer"
    elif _NUMERIC.fullmatch(inner):
        kind = "number"
    elif _DURATION.fullmatch(inner):
        kind = "duration"
    return Value(text, arity, default=inner[:1000], type=kind)


def _metavar(inner: str) -> str:
    if len(inner) > 1 and inner[0] in _PAIRS and _closes_once(inner):
        inner = inner[1:-1]
    return inner.strip()[:MAX_METAVAR]


def _closes_once(text: str) -> bool:
    return text[0] in "<\"'" and text.endswith(_PAIRS[text[0]]) and text[0] not in text[1:-1]


def choices_in(inner: str) -> tuple[tuple[str, ...], bool] | None:
    """The closed list in ``always|never``, and whether it leaves room for other values.

    None where there is no such list, or where it lists kinds of values (``filename|uri``).
    """
    while len(inner) > 2 and inner[0] in "[({<\"'" and "|" in inner and _closes_at_end(inner):
        inner = inner[1:-1].strip()
    atoms = [atom.strip().strip("\"'") for atom in inner.split("|")]
    if len(atoms) < 2:
        return None
    literal = [atom for atom in atoms if _ATOM.fullmatch(atom)]
    spoken = [atom for atom in atoms if atom.startswith("<") and atom.endswith(">")]
    if len(literal) + len(spoken) != len(atoms) or not literal:
        return None
    kinds = sum(atom.lower() in _PLACEHOLDERS for atom in literal)
    if 2 * kinds >= len(atoms):
        return None
    if any(":" in atom or "/" in atom for atom in literal):
        return None  # "host:port|path"
    ranges = any(_RANGE.fullmatch(atom) for atom in literal)
    return tuple(dict.fromkeys(atom.lstrip("=") for atom in literal)), bool(
        spoken or kinds or ranges
    )


def _closes_at_end(text: str) -> bool:
    if text[0] in "\"'":
        return text.endswith(text[0]) and text[0] not in text[1:-1]
    return _closes(text)
