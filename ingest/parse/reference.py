"""Pages that describe a command, among those of a site: which command, its usage, its options.

Generators of reference pages (spf13/cobra's, docker's, those who paste ``--help``) write the usage
as a block of code and the options as another or as a table. Here the usage gets a section of its
own, a pasted help text becomes its parts, and the page says which command it documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from corpora.model import Block, Entry, Page, Section, Text
from ingest.parse.help_text import help_sections

_HELP = re.compile(r"\s*(?:NAME:\n|USAGE:|[Uu]sage:[ \t]*\S|[Uu]sage:\s*\n\s+\S)")
_USAGE_LINE = re.compile(r"[Uu]sage:\s+(?P<line>[a-z]\S*(?: .*)?)")
_FLAGS = re.compile(r"\[(?:flags|options|OPTIONS|global options|command)\]|\bOPTIONS\b|\s-{1,2}\w")
_SYNOPSIS = re.compile(r"synopsis|usage", re.IGNORECASE)
_PATH = re.compile(r"[a-z][\w.-]*(?: [a-z][\w.-]*){0,7}")
_WORD = re.compile(r"[a-z][\w.-]*")
_TITLE = re.compile(
    r"(?:Command: |The )?[`'\"]?(?P<path>[a-z][\w.-]*(?: [a-z][\w.-]*)*)[`'\"]?"
    r"(?: (?:[Cc]ommand)?(?: [Rr]eference)?)?"
)
_PLACEHOLDERS = re.compile(
    r"[a-z][\w.-]*(?: [a-z][\w.-]*)*(?: (?:[A-Z][A-Z_]*|\||<[^<>]+>|\.\.\.))*"
)
_PROMPT = re.compile(r"^\s*[$#>] ")


def as_reference(page: Page) -> Page:
    """The page with its command and usage, where it documents a command; else as it is."""
    sections = page.sections
    # A page that pastes several shows how other commands are called.
    if sum(_is_help(block) for section in sections for block in section.blocks) == 1:
        sections = tuple(part for section in sections for part in _unfolded(section))
    command = _command(page, sections)
    if not command:
        return page.model_copy(update={"sections": sections})
    sections = tuple(part for section in sections for part in _with_usage(section, command))
    return page.model_copy(
        update={
            "command": command,
            "title": command,
            "summary": page.summary or _summary(sections),
            "sections": sections,
        }
    )


def _unfolded(section: Section) -> Iterator[Section]:
    """A section whose pasted help texts have become sections below it."""
    kept: list[Block] = []
    below: list[Section] = []
    for block in section.blocks:
        if isinstance(block, Text) and _is_help(block):
            below += help_sections(block.text)
        else:
            kept.append(block)
    if not below:
        yield section
        return
    yield section.model_copy(update={"blocks": tuple(kept)})
    for part in below:
        level = section.level + 1 if section.heading else 1
        yield part.model_copy(update={"level": level, "anchor": section.anchor})


def _is_help(block: Block) -> bool:
    return isinstance(block, Text) and block.type == "code" and bool(_HELP.match(block.text))


def _command(page: Page, sections: tuple[Section, ...]) -> str:
    """The command that a page documents: what its file or title says and its usage confirms."""
    named = page.slug.replace("_", " ")
    title = _TITLE.fullmatch(page.title)
    called = title["path"] if title else ""
    for path in aliases(sections):
        if named in (path, path.partition(" ")[2]):
            return path
    usages = list(_usages(sections))
    has_options = any(
        isinstance(block, Entry) and block.terms[0].startswith("-")
        for section in sections
        for block in section.blocks
    )
    for line in usages:
        path = " ".join(_path(line))
        if path in (named, called) or path.split()[1:] in (named.split(), called.split()):
            return path
    if usages and has_options and len({_path(line) for line in usages}) == 1:
        return " ".join(_path(usages[0]))
    # cobra gives a command that only has subcommands a page without a usage.
    headings = {section.heading for section in sections} | {page.title}
    if " " in named and named in {one.strip("`").casefold() for one in headings}:
        return named
    group = has_options or not headings.isdisjoint(("Subcommands", "Aliases"))
    if group and (named == called or named in headings) and _WORD.fullmatch(named):
        return named
    return ""


def aliases(sections: Iterable[Section]) -> Iterator[str]:
    """The paths under a heading ``Aliases``: in full, or one word where the rest is the page's."""
    for section in sections:
        if section.heading != "Aliases":
            continue
        for block in section.blocks:
            if not isinstance(block, Text):
                continue
            names = [word.strip(" `") for word in block.text.split(",")]
            if all(_PATH.fullmatch(name) for name in names):
                yield from names


def _usages(sections: tuple[Section, ...]) -> Iterator[str]:
    """Lines that show how a command is called, as a usage rather than as an example does."""
    for section in sections:
        for block in section.blocks:
            if not isinstance(block, Text):
                continue
            if block.type == "code":
                first = block.text.split("\n", 1)[0]
                if not _path(first):
                    continue
                if section.heading == "Synopsis" or (
                    _is_usage(section, block) and not _PROMPT.match(first)
                ):
                    yield first
            elif line := _USAGE_LINE.fullmatch(block.text):
                yield line["line"]


def _is_usage(section: Section, block: Text) -> bool:
    first = block.text.split("\n", 1)[0]
    shaped = block.text.count("\n") < 4 and bool(_path(first)) and bool(_FLAGS.search(block.text))
    return shaped and ("[" in first or "OPTIONS" in first or bool(_SYNOPSIS.match(section.heading)))


def _calls(section: Section, block: Text, command: str) -> bool:
    """Whether a block is the usage of ``command``: by its shape, or by where it stands."""
    if not f"{block.text} ".startswith(f"{command} "):
        return False
    opening = section.heading in ("", command) and bool(_PLACEHOLDERS.fullmatch(block.text))
    return opening or _is_usage(section, block)


def _path(line: str) -> tuple[str, ...]:
    """The words before the first placeholder: ``docker container run``."""
    words: list[str] = []
    for word in line.split():
        if not _WORD.fullmatch(word) or len(words) == 8:
            break
        words.append(word)
    return tuple(words)


def _with_usage(section: Section, command: str) -> Iterator[Section]:
    """A section with the usage of ``command`` in it moved to a section ``Synopsis``."""
    usage: list[Block] = []
    kept: list[Block] = []
    for block in section.blocks:
        if not isinstance(block, Text) or block.type == "table":
            kept.append(block)
        elif block.type == "code" and not usage and _calls(section, block, command):
            usage.append(block)
        elif (line := _USAGE_LINE.fullmatch(block.text)) and line["line"].startswith(command):
            usage.append(Text(type="code", text=line["line"]))
        else:
            kept.append(block)
    if (
        section.heading == "Synopsis"
        and not usage
        and all(isinstance(block, Text) and block.type == "code" for block in kept)
    ):
        yield section
        return
    if _SYNOPSIS.fullmatch(section.heading) and (kept or not usage):
        # Prose about the command under "Synopsis" is its description, and no usage.
        section = section.model_copy(update={"heading": "", "level": 1})
    if kept or not usage:
        yield section.model_copy(update={"blocks": tuple(kept)})
    if usage:
        yield Section(heading="Synopsis", level=1, anchor=section.anchor, blocks=tuple(usage))


def _summary(sections: tuple[Section, ...]) -> str:
    for section in sections[:3]:
        for block in section.blocks:
            if isinstance(block, Text) and block.type == "prose":
                return block.text.split(". ")[0][:200]
    return ""
