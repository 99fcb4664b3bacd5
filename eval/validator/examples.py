"""Command lines as documentation gives them: Markdown, manual pages, reStructuredText, YAML.

Lines are cut out by plain rules of their formats, without the parser that is judged on them.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

_FENCE = re.compile(r"^\s*(```|~~~)\s*([\w-]*)")
_SHELLS = frozenset({"", "bash", "sh", "shell", "console", "shell-session", "zsh", "text"})
_PROMPT = re.compile(r"^\s*(?:\$|#|%|>)\s+")
_HERE = re.compile(r"<<-?\s*['\"]?(\w+)")
_OTHER_SHELLS = ("^", "`", "/")
"""How a line goes on in cmd.exe, in PowerShell, and in one example by mistake."""
_BLANK_BEHIND = re.compile(r"\\[ \t]+$", re.MULTILINE)
"""A page's trailing blanks, which would break the command, are not what the page means."""
MAX_LINES = 60
"""Of one command with its here-document; the longest seen has 41."""


def collect(path: Path, program: str) -> Iterator[str]:
    """Give the command lines that begin with ``program`` (or ``sudo`` and it) below ``path``."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if not file.is_file():
            continue
        if file.suffix in {".md", ".mdx"}:
            yield from _lines(list(_fenced(file.read_text("utf-8", "replace"))), program)
        elif file.suffix == ".rst":
            yield from _lines(list(_literal(file.read_text("utf-8", "replace"))), program)
        elif file.suffix in {".yml", ".yaml"}:
            yield from _syntax(file, program)
        elif re.fullmatch(r"\.[1-8](\.gz)?", "".join(file.suffixes[-2:])[-5:].lstrip("0123456789")):
            yield from _lines(_roff(file), program)


def collected(given: Sequence[str]) -> dict[str, list[str]]:
    """Give the distinct lines of each product and release: ``PRODUCT[:PROGRAM]@RELEASE=PATH``."""
    found: dict[str, dict[str, None]] = {}
    for one in given:
        key, _, path = one.partition("=")
        held = found.setdefault(key, {})
        program = key.partition("@")[0].rpartition(":")[2]
        held.update(dict.fromkeys(collect(Path(path), program)))
    return {key: list(lines) for key, lines in found.items()}


def reviewed(path: Path | None) -> Mapping[str, str]:
    """Lines that are wrong in the documentation: digest → why. None where no file is given."""
    if path is None:
        return {}
    held = tomllib.loads(path.read_text("utf-8"))
    return {digest: str(reason) for digest, reason in held.get("wrong", {}).items()}


def digest(line: str) -> str:
    """Name a line without quoting it."""
    return hashlib.sha256(line.encode()).hexdigest()[:16]


def _fenced(text: str) -> Iterator[str]:
    opened = ""
    shell = False
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if not opened and fence:
            opened, shell = fence[1], fence[2].lower() in _SHELLS
            yield ""
        elif opened and line.strip().startswith(opened):
            opened = ""
        elif opened and shell:
            yield line


def _literal(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        if line.strip() and not line.startswith((" ", "\t")):
            inside = line.rstrip().endswith("::")
            yield ""
        elif inside:
            yield line


def _syntax(file: Path, program: str) -> Iterator[str]:
    try:
        held = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return
    for command in held.get("directCommands") or () if isinstance(held, dict) else ():
        if command.get("sourceType") != "Core":
            continue  # an extension's: not in the program that was dumped
        for example in command.get("examples") or ():
            text = str(example.get("syntax") or "").strip()
            if text.startswith(f"{program} "):
                yield text


def _roff(file: Path) -> list[str]:
    data = file.read_bytes()
    text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8", "replace")
    found = []
    verbatim = False
    for line in text.splitlines():
        if line.startswith((".", "'")):
            verbatim = line[1:3] in {"nf", "EX"} or (verbatim and line[1:3] not in {"fi", "EE"})
            continue
        if not verbatim and not _PROMPT.match(line):
            continue
        plain = re.sub(r"\\f(?:\[\w*\]|.)", "", line)
        plain = re.sub(r"\\\((dq|aq|cq|oq|ha|ti|en|em)", _glyph, plain)
        plain = re.sub(r"\\\[(dq|aq|cq|oq|ha|ti)\]", _glyph, plain)
        found.append(
            plain.replace(r"\-", "-").replace(r"\&", "").replace(r"\\", "\\").replace(r"\e", "\\")
        )
    return found


def _glyph(match: re.Match[str]) -> str:
    glyphs = {
        "dq": '"',
        "aq": "'",
        "cq": "'",
        "oq": "'",
        "ha": "^",
        "ti": "~",
        "en": "-",
        "em": "-",
    }
    return glyphs[match[1]]


def _lines(lines: list[str], program: str) -> Iterator[str]:
    begins = re.compile(rf"(?:sudo )?{re.escape(program)} \S")  # two blanks: a table
    at = 0
    while at < len(lines):
        line = _PROMPT.sub("", lines[at]).strip()
        at += 1
        if not begins.match(line):
            continue
        whole = [line]
        while at < len(lines) and len(whole) < MAX_LINES and _goes_on(whole):
            whole.append(re.sub(r"^\s*>\s", "", lines[at]))
            at += 1
        if not whole[0].rstrip().endswith(_OTHER_SHELLS):
            yield _BLANK_BEHIND.sub(r"\\", "\n".join(whole))


def _goes_on(lines: list[str]) -> bool:
    """Tell whether a command needs another line: a backslash, an open quote, a here-document."""
    if lines[-1].rstrip().endswith(("\\", "&&", "||", "|")):
        return True
    here = _HERE.search(lines[0])
    if here:
        return all(line.strip() != here[1] for line in lines[1:])
    text = re.sub(r"\\.", "", "\n".join(lines), flags=re.DOTALL)
    quotes = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return "'" in quotes or '"' in quotes
