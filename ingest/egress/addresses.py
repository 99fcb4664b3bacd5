"""Which network addresses may be connected to: public ones, and private networks that are named.

The tables follow the IANA special-purpose address registries (RFC 6890 and its updates); the
standard library's ``is_global`` changed its mind between Python's patch releases.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("this network", ("0.0.0.0/8", "::/128")),
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    ("shared address space", ("100.64.0.0/10",)),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("protocol assignments", ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "5f00::/16")),
    ("documentation", ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")),
    ("documentation", ("2001:db8::/32", "3fff::/20")),
    ("benchmarking", ("198.18.0.0/15",)),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    ("reserved", ("240.0.0.0/4",)),
    ("local NAT64", ("64:ff9b:1::/48",)),
)
_RULES = tuple((rule, ip_network(text)) for rule, texts in _SPECIAL for text in texts)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that is assigned to public hosts."""

METADATA = tuple(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, Google, OpenStack, Oracle, DigitalOcean
        "169.254.170.2",  # AWS containers
        "168.63.129.16",  # Azure's host: a public address that is served inside
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # AWS over IPv6
        "fd20:ce::254",  # Google over IPv6
    )
)
"""Where clouds hand credentials to whoever asks from inside. Never connected to, not even where a
network around it is allowed."""

_SIIT = IPv6Network("::ffff:0:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_LAST_32 = 0xFFFFFFFF


def refusal(address: str, allowed: Sequence[Network] = ()) -> str | None:
    """Why ``address`` must not be connected to, in a few words for the log; None where it may.

    ``allowed`` are networks that may be connected to although they are not public.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "not an address"
    inner, wrapped = _embedded(parsed)
    judged = inner if wrapped else (parsed, *inner)
    return next((rule for one in judged if (rule := _rule(one, allowed))), None)


def _rule(address: Address, allowed: Sequence[Network]) -> str | None:
    if address in METADATA:
        return "metadata service"
    if any(address in network for network in allowed if network.version == address.version):
        return None
    for rule, network in _RULES:
        if network.version == address.version and address in network:
            return rule
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "not assigned to public hosts"
    return None


def _embedded(address: Address) -> tuple[tuple[Address, ...], bool]:
    """Find the IPv4 addresses that ``address`` leads to, and whether it only wraps them."""
    if isinstance(address, IPv4Address):
        return (), False
    if address.ipv4_mapped:
        return (address.ipv4_mapped,), True
    if address.sixtofour:
        return (address.sixtofour,), True
    if address.teredo:  # a relay's server and the client behind it
        return address.teredo, True
    low = IPv4Address(int(address) & _LAST_32)
    if address in _SIIT or address in _NAT64:
        return (low,), True
    if (int(address) >> 32) & _LAST_32 in _ISATAP:
        return (low,), False
    return (), False
