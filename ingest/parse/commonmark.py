"""Markdown as documentation is written in it, to a Page, by way of HTML.

CommonMark with tables and definition lists, and what the usual generators add: front matter;
MkDocs admonitions and tabs; Docusaurus admonitions, MDX imports and components; Hugo shortcodes.
markdown-it-py renders it, and the HTML reader takes over: what hides in inline HTML is dropped by
the same rules, and tables and lists of options are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin

from corpora.errors import ParseError, Reason
from corpora.model import Page
from ingest.parse import html
from ingest.parse.clean import clean, fold
from ingest.parse.limits import gunzip

MAX_FRONT_MATTER = 32 * 1024
"""Characters; the longest of 2,100 real pages has 1,300."""

_GENERATED = "<!---MARKER_GEN_START-->"
"""What docker's generator of reference pages writes: such a file is called by its command, also
where its title is another's (``# config`` in ``context.md``)."""

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(?P<yaml>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_ADMONITIONS = ("note", "tip", "info", "warning", "danger", "caution", "important")
# What stands in code is left alone: "<NAME>" there is a placeholder, "{{" a template.
_CODE = (
    r"(?P<code>(?ms:^[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z))"
    r"|``[^\n]+?``|`[^`\n]+`)"
)
_SHORTCODE = re.compile(_CODE + r"|\{\{[<%]\s*/?[^{}]*?[>%]\}\}")
_MDX_COMMENT = re.compile(_CODE + r"|\{/\*.*?\*/\}", re.DOTALL)
_MDX_LINE = re.compile(
    _CODE + r"|^(?:import\s.+?\sfrom\s.+|import\s+['\"].+|export\s.+)$", re.MULTILINE
)
_COMPONENT = re.compile(
    _CODE + r"|^[ \t]*</?[A-Z][\w.]*(?:\s(?:[^<>`]|=>)*)?/?>[ \t]*$", re.MULTILINE
)
_INCLUDE = re.compile(r"^(?:--8<--.*|\{!.*!\}|\[TOC\]|\[\[_TOC_\]\])$", re.MULTILINE)
_TAB = re.compile(r"^(?P<indent>[ \t]*)===[!+]? \"(?P<title>[^\"\n]+)\"[ \t]*$")
_CONTAINER_TITLE = re.compile(r"^(?P<mark>:{3,})(?P<kind>[a-z]+)", re.MULTILINE)


def parse(name: str, data: bytes) -> Page:
    """Read one Markdown or MDX document. ``name`` is its path. Raises ParseError."""
    text = gunzip(name, data).decode("utf-8", "replace")
    text = "\n".join(text.splitlines()).removeprefix("\ufeff")
    front, text = _front_matter(name, text)
    if front and not text.strip():
        raise ParseError(name, Reason.CONTENTS_ONLY, "front matter and no text")
    for pattern in (_MDX_COMMENT, _SHORTCODE, _MDX_LINE, _COMPONENT):
        text = pattern.sub(lambda match: match["code"] or "", text)
    text = _CONTAINER_TITLE.sub(r"\g<mark> \g<kind>", _INCLUDE.sub("", _untabbed(text)))
    try:
        markup = _renderer().render(text)
    except RecursionError as error:
        raise ParseError(name, Reason.MALFORMED, "it nests too deep") from error
    title = next((front[key] for key in ("title", "linkTitle") if front.get(key)), "")
    summary = front.get("description", "")
    page = html.read(name, markup, title=title, summary=summary, framed=False)
    if not page.command and _GENERATED in text:
        return page.model_copy(update={"command": page.slug.replace("_", " ")})
    return page


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": True, "maxNesting": 60})
    found.enable(["table", "strikethrough"])
    found.use(anchors_plugin, max_level=6).use(deflist_plugin).use(admon_plugin)
    for name in _ADMONITIONS:
        found.use(container_plugin, name)
    return found


def _front_matter(name: str, text: str) -> tuple[Mapping[str, str], str]:
    """The fields of the front matter that are plain text, and what follows it."""
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    if len(match["yaml"]) > MAX_FRONT_MATTER:
        raise ParseError(name, Reason.TOO_LARGE, "its front matter")
    try:
        found = yaml.safe_load(match["yaml"])
    except (yaml.YAMLError, ValueError, RecursionError):
        found = None  # the text is worth more than its head
    fields = found if isinstance(found, dict) else {}
    plain = {
        str(key): fold(clean(value)) for key, value in fields.items() if isinstance(value, str)
    }
    return plain, text[match.end() :]


def _untabbed(text: str) -> str:
    """MkDocs' tabs as paragraphs: the title, then the content without its indentation."""
    if '=== "' not in text:
        return text
    out: list[str] = []
    inside: str | None = None
    for line in text.split("\n"):
        if tab := _TAB.match(line):
            inside = tab["indent"] + "    "
            out += ["", f"{tab['indent']}{tab['title']}:", ""]
        elif inside is not None and line.startswith(inside):
            out.append(inside[:-4] + line[len(inside) :])
        else:
            inside = inside if not line.strip() else None
            out.append(line)
    return "\n".join(out)
