"""``$'…'``: the escapes of ANSI C as bash reads them."""

import re
from collections.abc import Iterator

_ANSI = re.compile(r"\$'((?:[^'\\]++|\\.)*+)'", re.DOTALL)
_ANSI_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_ANSI_LETTERS = dict(zip("abeEfnrtv", "\a\b\x1b\x1b\f\n\r\t\v", strict=True))


def closing_of(text: str, start: int) -> int:
    """Where the quote that ``$'`` opens at ``start`` is closed, or -1."""
    match = _ANSI.match(text, start)
    return match.end() - 1 if match else -1


def escapes(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The escapes between ``start`` and ``end``: where each begins and ends, and its value."""
    for match in _ANSI_ESCAPE.finditer(text, start, end):
        yield match.start(), match.end(), _value(match)


def _value(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code or escape[4]:
        number = int(code, 16) if code else int(escape[4], 8) & 0xFF
        return chr(number) if 0 < number < 0x110000 else ""
    if escape[5]:
        return chr(ord(escape[5].upper()) & 0x1F)
    letter = escape[6]
    return _ANSI_LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)
