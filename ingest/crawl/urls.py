"""One spelling per address, so that each page is asked for once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

MAX_LENGTH = 1000
"""Characters. The longest address of 20,000 real documentation pages has 190."""
MAX_SEGMENTS = 24
MAX_REPEATS = 3
"""How often one segment may stand in a path. More is a relative link that builds on itself."""

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "/%:@!$&'()*+,=~-._"
_SESSION = re.compile(r";[^/]*")
"""Path parameters: ``;jsessionid=…``. No documentation uses them for anything else."""
_INDEX = re.compile(r"/index\.(?:x?html?|php)$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_PORTS = {"http": 80, "https": 443}


def canonical(url: str, keep_query: Sequence[str] = ()) -> str | None:
    """``url`` in its one spelling, or None where it is no address to crawl.

    Lower-case host, no default port, no fragment, no session, no ``index.html``, escapes and dot
    segments resolved, no query but the parameters of ``keep_query``. Idempotent.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or len(url) > 4 * MAX_LENGTH:
        return None
    name = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        name = f"{name}:{port}"
    pairs = [pair for pair in parse_qsl(parts.query) if pair[0] in keep_query]
    query = urlencode(sorted(pairs)) if pairs else ""
    return urlunsplit((parts.scheme, name, _path(parts.path), query, ""))


def resolve(base: str, link: str, keep_query: Sequence[str] = ()) -> str | None:
    """``link`` as it stands on the page ``base``, in its one spelling; None where it is none."""
    try:
        return canonical(urljoin(base, link.strip()), keep_query)
    except ValueError:
        return None


def is_trap(url: str) -> bool:
    """Whether no honest page has such an address."""
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    return (
        len(url) > MAX_LENGTH
        or len(segments) > MAX_SEGMENTS
        or any(segments.count(segment) > MAX_REPEATS for segment in set(segments))
    )


def shape(url: str) -> str:
    """``url`` with all numbers alike: pages of a calendar, or of a counter, have one shape."""
    return _DIGITS.sub("0", url)


def folder(url: str) -> str:
    """The address of the folder that ``url`` stands in, with its slash."""
    return urljoin(url, ".")


def _path(path: str) -> str:
    path = _ESCAPE.sub(_unescape, _SESSION.sub("", path))
    kept: list[str] = []
    segments = [segment for segment in path.split("/") if segment]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    slash = "/" if kept and (path.endswith("/") or segments[-1] in (".", "..")) else ""
    whole = f"/{'/'.join(kept)}{slash}"
    return _INDEX.sub("/", quote(whole, safe=_SAFE))


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()
