"""Beautiful Soup's tree, made from lxml's without a call for every tag and string that is parsed.

Beautiful Soup has its parsers tell it each start tag, end tag and string, and looks up for each of
them what only writers of HTML need. That was two fifths of the time that reading a page takes. Here
libxml2 parses to its own tree, in C; one walk over it makes the objects that the readers know, and
leaves out what is hidden. The result is that of ``BeautifulSoup(html, "lxml")`` without hidden
elements, comments and the document type; a property test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bs4 import BeautifulSoup, ParserRejectedMarkup
from bs4.builder._lxml import LXMLTreeBuilder
from bs4.element import NavigableString, PageElement, Tag
from lxml import etree  # type: ignore[import-untyped]

Hidden = Callable[[str, Mapping[str, str]], bool]
"""Whether an element of that name and these attributes is invisible, with all that is in it."""

_ASCII_SPACES = BeautifulSoup.ASCII_SPACES
_VERBATIM = LXMLTreeBuilder.DEFAULT_PRESERVE_WHITESPACE_TAGS
_CONTAINERS = LXMLTreeBuilder.DEFAULT_STRING_CONTAINERS
_TELLING = {"body", *_VERBATIM, *_CONTAINERS}


class TooDeep(Exception):
    """Elements nest deeper than is read."""


class Element(Tag):
    """A tag of such a tree: to be read and searched, not to be written, copied or renamed."""

    # What is the same for every tag stands once, on the class.
    parser_class = BeautifulSoup
    namespace = prefix = sourceline = sourcepos = None
    can_be_empty_element = False
    cdata_list_attributes = None
    preserve_whitespace_tags = _VERBATIM
    interesting_string_types = Tag.MAIN_CONTENT_STRING_TYPES
    known_xml = False
    _namespaces: dict[str, str] = {}  # noqa: RUF012  lxml's HTML has none, and nobody adds any
    _decomposed = False

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attrs = attributes  # type: ignore[assignment]  # a plain dict is enough to read
        self.contents = []
        self.parent = self.next_element = self.previous_element = None
        self.next_sibling = self.previous_sibling = None


class Builder(LXMLTreeBuilder):
    """For ``BeautifulSoup(html, builder=Builder(...))``.

    ``hidden`` is asked of every element of the body but itself. Raises TooDeep where elements of
    the body nest deeper than ``depth``.
    """

    def __init__(self, hidden: Hidden, depth: int) -> None:
        super().__init__(multi_valued_attributes=None)
        self._hidden = hidden
        self._depth = depth

    def feed(self, markup: str | bytes) -> None:
        """Parse, and hang the tree below the soup."""
        # Depth is looked at below; libxml2 would cut the tree off, and say nothing.
        parser = etree.HTMLParser(recover=True, huge_tree=True, no_network=True)
        try:
            parser.feed(markup)
            root = parser.close()
        except etree.XMLSyntaxError:
            return  # there is no element in it
        except (UnicodeDecodeError, LookupError, etree.ParserError) as error:
            raise ParserRejectedMarkup(str(error)) from error
        if self.soup is not None and root is not None:
            walk = _Walk(self.soup, self._hidden, self._depth)
            html = Element(root.tag, dict(root.items()))
            walk.add(self.soup, html)
            walk.fill(html, root, -1, _Inside())


class _Inside(NamedTuple):
    """What the elements around a node say of it."""

    body: bool = False
    verbatim: bool = False
    """Whether white space counts."""
    strings: type[NavigableString] = NavigableString
    """The class of strings: readers pass over the ruby's."""


class _Walk:
    """One walk over a parsed document, in its order."""

    def __init__(self, soup: BeautifulSoup, hidden: Hidden, depth: int) -> None:
        self._last: PageElement = soup
        self._hidden = hidden
        self._depth = depth

    def fill(self, parent: Tag, node: Any, depth: int, inside: _Inside) -> None:
        """Put the content of lxml's ``node`` into ``parent``. The body's own ``depth`` is 0."""
        if depth > self._depth:
            raise TooDeep
        if node.text:
            self._string(parent, node.text, inside)
        for child in node:
            name = child.tag
            if isinstance(name, str):  # else it is a comment or an instruction
                attributes = dict(child.items())
                if not (inside.body and self._hidden(name, attributes)):
                    element = Element(name, attributes)
                    self.add(parent, element)
                    within = _within(inside, name) if name in _TELLING else inside
                    self.fill(element, child, depth + 1, within)
            if child.tail:
                self._string(parent, child.tail, inside)

    def add(self, parent: Tag, node: PageElement) -> None:
        """Append ``node``, which has nothing in it yet, to ``parent``."""
        node.parent = parent
        node.previous_element = self._last
        self._last.next_element = node
        self._last = node
        if parent.contents:
            before = parent.contents[-1]
            node.previous_sibling = before
            before.next_sibling = node
        parent.contents.append(node)

    def _string(self, parent: Tag, text: str, inside: _Inside) -> None:
        if not inside.verbatim and not text.strip(_ASCII_SPACES):
            text = "\n" if "\n" in text else " "
        # Beautiful Soup's own constructor also sets everything that is set here.
        node = str.__new__(inside.strings, text)
        node.next_element = node.next_sibling = node.previous_sibling = None
        self.add(parent, node)


def _within(inside: _Inside, name: str) -> _Inside:
    return _Inside(
        inside.body or name == "body",
        inside.verbatim or name in _VERBATIM,
        _CONTAINERS.get(name, inside.strings),
    )
