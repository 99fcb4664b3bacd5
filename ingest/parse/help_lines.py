"""Lists of options as programs print them, to definitions: one entry per option.

The shapes of spf13/cobra (pflag), GNU getopt programs, argparse, click and Go's ``flag`` package
differ in indentation and in where the text stands, and agree in this: an option begins a line with
its dashes, two spaces or a line feed part it from its text, and what goes on is indented deeper::

      -o, --output string   Output format. One of: (json, yaml). (default "yaml")
        --allow-missing-template-keys=true:
            If true, ignore any errors in templates.
      -timeout duration
            how long to wait (default 10s)

Text is cut from the lines, never made up.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from corpora.model import Block, Entry, Text
from ingest.parse.clean import fold
from ingest.parse.terms import split_terms

MAX_INDENT = 12
"""Columns before an option. pflag puts six before a name without a letter, perl's tools ten."""

_OPTION = re.compile(
    r"(?P<indent>[ \t]{0,12})(?P<term>(?:-{1,2}(?:\[no-\])?[A-Za-z0-9?#@]|-{1,2}<|--\Z).*)"
)
_GAP = re.compile(r"(?<=\S)(?: {2,}|\t\s*)(?=\S)")
# kubectl before 1.33 parts term and text by a colon, at the end of a line or before its text:
# "--all=false: Select all", "--selector='':". A default in quotes may hold anything.
_COLON = re.compile(
    r"(?P<term>(?:-\w, )?--?[\w-]+(?:=(?:'[^']*'|\"[^\"]*\"|\[[^\]]*\]|[^\s:]*))?):(?:\s+|\Z)"
)
# One space is all that git and click leave behind a term that is too long.
_TERM = re.compile(
    r"(?:-\w(?:[ =]?(?:<[^<>]*>|[A-Z][A-Z_]*))?, ?)*--?[\w.#?@-]+(?:\[[^\]]*\]|=\S+|[ ]<[^<>]*>)?"
)
_BULLET = re.compile(r"[-*•+] ")


@dataclass
class _Draft:
    indent: int
    term: str
    lines: list[str] = field(default_factory=list)


def option_line(line: str) -> tuple[int, str, str] | None:
    """The indentation, term and text of a line that begins an option, None where it doesn't."""
    match = _OPTION.fullmatch(line.rstrip())
    if match is None:
        return None
    rest = match["term"]
    indent = len(match["indent"].expandtabs(8))
    if colon := _COLON.match(rest):
        return indent, colon["term"], rest[colon.end() :]
    parts = _GAP.split(rest, maxsplit=1)
    return indent, parts[0].strip(), parts[1] if len(parts) > 1 else ""


def is_listing(text: str) -> bool:
    """Whether a block of lines is a list of options and nothing else."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or option_line(lines[0]) is None:
        return False
    first, second = lines[0], lines[1] if len(lines) > 1 else ""
    # A lone "--flag" at the margin of an example is no list; with its text below it, it is.
    return bool(
        first[0].isspace()
        or _GAP.search(first)
        or first.rstrip().endswith(":")
        or second[:1].isspace()
    )


def read_listing(text: str) -> tuple[Block, ...]:
    """Every option of the lines as an entry, in order; lines that belong to none as prose.

    Lines that follow an option and stand deeper are its text; so is a blank line between such.
    """
    out: list[Block] = []
    draft: _Draft | None = None
    loose: list[str] = []

    def close() -> None:
        nonlocal draft
        if loose and (said := fold(" ".join(loose))):
            out.append(Text(text=said))
        loose.clear()
        if draft is not None:
            out.append(_entry(draft))
            draft = None

    for line in textwrap.dedent(text.expandtabs(8)).split("\n"):
        found = option_line(line)
        indent = len(line) - len(line.lstrip())
        # pflag indents a name without a letter by four more than one that has a letter.
        deeper = draft is not None and indent > draft.indent + 4
        if found is not None and not (deeper and _inside(draft, line)):
            close()
            draft = _Draft(found[0], found[1], [found[2]] if found[2] else [])
        elif not line.strip():
            if draft is not None:
                draft.lines.append("")
        elif draft is not None and indent > draft.indent:
            draft.lines.append(line)
        else:
            if draft is not None:
                close()
            loose.append(line)
    close()
    return tuple(out)


def _inside(draft: _Draft | None, line: str) -> bool:
    """Whether a deeper line that begins with a dash goes on with the text of the option before.

    ``- "precise": …`` is a bullet. Where the text has begun in a column far right, so is a word
    such as ``--values`` that was wrapped to the beginning of a line.
    """
    if draft is None or _BULLET.match(line.lstrip()):
        return True
    return bool(draft.lines) and len(line) - len(line.lstrip()) > MAX_INDENT


def _entry(draft: _Draft) -> Entry:
    while draft.lines and not draft.lines[-1].strip():
        draft.lines.pop()
    body = tuple(Text(text=part) for part in _parts(draft.lines))
    return Entry(terms=split_terms(fold(draft.term)) or (draft.term,), body=body)


def _parts(lines: Sequence[str]) -> list[str]:
    """The paragraphs and bullets of an option's text, each folded."""
    out: list[str] = []
    run: list[str] = []

    def flush() -> None:
        if said := fold(" ".join(run)):
            out.append(said)
        run.clear()

    for line in lines:
        stripped = line.strip()
        if not stripped:
            flush()
            continue
        if _BULLET.match(stripped):
            flush()
        run.append(stripped)
    flush()
    return out


def bare_term(text: str) -> str:
    """The option that a line of prose begins with, without what is said of it."""
    match = _TERM.match(text)
    return match[0] if match else ""
