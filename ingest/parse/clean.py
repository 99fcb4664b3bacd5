"""Text hygiene: what a reader of the rendered page would not see does not reach a passage.

Documentation is untrusted. Invisible characters and hidden elements are the usual carriers of
instructions that a person never sees, so they are removed before anything else looks at the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# Zero-width, bidirectional and other format characters, soft hyphen, invisible fillers, variation
# selectors, tag characters, and all controls but tab and line feed.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]+"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u2007\u202f]")  # no-break spaces: a shell would not take them


def words(text: str) -> frozenset[str]:
    """The words of ``text``, as a set: a long list of names in a few lines."""
    return frozenset(text.split())


_DROPPED_ELEMENTS = words(
    "script style template noscript iframe object embed svg math canvas video audio head"
)
_HIDING_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|(?<!-)color:transparent|clip:rect\((?:0|1px)|"
    r"(?:opacity|font-size):(?:0+(?:\.0*)?|\.0+)(?![.\d])|(?:left|top|text-indent):-\d{3}"
)


def clean(text: str) -> str:
    """``text`` in NFC, with nothing invisible in it. Line feeds and tabs stay. Idempotent."""
    text = _LINE_ENDS.sub("\n", text)
    if text.isascii():
        return _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", _INVISIBLE.sub("", text)))


def fold(text: str) -> str:
    """``clean`` prose: every run of white space one space, none at the ends."""
    return " ".join(clean(text).split())


def hidden(name: str, attributes: Mapping[str, str]) -> bool:
    """Whether a reader of the rendered page sees nothing of such an element."""
    if name in _DROPPED_ELEMENTS:
        return True
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    style = attributes.get("style")
    return style is not None and bool(
        _HIDING_STYLE.search(re.sub(r"\s+|/\*.*?\*/", "", style).lower())
    )
