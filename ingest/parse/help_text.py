"""What a program prints of itself (``--help``), to a Page.

The document's name is the command's path: ``kubectl/rollout/status``. Read are the shapes of
spf13/cobra and kubectl, GNU programs, argparse, click and Go's ``flag``: a usage, headed parts, and
lists of options. What has no such shape is prose or code, as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from corpora.errors import ParseError, Reason
from corpora.model import Block, Page, Section, Text
from ingest.parse.clean import clean, fold
from ingest.parse.help_lines import is_listing, option_line, read_listing
from ingest.parse.limits import gunzip
from ingest.parse.markup import code, require_text

# coreutils 9.10 writes links into its help, even to a pipe.
_ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;]*[A-Za-z]|.\x08")
_HEADING = re.compile(r"(?P<name>[A-Z][^\n:]{0,60}):\s*")
_USAGE = re.compile(r"[Uu]sage(?: of [\w./-]+)?:\s*(?P<line>.*)|USAGE\s*")
_EXAMPLES = re.compile(r"examples?\b", re.IGNORECASE)
_OR = re.compile(r"\s+or:\s+")
_COMMANDS = re.compile(r"(?:.*\b)?(?:sub)?commands\b.*|commands:?", re.IGNORECASE)
_ROW = re.compile(r"\s{1,6}(?P<name>[a-z][\w:.-]*)\*?(?:, [a-z][\w-]*)*(?:\s{2,}|\t)\S.*")


def parse(name: str, data: bytes) -> Page:
    """Read one help text. ``name`` is the command's path, with slashes. Raises ParseError."""
    text = help_text(name, data)
    path = PurePosixPath(name).parts
    if not path or not text.strip():
        raise ParseError(name, Reason.EMPTY, "it prints nothing")
    sections = tuple(help_sections(text))
    require_text(name, sections)
    command = " ".join(path)
    lead = sections[0].blocks if sections and not sections[0].heading else ()
    summary = next((block.text for block in lead if isinstance(block, Text)), "")
    return Page(
        slug="-".join(path),
        title=command,
        summary=summary.split(". ")[0][:200],
        command=command,
        sections=sections,
    )


def help_text(name: str, data: bytes) -> str:
    """The text as a reader sees it: without escape sequences or overstriking."""
    return clean(_ESCAPES.sub("", gunzip(name, data).decode("utf-8", "replace")))


def help_sections(text: str) -> Iterator[Section]:
    """The headed parts of a help text, the usage under ``Synopsis``."""
    heading = ""
    run: list[str] = []
    for line in text.split("\n"):
        usage = _USAGE.fullmatch(line)
        head = _HEADING.fullmatch(line) if not line[:1].isspace() else None
        if usage is None and head is None:
            if heading == "Synopsis" and _begins(line):  # Go's "Usage of tool:" heads the options
                yield from _section(heading, run)
                heading, run = "", []
            run.append(line)
            # The usage of GNU programs and of click ends where the indentation does.
            if heading == "Synopsis" and not line.strip() and any(one.strip() for one in run):
                yield from _section(heading, run)
                heading, run = "", []
            continue
        yield from _section(heading, run)
        heading = "Synopsis" if usage is not None else (head["name"] if head else "")
        run = [usage["line"] or ""] if usage is not None else []
    yield from _section(heading, run)


def commands_in(text: str) -> tuple[str, ...]:
    """The subcommands that a help text lists under headings that say so."""
    found: dict[str, None] = {}
    inside = False
    for line in text.split("\n"):
        if line and not line[0].isspace():
            inside = _COMMANDS.fullmatch(line.rstrip(": ")) is not None
        elif inside and (row := _ROW.fullmatch(line)):
            found[row["name"]] = None
    return tuple(found)


def _section(heading: str, lines: list[str]) -> Iterator[Section]:
    text = "\n".join(lines).strip("\n")
    if not text.strip():
        return
    if heading == "Synopsis":
        joined = "\n".join(_OR.sub("\n", f" {line}").strip() for line in text.split("\n"))
        yield Section(heading=heading, blocks=(Text(type="code", text=joined.strip()),))
    elif _EXAMPLES.match(heading):
        yield Section(heading=heading, blocks=(Text(type="code", text=code(text)),))
    else:
        yield Section(heading=heading, blocks=tuple(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    """Paragraphs, lists of options, and what stands in columns."""
    for part in _runs(text):
        if is_listing(part) or any(_begins(line) for line in part.split("\n")):
            yield from read_listing(part)
        elif all(line[:1].isspace() for line in part.split("\n") if line) and "\n" in part:
            yield Text(type="code", text=code(part))
        elif said := fold(part):
            yield Text(text=said)


def _begins(line: str) -> bool:
    """Whether an indented line begins an option that has its text beside or below it."""
    found = option_line(line)
    return found is not None and line[:1].isspace()


def _runs(text: str) -> Iterator[str]:
    """Paragraphs; those of one list of options together, because kubectl parts them by lines."""
    run: list[str] = []
    listing = False
    for part in re.split(r"\n\s*\n", text):
        options = any(_begins(line) for line in part.split("\n"))
        deep = part[:1].isspace()
        if run and not (listing and (options or deep)):
            yield "\n\n".join(run)
            run = []
        listing = options or (listing and deep)
        run.append(part)
    if run:
        yield "\n\n".join(run)
