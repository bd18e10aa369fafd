"""Which addresses a relay may have."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_THIS_NETWORK = 0
"""The first octet of 0.0.0.0/8, which systems take for themselves (RFC 1122 section 3.2.1.3)."""

_ENDING_IN_V4 = (
    IPv6Network("64:ff9b::/96"),  # what a gateway turns into IPv4 (RFC 6052)
    IPv6Network("64:ff9b:1::/48"),  # the same for a network of one's own (RFC 8215)
    IPv6Network("::ffff:0:0:0/96"),  # for translators without state (RFC 2765)
    IPv6Network("::/96"),  # the retired way to write an IPv4 address (RFC 4291 section 2.5.5.1)
)
"""IPv6 addresses that stand for the IPv4 address in their last 32 bits."""

_METADATA = frozenset({ip_address("fd00:ec2::254"), ip_address("100.100.100.200")})
"""Cloud metadata services outside the link-local range (Amazon over IPv6, Alibaba)."""


def is_refused(address: str) -> bool:
    """Whether no mail may go to this IP address, because no relay lives there.

    Refused are link-local addresses (cloud metadata answers there), multicast, broadcast and
    unspecified ones, also when an IPv6 address merely wraps one. Loopback and private ranges are
    allowed: relays live there, and VPC endpoints of Amazon SES too.
    """
    target = ip_address(address.partition("%")[0])
    if target in _METADATA:
        return True
    inner = target if isinstance(target, IPv4Address) else _wrapped(target)
    if inner is not None and _is_refused_v4(inner):
        return True
    return target.is_link_local or target.is_multicast or target.is_unspecified


def _is_refused_v4(address: IPv4Address) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.packed[0] == _THIS_NETWORK
        or address.packed[0] >= 240  # reserved, and the broadcast address at its end
        or address in _METADATA
    )


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address.is_loopback:
        return None
    if any(address in network for network in _ENDING_IN_V4):
        return IPv4Address(address.packed[-4:])
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
