from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.egress.addresses import METADATA, refusal

EVERYTHING = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.1.1"),  # noqa: S104
        *("172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.8", "192.0.2.1", "198.18.0.1"),
        *("198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1"),
        *("2001:db8::1", "3fff::1", "2001:10::1", "5f00::1", "100::1", "4000::1", "64:ff9b:1::1"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address):
    assert refusal(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "2a00:1450::5"],
)
def test_a_public_address_may_be_connected_to(address):
    assert refusal(address) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "2002:7f00:1::",
        "64:ff9b::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "2001:0:7f00:1:0:0:f7f7:f7f7",  # Teredo: server 127.0.0.1, client 8.8.8.8
        "2001:0:808:808:0:0:80ff:fffe",  # Teredo: server 8.8.8.8, client 127.0.0.1
        "2a00:1450::5efe:7f00:1",  # ISATAP
        "2a00:1450::200:5efe:7f00:1",
    ],
)
def test_loopback_is_seen_through_every_ipv6_form_that_leads_to_it(wrapped):
    assert refusal(wrapped) == "loopback"


@given(st.ip_addresses(v=4))
def test_a_wrapped_ipv4_address_is_judged_as_it_would_be_alone(plain: IPv4Address):
    number = int(plain)
    wrappings = (
        IPv6Address(0xFFFF_0000_0000 | number),
        IPv6Address((0x0064_FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x2001_0000 << 96) | (0x08080808 << 64) | (number ^ 0xFFFFFFFF)),
    )
    for wrapped in wrappings:
        assert refusal(str(wrapped)) == refusal(str(plain)), wrapped


@given(st.ip_addresses(v=4))
def test_what_is_let_through_is_public_by_the_standard_library_too(plain: IPv4Address):
    if refusal(str(plain)) is None:
        assert plain.is_global
        assert not plain.is_multicast


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_outside_global_unicast_is_let_through(address: IPv6Address):
    if refusal(str(address)) is None and not (
        address.ipv4_mapped or int(address) >> 96 == 0x64FF9B
    ):
        assert int(address) >> 125 == 0b001 or int(address) >> 32 == 0xFFFF_0000


@pytest.mark.parametrize("address", METADATA)
def test_a_metadata_service_is_refused_even_where_everything_is_allowed(address):
    assert refusal(str(address), EVERYTHING) == "metadata service"
    if address.version == 4:
        assert refusal(f"::ffff:{address}", EVERYTHING) == "metadata service"


def test_a_named_private_network_may_be_connected_to_and_its_neighbour_may_not():
    mirror = (ip_network("10.20.0.0/16"),)
    assert refusal("10.20.3.4", mirror) is None
    assert refusal("::ffff:10.20.3.4", mirror) is None
    assert refusal("10.21.0.1", mirror) == "private"


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.0.0.1", "2130706433"])
def test_what_is_no_address_is_refused(text):
    assert refusal(text) == "not an address"
