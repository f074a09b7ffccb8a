"""The deny list holds every special block, and nothing of the public Internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshvoice.settings import Address
from meshvoice.turn import deny

# Written out anew, so that a block that gets lost in deny.py is missed here.
SPECIAL = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12
    192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
    224.0.0.0/4 240.0.0.0/4
    ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32
    2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""


@pytest.mark.parametrize("block", SPECIAL.split())
def test_special_block_is_denied(block: str) -> None:
    network = ip_network(block)
    assert deny.denied(network[0])
    assert deny.denied(network[-1])


def test_ipv4_compatible_addresses_are_denied_and_no_range_starts_at_the_unspecified_address() -> None:
    assert deny.denied(IPv6Address("::1.0.0.0"))
    assert deny.denied(IPv6Address("::255.255.255.255"))
    # coturn reads a range that starts at :: as all of IPv4.
    assert not any(text.startswith("::-") for text in deny.ranges())


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "11.0.0.1", "172.32.0.1", "2606:4700::1111", "2a01:4f8::1", "2003::1"]
)
def test_public_address_is_not_denied(address: str) -> None:
    assert not deny.denied(ip_address(address))


@given(st.ip_addresses())
def test_what_is_not_denied_is_what_python_calls_global(address: Address) -> None:
    if not deny.denied(address):
        assert address.is_global
        assert address.version == 4 or address in ip_network("2000::/3")


NEAR = [
    str(end + step)
    for block in (*deny.IPV6, ip_network("2000::/3"))
    for end in (block[0], block[-1])
    for step in (-1, 0, 1)
    if 0 < int(end) + step < 1 << 128
]


@pytest.mark.parametrize("address", [*NEAR, "::2", "::100", "::ffff:0:10.0.0.1", "1fff::", "4000::1"])
def test_what_the_file_says_is_what_is_denied(address: str) -> None:
    compare(IPv6Address(address))


@given(st.ip_addresses())
def test_what_the_file_says_is_what_is_denied_of_any_address(address: Address) -> None:
    compare(address)


def compare(address: Address) -> None:
    """coturn before 4.16 takes an address for inside where each byte is, since then where the whole is."""
    if not int(address):
        # The unspecified address is nobody's, and coturn refuses it unasked.
        return
    ranges = [tuple(map(ip_address, text.split("-"))) for text in deny.ranges()]
    ours = [(first, last) for first, last in ranges if first.version == address.version]
    in_whole = any(int(first) <= int(address) <= int(last) for first, last in ours)
    by_bytes = any(
        all(
            low <= byte <= high
            for low, byte, high in zip(first.packed, address.packed, last.packed, strict=True)
        )
        for first, last in ours
    )
    assert in_whole is deny.denied(address)
    if address.version == 6:
        assert by_bytes is deny.denied(address)


@pytest.mark.parametrize("address", NEAR)
def test_the_kernel_denies_the_same(address: str) -> None:
    denied = any(IPv6Address(address) in block for block in deny.KERNEL6)
    assert denied is deny.denied(IPv6Address(address))


def test_ranges_are_written_alike_by_every_python() -> None:
    assert deny.literal(IPv6Address("::ffff:1.2.3.4")) == "::ffff:1.2.3.4"
    assert deny.literal(IPv6Address("2001:DB8::1")) == "2001:db8::1"
    assert deny.literal(IPv4Address("10.0.0.1")) == "10.0.0.1"
