"""The addresses that a relay must never send to, as CIDR blocks, and as the ranges that coturn reads."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network, summarize_address_range

from meshvoice.settings import Address, Network

IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's wire server
        "169.254.0.0/16",  # cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
"""What the IANA special-purpose registry keeps off the Internet, and Azure's own."""

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that the Internet routes by IPv6; whatever lies outside is denied."""

_INSIDE = tuple(IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_ABOVE = IPv6Network("4000::/2"), IPv6Network("8000::/1")

IPV6 = (
    IPv6Network("::1/128"),
    # The IPv4-compatible addresses, without 0.0.0.0/8.
    *summarize_address_range(IPv6Address("::1.0.0.0"), IPv6Address("::255.255.255.255")),
    *(
        IPv6Network(block)
        for block in (
            "::ffff:0:0/96",
            "::ffff:0:0:0/96",  # IPv4-translated
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "100:0:0:1::/64",
            "200::/7",
            "400::/6",
            "800::/5",
            "1000::/4",
            "5f00::/16",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        )
    ),
    *_INSIDE,
    *_ABOVE,
)
"""Denied whether or not the relay has an IPv6 address: what has a name, and the rest outside 2000::/3."""

BLOCKS: tuple[Network, ...] = IPV4 + IPV6

KERNEL6 = (IPv6Network("::/3"), *_INSIDE, *_ABOVE)
"""The same as networks that don't overlap, for nftables."""


def ranges() -> list[str]:
    """List what is denied as the `first-last` of `denied-peer-ip`, which knows no CIDR."""
    blocks: tuple[Network, ...] = (*IPV4, *_INSIDE, *_ABOVE)
    return [*(_range(block[0], block[-1]) for block in blocks), *_below()]


def _below() -> Iterator[str]:
    """List the ranges that are `::/3` without `::`, in one reading of them and in the other.

    To coturn a range that starts at :: is all of IPv4. Before 4.16 it takes an address for inside where each
    byte is: so one range for each byte of the first address that may be the one that isn't zero.
    """
    last = IPv6Address("2000::") - 1
    for byte in range(16):
        yield _range(IPv6Address(1 << 8 * byte), last)


def _range(first: Address, last: Address) -> str:
    return f"{literal(first)}-{literal(last)}"


def denied(address: Address) -> bool:
    """Tell whether a relay must never send to `address`."""
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return True
    return any(address in block for block in BLOCKS)


def literal(address: Address) -> str:
    """Write `address` alike on every Python: from 3.13 on `str` writes the mapped ones in dotted form."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)
