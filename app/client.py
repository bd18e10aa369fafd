"""Who a request comes from, as far as the network can tell."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from flask import request

# Some proxies write the client's port after its address.
_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::[0-9]{1,5})?")


def client_ip() -> str:
    """The client's address, after as many proxies as the install trusts; empty for nonsense.

    A proxy that is trusted still passes on what it was told: ``unknown``, an address with a
    port, or anything at all when fewer proxies stand there than were configured.
    """
    text = request.remote_addr or ""
    if parts := _WITH_PORT.fullmatch(text):
        text = parts["six"] or parts["four"]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


def network_of(ip: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 customer's whole /64."""
    try:
        parsed = ip_address(ip)
    except ValueError:
        return ip
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def client_network() -> str:
    """The network that this request counts for where requests are limited."""
    return network_of(client_ip())
