"""Which parts of a pasted text are commands: fences, prompts, and output between them.

* Where the first line that isn't blank opens a Markdown fence, the insides of the fences are the
  text, and what stands around them is prose. One pair of backticks around a single line is
  Markdown too. A fence inside a script (in a here-document, say) is left alone.
* Where the first line that is neither blank nor a comment begins with a prompt, the text is a
  transcript: only lines with a prompt are commands, with what they need to be complete, and the
  rest is output. ``> `` before the lines that follow a prompt is the shell's second prompt.
* ``$ ``, ``% `` and ``❯ `` are prompts, and so are ``$`` and ``#`` behind something that tells who
  or where one is (``root@db:~#``, ``[me@host dir]$``, ``bash-5.1#``, ``/ #``). A bare ``# `` begins
  a comment, unless every line of the text begins with it and the first does not read as prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.shell.source import Source, SourceBuilder

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*\{?\.?([\w-]*)[^`\n]*")
_OTHER_LANGUAGES = frozenset(
    {"json", "yaml", "yml", "toml", "ini", "xml", "html", "text", "txt", "output", "log", "diff"}
    | {"sql", "python", "py", "go", "js", "ts", "javascript", "typescript", "hcl", "terraform"}
    | {"dockerfile", "powershell", "ps1", "bat"}
)
_INLINE = re.compile(r"\s*`([^`\n]+)`\s*")
_PROMPT = re.compile(
    r"[ \t]*(?:"
    r"(?:\([\w.-]{1,40}\) ?)?"  # a virtual environment
    r"(?:[\w.-]{1,40}@[\w.-]{1,60}[: ]?[^\s$#%]{0,80} ?|\[[\w.-]{1,40}@[^\]\n]{1,80}\] ?"
    r"|(?:ba|z|k|da|a)?sh-[\d.]{1,10}|[~/] )[$#%]"
    r"|[$%❯])[ \t]+(?=\S)"
)
_ROOT_PROMPT = re.compile(r"#[ \t]+(?=\S)")
_SECOND_PROMPT = re.compile(r"[ \t]*>(?:[ \t]|(?=\r?(?:\n|\Z)))")
_COMMENT = re.compile(r"[ \t]*(?:#|\r?\Z)")
_REAL_COMMAND = re.compile(
    r"# +[a-z][\w.-]*(?: +[\w./:=@-]+)*?(?: +-{1,2}[A-Za-z]| +[\w.-]*[/=|]| *\|)"
)


def sources(text: str) -> Iterator[tuple[Source, bool]]:
    """The parts to parse, and of each whether only its first command line counts."""
    for part in _fenced(Source(text)):
        prompt = _prompt_of(part.text)
        if prompt is None:
            yield part, False
        else:
            for command in _prompted(part, prompt):
                yield command, True


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and where it ends, its newline included."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _fenced(source: Source) -> Iterator[Source]:
    text = source.text
    inline = _INLINE.fullmatch(text) if text.lstrip()[:1] == "`" else None
    if inline:
        yield source.slice(*inline.span(1))
        return
    first = len(text) - len(text.lstrip())
    first = text.rfind("\n", 0, first) + 1
    if not _FENCE.match(text, first):
        yield source
        return
    opened: str | None = None
    language, begin = "", 0
    for start, end in _lines(text):
        match = _FENCE.match(text, start, end)
        if opened is None:
            if match:
                opened, language, begin = match[1], match[2].lower(), end
        elif match and match[1].startswith(opened) and not text[match.end(1) : end].strip():
            if language not in _OTHER_LANGUAGES:
                yield source.slice(begin, start)
            opened = None
    if opened is not None and language not in _OTHER_LANGUAGES:
        yield source.slice(begin, len(text))


def _prompt_of(text: str) -> re.Pattern[str] | None:
    """The prompt of a transcript, or None for a script."""
    bare = 0
    for start, end in _lines(text):
        line = text[start:end].rstrip("\r\n")
        if _PROMPT.match(line):
            return _PROMPT
        if not _COMMENT.match(line):
            return None
        bare += line.startswith("# ")
    return _ROOT_PROMPT if bare and _all_by_root(text) else None


def _all_by_root(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return all(line.startswith("# ") for line in lines) and any(
        _REAL_COMMAND.match(line) for line in lines
    )


def _prompted(source: Source, prompt: re.Pattern[str]) -> Iterator[Source]:
    text = source.text
    begin = end_of_second = -1
    builder = SourceBuilder(source)
    for start, end in _lines(text):
        match = prompt.match(text, start, end)
        if match:
            if begin >= 0:
                yield builder.build()
            builder = SourceBuilder(source)
            begin, end_of_second = start, end
            builder.verbatim(match.end(), end)
        elif begin >= 0:
            second = _SECOND_PROMPT.match(text, start, end) if end_of_second == start else None
            if second:
                end_of_second = end
            builder.verbatim(second.end() if second else start, end)
    if begin >= 0:
        yield builder.build()
