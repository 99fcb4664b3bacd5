"""Templates to pages. Documentation is untrusted: all is escaped, and no script is inline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from urllib.parse import quote, urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.web.marks import look

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing but our own files, nothing inline, no frames, forms only to us."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    # The question stands in the address, which is nobody else's business. Not `no-referrer`: with
    # it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}

ASSETS = {
    "style.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""File → media type."""

_DAY = 24


def asset(name: str) -> bytes:
    """The bytes of one of `ASSETS`."""
    return files("api.web").joinpath("assets", name).read_bytes()


def page(template: str, status: int = 200, /, **values: object) -> HTMLResponse:
    """One page."""
    text = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def _asset_address(name: str) -> str:
    """Where an asset is found: the address changes with its bytes, so that it may be kept."""
    return f"/assets/{name}?{hashlib.sha256(asset(name)).hexdigest()[:12]}"


def _safe(url: str) -> str:
    """An address that may be linked; empty where it could be anything but a page."""
    return url if re.match(r"https?://[^\s]", url, re.IGNORECASE) else ""


def _address(*parts: str, **query: str | None) -> str:
    """A path of ours, each part escaped, with what of ``query`` is set."""
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def _command_address(product: str, release: str, path: Sequence[str]) -> str:
    return _address("browse", product, release, *path)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _age(at: datetime) -> str:
    """How long ago, roughly."""
    hours = int((datetime.now(UTC) - at).total_seconds() // 3600)
    if hours < 1:
        return "within the hour"
    count, unit = (hours, "hour") if hours < 2 * _DAY else (hours // _DAY, "day")
    return f"{count} {unit}{'s' if count != 1 else ''} ago"


_TEMPLATES = Environment(
    loader=PackageLoader("api.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"safe_url": _safe, "moment": _moment, "age": _age, "look": look}
_TEMPLATES.globals |= {
    "asset": {name: _asset_address(name) for name in ASSETS},
    "address": _address,
    "command_address": _command_address,
}
