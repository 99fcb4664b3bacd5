"""Manual pages, in whichever dialect of roff, to a Page: mandoc renders, this reads its HTML."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from bs4.element import PageElement, Tag

from corpora.errors import ParseError, Reason
from corpora.model import Block, Entry, Page, Section, Text
from ingest.parse.charset import decode_roff
from ingest.parse.help_lines import option_line, read_listing
from ingest.parse.limits import gunzip
from ingest.parse.man_blocks import Reader, plain
from ingest.parse.mandoc import to_html
from ingest.parse.markup import anchor, classes, elements, prose, require_text, tree
from ingest.parse.outline import Heading, Outline
from ingest.parse.terms import split_terms

_FILE = re.compile(r"(?P<slug>.+?)(?:\.(?P<section>\d\w*))?(?:\.gz)?")
_NAME_AND_PURPOSE = re.compile(r"\s+[-–—]+\s+")
_ALIAS = re.compile(r"\A(?:\.\\\".*\n)*[.']\s*so\s+(\S+)\s*\Z")
_OPTIONS = re.compile(r"\b(?:OPTIONS?|FLAGS?)\b", re.IGNORECASE)
_BOILERPLATE = re.compile(r"Part of the git\(1\) suite\.?")
_WORDS_OF_A_COMMAND = 6
_GENERAL = re.compile(r"\[ ?[\w -]*options ?\]", re.IGNORECASE)
"""What stands between a program and its subcommand: ``borg [common options] create``."""
_QUOTES = str.maketrans("", "", "'*")
_UNIT = re.compile(r".+\.(?:service|socket|target|timer|mount|slice|path)")
"""Pages of section 8 about units of systemd, which nobody types as a command."""
_NO_COMMANDS = frozenset("2345")
"""Sections about calls, devices and files. The synopsis of chrony.conf(5) is its own name."""
_COMMANDS = frozenset("18")
_LEAST_LISTED = 3
_LEAST_LISTED_ELSEWHERE = 8
"""Lines that begin an option, in a quoted list: fewer may be an example."""
_BEFORE = Heading("", 1)
"""What stands before the first heading."""


def parse(name: str, data: bytes) -> Page:
    """Read one manual page, compressed or not. ``name`` is its path: slug and section come from it.

    Raises ToolMissing where mandoc is not installed, and ParseError.
    """
    roff = decode_roff(name, gunzip(name, data))
    if alias := _ALIAS.match(roff):
        raise ParseError(name, Reason.EMPTY, f"only names another page: {alias[1]}")
    if "\n" not in roff.strip():
        raise ParseError(name, Reason.EMPTY, "no text")
    body = tree(name, to_html(name, roff)).body
    if body is None:
        raise ParseError(name, Reason.EMPTY, "no body")
    manual = body.find("div", class_="manual-text")
    file = _FILE.fullmatch(PurePosixPath(name).name)
    slug, section = (file["slug"], file["section"] or "") if file else (name, "")
    title, summary = slug, ""
    outline = Outline()
    for child in elements(manual if isinstance(manual, Tag) else body):
        if " Sh " in classes(child) and _heading(child).text.upper() == "NAME":
            title, summary = _name(child, slug)
        elif " Sh " in classes(child):
            _section(child, 1, outline)
        elif child.name != "table":  # the header and footer of the printed page
            outline.add(_BEFORE, Reader().blocks_of([child]))
    sections = tuple(_opened(kept) for kept in outline.sections() if not _is_boilerplate(kept))
    require_text(name, sections)
    return Page(
        slug=slug,
        title=title,
        summary=summary,
        command=_command(slug, section, sections),
        sections=sections,
    )


def renamed(page: Page, name: str) -> Page | None:
    """``page`` as it is called by ``name``, a path that leads to it too; None where no command is.

    Of a subcommand's page, ``cryptsetup-luksOpen`` for ``cryptsetup-open``, it is a subcommand.
    """
    file = _FILE.fullmatch(PurePosixPath(name).name)
    slug, section = (file["slug"], file["section"] or "") if file else (name, "")
    if section[:1] not in _COMMANDS:
        return None
    command = _command(slug, section, page.sections)
    program, *words = page.command.split()[:2] or [""]
    if words and command == slug and slug.startswith(f"{program}-"):
        command = f"{program} {slug.removeprefix(f'{program}-')}"
    return page.model_copy(update={"slug": slug, "command": command}) if command else None


def _heading(section: Tag) -> Heading:
    for child in elements(section):
        if child.name in ("h1", "h2"):
            return Heading(prose(child, plain), 1, anchor(child))
    return Heading("", 1)


def _name(section: Tag, slug: str) -> tuple[str, str]:
    """Title and summary from a NAME section: ``git-commit - Record changes …``."""
    paragraphs = (prose(child, plain) for child in elements(section) if child.name == "p")
    text = " ".join(filter(None, paragraphs))
    parts = _NAME_AND_PURPOSE.split(text, maxsplit=1)
    if len(parts) == 2:
        return parts[0] or slug, parts[1]
    return text or slug, ""


def _section(section: Tag, level: int, outline: Outline) -> None:
    found = _heading(section)
    heading = Heading(found.text, level, found.anchor)
    outline.start(heading)
    reader = Reader(
        synopsis=found.text.upper().startswith("SYNOPSIS"),
        options=bool(_OPTIONS.search(found.text)),
    )
    own = [child for child in section.contents if not _is(child, "section", "h1", "h2")]
    outline.add(heading, reader.blocks_of(own))
    for child in elements(section):
        if child.name != "section":  # mandoc closes them: nothing else follows a subsection
            continue
        option = _heading(child)
        if option.text.startswith("-"):  # podman and buildah: a heading per option
            inside = [inner for inner in child.contents if not _is(inner, "h2")]
            entry = Entry(
                terms=split_terms(option.text),
                body=tuple(Reader().blocks_of(inside)),
                anchor=option.anchor,
            )
            outline.add(heading, [entry])
        else:
            _section(child, level + 1, outline)


def _is(node: PageElement, *names: str) -> bool:
    return isinstance(node, Tag) and node.name in names


def _is_boilerplate(section: Section) -> bool:
    """The line that ends every page of git."""
    block = section.blocks[0] if len(section.blocks) == 1 else None
    return isinstance(block, Text) and _BOILERPLATE.fullmatch(block.text) is not None


def _opened(section: Section) -> Section:
    """Help texts that a page quotes under its options, read as what they are: certbot(1)."""
    least = _LEAST_LISTED if _OPTIONS.search(section.heading) else _LEAST_LISTED_ELSEWHERE
    blocks: list[Block] = []
    for block in section.blocks:
        if isinstance(block, Text) and block.type == "code" and _is_help(block.text, least):
            blocks += read_listing(block.text)
        else:
            blocks.append(block)
    return section.model_copy(update={"blocks": tuple(blocks)})


def _is_help(text: str, least: int) -> bool:
    """Whether code is what a program prints for ``--help``, or its list of options: rclone(1)."""
    lines = [line for line in text.split("\n") if line.strip()]
    listed = sum(option_line(line) is not None and line[0].isspace() for line in lines)
    return text.startswith("usage:") or (listed >= least and 2 * listed >= len(lines))


def _command(slug: str, section: str, sections: tuple[Section, ...]) -> str:
    """The command line: ``git rev-parse``, where the synopsis begins with the words of the slug."""
    if section[:1] in _NO_COMMANDS or _UNIT.fullmatch(slug):
        return ""
    for found in sections:
        if found.heading.upper().startswith("SYNOPSIS"):
            for block in found.blocks:
                if isinstance(block, Text):
                    for line in block.text.split("\n"):
                        if words := _spelled_out(slug, line):
                            return words
    return slug if section[:1] in _COMMANDS else ""


def _spelled_out(slug: str, line: str) -> str:
    """The words of ``line`` that joined by hyphens are ``slug``: ``(EXPERIMENTAL!) git replay``."""
    words = _GENERAL.sub(" ", line).translate(_QUOTES).split()[:_WORDS_OF_A_COMMAND]
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if "-".join(words[start:end]) == slug:
                return " ".join(words[start:end])
    return ""
