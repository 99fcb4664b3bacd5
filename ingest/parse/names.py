"""What an entry of a definition list defines: its kind, and the bare names to look it up by."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from corpora.model import Block, Entry, PassageKind

_OPTION_START = re.compile(r"\[?(?:--?(?=[\w?@#\[<])|--(?=[\]\s]|$)|-$)")
_OPTION_NAME = re.compile(r"--?(?:\[(?P<optional>[a-z-]+)\](?=[\w-])|[\w?@#.+-])*")
_OPTIONAL_PART = re.compile(r"\[([a-z-]+)\]")
_ANOTHER_SPELLING = re.compile(r"[|/](?=-)")

_EXAMPLES = re.compile(r"examples?\b", re.IGNORECASE)
_SETTINGS = re.compile(
    r"\b(?:config\w*|settings?|variables?|environment|key ?words|options file)\b", re.IGNORECASE
)
_SETTINGS_FILE = re.compile(r"[\w./-]*\w\.(?:ini|conf|cnf|cfg|ya?ml|toml)")
_FILE = re.compile(r"\.(?:ini|conf|cnf|cfg|ya?ml|toml|json|js|ts|md|txt|sh|py|go|html?|xml)$")
_OPTION_HEADING = re.compile(r"--[A-Za-z\[][\w\[\]-]*(?:=.*| ?[<\[(].*| [A-Z][A-Z_-]*)?")
_WITH_DEFAULT = re.compile(r"[A-Za-z][\w.]* \(default: [^()]*\)")
_NAME = re.compile(r"[a-z][a-z0-9_.]*")
_CODE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.][A-Za-z]\w*)+")
_PARAMETERS = re.compile(r"\b(?:parameters|arguments)\b", re.IGNORECASE)

# PostgreSQL: "wal_level (enum)", "fillfactor (integer)".
_TYPED = re.compile(
    r"(?P<name>[A-Za-z_][\w.]*) \((?:integer|boolean|bool|enum|string|floating point|real|float\w*"
    r"|text|double\w*|timestamp|numeric|list|oid)\b[^)]*\)"
)
_PARAMETER_ANCHOR = re.compile(r"GUC-|RELOPTION-")
_DOTTED = re.compile(r"(?P<name>[A-Za-z][\w-]*(?:\.[\w<>*-]+)+)(?: \([^)]*\))?")
_IDENTIFIER = re.compile(r"(?P<name>[A-Za-z_][\w.-]*)(?: \([^)]*\))?")
_UPPER_CASE = re.compile(r"(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)")
_DIRECTIVE = re.compile(r"(?P<name>[A-Z][A-Za-z0-9]+)=")
_KEY_WORDS = re.compile(r"(?P<name>[A-Z]{2,}(?: [A-Z]{2,})*)\b")
_META_COMMAND = re.compile(r"(?P<name>\\(?:[A-Za-z_]+|[!?;]))")
_FUNCTION = re.compile(r"(?P<name>[a-z_][\w.]*) ?\(")
_LOOKS_LIKE_CODE = re.compile(r"[_.\\\d]|[a-z][A-Z]|^[A-Z]{2,}$")


def describe(
    entry: Entry, headings: Sequence[str], parents: Sequence[str] = ()
) -> tuple[PassageKind, tuple[str, ...]]:
    """The kind of passage that ``entry`` is, and the names it defines.

    ``headings``: those above it, outermost first; ``parents``: the names of the entry it is
    nested in. ``--[no-]status`` gives both ``--status`` and ``--no-status``; ``detachedHead`` below
    ``advice.*`` also gives ``advice.detachedHead``.
    """
    if any(_EXAMPLES.match(heading) for heading in headings):
        return "example", ()
    if _OPTION_START.match(entry.terms[0] if entry.terms else ""):
        return "option", _unique(name for term in entry.terms for name in option_names(term))
    last = headings[-1] if headings else ""
    names = _parameter_names(entry, last, parents)
    if names:
        return "parameter", names
    return "definition", _unique(_definition_name(term) for term in entry.terms)


def names_of(entry: Entry, headings: Sequence[str], parents: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that ``entry`` defines, and those of the options and parameters nested in it."""
    _, own = describe(entry, headings, parents)
    nested: list[str] = []
    pending: list[Block] = list(entry.body)
    while pending:
        block = pending.pop(0)
        if isinstance(block, Entry):
            kind, names = describe(block, headings, own)
            if kind == "option" or (kind == "parameter" and any("." in name for name in names)):
                nested.extend(names)
            pending.extend(block.body)
    return _unique((*own, *nested))


def heads_definition(heading: str, above: Sequence[str]) -> bool:
    """Whether a heading is the term of what stands under it: ``--data-dir``, ``work_mem``.

    ``above``: the title of the page and the headings between. A name with its default is a term
    anywhere; a name alone on the page of a file of settings (``pgbouncer.ini``), and, if it can't
    be a plain word, under a heading that says settings.
    """
    if _OPTION_HEADING.fullmatch(heading) or _WITH_DEFAULT.fullmatch(heading):
        return True
    if any(_SETTINGS_FILE.fullmatch(one) for one in above):
        return _NAME.fullmatch(heading) is not None
    if not above or not _SETTINGS.search(above[-1]) or _FILE.search(heading):
        return False
    return _CODE_NAME.fullmatch(heading) is not None


def option_names(term: str) -> tuple[str, ...]:
    """The bare names in one spelling: ``--all`` and ``--no-all`` for ``--[no-]all=<when>``."""
    rest = term.removeprefix("[")
    found: list[str] = []
    while rest.startswith("-"):
        match = _OPTION_NAME.match(rest)
        if match is None:
            break
        found.extend(_spellings(match[0].rstrip(".")))
        rest = rest[match.end() :]
        another = _ANOTHER_SPELLING.match(rest)
        rest = rest[another.end() :] if another else ""
    return _unique(name for name in found if name != "-")


def _spellings(name: str) -> list[str]:
    """With and without each part in brackets."""
    pieces = _OPTIONAL_PART.split(name)  # every second one is optional
    choices = [("", piece) if number % 2 else (piece,) for number, piece in enumerate(pieces)]
    return ["".join(choice) for choice in itertools.product(*choices)]


def _parameter_names(entry: Entry, heading: str, parents: Sequence[str]) -> tuple[str, ...]:
    terms = entry.terms
    prefixes = [parent.removesuffix("*") for parent in parents if parent.endswith(".*")]
    if prefixes and all(_IDENTIFIER.fullmatch(term) for term in terms):
        return _unique(
            name
            for term in terms
            for p in prefixes
            for name in (f"{p}{_first(term)}", _first(term))
        )
    if _PARAMETER_ANCHOR.match(entry.anchor) or all(_TYPED.fullmatch(term) for term in terms):
        return _unique(_first(term) for term in terms)
    if all(_DIRECTIVE.fullmatch(term) for term in terms):
        return _unique(term.removesuffix("=") for term in terms)
    if _SETTINGS.search(heading):
        shapes = (_DOTTED, _UPPER_CASE, _IDENTIFIER)
        found = [_matched(term, shapes) for term in terms]
        return _unique(found) if all(found) else ()
    if _PARAMETERS.search(heading):
        shapes = (_KEY_WORDS, _DOTTED, _IDENTIFIER)
        return _unique(_matched(term, shapes) or term for term in terms)
    return ()


def _definition_name(term: str) -> str:
    r"""A name where the term is code: ``\copy``, ``date_trunc``; plain words give none."""
    for shape in (_META_COMMAND, _FUNCTION):
        if found := shape.match(term):
            return found["name"]
    found = _IDENTIFIER.fullmatch(term)
    return found["name"] if found and _LOOKS_LIKE_CODE.search(found["name"]) else ""


def _matched(term: str, shapes: Iterable[re.Pattern[str]]) -> str:
    for shape in shapes:
        found = shape.match(term) if shape is _KEY_WORDS else shape.fullmatch(term)
        if found:
            return found["name"]
    return ""


def _first(term: str) -> str:
    return term.split(" ", 1)[0]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
