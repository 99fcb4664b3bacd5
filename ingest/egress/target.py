"""Whether an address may be asked at all, before anything is looked up."""

from __future__ import annotations

import logging
import re
from ipaddress import ip_address

import httpx

from corpora.errors import Reason, SourceError
from ingest.egress.addresses import refusal
from ingest.egress.policy import Policy

log = logging.getLogger(__name__)

MAX_URL = 4096
"""Characters. Browsers and servers agree on twice this; documentation stays below 300."""

_HOST = re.compile(r"[a-z0-9._:-]+")
"""Names as the name service has them (IDNA encoded), and addresses without a zone."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1024
"""Below it, only HTTP's own ports: a request to a mail or file server could be an attack on it."""


def checked(url: str, policy: Policy) -> httpx.URL:
    """``url`` parsed, where ``policy`` lets it through. Raises SourceError REFUSED."""
    if len(url) > MAX_URL:
        raise refused(url[:100] + "…", "the address is too long")
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii").rstrip(".").lower()
        port = port_of(parsed)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise refused(url[:100], f"not an address: {error}") from error
    if parsed.scheme not in _DEFAULT_PORTS:
        raise refused(url, f"scheme {parsed.scheme!r}")
    if not _HOST.fullmatch(host):
        raise refused(url, f"host {host!r}")
    if parsed.userinfo:
        raise refused(str(parsed.copy_with(userinfo=b"")), "credentials in the address")
    if not (port in _DEFAULT_PORTS.values() or _FIRST_FREE_PORT <= port < 65536):
        raise refused(url, f"port {port}")
    if policy.hosts and not any(_matches(host, one.lower()) for one in policy.hosts):
        raise refused(url, f"{host} is not on the allow-list")
    try:
        literal = str(ip_address(host))
    except ValueError:
        return parsed
    # Checked again where the connection is made; this one also holds where a proxy makes it.
    if rule := refusal(literal, policy.networks):
        raise refused(url, f"{host} is {rule}")
    return parsed


def port_of(url: httpx.URL) -> int:
    """Return the port that ``url`` means, written or not."""
    return url.port or _DEFAULT_PORTS.get(url.scheme, 0)


def hop(here: httpx.URL, location: str, policy: Policy) -> httpx.URL:
    """Where a redirect from ``here`` leads, checked. Raises SourceError REFUSED."""
    try:
        there = str(here.join(location[: MAX_URL + 1]))
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise refused(str(here), f"redirects to what is no address: {error}") from error
    target = checked(there, policy)
    if here.scheme == "https" and target.scheme != "https":
        raise refused(there, "a redirect from https to http")
    return target


def refused(url: str, why: str) -> SourceError:
    """Make the error to raise: ``why`` goes to the log, and only the fact to the caller."""
    log.warning("refused %s: %s", url, why)
    return SourceError(url, Reason.REFUSED, "not allowed")


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern
