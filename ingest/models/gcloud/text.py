"""The marked-up texts of gcloud's help: plain lines, and examples with their code."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from corpora.model import Text

_MARK = re.compile(r"(?<![\w*])([*_`])(?=\S)([^*`\n]{1,200}?)(?<=\S)\1(?![\w*])")
_LINK = re.compile(r"(?:link:)?(https?://[^\s\[\]]{1,500})\[([^\]\n]{0,200})\]")
_CODE = re.compile(r"[ \t]+\S")
EXAMPLES = 20_000
"""Characters of a section that are read. The longest help of a command has some 30,000 in all."""


def plain(text: str) -> str:
    """Leave out what makes text bold, slanted or a link."""
    return _MARK.sub(r"\2", _LINK.sub(_link, text)).replace("``", "").replace("''", "")


def _link(match: re.Match[str]) -> str:
    return f"{match[2]} ({match[1]})" if match[2] else match[1]


def blocks(section: object) -> Iterator[Text]:
    """The paragraphs of a section, and the indented lines between them as code."""
    if not isinstance(section, str):
        return
    lines = textwrap.dedent(section[:EXAMPLES].expandtabs()).splitlines()
    held: list[str] = []
    code = False
    for line in [*lines, ""]:
        indented = _CODE.match(line) is not None
        ends = (not line.strip() and not code) or (line.strip() and held and indented != code)
        if ends and held:
            yield _block(held, code=code)
            held = []
        if line.strip() in ("", "+"):
            if code and held:
                held.append("")
            continue
        code = indented
        held.append(line)
    if held:
        yield _block(held, code=code)


def _block(lines: list[str], *, code: bool) -> Text:
    if not code:
        return Text(text=plain(" ".join(one.strip() for one in lines)))
    text = textwrap.dedent("\n".join(lines)).strip()
    return Text(type="code", text=text.removeprefix("$ ").replace("\n$ ", "\n"))
